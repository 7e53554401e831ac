import { WARNING_REASONS } from "../../provider/core/reasons";
import { cell } from "./markdown";

const BEGIN = "<!-- The table is made from provider/core/reasons.ts by `npm run docs`. -->";
const END = "<!-- End of the table. -->";

/** The text of docs/errors.md with a current table of warnings. @throws Error where it has no place for one */
export function withWarnings(text: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error("docs/errors.md has no place for the table of warnings");
  return [text.slice(0, begin) + BEGIN, warningTable(), text.slice(end)].join("\n\n");
}

/** A row per reason, padded as prettier pads. */
function warningTable(): string {
  const rows = Object.entries(WARNING_REASONS).map(([reason, meaning]) => [`\`${reason}\``, cell(meaning)] as const);
  const table = [["reason", "warns of"] as const, ...rows];
  const widths = ([0, 1] as const).map((column) => Math.max(...table.map((row) => row[column].length)));
  const line = (cells: readonly string[], pad: string): string =>
    `| ${cells.map((text, column) => text.padEnd(widths[column] ?? 0, pad)).join(" | ")} |`;
  const [head, ...body] = table;
  return [line(head!, " "), line(["", ""], "-"), ...body.map((row) => line(row, " "))].join("\n");
}
