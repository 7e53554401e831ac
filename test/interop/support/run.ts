import { spawn } from "node:child_process";

/** What a command did and said. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, at most a minute unless told otherwise, with `input` on stdin. */
export function run(command: string, args: readonly string[], input = "", timeout = 60_000): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // A talosconfig of the user must neither help nor change.
    const env = { ...process.env, TALOSCONFIG: "/dev/null" };
    const child = spawn(command, args, { stdio: "pipe", env, timeout, killSignal: "SIGKILL" });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin.on("error", () => undefined).end(input);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ code: code ?? 1, stdout, stderr: signal === null ? stderr : `${stderr}\nended by ${signal}` });
    });
  });
}

/** Like `run`, but a non-zero exit code is an error that shows everything. */
export async function mustRun(command: string, args: readonly string[], input = ""): Promise<Outcome> {
  const outcome = await run(command, args, input);
  if (outcome.code !== 0) {
    throw new Error(`${command} ${args.join(" ")}: exit ${outcome.code}\n${outcome.stdout}${outcome.stderr}`);
  }
  return outcome;
}
