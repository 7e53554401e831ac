import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, join } from "node:path";

import { executable } from "./paths.mjs";

/** True if `path` is a file that may be run. */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Every `name` on PATH, in PATH's order. */
export function onPath(name, env = process.env) {
  return (env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, executable(name)))
    .filter(isExecutable);
}

const exitCode = (code, signal) => code ?? 128 + (osConstants.signals[signal] ?? 0);

/** The signal that killed a command with this exit code, or undefined: `signalOf(137)` is "SIGKILL". */
export const signalOf = (code) => Object.entries(osConstants.signals).find(([, number]) => code === 128 + number)?.[0];

/**
 * Runs a command whose output is the user's; answers its exit code. A Ctrl-C reaches the command through the
 * terminal, so this process waits for it to end in its own way.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    const wait = () => {};
    const pass = () => child.kill("SIGTERM");
    process.on("SIGINT", wait);
    process.on("SIGTERM", pass);
    const settle = (finish) => {
      process.off("SIGINT", wait);
      process.off("SIGTERM", pass);
      finish();
    };
    child.on("error", (error) => settle(() => reject(error)));
    child.on("exit", (code, signal) => settle(() => resolve(exitCode(code, signal))));
  });
}

/**
 * Runs a command and answers `{code, stdout, stderr}`; a command that cannot be started, or takes longer than
 * `timeout` milliseconds, has code 127 or 124 and says so in `stderr`. `onLine` hears each line of stderr.
 */
export function capture(command, args, { timeout, onLine, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let stdout = "";
    let stderr = "";
    let late = false;
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            late = true;
            child.kill("SIGKILL");
            // A grandchild may still hold the pipes.
            child.stdout.destroy();
            child.stderr.destroy();
          }, timeout);
    child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      onLine?.(text.trimEnd().split("\n").at(-1));
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: 127, stdout, stderr: error.message });
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve(
        late
          ? { code: 124, stdout, stderr: `${stderr}\ngave up after ${timeout / 1000} s` }
          : { code: exitCode(code, signal), stdout, stderr },
      );
    });
  });
}
