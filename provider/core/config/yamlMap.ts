import type { YamlValue } from "./yamlEmitter";

/** A map in the order given, without the entries that are undefined. */
export function yamlMap(entries: Readonly<Record<string, YamlValue | undefined>>): ReadonlyMap<string, YamlValue> {
  const map = new Map<string, YamlValue>();
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) map.set(key, value);
  return map;
}

const LETTER = /\p{L}/u;
const DIGIT = /\p{Nd}/u;

/**
 * The order in which Talos writes the keys of a map that users fill: letters after other signs, runs of digits by
 * their value. Source: `keyList.Less` of go.yaml.in/yaml/v4 internal/libyaml/representer.go.
 */
export function compareKeys(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  let digits = false;
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [x, y] = [left[i]!, right[i]!];
    if (x === y) {
      digits = DIGIT.test(x);
      continue;
    }
    const [xLetter, yLetter] = [LETTER.test(x), LETTER.test(y)];
    if (xLetter && yLetter) return byCodePoint(x, y);
    if (xLetter || yLetter) return xLetter === digits ? -1 : 1;
    return compareRuns(left, right, i);
  }
  return left.length - right.length;
}

function compareRuns(left: readonly string[], right: readonly string[], start: number): number {
  let seed = 0n;
  if (left[start] === "0" || right[start] === "0") {
    for (let j = start - 1; j >= 0 && DIGIT.test(left[j]!); j--) {
      if (left[j] !== "0") {
        seed = 1n;
        break;
      }
    }
  }
  const [leftNumber, leftEnd] = digitRun(left, start, seed);
  const [rightNumber, rightEnd] = digitRun(right, start, seed);
  if (leftNumber !== rightNumber) return leftNumber < rightNumber ? -1 : 1;
  if (leftEnd !== rightEnd) return leftEnd - rightEnd;
  return byCodePoint(left[start]!, right[start]!);
}

function digitRun(text: readonly string[], start: number, seed: bigint): [number: bigint, end: number] {
  let [number, end] = [seed, start];
  for (; end < text.length && DIGIT.test(text[end]!); end++) {
    number = BigInt.asIntN(64, number * 10n + BigInt(text[end]!.codePointAt(0)! - 0x30));
  }
  return [number, end];
}

/** Byte order of UTF-8, which is the order of code points. */
export function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** A map of user-given keys in Talos's order. */
export function sortedMap(entries: Iterable<readonly [string, YamlValue]>): ReadonlyMap<string, YamlValue> {
  return new Map([...entries].sort(([a], [b]) => compareKeys(a, b)));
}
