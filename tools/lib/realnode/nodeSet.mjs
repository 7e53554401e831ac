import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { ToolError } from "../say.mjs";
import { keepLimits, restoreLimits } from "./limits.mjs";
import { addressIn, freeSubnet, Network } from "./network.mjs";

/** Where the folders of all sets are. */
const base = () => join(tmpdir(), "talos-pki-nodes");

const keeper = fileURLToPath(new URL("keeper.mjs", import.meta.url));
const registryPort = 5000;
const firstNode = 11;
const lastNumber = 254;

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** What `create` wrote about a set, or undefined if another process is removing it. */
function settingsOf(folder) {
  try {
    return readJson(join(folder, "set.json"));
  } catch {
    return undefined;
  }
}

/** True if process `pid` runs and its command line names `word`: the number alone may be another's by now. */
function runs(pid, word) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(word);
  } catch {
    return false;
  }
}

/** Ends a process: SIGTERM, then SIGKILL after 20 s. */
async function end(pid, word) {
  const deadline = Date.now() + 20_000;
  for (let signal = "SIGTERM"; runs(pid, word); signal = Date.now() > deadline ? "SIGKILL" : 0) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    await sleep(50);
  }
}

/** Starts a process that outlives this one, in a network namespace, with its output in the file `log`. */
function startIn(namespace, command, args, log, stdin = "ignore") {
  const output = openSync(log, "a", 0o600);
  const all = [`--net=${namespace}`, command, ...args];
  const child = spawn("nsenter", all, { detached: true, stdio: [stdin, output, output] });
  closeSync(output);
  child.unref();
  child.stdin?.unref();
  return child;
}

/**
 * Real Talos nodes of one owner, in a network of their own that this machine is in. All that is known of a set is in its
 * folder, so that another process can go on with it. A process beside them, the keeper, serves their images, and removes
 * the set when its owner is gone.
 */
export class NodeSet {
  #programs;
  #keeper;

  constructor(programs, folder) {
    this.#programs = programs;
    this.folder = folder;
    const { id, subnet } = readJson(join(folder, "set.json"));
    this.network = new Network({ id, subnet });
  }

