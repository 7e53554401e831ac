import { doubleQuoted } from "./doubleQuoted";
import { fold } from "./fold";
import { isAmbiguousInYaml11, resolveTag } from "./scalar";

/** A scalar that is written as it stands: a number, a boolean, a duration. */
export class Plain {
  constructor(readonly text: string) {}
}

/** A string that Talos writes as a node of its own, and so without regard to YAML 1.1. */
export class NodeText {
  constructor(readonly text: string) {}
}

/** What can be written. A map is written in its own order; keys are strings. */
export type YamlScalarValue = string | number | bigint | boolean | null | Plain | NodeText;
export type YamlValue = YamlScalarValue | readonly YamlValue[] | ReadonlyMap<string, YamlValue>;

/** The quotes around strings that only YAML 1.1 reads as something else: double up to Talos 1.13, single from 1.14. */
export type AmbiguousQuotes = "double" | "single";

const INDENT = 4;
/** `compact` is how Talos writes what a JSON patch has made: two spaces, sequences not indented, long lines folded. */
export type Layout = "talos" | "compact";

/** Go's emitter writes a longer key with an explicit `?`; the length is in bytes. */
const LONGEST_SIMPLE_KEY = 128;

type Style = "plain" | "single" | "double" | "literal";

/**
 * Writes documents exactly as Talos does: four spaces, sequences indented too, no folding, `---` only between
 * documents, a final newline. `compact` differs. Source: go.yaml.in/yaml/v4 internal/libyaml/{representer,emitter}.go, rc.4 and rc.6.
 *
 * @example
 * formatYamlDocuments([new Map([["token", "1"]])]); // 'token: "1"\n'
 */
export function formatYamlDocuments(
  documents: readonly YamlValue[],
  quotes: AmbiguousQuotes = "double",
  layout: Layout = "talos",
): string {
  return documents
    .map((document) => {
      const emitter = new Emitter(quotes, layout === "talos" ? INDENT : 2, layout === "compact");
      emitter.node(document, -1, "root");
      return emitter.finish();
    })
    .join("---\n");
}

/** Where a node stands: it decides how much its children are indented and whether it starts on the same line. */
type Context = "root" | "value" | "item" | "complex";

class Emitter {
  private readonly parts: string[] = [];

  constructor(
    private readonly quotes: AmbiguousQuotes,
    private readonly step: number,
    private readonly isCompact: boolean,
  ) {}

  finish(): string {
    this.endLine();
    return this.parts.join("");
  }

  private endLine(): void {
    if (this.parts.at(-1)?.endsWith("\n") !== true) this.parts.push("\n");
  }

  /** `parent` is the indentation of the collection that holds the node. */
  node(value: YamlValue, parent: number, context: Context): void {
    const indent = this.childIndent(parent, context);
    if (value instanceof Map) {
      if (value.size === 0) this.inline("{}", context);
      else this.mapping(value as ReadonlyMap<string, YamlValue>, indent, context);
    } else if (Array.isArray(value)) {
      if (value.length === 0) this.inline("[]", context);
      else
        this.sequence(value as readonly YamlValue[], this.isCompact && context === "value" ? parent : indent, context);
    } else {
      const space = context === "value" ? 1 : 0;
      this.inline(this.scalar(value as YamlScalarValue, indent, space), context);
    }
  }

  private inline(text: string, context: Context): void {
    this.parts.push(context === "value" ? ` ${text}` : text);
  }

  private mapping(map: ReadonlyMap<string, YamlValue>, indent: number, context: Context): void {
    const pad = " ".repeat(indent);
    let first = context !== "value" && context !== "root";
    if (context === "value") this.parts.push("\n");
    for (const [key, value] of map) {
      if (!first) this.parts.push(pad);
      first = false;
      if (isSimpleKey(key)) {
        this.parts.push(`${this.key(key)}:`);
        this.node(value, indent, "value");
      } else {
        this.parts.push(`? ${this.scalar(key, this.childIndent(indent, "value"), 2)}\n`.replace(/\n\n$/, "\n"));
        const isCollection = (Array.isArray(value) && value.length > 0) || (value instanceof Map && value.size > 0);
        this.parts.push(`${pad}:${" ".repeat(isCollection ? this.childIndent(indent, "complex") - indent - 1 : 1)}`);
        this.node(value, indent, "complex");
      }
      this.endLine();
    }
  }

  private sequence(items: readonly YamlValue[], indent: number, context: Context): void {
    const pad = " ".repeat(indent);
    let first = context !== "value" && context !== "root";
    if (context === "value") this.parts.push("\n");
    for (const item of items) {
      if (!first) this.parts.push(pad);
      first = false;
      this.parts.push("- ");
      this.node(item, indent, "item");
      this.endLine();
    }
  }

  private childIndent(parent: number, context: Context): number {
    if (context === "root") return 0;
    return context === "item" ? parent + 2 : this.step * Math.floor((parent + this.step) / this.step);
  }

  private key(text: string): string {
    const style = styleOf(text, this.quotes);
    return style === "literal" ? doubleQuoted(text) : written(text, style, 0);
  }

