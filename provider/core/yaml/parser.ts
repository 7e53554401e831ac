import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Pair, type ParsedNode } from "yaml";

import type { ErrorCode } from "../errorCodes";
import { PkiError } from "../errors";
import { MAX_DEPTH, MAX_NODES, MAX_TEXT_LENGTH } from "../limits";
import { decodeBase64, decodeUtf8 } from "../x509/pem";
import { composeDocuments, lineOf, lineStarts } from "./compose";
import { integerOf, isYaml11Boolean, resolveTag, type ScalarTag } from "./scalar";

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
}

export interface YamlEntry extends Place {
  readonly key: string;
  /** What the key is, where it is no string. */
  readonly keyTag?: Exclude<ScalarTag, "str">;
  readonly value: YamlNode;
  /** The key is one that only YAML 1.1 reads as a boolean. */
  readonly isYaml11Boolean?: true;
}

export function isNullNode(node: YamlNode): boolean {
  return node.kind === "scalar" && node.tag === "null";
}

export interface ParseOptions {
  /** Property path for errors. */
  readonly path: string;
  readonly code?: ErrorCode;
  /** Take a `<<` whose value is an alias, as Talos up to 1.13 does in maps of strings. */
  readonly mergeKeys?: boolean;
}

const TAGS: Readonly<Record<string, ScalarTag>> = {
  "tag:yaml.org,2002:str": "str",
  "tag:yaml.org,2002:int": "int",
  "tag:yaml.org,2002:float": "float",
  "tag:yaml.org,2002:bool": "bool",
  "tag:yaml.org,2002:null": "null",
  "tag:yaml.org,2002:timestamp": "timestamp",
};
export const BINARY_TAG = "tag:yaml.org,2002:binary";

/** The text that a `!!binary` stands for; `undefined` for what is no base64 of a text. */
export function decodeBinary(base64: string): string | undefined {
  const octets = decodeBase64(base64.replace(/[\r\n]/g, ""));
  return octets && decodeUtf8(octets);
}

/**
 * Reads YAML strictly and within bounds: at most 1 MiB, 100 levels and 200,000 nodes with aliases followed; doubled keys,
 * cyclic aliases and unknown tags are refused. Nothing of the text enters a message but its line numbers.
 *
 * @returns one node per document; a document without content is a null scalar
 * @throws PkiError ERR_YAML_INVALID or the given code
 * @example
 * parseYamlDocuments("a: 1\n---\nb: 2\n", { path: "configPatches[0]" }).length; // 2
 */
export function parseYamlDocuments(text: string, options: ParseOptions): YamlNode[] {
  const fail = (message: string): PkiError =>
    new PkiError(options.code ?? "ERR_YAML_INVALID", message, { path: options.path });
  if (text.length > MAX_TEXT_LENGTH) throw fail("is longer than 1 MiB; expected a machine config or a patch");
  const lines = lineStarts(text);
  const documents = composeDocuments(text, (what, cure) => fail(`${what}; ${cure}`));
  for (const { errors } of documents) {
    const [error] = errors;
    if (error === undefined) continue;
    const what = error.code === "DUPLICATE_KEY" ? "a key stands twice" : "cannot be read as YAML";
    throw fail(`${what} at line ${lineOf(lines, error.pos[0])}; expected valid YAML, indented with spaces`);
  }
  return documents.map((document) => new Reader(document, lines, fail, options.mergeKeys ?? false).read());
}

class Reader {
  private count = 0;
  private readonly anchors = new Map<string, ParsedNode>();
  private readonly open = new Set<ParsedNode>();

  constructor(
    private readonly document: Document.Parsed,
    private readonly lines: readonly number[],
    private readonly fail: (message: string) => PkiError,
    private readonly mergeKeys: boolean,
  ) {}

  read(): YamlNode {
    const root = this.document.contents;
    return root === null ? { kind: "scalar", text: "", tag: "null", line: 1 } : this.node(root, 0);
  }