  /**
   * Makes a set without nodes. With `lasting: true` it stays when this process ends. `subnet`, a /24, is any free one
   * unless REALNODE_NET or the option names it.
   */
  static async create(programs, { lasting = false, subnet = process.env.REALNODE_NET ?? freeSubnet() } = {}) {
    await NodeSet.removeAbandoned();
    if (!/^\d+\.\d+\.\d+\.0\/24$/.test(subnet)) {
      throw new ToolError(`REALNODE_NET: "${subnet}" is no /24; use one such as 10.140.7.0/24`);
    }
    const id = randomBytes(4).toString("hex");
    const folder = join(base(), id);
    mkdirSync(join(folder, "nodes"), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, "set.json"), JSON.stringify({ id, subnet, owner: process.pid, lasting }));
    keepLimits(base());
    const set = new NodeSet(programs, folder);
    try {
      await set.network.create();
      await set.#startKeeper(lasting);
    } catch (error) {
      await set.remove();
      throw error;
    }
    return set;
  }

  /** The sets that were made to last; where REALNODE_NET names a network, the one in it. */
  static lasting(programs, wanted = process.env.REALNODE_NET) {
    return NodeSet.#all()
      .filter((folder) => settingsOf(folder)?.lasting === true)
      .map((folder) => new NodeSet(programs, folder))
      .filter(({ network }) => wanted === undefined || network.subnet === wanted);
  }

  /** Removes what is left of sets whose owner was killed together with the keeper. */
  static async removeAbandoned() {
    for (const folder of NodeSet.#all()) {
      const settings = settingsOf(folder);
      if (settings === undefined || runs(settings.owner, "")) {
        continue;
      }
      const set = new NodeSet(undefined, folder);
      if (!set.#isKept()) {
        await set.remove();
      }
    }
  }

  static #all() {
    const names = existsSync(base()) ? readdirSync(base()) : [];
    return names.map((name) => join(base(), name)).filter((folder) => existsSync(join(folder, "set.json")));
  }

  get #keeperPid() {
    const file = join(this.folder, "keeper.pid");
    return existsSync(file) ? Number(readFileSync(file, "utf8")) : undefined;
  }

  #isKept() {
    return this.#keeperPid !== undefined && runs(this.#keeperPid, this.folder);
  }

  async #startKeeper(lasting) {
    const log = join(this.folder, "keeper.log");
    const args = [keeper, this.folder, this.#programs.images, this.network.hubAddress, String(registryPort)];
    const watch = lasting ? [] : ["--until-eof"];
    this.#keeper = startIn(
      this.network.namespace,
      process.execPath,
      [...args, ...watch],
      log,
      lasting ? "ignore" : "pipe",
    );
    writeFileSync(join(this.folder, "keeper.pid"), String(this.#keeper.pid));
    while (!readFileSync(log, "utf8").includes("READY")) {
      if (this.#keeper.exitCode !== null) {
        throw new ToolError(`the registry of the nodes does not start: ${readFileSync(log, "utf8")}`);
      }
      await sleep(20);
    }
  }

  /** The registry that the machine configs must name as the mirror of all others. */
  get registryAddress() {
    return `${this.network.hubAddress}:${registryPort}`;
  }

  /** The file with all that the node and its services have written to the console. */
  logPath(name) {
    return join(this.#nodeFolder(name), "log");
  }

  /** `{name, address, addresses}` of each node, running or stopped. */
  nodes() {
    return readdirSync(join(this.folder, "nodes")).map((name) => this.#describe(name));
  }

  #nodeFolder(name) {
    return join(this.folder, "nodes", name);
  }

  #numbers(name) {
    return readJson(join(this.#nodeFolder(name), "numbers.json"));
  }

  #describe(name) {
    const addresses = this.#numbers(name).map((number) => addressIn(this.network.subnet, number));
    return { name, address: addresses[0], addresses };
  }

  /** Gives the node the next numbers that nobody has. */
  #assign(name, count) {
    const taken = this.nodes().flatMap((node) => this.#numbers(node.name));
    const first = Math.max(firstNode - 1, ...taken) + 1;
    if (first + count - 1 > lastNumber) {
      throw new ToolError(`${this.network.subnet} has no ${count} addresses left`);
    }
    return Array.from({ length: count }, (_, index) => first + index);
  }

  #writeNumbers(name, numbers) {
    writeFileSync(join(this.#nodeFolder(name), "numbers.json"), JSON.stringify(numbers));
  }

  /**
   * Starts a node: with what it kept if it was stopped, else in maintenance mode or with the machine config `userData`.
   * With `resetWipes` a reset brings it back empty, as a machine; else it ends, as a container. `rootfs` is that of another
   * release of Talos.
   */
  async start(name, { userData, resetWipes = false, rootfs = this.#programs.rootfs } = {}) {
    if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) {
      throw new ToolError(`"${name}" must be a host name`);
    }
    const folder = this.#nodeFolder(name);
    if (!existsSync(folder)) {
      const numbers = this.#assign(name, 1);
      mkdirSync(folder, { mode: 0o700 });
      this.#writeNumbers(name, numbers);
    }
    if (this.isRunning(name)) {
      throw new ToolError(`the node ${name} is running already`);
    }
    await this.network.disconnect(name);
    const namespace = await this.network.connect(name, this.#numbers(name));
    const state = join(folder, "state");
    mkdirSync(state, { recursive: true });
    const args = ["--name", name, "--cgroup", `talos-pki-${this.network.id}-${name}`];
    args.push("--rootfs", rootfs, "--state", state);
    if (userData !== undefined) {
      writeFileSync(join(folder, "userdata"), userData, { mode: 0o600 });
      args.push("--userdata", join(folder, "userdata"));
    }
    if (resetWipes) {
      args.push("--reset-wipes");
    }
    const { pid } = startIn(namespace, this.#programs.nodebox, args, this.logPath(name));
    writeFileSync(join(folder, "pid"), String(pid));
    return this.#describe(name);
  }

  /** False for a node that was stopped, or has powered off. */
  isRunning(name) {
    const file = join(this.#nodeFolder(name), "pid");
    return existsSync(file) && runs(Number(readFileSync(file, "utf8")), this.folder);
  }

  /** Ends a node as a power cut does; what it has on disk stays. */
  async stop(name) {
    const file = join(this.#nodeFolder(name), "pid");
    if (existsSync(file)) {
      await end(Number(readFileSync(file, "utf8")), this.folder);
      rmSync(file);
    }
    await this.network.disconnect(name);
  }

  /** Stops a node and forgets what it has on disk; it keeps its addresses and its log. */
  async wipe(name) {
    await this.stop(name);
    rmSync(join(this.#nodeFolder(name), "state"), { recursive: true, force: true });
  }

  /** Pulls the plug of a node's network, which goes on running. */
  async cutOff(name) {
    await this.network.setConnected(this.#numbers(name)[0], false);
  }

  /** Undoes `cutOff`. */
  async restore(name) {
    await this.network.setConnected(this.#numbers(name)[0], true);
  }

  /** Gives a running node further addresses; answers them. */
  async addAddresses(name, count) {
    const added = this.#assign(name, count);
    await this.network.addAddresses(name, added);
    this.#writeNumbers(name, [...this.#numbers(name), ...added]);
    return added.map((number) => addressIn(this.network.subnet, number));
  }

  /** Removes the set by way of its keeper. */
  async close() {
    if (this.#isKept()) {
      await end(this.#keeperPid, this.folder);
    }
    if (existsSync(this.folder)) {
      await this.remove();
    }
  }

  /** Removes all nodes, their network and the folder; what is gone already does not matter. */
  async remove() {
    const names = readdirSync(join(this.folder, "nodes"));
    await Promise.all(names.map((name) => this.stop(name)));
    await this.network.remove();
    rmSync(this.folder, { recursive: true, force: true });
    if (NodeSet.#all().length === 0) {
      restoreLimits(base());
    }
  }
}
