import { Composer, type CST, type Document, Lexer, Parser } from "yaml";

/** How much of a text is read before it is rejected. */
export interface Bounds {
  /** Levels of lists and maps. */
  readonly depth: number;
  /** What the library holds at once. */
  readonly tokens: number;
  /** Nodes, and the length of their texts, with aliases followed. */
  readonly nodes: number;
  readonly length: number;
}

/** Looks at the parts of a text, of the lexer and of the parser. */
export interface PartCheck {
  lexeme(source: string): void;
  token(token: CST.Token): void;
}

/** Why a text cannot be read as YAML. */
export class YamlFault extends Error {
  /** @param line from 1, where it is known */
  constructor(
    readonly what: string,
    readonly remedy: string,
    readonly line?: number,
  ) {
    super(what);
  }
}

/**
 * The documents of a text, one after the other, so that only one is held in the library's form. The text is read within
 * bounds of depth and of tokens before anything recurses: a text that is nested deep enough would not end in an
 * exception but end the process.
 *
 * @param check is shown each part before it is composed, and may throw a YamlFault
 * @throws YamlFault
 */
export function* composeDocuments(text: string, bounds: Bounds, check?: PartCheck): Generator<Document.Parsed> {
  const composer = new Composer({
    schema: "failsafe",
    version: "1.2",
    merge: false,
    // A tag is read by the rules of Talos, not of the library, which makes a date or octets of the value.
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const endsLine = text.endsWith("\n");
  for (const token of readTokens(text, bounds, check)) {
    if (!endsLine) endWithoutLineBreak(token);
    check?.token(token);
    yield* composed(() => composer.next(token));
  }
  yield* composed(() => composer.end());
}

function composed(compose: () => Iterable<Document.Parsed>): Document.Parsed[] {
  const { stackTraceLimit } = Error;
  // The library makes an Error of everything that is wrong, and of a line of commas each one is.
  Error.stackTraceLimit = 0;
  try {
    return [...compose()];
  } catch {
    throw new YamlFault("cannot be read as YAML", "must be valid YAML, indented with spaces");
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The parser's stack also holds the document and the scalar that is being read. */
const OTHERS_ON_STACK = 3;

function* readTokens(text: string, bounds: Bounds, check?: PartCheck): Generator<CST.Token> {
  const parser = new Parser();
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > bounds.tokens)
      throw new YamlFault("has too many parts", `must be at most ${bounds.tokens} tokens of YAML`);
    check?.lexeme(lexeme);
    yield* parser.next(lexeme);
    if (parser.stack.length > bounds.depth + OTHERS_ON_STACK)
      throw new YamlFault("is nested too deep", `must be at most ${bounds.depth} levels`);
  }
  yield* parser.end();
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

/** The lines of offsets that are asked for in ascending order, as a rule. */
export class LineCounter {
  private line = 1;
  private end: number;
  private start = 0;

  constructor(private readonly text: string) {
    this.end = text.indexOf("\n");
  }

  /** The line, from 1, in which an offset is. */
  lineOf(offset: number): number {
    if (offset < this.start) [this.line, this.start, this.end] = [1, 0, this.text.indexOf("\n")];
    while (this.end !== -1 && this.end < offset) {
      this.line++;
      this.start = this.end + 1;
      this.end = this.text.indexOf("\n", this.start);
    }
    return this.line;
  }
}
