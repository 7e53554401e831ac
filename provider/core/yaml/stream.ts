import type { CST } from "yaml";

import { type LineCounter, YamlFault } from "./compose";

/**
 * Whether a document may begin without `---` behind one that ends in `...`: never, as in Talos up to 1.13, or behind an
 * empty one at the start of the text, as from 1.14.
 */
export type BareDocuments = "never" | "behindEmpty";

const NOT_IN_YAML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/** What the library's lexer adds to the text. */
const SCALAR_MARK = "\u001f";
const MARKS: ReadonlySet<string> = new Set(["\u0002", "\u0018", SCALAR_MARK]);

/**
 * U+2028 and U+2029 end a line in YAML 1.1, and are characters like others to the library. Both read them alike within
 * quotes where no blanks are beside them.
 */
const SEPARATOR = /[\u2028\u2029]/;
const SEPARATOR_REMEDY = "must be written as \\L or \\P, in double quotes";
const UNLIKE_IN_QUOTES = /[ \t\n\u2028\u2029][\u2028\u2029]|[\u2028\u2029][ \t\n]/;

/**
 * Rejects what Go rejects around the documents of a text and at the beginning of its lines, and the library takes.
 * Source: go.yaml.in/yaml/v3 and v4, scannerc.go and parserc.go.
 */
export class StreamCheck {
  private readonly directives = new Set<string>();
  private isEnded = false;
  /** What the documents so far are: none, or one that does not begin and in which nothing is. */
  private start: "nothing" | "bare" | "other" = "nothing";
  private offset = 0;
  private flowDepth = 0;
  /** Nothing but indicators of blocks stand before this on its line. */
  private isBeginOfLine = true;
  /** The mark of the lexer that a scalar follows was the last. */
  private isScalar = false;
  /** The header of a block scalar without an indentation was the last on its line. */
  private isBody = false;
  /** Of a separator in the last that was seen, which may be no key then. */
  private brokenAt: number | undefined;

  constructor(
    private readonly lines: LineCounter,
    private readonly bare: BareDocuments,
  ) {}

  /** @throws YamlFault for a character that no YAML has */
  text(text: string): void {
    const at = text.search(NOT_IN_YAML);
    if (at !== -1) throw this.fault("a control character", "must be escaped, in double quotes", at);
  }

  /** @throws YamlFault for a tab where indentation is expected, and a separator that Go reads as the end of a line */
  lexeme(source: string): void {
    const { offset } = this;
    if (source === SCALAR_MARK) this.isScalar = true;
    if (MARKS.has(source)) return;
    this.offset += source.length;
    this.separators(source, offset);
    if (this.isScalar) this.scalar(source, offset);
    else if (!/^[ \t]+$/.test(source)) this.indicator(source);
    else if (this.flowDepth === 0 && this.isBeginOfLine && source.includes("\t")) throw this.tab(offset);
  }

  private separators(source: string, offset: number): void {
    const at = source.search(SEPARATOR);
    const isUnlike = at !== -1 && (!/^['"]/.test(source) || UNLIKE_IN_QUOTES.test(source));
    if (isUnlike || (source === ":" && this.brokenAt !== undefined))
      throw this.fault("a line or paragraph separator", SEPARATOR_REMEDY, this.brokenAt ?? offset + at);
    if (!/^[ \t]+$/.test(source)) this.brokenAt = at === -1 ? undefined : offset + at;
  }

  private scalar(source: string, offset: number): void {
    const [indentation] = /^(?: *\n)* *\t/.exec(source) ?? [];
    if (this.isBody && indentation !== undefined) throw this.tab(offset + indentation.length);
    this.isScalar = false;
    this.isBody = false;
    this.isBeginOfLine = source.endsWith("\n");
  }

  private indicator(source: string): void {
    if (/^[|>]/.test(source)) this.isBody = !/[1-9]/.test(source);
    if (source === "\n") this.isBeginOfLine = true;
    else this.isBeginOfLine &&= source === "-" || source === "?" || source === ":";
    if (source === "{" || source === "[") this.flowDepth += 1;
    else if (source === "}" || source === "]") this.flowDepth = Math.max(0, this.flowDepth - 1);
  }

  /** @throws YamlFault for a directive of another YAML, and for a document that begins without `---` where it must not */
  token(token: CST.Token): void {
    if (token.type === "directive") this.directive(token.source, token.offset);
    else if (token.type === "document") this.document(token);
    else if (token.type === "doc-end") this.end(token.offset);
  }

  private directive(source: string, offset: number): void {
    const [name = "", first = ""] = source.split(/[ \t]+/);
    const key = name === "%TAG" ? `${name} ${first}` : name;
    const isKnown = name === "%YAML" ? /^0*1\.0*1$/.test(first) : name === "%TAG";
    if (!isKnown || this.directives.has(key))
      throw this.fault("a directive, which Talos rejects", "leave it out", offset);
    this.directives.add(key);
  }

  private document({ start, value, offset }: CST.Document): void {
    const isExplicit = start.some(({ type }) => type === "doc-start");
    // Behind a second `...` the library finds a document in which nothing is.
    if (!isExplicit && value === undefined && this.start !== "nothing") return;
    if (this.isEnded && !isExplicit && this.start !== "bare")
      throw this.fault("a document without a beginning", "begin it with ---", offset);
    this.directives.clear();
    this.isEnded = false;
    this.start = this.start === "nothing" && !isExplicit && value === undefined ? "bare" : "other";
  }

  private end(offset: number): void {
    if (this.bare === "never" && this.start === "bare")
      throw this.fault("the end of a document without a beginning", "leave it out", offset);
    this.isEnded = true;
  }

  private tab(offset: number): YamlFault {
    return this.fault("a tab, which Talos rejects", "indent with spaces", offset);
  }

  private fault(what: string, remedy: string, offset: number): YamlFault {
    const line = this.lines.lineOf(offset);
    return new YamlFault(`${what} at line ${line}`, remedy, line);
  }
}
