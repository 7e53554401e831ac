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
/** `compact` is how Talos writes what a JSON patch has made: two spaces, sequences not indented. */
export type Layout = "talos" | "compact";

/** Go's emitter writes a longer key with an explicit `?`; the length is in bytes. */
const LONGEST_SIMPLE_KEY = 128;

type Style = "plain" | "single" | "double" | "literal";

/**
 * Writes documents exactly as Talos does: four spaces, sequences indented too, no folding, `---` only between
 * documents, a final newline. Source: go.yaml.in/yaml/v4 internal/libyaml/{representer,emitter}.go, rc.4 and rc.6.
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
    private readonly flatSequences: boolean,
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
        this.sequence(
          value as readonly YamlValue[],
          this.flatSequences && context === "value" ? parent : indent,
          context,
        );
    } else this.inline(this.scalar(value as YamlScalarValue, indent), context);
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
        this.parts.push(`? ${this.scalar(key, this.childIndent(indent, "value"))}\n`.replace(/\n\n$/, "\n"));
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

  private scalar(value: YamlScalarValue, indent: number): string {
    if (typeof value === "string") return written(value, styleOf(value, this.quotes), indent);
    if (value instanceof NodeText)
      return written(value.text, allowedStyle(value.text, plainNodeStyle(value.text)), indent);
    return value instanceof Plain ? value.text : String(value);
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

function written(text: string, style: Style, indent: number): string {
  switch (style) {
    case "plain":
      return text;
    case "single":
      return `'${text.replaceAll("'", "''").replace(/[\u0085\u2028\u2029](?=[^\n\r\u0085\u2028\u2029])/gu, `$&${" ".repeat(indent)}`)}'`;
    case "double":
      return doubleQuoted(text);
    case "literal":
      return literal(text, indent);
  }
}

const ESCAPES: ReadonlyMap<number, string> = new Map(
  Object.entries({
    "0": 0,
    a: 7,
    b: 8,
    t: 9,
    n: 10,
    v: 11,
    f: 12,
    r: 13,
    e: 27,
    '"': 34,
    "\\": 92,
    N: 0x85,
    _: 0xa0,
    L: 0x2028,
    P: 0x2029,
  }).map(([letter, code]) => [code, letter]),
);

const TO_ESCAPE = /["\\\n\r\u0085\u2028\u2029]|[^\n\x20-\x7e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/gu;

function doubleQuoted(text: string): string {
  // Go's emitter asks for a byte order mark at the start of the value for every character of it.
  const escaped = text.replace(text.startsWith("\ufeff") ? /[^]/gu : TO_ESCAPE, escape);
  return `"${escaped}"`;
}

function escape(character: string): string {
  const code = character.codePointAt(0)!;
  const letter = ESCAPES.get(code);
  if (letter !== undefined) return `\\${letter}`;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

function literal(text: string, indent: number): string {
  // The hint is the usual indentation even where the text stands elsewhere, as Go's emitter has it.
  const hint = text.startsWith(" ") ? String(INDENT) : "";
  let breaks = 0;
  while (breaks < text.length && LINE_BREAK.test(text[text.length - 1 - breaks]!)) breaks++;
  const chomp = breaks === 0 ? "-" : breaks > 1 || text.length === 1 ? "+" : "";
  const pad = " ".repeat(indent);
  return `|${hint}${chomp}\n${text.replace(/(^|[\n\u0085\u2028\u2029])(?=[^\n\u0085\u2028\u2029])/g, `$1${pad}`)}`;
}
