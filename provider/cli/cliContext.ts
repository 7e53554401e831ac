import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { webcrypto } from "node:crypto";
import { constants } from "node:os";
import { join } from "node:path";
import { isatty } from "node:tty";

import { createEnvironment, type Environment } from "../core/environment";
import { describeProblem, PkiError } from "../core/errors";
import { systemHost } from "../adapters/systemHost";
import type { Nodes } from "../engine/nodes";
import { safe } from "./style";

/** What a command needs from the process: clock, terminal, files, programs. */
export interface CliContext {
  readonly environment: Environment;
  /** Whether stdout is a terminal that wants colours. */
  readonly colours: boolean;
  /** Version of this package. */
  readonly version: string;
  out(text: string): void;
  err(text: string): void;
  /** The octets of a file; `-` is standard input. @throws an error of the file system, CliError for a terminal */
  read(path: string): Promise<Uint8Array>;
  /** Runs a program to its end and answers its stdout. @throws CliError */
  run(command: string, args: readonly string[], options: { readonly cwd?: string }): Promise<string>;
  /** Runs a program on this terminal to its end and answers its exit code. @throws CliError when it cannot be started */
  runHere(command: string, args: readonly string[], options: { readonly cwd?: string }): Promise<number>;
  /** What talks to nodes; loaded when a command first asks for it. */
  nodes(): Promise<Nodes>;
}

/** Exit codes of every command but `expiry`, which has those of monitoring plugins. */
export const EXIT = { ok: 0, refused: 1, trouble: 2, commandFailed: 3 } as const;

/** Wrong use, or a file that cannot be read: nothing is said about the material. */
export class CliError extends Error {
  override readonly name = "CliError";

  /** @param further lines below the message: what a program that failed had to say */
  constructor(
    message: string,
    readonly further: readonly string[] = [],
  ) {
    super(message);
  }
}

/** What went wrong, for stderr; `undefined` for an error that nobody foresaw. */
export function explain(error: unknown): string | undefined {
  if (error instanceof CliError) return [error.message, ...error.further].map(safe).join("\n");
  if (!(error instanceof PkiError)) return undefined;
  return error.problems.map((problem) => safe(`${describeProblem(problem)} [${problem.code}]`)).join("\n");
}

/** A stack export is the largest thing that is read. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Standard input ends once; a command may name it twice. */
let stdin: Promise<Uint8Array> | undefined;

async function readStdin(): Promise<Uint8Array> {
  if (isatty(0)) throw new CliError("-: standard input is a terminal; must be a file or a pipe");
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new CliError("-: standard input is longer than 256 MiB");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function wantsColours(): boolean {
  const { NO_COLOR, TERM } = process.env;
  return isatty(1) && (NO_COLOR === undefined || NO_COLOR === "") && TERM !== "dumb";
}

/** The process, its terminal and its files. */
export const systemCli: CliContext = {
  environment: createEnvironment(webcrypto, () => systemHost.environment.now()),
  colours: wantsColours(),
  get version() {
    // dist/provider/cli lies three folders below the package.
    const manifest = readFileSync(join(__dirname, "..", "..", "..", "package.json"), "utf8");
    return (JSON.parse(manifest) as { version: string }).version;
  },
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  read: (path) => (path === "-" ? (stdin ??= readStdin()) : readFile(path)),
  run: (command, args, options) =>
    new Promise((resolve, reject) => {
      execFile(command, [...args], { ...options, maxBuffer: MAX_BYTES }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else if (error.code === "ENOENT") reject(new CliError(`${command}: not found on PATH`));
        else reject(new CliError(`${[command, ...args].join(" ")} failed:`, stderr.trim().split(/\r?\n/)));
      });
    }),
  runHere: (command, args, options) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, [...args], { ...options, stdio: "inherit" });
      // Ctrl-C reaches the whole terminal: the program ends its own way, and is waited for.
      const ignore = (): void => undefined;
      const forward = (): void => void child.kill("SIGTERM");
      process.on("SIGINT", ignore).on("SIGTERM", forward);
      const done = (): void => void process.off("SIGINT", ignore).off("SIGTERM", forward);
      child.once("error", (error: NodeJS.ErrnoException) => {
        done();
        reject(
          new CliError(error.code === "ENOENT" ? `${command}: not found on PATH` : `${command}: ${error.message}`),
        );
      });
      child.once("close", (code, signal) => {
        done();
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    }),
  nodes: () => systemHost.nodes(),
};
