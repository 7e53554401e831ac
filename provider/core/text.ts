/** The marks with which a file says how its text is encoded (Unicode, section 23.8). */
const MARKS: readonly (readonly [encoding: string, octets: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * The text of a file: UTF-8 or UTF-16, with or without a byte order mark, as editors and PowerShell write it. Octets
 * that are neither become U+FFFD, as in Node.
 *
 * @example
 * const text = decodeText(readFileSync("secrets.yaml"));
 */
export function decodeText(octets: Uint8Array): string {
  const mark = MARKS.find(([, start]) => start.every((octet, index) => octets[index] === octet));
  const encoding = mark?.[0] ?? encodingWithoutMark(octets);
  return new TextDecoder(encoding).decode(octets);
}

const SAMPLE_OCTETS = 64;

/** ASCII in UTF-16 has a zero beside every character; no text in UTF-8 has. */
function encodingWithoutMark(octets: Uint8Array): string {
  const sample = octets.subarray(0, SAMPLE_OCTETS);
  const zeros = (parity: number): boolean =>
    sample.length >= 4 && sample.every((octet, index) => (octet === 0) === (index % 2 === parity));
  if (zeros(1)) return "utf-16le";
  return zeros(0) ? "utf-16be" : "utf-8";
}

/**
 * A text as its author meant it: without a byte order mark, and with the zeros taken out of ASCII that was UTF-16 and
 * has been read as UTF-8.
 *
 * @example
 * normaliseText("\ufeffcluster:\n"); // "cluster:\n"
 */
export function normaliseText(text: string): string {
  if (text.startsWith("\ufeff")) return text.slice(1);
  // Each octet of the mark was no UTF-8.
  const body = text.startsWith("\ufffd\ufffd") ? text.slice(2) : text;
  return isUtf16ReadAsUtf8(body) ? body.replaceAll("\0", "") : text;
}

function isUtf16ReadAsUtf8(text: string): boolean {
  if (text.length < 4 || text.length % 2 !== 0) return false;
  const parity = text.charCodeAt(0) === 0 ? 0 : 1;
  for (let index = 0; index < text.length; index++) {
    if ((text.charCodeAt(index) === 0) !== (index % 2 === parity)) return false;
  }
  return true;
}
