import { PkiError } from "../errors";
import { MAX_TEXT_LENGTH } from "../x509/pem";
import { composeDocuments, lineOf, lineStarts } from "./compose";
import { formatYamlDocuments, type YamlValue } from "./emitter";

/**
 * Reads YAML into a plain tree whose scalars stay text (a token of digits must not become a number); a plain `null`
 * is null. Aliases are shared, never expanded, so a bomb stays small as long as nobody walks it: Talos reads such a
 * bundle, so this does.
 *
 * @throws PkiError ERR_YAML_INVALID with the line; nothing of the text enters the message
 */
export function readPlainDocuments(text: string, path: string): unknown[] {
  const fail = (what: string): PkiError =>
    new PkiError("ERR_YAML_INVALID", `the text ${what.replace(/; expected.*$/s, "")}; expected YAML`, { path });
  if (text.length > MAX_TEXT_LENGTH) throw fail("is longer than 1 MiB");
  const documents = composeDocuments(text, fail, { customTags: ["null"], uniqueKeys: true });
  for (const { errors } of documents) {
    const [error] = errors;
    if (error === undefined) continue;
    const what = error.code.toLowerCase().replaceAll("_", " ");
    throw fail(`is not readable YAML (${what} at line ${lineOf(lineStarts(text), error.pos[0])})`);
  }
  try {
    return documents.map((document) => document.toJS({ maxAliasCount: -1 }) as unknown);
  } catch {
    throw fail("is not readable YAML");
  }
}

/** The same for one document; an empty text is null. @throws PkiError ERR_YAML_INVALID */
export function readPlainYaml(text: string, path: string): unknown {
  const documents = readPlainDocuments(text, path);
  if (documents.length > 1) {
    throw new PkiError("ERR_YAML_INVALID", `the text holds ${documents.length} documents; expected one`, { path });
  }
  return documents[0] ?? null;
}

/** Writes a plain tree as Talos does. */
export function writePlainYaml(tree: unknown): string {
  return formatYamlDocuments([yamlValue(tree)]);
}

function yamlValue(value: unknown): YamlValue {
  if (Array.isArray(value)) return value.map(yamlValue);
  if (typeof value === "object" && value !== null) {
    return new Map(Object.entries(value).map(([key, child]) => [key, yamlValue(child)]));
  }
  return value as YamlValue;
}
