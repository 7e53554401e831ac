import type { ErrorCode } from "../errorCodes";
import { PkiError } from "../errors";
import { MAX_TEXT_LENGTH, MEBIBYTE } from "../limits";
import { YamlFault } from "./compose";
import { type Dialect, readDocuments } from "./reader";
import type { ScalarTag } from "./scalar";

/** Where something stands: its line in a text, from 1, or in an object its path, such as `.machine.files[0]`. */
export interface Place {
  readonly line: number;
  readonly path?: string;
}

/** A node of a YAML file; scalars keep their source text, so that a number can be read as the string it was. */
export type YamlNode = YamlScalar | YamlSequence | YamlMapping;

export interface YamlScalar extends Place {
  readonly kind: "scalar";
  readonly text: string;
  readonly tag: ScalarTag;
  /** Only YAML 1.1 reads it as a boolean: `yes`, `off`, unquoted. */
  readonly isYaml11Boolean?: true;
}

export interface YamlSequence extends Place {
  readonly kind: "sequence";
  readonly items: readonly YamlNode[];
}

export interface YamlMapping extends Place {
  readonly kind: "mapping";
  readonly entries: readonly YamlEntry[];
  /** Where a merge key (`<<`) is whose entries are among these, and whether its value is an alias. */
  readonly mergeAt?: { readonly line: number; readonly isAlias: boolean };
}

export interface YamlEntry extends Place {
  readonly key: string;
  /** What the key is, where it is not a string. */
  readonly keyTag?: Exclude<ScalarTag, "str">;
  readonly value: YamlNode;
  /** The key is one that only YAML 1.1 reads as a boolean. */
  readonly isYaml11Boolean?: true;
}

export function isNullNode(node: YamlNode): boolean {
  return node.kind === "scalar" && node.tag === "null";
}

export interface ParseOptions extends Dialect {
  /** Property path for errors. */
  readonly path: string;
  readonly code?: ErrorCode;
}

/**
 * Reads YAML within bounds: at most 32 MiB, 100 levels and, with aliases followed, a million nodes and 32 MiB of text;
 * doubled keys, cyclic aliases and unknown tags are rejected. An alias is the node of its anchor, which may be in an
 * earlier document. Nothing of the text enters a message but its line numbers.
 *
 * @returns one node per document; a document without content is a null scalar
 * @throws PkiError ERR_YAML_INVALID or the given code
 * @example
 * parseYamlDocuments("a: 1\n---\nb: 2\n", { path: "configPatches[0]" }).length; // 2
 */
export function parseYamlDocuments(text: string, options: ParseOptions): YamlNode[] {
  const { path, code = "ERR_YAML_INVALID", ...dialect } = options;
  try {
    if (Buffer.byteLength(text) > MAX_TEXT_LENGTH)
      throw new YamlFault(`is longer than ${MAX_TEXT_LENGTH / MEBIBYTE} MiB`, "must be a machine config or a patch");
    // Talos reads YAML 1.1, where a carriage return and the next line (U+0085) end a line.
    return readDocuments(text.replace(/\r\n?|\u0085/g, "\n"), dialect);
  } catch (error) {
    if (!(error instanceof YamlFault)) throw error;
    const { what, remedy, line } = error;
    throw PkiError.of([{ code, path, message: `${what}; ${remedy}`, ...(line !== undefined && { line }) }]);
  }
}