  private node(node: ParsedNode, depth: number): YamlNode {
    const line = lineOf(this.lines, node.range[0]);
    if (depth > MAX_DEPTH) throw this.fail(`is nested too deep at line ${line}; expected at most ${MAX_DEPTH} levels`);
    if (++this.count > MAX_NODES) throw this.fail("grows too large through aliases; write it out without them");
    if (isAlias(node)) return this.alias(node, depth, line);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    if (isScalar(node)) return this.scalar(node, line);
    this.open.add(node);
    const read: YamlNode = isSeq(node)
      ? { kind: "sequence", items: node.items.map((item) => this.node(item, depth + 1)), line }
      : {
          kind: "mapping",
          entries: isMap(node) ? this.entries(node.items, depth) : [],
          line,
        };
    this.open.delete(node);
    return read;
  }

  private alias(alias: Alias, depth: number, line: number): YamlNode {
    const target = this.anchors.get(alias.source);
    if (target === undefined) throw this.fail(`an alias at line ${line} has no anchor before it; give it one`);
    if (this.open.has(target)) throw this.fail(`an alias at line ${line} contains itself; write it out`);
    return this.node(target, depth);
  }

  private scalar(node: { value: unknown; type?: string; tag?: string }, line: number): YamlScalar {
    const text = typeof node.value === "string" ? node.value : "";
    const isPlain = node.type === undefined || node.type === "PLAIN";
    if (node.tag === undefined) {
      const scalar = { kind: "scalar", text, tag: isPlain ? resolveTag(text) : "str", line } as const;
      return isPlain && isYaml11Boolean(text) ? { ...scalar, isYaml11Boolean: true } : scalar;
    }
    if (node.tag === BINARY_TAG) {
      const decoded = decodeBinary(text);
      if (decoded === undefined) throw this.fail(`a !!binary at line ${line} is no base64 of a text; write the text`);
      return { kind: "scalar", text: decoded, tag: "str", line };
    }
    const tag = TAGS[node.tag];
    if (tag === undefined) throw this.fail(`an unknown YAML tag at line ${line}; leave it out`);
    return { kind: "scalar", text, tag: this.tagged(text, tag, line), line };
  }

  /** Go reads by the tag what the text is anyway, quoted or not, and an integer as a float; nothing else. */
  private tagged(text: string, tag: ScalarTag, line: number): ScalarTag {
    const found = resolveTag(text);
    if (tag === "str" || tag === found) return tag;
    if (tag === "float" && found === "int" && integerOf(text)! < 1n << 63n) return tag;
    throw this.fail(`a value at line ${line} is not what its YAML tag says; leave the tag out`);
  }

  private entries(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], depth: number): YamlEntry[] {
    const entries: YamlEntry[] = [];
    const seen = new Map<string, number>();
    const merged: YamlEntry[] = [];
    for (const pair of pairs) {
      const key = this.node(pair.key, depth + 1);
      if (key.kind !== "scalar") throw this.fail(`a key at line ${key.line} is no plain text; expected a name`);
      const earlier = seen.get(key.text);
      if (earlier !== undefined) {
        throw this.fail(`a key at line ${key.line} already stands at line ${earlier}; give it once`);
      }
      seen.set(key.text, key.line);
      const value: YamlNode =
        pair.value === null
          ? { kind: "scalar", text: "", tag: "null", line: key.line }
          : this.node(pair.value, depth + 1);
      if (key.tag === "merge") merged.push(...this.merge(pair.value, value, key.line));
      else {
        const { text, tag, isYaml11Boolean: isBoolean, line } = key;
        entries.push({
          key: text,
          ...(tag !== "str" && { keyTag: tag }),
          ...(isBoolean === true && { isYaml11Boolean: isBoolean }),
          value,
          line,
        });
      }
    }
    return [...entries, ...merged.filter(({ key }) => !seen.has(key))];
  }

  private merge(source: ParsedNode | null, value: YamlNode, line: number): readonly YamlEntry[] {
    if (this.mergeKeys && isAlias(source) && value.kind === "mapping") return value.entries;
    throw this.fail(`a merge key (<<) at line ${line}, which Talos refuses; write the keys out`);
  }
}
