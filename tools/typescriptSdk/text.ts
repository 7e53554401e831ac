/** What every file says that this generator writes. */
export const HEADER = "// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.";

/** A docstring, one line if it fits. */
export function docstring(lines: readonly string[], indent = ""): string {
  const text = lines.map((line) => line.replaceAll("*/", "*\\/"));
  const single = `${indent}/** ${text.join(" ")} */`;
  if (text.length === 1 && single.length <= 120) return single;
  const wrapped = text.flatMap((line) => wrap(line, 117 - indent.length));
  return [`${indent}/**`, ...wrapped.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`].join("\n");
}

/** Breaks prose between words; what is indented or has no room to break stays. */
function wrap(text: string, width: number): string[] {
  if (text.length <= width || text.startsWith(" ")) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A declaration of a member with its docstring. */
export const member = (documentation: string, declaration: string): string =>
  `${docstring([documentation], "  ")}\n  ${declaration}`;

/** An import of types, or nothing. */
export function importTypes(names: Iterable<string>, from: string): string[] {
  const sorted = [...new Set(names)].sort();
  return sorted.length === 0 ? [] : [`import type { ${sorted.join(", ")} } from "${from}";`];
}

/** `AcceptedCA` is in `acceptedCA.ts`. */
export const fileOf = (name: string): string => `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;

/** `AcceptedCA` becomes `ACCEPTED_CA`. */
export const constantOf = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toUpperCase();
