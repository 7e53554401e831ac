import {
  Composer,
  type CST,
  type Document,
  type DocumentOptions,
  type ParseOptions,
  Parser,
  type SchemaOptions,
} from "yaml";

import type { PkiError } from "../errors";
import { MAX_DEPTH } from "../limits";

/** The library looks each alias up among all the others, so time grows with the square of their number. */
const MAX_ALIASES = 2000;

/**
 * The parser works with a stack of its own and the composer recurses, so the depth is checked between the two; a text that
 * is nested deep enough would not end in an exception but end the process.
 */
export function composeDocuments(
  text: string,
  fail: (what: string, cure: string) => PkiError,
  options: DocumentOptions & ParseOptions & SchemaOptions = {},
): Document.Parsed[] {
  const composer = new Composer({
    schema: "failsafe",
    version: "1.2",
    merge: false,
    // A tag is read by the rules of Talos, not of the library, which makes a date or octets of the value.
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
    ...options,
  });
  const tooDeep = (): PkiError => fail("is nested too deep", `expected at most ${MAX_DEPTH} levels`);
  const tokens = readTokens(text);
  if (tokens === undefined) throw tooDeep();
  const aliases = tokens.map(countAliases);
  if (aliases.includes(undefined)) throw tooDeep();
  if (!text.endsWith("\n")) tokens.forEach(endWithoutLineBreak);
  if (aliases.reduce<number>((sum, count) => sum + (count ?? 0), 0) > MAX_ALIASES) {
    throw fail(`holds too many aliases`, `expected at most ${MAX_ALIASES}`);
  }
  try {
    return Array.from<Document.Parsed>(composer.compose(tokens) as Iterable<Document.Parsed>);
  } catch {
    throw fail("cannot be read as YAML", "expected valid YAML, indented with spaces");
  }
}

/** `undefined` for a text that closes more levels at once than the parser can: there it recurses, too. */
function readTokens(text: string): CST.Token[] | undefined {
  try {
    return [...new Parser().parse(text)];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** How many aliases there are below a token; `undefined` when it is nested too deep. */
function countAliases(root: CST.Token): number | undefined {
  let level: CST.Token[] = [root];
  let count = 0;
  // A document and each of its collections take one step, the items of a collection none.
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH + 1) return undefined;
    count += level.filter(({ type }) => type === "alias").length;
    level = level.flatMap((token) => {
      if (token.type === "document") return token.value === undefined ? [] : [token.value];
      return "items" in token
        ? token.items.flatMap(({ key, value }) => [key, value].filter((part) => part !== undefined && part !== null))
        : [];
    });
  }
  return count;
}

/**
 * A block scalar that the end of the text cuts off before a line break has none at its end; the library adds one.
 * Source: go.yaml.in/yaml/v4 internal/libyaml/scanner.go, scanBlockScalar.
 */
function endWithoutLineBreak(root: CST.Token): void {
  for (let token: CST.Token | null | undefined = root; token !== null && token !== undefined;) {
    if (token.type === "block-scalar") {
      const header = token.props.find(({ type }) => type === "block-scalar-header") as CST.SourceToken | undefined;
      const lastLine = token.source.slice(token.source.lastIndexOf("\n") + 1);
      const indent = /^ *(?=[^ \r\n])/m.exec(token.source)?.[0] ?? lastLine;
      const hasContent = /[^ ]/.test(lastLine) || lastLine.length > indent.length;
      if (header !== undefined && hasContent) header.source = `${header.source.replace(/[+-]/, "")}-`;
    }
    const last: CST.CollectionItem | undefined = "items" in token ? token.items.at(-1) : undefined;
    token = token.type === "document" ? token.value : (last?.value ?? last?.key);
  }
}

/** Where each line begins. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The line, from 1, in which an offset lies. */
export function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
