import { createColors } from "picocolors";

import { describeSpan } from "../core/lifecycle/renewal";

/** Colours that mean something; plain text where stdout is no terminal. */
export interface Style {
  good(text: string): string;
  warn(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
  dim(text: string): string;
}

export function styleOf(terminal: { readonly colours: boolean }): Style {
  const colours = createColors(terminal.colours);
  return { good: colours.green, warn: colours.yellow, bad: colours.red, strong: colours.bold, dim: colours.dim };
}

/** `364 days left`, `expired 3 days ago`. */
export function describeLeft(secondsLeft: number): string {
  return secondsLeft >= 0
    ? `${describeSpan(secondsLeft * 1000)} left`
    : `expired ${describeSpan(-secondsLeft * 1000)} ago`;
}

// Names come from files and from nodes: nothing in them may move the cursor, turn the text round or write another line.
const CONTROL = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** Foreign text for a terminal: control characters made visible. */
export function safe(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same for a text of several lines: their ends stay. */
export function safeLines(text: string): string {
  return text.split("\n").map(safe).join("\n");
}

/** JSON for a terminal or a file: what `safe` writes is how JSON escapes too. */
export function formatJson(value: unknown): string {
  return `${safeLines(JSON.stringify(value, null, 2))}\n`;
}

/** Rows as columns, two spaces between; the last column is not padded. Cells may be coloured afterwards by `paint`. */
export function table(
  rows: readonly (readonly string[])[],
  paint: (cell: string, row: number, column: number) => string = (cell) => cell,
): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row, index) =>
      row
        .map((cell, column) => paint(column === row.length - 1 ? cell : cell.padEnd(widths[column]!), index, column))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}
