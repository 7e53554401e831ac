import { BOOL, BYTES, type CelType, DOUBLE, INT, NULL, STRING, UINT } from "./celTypes";

/** A part of a CEL expression. An operator is a call by its sign. */
export type CelNode =
  | { readonly kind: "literal"; readonly type: CelType }
  | { readonly kind: "name"; readonly name: string; readonly isGlobal?: true }
  | { readonly kind: "select"; readonly object: CelNode; readonly field: string; readonly optional: boolean }
  | { readonly kind: "index"; readonly object: CelNode; readonly index: CelNode; readonly optional: boolean }
  | { readonly kind: "call"; readonly name: string; readonly target?: CelNode; readonly args: readonly CelNode[] }
  | { readonly kind: "list"; readonly items: readonly CelNode[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [CelNode, CelNode])[] }
  | { readonly kind: "message"; readonly name: string };

/** The text is no expression, or none of the environment. */
export class CelFault extends Error {}

interface Token {
  readonly kind: "int" | "uint" | "double" | "string" | "bytes" | "name" | "sign" | "end";
  readonly text: string;
}

const STRING_FORM = String.raw`[rR]?(?:"""(?:\\[\s\S]|[^\\])*?"""|'''(?:\\[\s\S]|[^\\])*?'''|"(?:\\.|[^\\"\r\n])*"|'(?:\\.|[^\\'\r\n])*')`;
const TOKEN = new RegExp(
  [
    String.raw`(?<space>(?:[\t ,]{0}[\t \r\n\f]|//[^\n]*)+)`,
    String.raw`(?<double>\d+(?:\.\d+)?[eE][+-]?\d+|\d*\.\d+(?:[eE][+-]?\d+)?)`,
    String.raw`(?<uint>(?:0x[0-9a-fA-F]+|\d+)[uU])`,
    String.raw`(?<int>0x[0-9a-fA-F]+|\d+)`,
    `(?<bytes>[bB]${STRING_FORM})`,
    `(?<string>${STRING_FORM})`,
    String.raw`(?<name>[A-Za-z_]\w*)`,
    String.raw`(?<sign>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}])`,
  ].join("|"),
  "y",
);

/** Words that are no names. */
const RESERVED = new Set(
  "as break const continue else for function if import let loop package namespace return var void while in".split(" "),
);

/** Deeper nesting and longer texts no one means. */
const MOST_LEVELS = 100;
const LONGEST = 100_000;

function tokensOf(text: string): Token[] {
  if (text.length > LONGEST) throw new CelFault("too long");
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const groups: Readonly<Record<string, string | undefined>> | undefined = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw new CelFault("unreadable");
    const [kind, found = ""] = Object.entries(groups).find(([, value]) => value !== undefined)!;
    if (kind !== "space") tokens.push({ kind: kind as Token["kind"], text: found });
  }
  return [...tokens, { kind: "end", text: "" }];
}

/** @throws CelFault */
export function parseCel(text: string): CelNode {
  return new CelParser(tokensOf(text)).whole();
}

/** Binary operators, the loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["<", "<=", ">", ">=", "==", "!=", "in"],
  ["+", "-"],
  ["*", "/", "%"],
];

/** So many of the levels are `||` and `&&`, of which any number may stand in a row. */
const LOGICAL_LEVELS = 2;
/** Of other operators, fields and indices in a row; cel-go has a limit like it. */
const MOST_IN_A_ROW = 250;

/** A tree of operands that is as deep as its logarithm. */
function balanced(operands: readonly CelNode[], sign: string): CelNode {
  const [only] = operands;
  if (operands.length === 1) return only!;
  const middle = operands.length >> 1;
  return {
    kind: "call",
    name: sign,
    args: [balanced(operands.slice(0, middle), sign), balanced(operands.slice(middle), sign)],
  };
}

const MOST_INT = 1n << 63n;
const MOST_UINT = 1n << 64n;

