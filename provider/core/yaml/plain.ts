import { type Document, isScalar, visit } from "yaml";

import { PkiError } from "../errors";
import { MAX_TEXT_LENGTH } from "../limits";
import { composeDocuments, lineOf, lineStarts } from "./compose";
import { formatYamlDocuments, type YamlValue } from "./emitter";
import { BINARY_TAG, decodeBinary } from "./parser";

/**
 * Reads YAML into a plain tree whose scalars stay text (a token of digits must not become a number); a plain `null`
 * is null. Aliases are shared, never expanded, so a bomb stays small as long as nobody walks it: Talos reads such a
 * bundle, so this does.
 *
 * @throws PkiError ERR_YAML_INVALID with the line; nothing of the text enters the message
 */
export function readPlainDocuments(text: string, path: string): unknown[] {
  const fail = (what: string): PkiError =>
    new PkiError("ERR_YAML_INVALID", `the text ${what}; expected YAML`, { path });
  if (text.length > MAX_TEXT_LENGTH) throw fail("is longer than 1 MiB");
  const documents = composeDocuments(text, fail, { customTags: ["null", "merge"] });
  const unreadable = (what: string, offset: number): PkiError =>
    fail(`is not readable YAML (${what} at line ${lineOf(lineStarts(text), offset)})`);
  for (const document of documents) {
    const [error] = document.errors;
    if (error !== undefined) throw unreadable(error.code.toLowerCase().replaceAll("_", " "), error.pos[0]);
    const doubled = offsetOfDoubledKey(document);
    if (doubled !== undefined) throw unreadable("duplicate key", doubled);
    const merge = offsetOfMergeTooMany(document);
    if (merge !== undefined) throw unreadable("too many merge keys", merge);
    const undecoded = decodeBinaries(document);
    if (undecoded !== undefined) throw unreadable("!!binary without the base64 of a text", undecoded);
  }
  try {
    return documents.map((document) => document.toJS({ maxAliasCount: -1 }) as unknown);
  } catch {
    throw fail("is not readable YAML");
  }
}

/** The library compares each key of a map with each other one, which takes minutes for a mebibyte of keys. */
function offsetOfDoubledKey(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          offset = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return offset;
}

/** Each may copy a whole file; nobody writes more of them. */
const MAX_MERGES = 100;

function offsetOfMergeTooMany(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  let count = 0;
  visit(document, {
    Pair(_, { key }) {
      // The library's value for the key `<<`.
      if (!isScalar(key) || typeof key.value !== "symbol" || ++count <= MAX_MERGES) return undefined;
      offset = key.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

/** Puts the text in the place of its base64; the offset of one that is none. */
function decodeBinaries(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Scalar(_, node) {
      if (node.tag !== BINARY_TAG) return undefined;
      node.value = decodeBinary(String(node.value));
      if (node.value !== undefined) return undefined;
      offset = node.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  return offset;
}

/** The same for one document; an empty text is null. @throws PkiError ERR_YAML_INVALID */
export function readPlainYaml(text: string, path: string): unknown {
  return onlyDocument(readPlainDocuments(text, path), path);
}

/** The one document of a text that must have no more. @throws PkiError ERR_YAML_INVALID */
export function onlyDocument(all: readonly unknown[], path: string): unknown {
  const documents = [...all];
  // A line of dashes at the end begins a document in which nothing is.
  while (documents.length > 1 && documents.at(-1) === null) documents.pop();
  if (documents.length > 1) {
    throw new PkiError("ERR_YAML_INVALID", `the text holds ${documents.length} documents; expected one`, { path });
  }
  return documents[0] ?? null;
}

/** Writes a plain tree as Talos does. */
export function writePlainYaml(tree: unknown): string {
  return formatYamlDocuments([yamlValue(tree)]);
}

/** A plain tree as the writer takes it. */
export function yamlValue(value: unknown): YamlValue {
  if (Array.isArray(value)) return value.map(yamlValue);
  if (typeof value === "object" && value !== null) {
    return new Map(Object.entries(value).map(([key, child]) => [key, yamlValue(child)]));
  }
  return (value ?? null) as YamlValue;
}
