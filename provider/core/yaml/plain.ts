import { PkiError } from "../errors";
import { formatYamlDocuments, type YamlValue } from "./emitter";
import { parseYamlDocuments, type YamlNode } from "./parser";

/**
 * Reads YAML into a plain tree whose scalars stay text (a token of digits must not become a number); a plain `null`
 * is null. Aliases are shared, never expanded, so a bomb stays small as long as nobody walks it: Talos reads such a
 * bundle, so this does.
 *
 * @throws PkiError ERR_YAML_INVALID with the line; nothing of the text enters the message
 */
export function readPlainDocuments(text: string, path: string): unknown[] {
  const known = new Map<YamlNode, unknown>();
  return parseYamlDocuments(text, { path, lenient: true }).map((node) => plainOf(node, known));
}

/** @param known what nodes have become; that of an alias is one that is known */
function plainOf(node: YamlNode, known: Map<YamlNode, unknown>): unknown {
  if (node.kind === "scalar") return node.tag === "null" ? null : node.text;
  if (known.has(node)) return known.get(node);
  const plain =
    node.kind === "sequence"
      ? node.items.map((item) => plainOf(item, known))
      : Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value, known)] as const));
  known.set(node, plain);
  return plain;
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
    throw new PkiError("ERR_YAML_INVALID", `the text holds ${documents.length} documents; must be one`, { path });
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
