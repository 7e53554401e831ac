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

/** A string in double quotes, on one line, escaped as Go's emitters do. */
export function doubleQuoted(text: string): string {
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
