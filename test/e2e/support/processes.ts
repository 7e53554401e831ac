import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/** One row of the process table. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Every process of the machine. */
export function processTable(): readonly ProcessRow[] {
  const text = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
  return text.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match === null ? [] : [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? "" }];
  });
}

/** The process `pid` and all that descend from it. Pulumi gives its plugins process groups of their own, so a group is not enough. */
export function descendants(pid: number): readonly ProcessRow[] {
  const table = processTable();
  const family = table.filter((row) => row.pid === pid);
  for (let size = 0; size !== family.length;) {
    size = family.length;
    const known = new Set(family.map((row) => row.pid));
    family.push(...table.filter((row) => !known.has(row.pid) && known.has(row.parent)));
  }
  return family;
}

/** Sends SIGKILL; a process that has gone already is no error. */
export function killHard(pids: Iterable<number>): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
        throw error;
      }
    }
  }
}

/** What a process wrote, and how it ended: an exit code, or the signal that killed it. */
export interface Ended {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Who of a running Pulumi dies: the CLI, the providers, or all of them at once. */
export type Victim = "pulumi" | "providers" | "all";

/** Whether it is a plugin, or the process of dynamic resources. */
export const isProvider = ({ command }: ProcessRow): boolean => /dynamic-provider|pulumi-resource-/.test(command);

/** A command that runs, whose output can be watched and which can be killed in the middle. */
export class Running {
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private stdout = "";
  private stderr = "";
  private over = false;

  constructor(
    command: string,
    args: readonly string[],
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  ) {
    const start = Date.now();
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.child = child;
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      const finish = (code: number | null, signal: string | null): void => {
        if (this.over) {
          return;
        }
        this.over = true;
        const seconds = (Date.now() - start) / 1000;
        resolve({
          code: code ?? undefined,
          signal: signal ?? undefined,
          stdout: this.stdout,
          stderr: this.stderr,
          seconds,
        });
      };
      child.on("close", finish);
      // A plugin that outlives a killed CLI keeps the pipes open, so `close` may never come.
      child.on(
        "exit",
        (code, signal) =>
          signal !== null &&
          setTimeout(() => {
            finish(code, signal);
          }, 500),
      );
    });
    // Whoever only kills need not look at the end.
    this.ended.catch(() => undefined);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** What it has written until now, stdout before stderr. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Waits until the output matches or the predicate holds; false if the command ended before. */
  async until(moment: RegExp | (() => boolean), timeoutSeconds = 60): Promise<boolean> {
    const reached = typeof moment === "function" ? moment : (): boolean => moment.test(this.output);
    const limit = Date.now() + timeoutSeconds * 1000;
    while (!reached()) {
      if (this.over) {
        return false;
      }
      if (Date.now() > limit) {
        throw new Error(
          `the moment ${String(moment)} did not come in ${timeoutSeconds} s; output so far:\n${this.output}`,
        );
      }
      await sleep(5);
    }
    return true;
  }

  /** kill -9 at once; answers the ids of those that died. */
  kill(victim: Victim = "all"): readonly number[] {
    const family = descendants(this.pid);
    const rows =
      victim === "pulumi"
        ? family.filter(({ pid }) => pid === this.pid)
        : victim === "providers"
          ? family.filter(isProvider)
          : family;
    const pids = rows.map(({ pid }) => pid);
    killHard(pids);
    return pids;
  }
}
