/** Text that is markup already: nothing in it is foreign. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = string | number | Markup | readonly Markup[] | undefined;

/**
 * Markup with everything foreign escaped.
 *
 * @example
 * markup`<b>${"<i>"}</b>`.text; // "<b>&lt;i&gt;</b>"
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const rendered = parts.map((part, index) => render(part) + strings[index + 1]!);
  return new Markup(strings[0]! + rendered.join(""));
}

function render(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("\n");
  return escape(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  // XML knows no control characters, not even as references; those of direction would turn the page's own text round.
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!)
    .replace(/[^\P{Cc}\n\t]|\p{Bidi_Control}/gu, "\ufffd");
}
