import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Pair, type ParsedNode } from "yaml";

import { MAX_DEPTH, MAX_NODES, MAX_TEXT_LENGTH, MAX_TOKENS } from "../limits";
import { decodeBase64, decodeUtf8 } from "../x509/pem";
import { type Bounds, composeDocuments, LineCounter, YamlFault } from "./compose";
import type { YamlEntry, YamlMapping, YamlNode, YamlScalar } from "./parser";
import { integerOf, isYaml11Boolean, resolveTag, type ScalarTag } from "./scalar";
import { type BareDocuments, StreamCheck } from "./stream";

/** How a text is read. */
export interface Dialect {
  /** Take a `<<` and say in the mapping where it stands: Talos takes it in some maps. */
  readonly mergeKeys?: boolean;
  /** Reject what Talos rejects between documents and at the beginning of lines; without it neither is looked at. */
  readonly bareDocuments?: BareDocuments;
  /**
   * Take what Go takes where it reads strings only: any `<<`, values that are not what their tags say, unknown tags.
   * Aliases may then stand for more than could be written out: whoever walks the nodes keeps to a bound of its own.
   */
  readonly lenient?: boolean;
}

const BOUNDS: Bounds = { depth: MAX_DEPTH, tokens: MAX_TOKENS, nodes: MAX_NODES, length: MAX_TEXT_LENGTH };

/** @throws YamlFault */
export function readDocuments(text: string, dialect: Dialect, bounds: Bounds = BOUNDS): YamlNode[] {
  const lines = new LineCounter(text);
  const reader = new Reader(lines, dialect, bounds);
  const { bareDocuments } = dialect;
  const check = bareDocuments === undefined ? undefined : new StreamCheck(lines, bareDocuments);
  check?.text(text);
  return Array.from(composeDocuments(text, bounds, check), (document) => reader.read(document));
}

const TAGS: Readonly<Record<string, ScalarTag>> = {
  "tag:yaml.org,2002:str": "str",
  "tag:yaml.org,2002:int": "int",
  "tag:yaml.org,2002:float": "float",
  "tag:yaml.org,2002:bool": "bool",
  "tag:yaml.org,2002:null": "null",
  "tag:yaml.org,2002:timestamp": "timestamp",
};
const BINARY_TAG = "tag:yaml.org,2002:binary";

/** The text that a `!!binary` stands for; `undefined` for what is not base64 of a text. */
function decodeBinary(base64: string): string | undefined {
  const octets = decodeBase64(base64.replace(/[\r\n]/g, ""));
  return octets && decodeUtf8(octets);
}

/** Of a lenient text; each merge may copy a whole file, and nobody writes more of them. */
const MAX_MERGES = 100;
const MAX_ALIASES = 2000;

/** What an anchor stands for, as far as it has been read. */
interface Anchor {
  node?: YamlNode;
  /** With aliases followed: its nodes, the length of its texts, the levels below it. */
  nodes: number;
  length: number;
  height: number;
}

class Reader {
  /** With aliases followed, of all documents so far. */
  private nodes = 0;
  private length = 0;
  /** The deepest level since it was last set. */
  private deepest = 0;
  private aliases = 0;
  private merges = 0;
  /** Those of a text, not of a document, as in Go. */
  private readonly anchors = new Map<string, Anchor>();

  constructor(
    private readonly lines: LineCounter,
    private readonly dialect: Dialect,
    private readonly bounds: Bounds,
  ) {}

  read({ contents, errors: [error] }: Document.Parsed): YamlNode {
    if (error !== undefined)
      throw this.fault(
        "cannot be read as YAML",
        "must be valid YAML, indented with spaces",
        this.lines.lineOf(error.pos[0]),
      );
    return contents === null ? { kind: "scalar", text: "", tag: "null", line: 1 } : this.node(contents, 0);
  }

  private fault(what: string, remedy: string, line: number): YamlFault {
    return new YamlFault(`${what} at line ${line}`, remedy, line);
  }

  private node(node: ParsedNode, depth: number): YamlNode {
    const line = this.lines.lineOf(node.range[0]);
    if (isAlias(node)) return this.alias(node, depth, line);
    this.spend(1, 0);
    this.reach(depth, line);
    if (node.anchor === undefined) return this.content(node, depth, line);
    const [nodes, length, deepest] = [this.nodes, this.length, this.deepest];
    const anchor: Anchor = { nodes: 0, length: 0, height: 0 };
    this.anchors.set(node.anchor, anchor);
    this.deepest = depth;
    anchor.node = this.content(node, depth, line);
    anchor.nodes = this.nodes - nodes + 1;
    anchor.length = this.length - length;
    anchor.height = this.deepest - depth;
    this.deepest = Math.max(this.deepest, deepest);
    return anchor.node;
  }

  private content(node: Exclude<ParsedNode, Alias.Parsed>, depth: number, line: number): YamlNode {
    if (isScalar(node)) return this.scalar(node, line);
    if (isSeq(node)) return { kind: "sequence", items: node.items.map((item) => this.node(item, depth + 1)), line };
    return isMap(node) ? this.mapping(node.items, depth, line) : { kind: "mapping", entries: [], line };
  }

