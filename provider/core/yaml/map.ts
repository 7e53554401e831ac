import type { YamlValue } from "./emitter";

/** A map in the order given, without the entries that are undefined. */
export function yamlMap(entries: Readonly<Record<string, YamlValue | undefined>>): ReadonlyMap<string, YamlValue> {
  const map = new Map<string, YamlValue>();
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) map.set(key, value);
  return map;
}

const LETTER = /\p{L}/u;
const DIGIT = /\p{Nd}/u;

/** ASCII is nearly everything, and asked for often. */
function isLetter(code: number): boolean {
  if (code < 0x80) return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
  return LETTER.test(String.fromCodePoint(code));
}

function isDigit(code: number): boolean {
  return code < 0x80 ? code >= 0x30 && code <= 0x39 : DIGIT.test(String.fromCodePoint(code));
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

type Codes = readonly number[];

/**
 * The order in which Talos writes the keys of a map that users fill: letters after other signs, runs of digits by
 * their value. Source: `keyList.Less` of go.yaml.in/yaml/v4 internal/libyaml/representer.go.
 */
function compareCodes(left: Codes, right: Codes): number {
  let digits = false;
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x, y] = [left[i]!, right[i]!];
    if (x === y) {
      digits = isDigit(x);
      continue;
    }
    const [xLetter, yLetter] = [isLetter(x), isLetter(y)];
    if (xLetter && yLetter) return x - y;
    if (xLetter || yLetter) return xLetter === digits ? -1 : 1;
    return compareRuns(left, right, i);
  }
  return left.length - right.length;
}

const ZERO = 0x30;

function compareRuns(left: Codes, right: Codes, start: number): number {
  let seed = 0n;
  if (left[start] === ZERO || right[start] === ZERO) {
    for (let j = start - 1; j >= 0 && isDigit(left[j]!); j--) {
      if (left[j] !== ZERO) {
        seed = 1n;
        break;
      }
    }
  }
  const [leftNumber, leftEnd] = digitRun(left, start, seed);
  const [rightNumber, rightEnd] = digitRun(right, start, seed);
  if (leftNumber !== rightNumber) return leftNumber < rightNumber ? -1 : 1;
  if (leftEnd !== rightEnd) return leftEnd - rightEnd;
  return left[start]! - right[start]!;
}

/** The value of a run of digits, wrapping at 64 bits as in Go. */
function digitRun(text: Codes, start: number, seed: bigint): [number: bigint, end: number] {
  let [number, end] = [seed, start];
  for (; end < text.length && isDigit(text[end]!); end++) {
    number = BigInt.asIntN(64, number * 10n + BigInt(text[end]! - ZERO));
  }
  return [number, end];
}

/** Sorts as Talos sorts keys. */
export function sortByKey<T>(items: Iterable<T>, keyOf: (item: T) => string): T[] {
  const keyed = Array.from(items, (item) => ({ item, codes: codePoints(keyOf(item)) }));
  return keyed.sort((a, b) => compareCodes(a.codes, b.codes)).map(({ item }) => item);
}

/** Byte order of UTF-8, which is the order of code points. */
export function byCodePoint(a: string, b: string): number {
  const [left, right] = [codePoints(a), codePoints(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}

/** A map of user-given keys in Talos's order. */
export function sortedMap(entries: Iterable<readonly [string, YamlValue]>): ReadonlyMap<string, YamlValue> {
  return new Map(sortByKey(entries, ([key]) => key));
}
