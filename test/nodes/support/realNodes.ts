import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { skipOrFail } from "../../e2e/support/tools";
import type { Outcome } from "../../interop/support/run";

import type { NodeAddress, NodeSet, RealNodeTools, StartOptions } from "../../../tools/realnode.mjs" with {
  "resolution-mode": "import",
};

export type { NodeAddress, StartOptions };

const load = () => import("../../../tools/realnode.mjs");

let found: RealNodeTools | undefined;

/**
 * To be called in a `describe`: its tests run with real nodes and talosctl, or are skipped loudly. With
 * `TALOS_PKI_REQUIRE_TOOLS=1` they fail instead. Nothing is built here.
 */
export function needRealNodes(): void {
  before("find the programs of real nodes", async function () {
    const { findRealNodes, whyNoNodes } = await load();
    const why = await whyNoNodes();
    if (why !== undefined) skipOrFail(this, why);
    found ??= await findRealNodes();
    if (found === undefined) skipOrFail(this, "real nodes are not built; `node tools/realnode.mjs` builds them");
  });
}

function tools(): RealNodeTools {
  if (found === undefined) throw new Error("call needRealNodes() in the describe block");
  return found;
}

/** The root file system of nodes of the next release of Talos, for `start`; without it the suite is skipped, or fails. */
export async function needNextRoot(context: Mocha.Context): Promise<string> {
  const { findNextRoot } = await load();
  const rootfs = findNextRoot();
  if (rootfs === undefined) {
    skipOrFail(context, "nodes of the next Talos are not built; `node tools/realnode.mjs next` builds them");
  }
  return rootfs;
}

const open = new Set<RealNodes>();

/** Closes every set that is open: for `after`. */
export async function closeRealNodes(): Promise<void> {
  await Promise.all([...open].map((nodes) => nodes.close()));
}

/** How to run a command; it may take a minute unless told otherwise. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly timeout?: number;
}

/** How long to wait, and how often to look, in milliseconds. */
export interface WaitOptions {
  readonly timeout?: number;
  readonly interval?: number;
}

/** A command that runs beside the test. */
export class Running {
  #output = "";
  readonly ended: Promise<Outcome>;

  constructor(readonly child: ChildProcess) {
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      this.#output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      this.#output += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        resolve({ code: code ?? 1, stdout, stderr: signal === null ? stderr : `${stderr}\nended by ${signal}` });
      });
    });
    // Who does not wait for the end need not hear of a failure.
    this.ended.catch(() => undefined);
  }

  /** What it has written to stdout and stderr until now. */
  output(): string {
    return this.#output;
  }
}

/**
 * Real Talos nodes of one test, which this process and its children reach at their addresses. They are gone after
 * `close()`, and when the process ends, whatever ends it. Sets of several processes do not meet.
 */
export class RealNodes {
  readonly #set: NodeSet;
  readonly #running = new Set<Running>();
  /** The config patch, in YAML, that every machine config of these nodes needs. */
  readonly machinePatch: string;
  readonly registryAddress: string;

  private constructor(set: NodeSet, machinePatch: string) {
    this.#set = set;
    this.registryAddress = set.registryAddress;
    this.machinePatch = machinePatch;
  }

  /** Makes a set without nodes: their network and their registry. */
  static async create(): Promise<RealNodes> {
    const { NodeSet, machinePatch } = await load();
    const set = await NodeSet.create(tools());
    const nodes = new RealNodes(set, machinePatch(set.registryAddress));
    open.add(nodes);
    return nodes;
  }

  /** Starts a node, new or stopped. It does not wait until the node answers; `waitFor` does. */
  start(name: string, options: StartOptions = {}): Promise<NodeAddress> {
    return this.#set.start(name, options);
  }

  /** Ends a node as a power cut does; it keeps what it has on disk. */
  stop(name: string): Promise<void> {
    return this.#set.stop(name);
  }

  /** Stops a node and forgets what it has on disk; it keeps its addresses. */
  wipe(name: string): Promise<void> {
    return this.#set.wipe(name);
  }

  /** False for a node that was stopped, or has powered off. */
  isRunning(name: string): boolean {
    return this.#set.isRunning(name);
  }

  /** Pulls the plug of a node's network; the node goes on running. */
  cutOff(name: string): Promise<void> {
    return this.#set.cutOff(name);
  }

  /** Undoes `cutOff`. */
  restore(name: string): Promise<void> {
    return this.#set.restore(name);
  }

  /** Gives a running node further addresses; answers them. */
  addAddresses(name: string, count: number): Promise<string[]> {
    return this.#set.addAddresses(name, count);
  }

  /** What a node and its services have written to the console. */
  log(name: string): string {
    return readFileSync(this.#set.logPath(name), "utf8");
  }

  /** The fingerprint that a node in maintenance mode has written to the console last. */
  fingerprint(name: string): string {
    const shown = [...this.log(name).matchAll(/--cert-fingerprint '([^']+)'/g)].at(-1)?.[1];
    if (shown === undefined) throw new Error(`${name} has shown no fingerprint`);
    return shown;
  }

  /** Waits until a node answers in maintenance mode, and has shown its fingerprint. */
  async untilInMaintenance(name: string, address: string): Promise<void> {
    await this.waitFor(`${name} in maintenance mode`, async () => {
      const { code } = await this.talosctl(["-e", address, "-n", address, "version", "--insecure"]);
      return code === 0 && this.fingerprint(name) !== "";
    });
  }

  /** Runs a command to its end. */
  async run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const { timeout = 60_000 } = options;
    const running = this.spawn(command, args, options);
    const timer = setTimeout(() => running.child.kill("SIGKILL"), timeout);
    try {
      return await running.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs talosctl as the client of a talosconfig file, or as nobody, for `--insecure`. */
  talosctl(args: readonly string[], talosconfig = "/dev/null", options: RunOptions = {}): Promise<Outcome> {
    return this.run(tools().talosctl, args, { ...options, env: { TALOSCONFIG: talosconfig, ...options.env } });
  }

  /** Starts a command; `close` kills it if it is still running. */
  spawn(command: string, args: readonly string[], { cwd, env, input = "" }: RunOptions = {}): Running {
    const child = spawn(command, args, {
      cwd,
      // A talosconfig of the user must neither help nor change.
      env: { ...process.env, TALOSCONFIG: "/dev/null", ...env },
      stdio: "pipe",
    });
    child.stdin.on("error", () => undefined).end(input);
    const running = new Running(child);
    this.#running.add(running);
    child.once("close", () => this.#running.delete(running));
    return running;
  }

  /** Waits until `attempt` answers something other than undefined and false, and does not throw; answers that. */
  async waitFor<T>(
    what: string,
    attempt: () => Promise<T | undefined | false>,
    { timeout = 60_000, interval = 200 }: WaitOptions = {},
  ): Promise<T> {
    const begin = Date.now();
    const deadline = begin + timeout;
    for (;;) {
      let why: unknown = "it did not become so";
      try {
        const answer = await attempt();
        if (answer !== undefined && answer !== false) {
          console.log(`      ${what}: after ${((Date.now() - begin) / 1000).toFixed(1)} s`);
          return answer;
        }
      } catch (error) {
        why = error;
      }
      if (Date.now() > deadline) throw new Error(`after ${timeout / 1000} s, not yet: ${what}`, { cause: why });
      await sleep(interval);
    }
  }

  /** Removes the nodes and all that belongs to them. */
  async close(): Promise<void> {
    open.delete(this);
    for (const { child } of this.#running) child.kill("SIGKILL");
    await this.#set.close();
  }
}
