import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { openSync, closeSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";

import { Folder } from "./files";
import { mustRun, run } from "./run";
import type { Outcome } from "./run";
import { tools } from "./tools";
import { flags } from "./verdict";

/** How to run a node. Ports that are not given are any free ones, but on the host's network those of Talos. */
export interface NodeOptions {
  /** Path of the machine config. */
  readonly config: string;
  readonly type: "controlplane" | "worker";
  /** For a worker: the `trustd` of control plane nodes. */
  readonly trustd?: string | readonly string[];
  readonly hostname?: string;
  readonly mode?: "metal" | "cloud" | "container";
  /** A loopback address; `loopbackAddress` finds one that no other node has. */
  readonly ip?: string;
  readonly port?: number;
  readonly trustdPort?: number;
  /** Where to write `apid=ip:port trustd=ip:port` while the node runs, for other processes. */
  readonly readyFile?: string;
  /** Lets the node proxy to others: each such node needs an `ip` of its own. */
  readonly hostNet?: boolean;
  /** How long it takes to answer an ApplyConfiguration, as a Go duration; another one in that time is rejected as busy. */
  readonly applyTime?: string;
}

const running = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of running) child.kill("SIGTERM");
});

let addresses = 0;

/** A loopback address that neither another node of this process nor, most likely, one of another process has. */
export function loopbackAddress(): string {
  addresses += 1;
  return `127.${64 + ((process.pid >> 8) & 63)}.${process.pid & 255}.${addresses}`;
}

/** The real apid (and trustd) on the PKI of a machine config, until `stop`. */
export class Node {
  readonly #child: ChildProcess;
  readonly #logPath: string;
  /** `ip:port` of apid, for `talosctl -e`. */
  readonly endpoint: string;
  /** The address of the node, for `talosctl -n`. */
  readonly ip: string;
  /** `ip:port` of trustd; a worker has none. */
  readonly trustd: string | undefined;

  constructor(child: ChildProcess, logPath: string, ready: ReadonlyMap<string, string>) {
    this.#child = child;
    this.#logPath = logPath;
    this.endpoint = ready.get("apid") ?? "";
    this.ip = this.endpoint.split(":")[0] ?? "";
    this.trustd = ready.get("trustd");
  }

  /** What apid, trustd and the stub of machined have written. */
  log(): string {
    return readFileSync(this.#logPath, "utf8");
  }

  /** How often machined has let a method of the API succeed. */
  calls(method: string): number {
    const success = new RegExp(`^machined stub: .* OK \\[/\\S+/${method}\\]`, "gm");
    return (this.log().match(success) ?? []).length;
  }

  /** How often machined was called, whatever came of it. */
  allCalls(): number {
    return (this.log().match(/^machined stub: .* \[\/\S+\/\w+\]/gm) ?? []).length;
  }

  /** Runs talosctl against this node as the client of the talosconfig file. */
  talosctl(args: readonly string[], talosconfig: string): Promise<Outcome> {
    return run(tools().talosctl, ["--talosconfig", talosconfig, "-e", this.endpoint, "-n", this.ip, ...args]);
  }

  /** Brings the machine config file onto the node, which takes its PKI into use at once. */
  async applyConfig(config: string, talosconfig: string): Promise<void> {
    const outcome = await this.talosctl(["apply-config", "--file", config, "--mode", "no-reboot"], talosconfig);
    if (outcome.code !== 0) throw new Error(`apply-config: ${outcome.stderr}${this.log()}`);
  }

  /** Lets the node read the config file that it was started with again. */
  reload(): void {
    this.#child.kill("SIGHUP");
  }

  /** The certificate that apid shows to anybody. */
  serverCertificate(): Promise<X509Certificate> {
    return shownCertificate(this.endpoint);
  }

  /** Waits until apid shows a certificate that `isIt` likes. */
  async waitForCertificate(isIt: (certificate: X509Certificate) => boolean, patience = 30_000): Promise<void> {
    const deadline = Date.now() + patience;
    while (!isIt(await this.serverCertificate())) {
      if (Date.now() > deadline) throw new Error(`${this.endpoint} still shows another certificate\n${this.log()}`);
      await delay(50);
    }
  }

  async stop(): Promise<void> {
    await end(this.#child);
  }
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const forced = setTimeout(() => child.kill("SIGKILL"), 20_000);
    child.once("exit", () => {
      clearTimeout(forced);
      resolve();
    });
    child.kill("SIGTERM");
  });
}

/** Stops every node that is running: for `after`. */
export async function stopNodes(): Promise<void> {
  await Promise.all([...running].map(end));
}

/** The server certificate at `ip:port`, whoever issued it. */
export function shownCertificate(endpoint: string): Promise<X509Certificate> {
  const [host = "", port = ""] = endpoint.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ["h2"] }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error(`${endpoint} shows no certificate`));
      else resolve(new X509Certificate(certificate.raw));
    });
    socket.setTimeout(10_000, () => {
      socket.destroy(new Error(`${endpoint} does not answer`));
    });
    socket.on("error", reject);
  });
}

/** The first line on stdout, or "" if the child ends without one. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("error", reject);
    child.once("close", () => {
      resolve(text.trim());
    });
  });
}

async function start(command: "node" | "trustd", args: readonly string[]): Promise<Node> {
  const { judge, machined, rules } = tools();
  const logPath = new Folder().write("log", "");
  const log = openSync(logPath, "a");
  const all = [command, ...flags({ machined, rules, "die-with-parent": true }), ...args];
  const child = spawn(judge, all, { stdio: ["ignore", "pipe", log] });
  closeSync(log);
  running.add(child);
  child.once("exit", () => running.delete(child));
  const line = await firstLine(child);
  if (!line.startsWith("READY ")) {
    await end(child);
    throw new Error(`${line}\n${readFileSync(logPath, "utf8")}`);
  }
  const pairs = line.split(" ").flatMap((word) => {
    const [name = "", value] = word.split("=");
    return value === undefined ? [] : [[name, value] as const];
  });
  return new Node(child, logPath, new Map(pairs));
}

/** Starts a node and waits until it shows its certificate; rejects with `FAIL node: <reason>` if its PKI is unusable. */
export function startNode(options: NodeOptions): Promise<Node> {
  const { hostNet = false, ip = "127.0.0.1", type } = options;
  const port = options.port ?? (hostNet ? 50_000 : 0);
  const trustdPort = options.trustdPort ?? (hostNet ? 50_001 : 0);
  return start(
    "node",
    flags({
      config: options.config,
      listen: `${ip}:${port}`,
      "trustd-listen": type === "controlplane" ? `${ip}:${trustdPort}` : undefined,
      trustd: type === "worker" ? options.trustd : undefined,
      hostname: options.hostname,
      mode: options.mode,
      "ready-file": options.readyFile,
      "host-net": hostNet ? true : undefined,
      "apply-time": options.applyTime,
    }),
  );
}

/** Starts trustd alone on the PKI of a control plane's machine config. */
export function startTrustd(config: string): Promise<Node> {
  return start("trustd", flags({ config }));
}

/** Runs talosctl with these arguments alone; a failure is an error. */
export function talosctl(...args: string[]): Promise<Outcome> {
  return mustRun(tools().talosctl, args);
}