  /** `space` is what comes before it on the line that has not been written yet. */
  private scalar(value: YamlScalarValue, indent: number, space = 0): string {
    if (typeof value === "string") return this.text(value, this.styleOf(value), indent, space);
    if (value instanceof NodeText)
      return this.text(value.text, allowedStyle(value.text, plainNodeStyle(value.text)), indent, space);
    return value instanceof Plain ? value.text : String(value);
  }

  /** The older emitter writes every text of several lines as one, be it only empty ones. */
  private styleOf(text: string): Style {
    return this.isCompact && text.includes("\n") ? allowedStyle(text, "literal") : styleOf(text, this.quotes);
  }

  private text(text: string, style: Style, indent: number, space: number): string {
    if (!this.isCompact) return written(text, style, indent, text.startsWith(" ") ? this.step : undefined);
    // The older emitter does not take a tab for printable, and gives the indentation before an empty line too.
    const allowed = style === "literal" && text.includes("\t") ? "double" : style;
    const line = written(text, allowed, indent, /^[ \n\r\u0085\u2028\u2029]/.test(text) ? this.step : undefined);
    if (allowed === "literal" || !text.includes(" ") || LINE_BREAK.test(line)) return line;
    return fold(line, { style: allowed, column: this.column() + space, indent });
  }

  /** The length of the line that is being written; a character beyond U+FFFF is always escaped. */
  private column(): number {
    let column = 0;
    for (let index = this.parts.length - 1; index >= 0; index--) {
      const part = this.parts[index]!;
      const start = part.lastIndexOf("\n") + 1;
      column += part.length - start;
      if (start > 0) break;
    }
    return column;
  }
}

function isSimpleKey(key: string): boolean {
  return !LINE_BREAK.test(key) && (key.length < LONGEST_SIMPLE_KEY / 4 || utf8Length(key) <= LONGEST_SIMPLE_KEY);
}

function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

/** Most strings, base64 among them: longer than any word that means something else, and nothing to quote in them. */
const HARMLESS = /^[A-Za-z/_][A-Za-z0-9/_.@=+-]{5,}(?: [A-Za-z0-9/_.@=+-]+)*$/;
const LINE_BREAK = /[\n\r\u0085\u2028\u2029]/;
const NOT_PRINTABLE = /[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u;

function styleOf(text: string, quotes: AmbiguousQuotes): Style {
  return HARMLESS.test(text) ? "plain" : allowedStyle(text, preferredStyle(text, quotes));
}

function preferredStyle(text: string, quotes: AmbiguousQuotes): Style {
  if (text.includes("\n")) return text.length >= 2 && /\S/.test(text.replaceAll("\ufeff", "x")) ? "literal" : "double";
  if (isAmbiguousInYaml11(text)) return quotes;
  return resolveTag(text) === "str" ? "plain" : "double";
}

function plainNodeStyle(text: string): Style {
  if (text.includes("\n")) return "literal";
  return resolveTag(text) === "str" ? "plain" : "double";
}

function allowedStyle(text: string, preferred: Style): Style {
  const special = NOT_PRINTABLE.test(text.replaceAll("\t", ""));
  const spaceBreak = / [\n\r\u0085\u2028\u2029]/.test(text);
  if (preferred === "double") return "double";
  if (preferred === "literal") return special || spaceBreak || text.endsWith(" ") ? "double" : "literal";
  const quotedOnly = special || spaceBreak || text.includes("\t") || /[\n\r\u0085\u2028\u2029] /.test(text);
  if (quotedOnly) return "double";
  if (preferred === "single") return "single";
  return hasBlockIndicator(text) || LINE_BREAK.test(text) || text.startsWith(" ") || text.endsWith(" ")
    ? "single"
    : "plain";
}

function hasBlockIndicator(text: string): boolean {
  return (
    /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:[ \t]|$))/.test(text) ||
    /:(?:[ \t]|$)/.test(text) ||
    /[ \t\n\r\u0085\u2028\u2029\0]#/.test(text)
  );
}

/** `hint` is the indentation that a literal text has to name. */
function written(text: string, style: Style, indent: number, hint?: number): string {
  switch (style) {
    case "plain":
      return text;
    case "single":
      return `'${text.replaceAll("'", "''").replace(/[\u0085\u2028\u2029](?=[^\n\r\u0085\u2028\u2029])/gu, `$&${" ".repeat(indent)}`)}'`;
    case "double":
      return doubleQuoted(text);
    case "literal":
      return literal(text, indent, hint);
  }
}

/** The hint is the usual indentation even where the text stands elsewhere, as Go's emitter has it. */
function literal(text: string, indent: number, hint: number | undefined): string {
  let breaks = 0;
  while (breaks < text.length && LINE_BREAK.test(text[text.length - 1 - breaks]!)) breaks++;
  const chomp = breaks === 0 ? "-" : breaks > 1 || text.length === 1 ? "+" : "";
  const pad = " ".repeat(indent);
  return `|${hint ?? ""}${chomp}\n${text.replace(/(^|[\n\u0085\u2028\u2029])(?=[^\n\u0085\u2028\u2029])/g, `$1${pad}`)}`;
}
