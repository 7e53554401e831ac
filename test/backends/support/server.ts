import { execFileSync, spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Backend } from "../../e2e/support";

/** A server that stores the states of many stacks, on a loopback address of its own. */
export interface BackendServer {
  /** A new, empty store. */
  open(): Backend;
  /** What opens the server and must appear nowhere. */
  readonly secrets: readonly string[];
  /** Ends the server and removes what it has stored. */
  stop(): Promise<void>;
}

const STARTS_WITHIN = 30_000;

const alive = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** Who a program runs as. */
export type Identity = Pick<SpawnOptions, "uid" | "gid">;

/** Who runs servers that refuse to be run by root: nobody; everybody else runs them as themselves. */
export function unprivileged(): Identity {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Whether somebody takes connections there. */
export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => {
      end(true);
    });
    socket.once("error", () => {
      end(false);
    });
  });
}

/** A server in a process of its own, in the foreground. */
export class ServerProcess {
  private output = "";

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
  }

  /** Starts a program and waits until `isReady` holds. */
  static async start(
    [program, ...args]: readonly [string, ...string[]],
    isReady: () => Promise<boolean>,
    options: SpawnOptions = {},
  ): Promise<ServerProcess> {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    alive.add(child);
    child.once("exit", () => alive.delete(child));
    const server = new ServerProcess(program, child);
    const limit = Date.now() + STARTS_WITHIN;
    while (!(await isReady())) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > limit) {
        child.kill("SIGKILL");
        throw new Error(`${server.name} did not start:\n${server.output}`);
      }
      await sleep(50);
    }
    return server;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill(signal);
    await ended;
  }
}