  private alias(alias: Alias, depth: number, line: number): YamlNode {
    const anchor = this.anchors.get(alias.source);
    if (anchor === undefined)
      throw new YamlFault(`an alias at line ${line} has no anchor before it`, "give it one", line);
    if (anchor.node === undefined)
      throw new YamlFault(`an alias at line ${line} contains itself`, "write it out", line);
    if (++this.aliases > MAX_ALIASES && this.dialect.lenient === true)
      throw new YamlFault("holds too many aliases", `must be at most ${MAX_ALIASES}`);
    this.spend(anchor.nodes, anchor.length);
    this.reach(depth + anchor.height, line);
    return anchor.node;
  }

  private spend(nodes: number, length: number): void {
    this.nodes += nodes;
    this.length += length;
    if (this.nodes <= this.bounds.nodes && this.length <= this.bounds.length) return;
    if (this.aliases + this.merges === 0)
      throw new YamlFault("is too large", `must be at most ${this.bounds.nodes} nodes`);
    if (this.dialect.lenient !== true)
      throw new YamlFault("grows too large through aliases", "write it out without them");
  }

  private reach(depth: number, line: number): void {
    if (depth > this.bounds.depth)
      throw this.fault("is nested too deep", `must be at most ${this.bounds.depth} levels`, line);
    this.deepest = Math.max(this.deepest, depth);
  }

  private scalar(node: { value: unknown; type?: string; tag?: string }, line: number): YamlScalar {
    const text = typeof node.value === "string" ? node.value : "";
    const isPlain = node.type === undefined || node.type === "PLAIN";
    this.spend(0, text.length);
    if (node.tag === undefined) {
      const scalar = { kind: "scalar", text, tag: isPlain ? resolveTag(text) : "str", line } as const;
      return isPlain && isYaml11Boolean(text) ? { ...scalar, isYaml11Boolean: true } : scalar;
    }
    if (node.tag === BINARY_TAG) {
      const decoded = decodeBinary(text);
      if (decoded === undefined)
        throw new YamlFault(`a !!binary at line ${line} is not base64 of a text`, "write the text", line);
      return { kind: "scalar", text: decoded, tag: "str", line };
    }
    return { kind: "scalar", text, tag: this.tagged(text, TAGS[node.tag], line), line };
  }

  /** Go reads by the tag what the text is anyway, quoted or not, and an integer as a float; nothing else. */
  private tagged(text: string, tag: ScalarTag | undefined, line: number): ScalarTag {
    if (this.dialect.lenient === true) return tag ?? "str";
    if (tag === undefined) throw new YamlFault(`an unknown YAML tag at line ${line}`, "leave it out", line);
    const found = resolveTag(text);
    if (tag === "str" || tag === found) return tag;
    if (tag === "float" && found === "int" && integerOf(text)! < 1n << 63n) return tag;
    throw new YamlFault(`a value at line ${line} is not what its YAML tag says`, "leave the tag out", line);
  }

  private mapping(pairs: readonly Pair<ParsedNode, ParsedNode | null>[], depth: number, line: number): YamlMapping {
    const entries: YamlEntry[] = [];
    let mergeAt: YamlMapping["mergeAt"];
    const seen = new Map<string, number>();
    const merged: YamlEntry[] = [];
    for (const pair of pairs) {
      const key = this.key(pair.key, depth);
      const earlier = seen.get(key.text);
      if (earlier !== undefined)
        throw new YamlFault(`a key at line ${key.line} already stands at line ${earlier}`, "give it once", key.line);
      seen.set(key.text, key.line);
      const value: YamlNode =
        pair.value === null
          ? { kind: "scalar", text: "", tag: "null", line: key.line }
          : this.node(pair.value, depth + 1);
      if (key.tag !== "merge") {
        entries.push(entryOf(key, value));
        continue;
      }
      merged.push(...this.merge(value, key.line));
      mergeAt = { line: key.line, isAlias: isAlias(pair.value) && (mergeAt?.isAlias ?? true) };
    }
    for (const entry of merged) {
      if (seen.has(entry.key)) continue;
      seen.set(entry.key, entry.line);
      entries.push(entry);
    }
    return { kind: "mapping", entries, line, ...(mergeAt !== undefined && { mergeAt }) };
  }

  private key(node: ParsedNode, depth: number): YamlScalar {
    const key = this.node(node, depth + 1);
    if (key.kind === "scalar") return key;
    throw new YamlFault(`a key at line ${key.line} is not plain text`, "must be a name", key.line);
  }

  private merge(value: YamlNode, line: number): readonly YamlEntry[] {
    const { mergeKeys, lenient } = this.dialect;
    if (++this.merges > MAX_MERGES && lenient === true)
      throw this.fault("too many merge keys (<<)", `must be at most ${MAX_MERGES}`, line);
    const values = value.kind === "sequence" ? value.items : [value];
    if ((lenient === true || mergeKeys === true) && values.every(({ kind }) => kind === "mapping")) {
      const entries = values.flatMap((mapping) => (mapping.kind === "mapping" ? mapping.entries : []));
      this.spend(entries.length, 0);
      return entries;
    }
    throw new YamlFault(`a merge key (<<) at line ${line}, which Talos rejects`, "write the keys out", line);
  }
}

function entryOf({ text, tag, isYaml11Boolean: isBoolean, line }: YamlScalar, value: YamlNode): YamlEntry {
  return {
    key: text,
    ...(tag !== "str" && { keyTag: tag }),
    ...(isBoolean === true && { isYaml11Boolean: isBoolean }),
    value,
    line,
  };
}