class CelParser {
  private at = 0;
  private levels = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): CelNode {
    const node = this.expression();
    if (this.next.kind !== "end") throw new CelFault("something behind the end");
    return node;
  }

  private get next(): Token {
    return this.tokens[this.at]!;
  }

  /** Whether the next token is this sign; if so it is taken. */
  private takes(...signs: readonly string[]): string | undefined {
    const { kind, text } = this.next;
    const isIt = (kind === "sign" || (kind === "name" && text === "in")) && signs.includes(text);
    if (isIt) this.at += 1;
    return isIt ? text : undefined;
  }

  private expect(sign: string): void {
    if (this.takes(sign) === undefined) throw new CelFault(`no ${sign}`);
  }

  private name(): string {
    const { kind, text } = this.next;
    if (kind !== "name") throw new CelFault("no name");
    this.at += 1;
    return text;
  }

  private expression(): CelNode {
    this.levels += 1;
    if (this.levels > MOST_LEVELS) throw new CelFault("nested too deep");
    const condition = this.binary(0);
    const node = this.takes("?") === undefined ? condition : this.alternatives(condition);
    this.levels -= 1;
    return node;
  }

  private alternatives(condition: CelNode): CelNode {
    const yes = this.binary(0);
    this.expect(":");
    return { kind: "call", name: "?:", args: [condition, yes, this.expression()] };
  }

  private binary(level: number): CelNode {
    const signs = LEVELS[level];
    if (signs === undefined) return this.unary();
    const first = this.binary(level + 1);
    const rest: { readonly sign: string; readonly operand: CelNode }[] = [];
    for (let sign = this.takes(...signs); sign !== undefined; sign = this.takes(...signs)) {
      rest.push({ sign, operand: this.binary(level + 1) });
    }
    if (level < LOGICAL_LEVELS) return balanced([first, ...rest.map(({ operand }) => operand)], signs[0]!);
    if (rest.length > MOST_IN_A_ROW) throw new CelFault("too long");
    return rest.reduce<CelNode>(
      (left, { sign, operand }) => ({ kind: "call", name: sign, args: [left, operand] }),
      first,
    );
  }

  private unary(): CelNode {
    const sign = this.takes("!", "-");
    if (sign === undefined) return this.member();
    let count = 1;
    while (this.takes(sign) !== undefined) count += 1;
    const isNegative = sign === "-" && count === 1;
    if (isNegative && ["int", "double"].includes(this.next.kind)) return this.postfix(this.number(true));
    const operand = this.member();
    return count % 2 === 0 ? operand : { kind: "call", name: `${sign}_`, args: [operand] };
  }

  private member(): CelNode {
    return this.postfix(this.primary());
  }

  private postfix(start: CelNode): CelNode {
    let node = start;
    for (let count = 0; ; count += 1) {
      if (count > MOST_IN_A_ROW) throw new CelFault("too long");
      if (this.takes(".") !== undefined) {
        const optional = this.takes("?") !== undefined;
        const name = this.name();
        if (name === "in") throw new CelFault("in is not a name");
        const isCall = !optional && this.takes("(") !== undefined;
        node = isCall
          ? { kind: "call", name, target: node, args: this.items(")") }
          : { kind: "select", object: node, field: name, optional };
      } else if (this.takes("[") !== undefined) {
        const optional = this.takes("?") !== undefined;
        const index = this.expression();
        this.expect("]");
        node = { kind: "index", object: node, index, optional };
      } else return node;
    }
  }

  /** Expressions with commas between them; one may follow the last, except in a call. */
  private items(end: string): CelNode[] {
    const items: CelNode[] = [];
    while (this.takes(end) === undefined) {
      if (end === "]") this.takes("?");
      items.push(this.expression());
      if (this.takes(",") === undefined) {
        this.expect(end);
        break;
      }
      if (end === ")" && this.next.text === ")") throw new CelFault("a comma too many");
    }
    return items;
  }

  private entries(): (readonly [CelNode, CelNode])[] {
    const entries: (readonly [CelNode, CelNode])[] = [];
    while (this.takes("}") === undefined) {
      this.takes("?");
      const key = this.expression();
      this.expect(":");
      entries.push([key, this.expression()]);
      if (this.takes(",") === undefined) {
        this.expect("}");
        break;
      }
    }
    return entries;
  }

  private primary(): CelNode {
    const { kind, text } = this.next;
    if (this.takes("(") !== undefined) {
      const node = this.expression();
      this.expect(")");
      return node;
    }
    if (this.takes("[") !== undefined) return { kind: "list", items: this.items("]") };
    if (this.takes("{") !== undefined) return { kind: "map", entries: this.entries() };
    if (kind === "int" || kind === "uint" || kind === "double") return this.number(false);
    if (kind === "string" || kind === "bytes") {
      this.at += 1;
      assertEscapes(text);
      return { kind: "literal", type: kind === "string" ? STRING : BYTES };
    }
    if (this.takes(".") !== undefined) return this.global();
    return this.named(this.name());
  }

  /** `.name`, which no variable of a macro hides. */
  private global(): CelNode {
    const node = this.named(this.name());
    if (node.kind === "literal") throw new CelFault("no name");
    return node.kind === "name" ? { ...node, isGlobal: true } : node;
  }

  private named(name: string): CelNode {
    if (name === "true" || name === "false") return { kind: "literal", type: BOOL };
    if (name === "null") return { kind: "literal", type: NULL };
    if (RESERVED.has(name)) throw new CelFault(`${name} is reserved`);
    if (this.takes("(") !== undefined) return { kind: "call", name, args: this.items(")") };
    if (this.next.text === "{" && this.next.kind === "sign") return { kind: "message", name };
    return { kind: "name", name };
  }

  private number(isNegative: boolean): CelNode {
    const { kind, text } = this.next;
    this.at += 1;
    if (kind === "double") {
      if (!Number.isFinite(Number(text))) throw new CelFault("too large");
      return { kind: "literal", type: DOUBLE };
    }
    const value = BigInt(text.replace(/u$/i, ""));
    const most = kind === "uint" ? MOST_UINT - 1n : isNegative ? MOST_INT : MOST_INT - 1n;
    if (value > most) throw new CelFault("too large");
    return { kind: "literal", type: kind === "uint" ? UINT : INT };
  }
}

/** The escapes of a text that is not raw. */
function assertEscapes(text: string): void {
  if (/^[bB]?[rR]/.test(text)) return;
  const isGood =
    /^(?:[^\\]|\\(?:[abfnrtv"'`?\\]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}))*$/.test(text);
  if (!isGood) throw new CelFault("unknown escape");
}
