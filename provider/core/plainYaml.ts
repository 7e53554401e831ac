import { parseAllDocuments, stringify } from "yaml";

import { PkiError } from "./errors";
import { MAX_TEXT_LENGTH } from "./x509/pem";

/**
 * Reads YAML whose scalars stay text (a token of digits must not become a number); a plain `null` is null. Aliases
 * are shared, never expanded, so a bomb stays small as long as nobody walks it.
 *
 * @throws PkiError ERR_YAML_INVALID with the line
 */
export function readPlainDocuments(text: string, path: string): unknown[] {
  const invalid = (what: string): PkiError => new PkiError("ERR_YAML_INVALID", `${what}; expected YAML`, { path });
  if (text.length > MAX_TEXT_LENGTH) throw invalid("the text is longer than 1 MiB");
  try {
    const documents = parseAllDocuments(text, {
      schema: "failsafe",
      customTags: ["null"],
      uniqueKeys: true,
      logLevel: "silent",
    });
    if (!Array.isArray(documents)) return [];
    const [error] = documents.flatMap((document) => document.errors);
    // The library's own message quotes the line, which may be a secret: only code and line go out.
    if (error !== undefined) {
      throw invalid(
        `the text is not readable YAML (${error.code.toLowerCase().replaceAll("_", " ")}${lineOf(error.linePos)})`,
      );
    }
    return documents.map((document) => document.toJS({ maxAliasCount: -1 }) as unknown);
  } catch (cause) {
    if (cause instanceof PkiError) throw cause;
    throw invalid(cause instanceof RangeError ? "the text is nested too deep" : "the text is not readable YAML");
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

function lineOf(position: readonly { line: number }[] | undefined): string {
  return position?.[0] === undefined ? "" : ` at line ${position[0].line}`;
}

/** Writes a tree as Talos does: 4 spaces, sequences indented, no folding, final newline. */
export function writePlainYaml(tree: unknown): string {
  return stringify(tree, { indent: 4, lineWidth: 0, aliasDuplicateObjects: false });
}
