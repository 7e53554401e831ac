import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import type { SecretsBundle } from "../../../provider/core/secrets/types";

/** One run of the real talosctl; test/vectors/README.md tells the rest. */
export interface Vector {
  readonly id: string;
  readonly talosctl: readonly string[];
  readonly args: readonly string[];
  readonly outputs: readonly { readonly path: string; readonly stable: boolean }[];
  readonly exit: number;
  readonly stderr?: string;
}

const folder = join(__dirname, "..", "..", "vectors");

export function readVectorFile(path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

/** The vectors whose arguments begin like this, `gen config`. */
export function vectorsOf(...command: readonly string[]): readonly Vector[] {
  const { vectors } = JSON.parse(readVectorFile("index.json")) as { vectors: Vector[] };
  return vectors.filter(({ args }) => command.every((word, index) => args[index] === word));
}

export function readVectorBundle(path: string): SecretsBundle {
  return parseSecretsBundle(readVectorFile(path), { now: new Date("2027-01-01T00:00:00Z") }).bundle;
}

/** Arguments by flag, each with all its values, and those without a flag. */
export interface Arguments {
  readonly positional: readonly string[];
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

const SWITCHES = ["--with-kubespan"];

export function parseArguments(words: readonly string[]): Arguments {
  const positional: string[] = [];
  const flags = new Map<string, string[]>();
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (!word.startsWith("-")) {
      positional.push(word);
      continue;
    }
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const name = equals === -1 ? word : word.slice(0, equals);
    const value = equals !== -1 ? word.slice(equals + 1) : SWITCHES.includes(name) ? "true" : words[++index]!;
    flags.set(name, [...(flags.get(name) ?? []), value]);
  }
  return { positional, flags };
}

/** A patch as talosctl takes it: `@file`, a bare file name, or the text itself. */
export function readPatch(argument: string): string {
  if (argument.startsWith("@")) return readVectorFile(argument.slice(1));
  return /[\n ]|^[[{]/.test(argument) ? argument : readVectorFile(argument);
}

/** Where two texts part, for a message that a human can use. */
export function firstDifference(actual: string, expected: string): string {
  const [left, right] = [actual.split("\n"), expected.split("\n")];
  const line = right.findIndex((text, index) => text !== left[index]);
  const at = line === -1 ? right.length : line;
  return `line ${at + 1}: wrote ${JSON.stringify(left[at]?.slice(0, 120))}, talosctl ${JSON.stringify(right[at]?.slice(0, 120))}`;
}
