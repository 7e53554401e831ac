import { writeFile } from "node:fs/promises";

import { describeFileError } from "../core/fileErrors";
import { decodeText } from "../core/text";
import { type CliContext, CliError } from "./cliContext";

/** How a file is called in messages: standard input by what it is. */
export function fileName(path: string): string {
  return path === "-" ? "stdin" : path;
}

/**
 * The text of a file, UTF-8 or UTF-16; `-` is standard input, which can be read once.
 *
 * @throws CliError
 */
export async function readText(path: string, cli: CliContext): Promise<string> {
  return decodeText(await describingErrors(path, () => cli.read(path)));
}

/** Writes a file, or standard output for `-`. @throws CliError */
export async function writeText(path: string, text: string, cli: CliContext): Promise<void> {
  if (path === "-") cli.out(text);
  else await describingErrors(path, () => writeFile(path, text));
}

/** Runs what uses a file; an error of the file system says in words which file and why. @throws CliError */
export async function describingErrors<T>(path: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code !== "string") throw error;
    throw new CliError(`${path}: ${describeFileError(error)}`);
  }
}
