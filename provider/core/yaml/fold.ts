/** Lines are broken at the first space beyond this column. */
const WIDTH = 80;

/** What is one character of a scalar's value, as it is written. */
const CHARACTERS = {
  plain: /[^]/gu,
  single: /''|[^]/gu,
  double: /\\(?:x.{2}|u.{4}|U.{8}|.)|[^]/gu,
} as const;

/** Where a scalar is written. */
export interface ScalarPlace {
  readonly style: keyof typeof CHARACTERS;
  /** Of the first character, from 0. */
  readonly column: number;
  /** Of the lines after the first. */
  readonly indent: number;
}

/**
 * Breaks a scalar on one line, with its quotes, into lines where the emitter behind Talos's JSON patches does. Source:
 * gopkg.in/yaml.v2 v2.4.0 emitterc.go.
 */
export function fold(line: string, { style, column: start, indent }: ScalarPlace): string {
  const quotes = style === "plain" ? 0 : 1;
  const characters = line.slice(quotes, line.length - quotes).match(CHARACTERS[style]) ?? [];
  const parts: string[] = [];
  let column = start + quotes;
  characters.forEach((character, index) => {
    if (column <= WIDTH || !mayBreakAt(characters, index, style)) {
      parts.push(character);
      column += character.length;
      return;
    }
    // In double quotes a space at the start of a line is escaped.
    const escape = characters[index + 1] === " " ? "\\" : "";
    parts.push(`\n${" ".repeat(indent)}${escape}`);
    column = indent + escape.length;
  });
  return `${line.slice(0, quotes)}${parts.join("")}${line.slice(line.length - quotes)}`;
}

/** At the first of several spaces in double quotes, else at a single one; never right behind or before a quote. */
function mayBreakAt(characters: readonly string[], index: number, style: ScalarPlace["style"]): boolean {
  if (characters[index] !== " " || characters[index - 1] === " ") return false;
  if (style !== "double" && characters[index + 1] === " ") return false;
  return style === "plain" || (index > 0 && index < characters.length - 1);
}
