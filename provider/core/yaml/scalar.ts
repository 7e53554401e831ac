/** What a plain scalar means to Talos's YAML reader. */
export type ScalarTag = "null" | "bool" | "int" | "float" | "timestamp" | "merge" | "str";

const WORDS: ReadonlyMap<string, ScalarTag> = new Map<string, ScalarTag>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, "null"] as const),
  ...["true", "True", "TRUE", "false", "False", "FALSE"].map((word) => [word, "bool"] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, "float"] as const),
  ...["", "+", "-"].flatMap((sign) => [".inf", ".Inf", ".INF"].map((word) => [sign + word, "float"] as const)),
  ["-0", "float"],
  ["-0.0", "float"],
  ["<<", "merge"],
]);

const DECIMAL = /^[-+]?(?:0|[1-9][0-9]*)$/;
const OTHER_BASE = /^[-+]?0(?:[xX][0-9a-fA-F]+|[oO]?[0-7]+|[bB][01]+)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+](\d\d):(\d\d)))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?))?$/;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const OLD_BOOLEANS = new Set(
  ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"].concat(["n", "N", "no", "No", "NO", "off", "Off", "OFF"]),
);

/**
 * The tag of a plain scalar by the rules of go.yaml.in/yaml/v4, which are YAML 1.2's with octal, underscores and
 * timestamps of 1.1. Source: internal/libyaml/resolver.go, v4.0.0-rc.6.
 *
 * @example
 * resolveTag("0123456789"); // "float", so a token of digits must be quoted
 */
export function resolveTag(text: string): ScalarTag {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  if (first === 0x2e) return FLOAT.test(text) && Number.isFinite(Number(text)) ? "float" : "str";
  const isDigit = first >= 0x30 && first <= 0x39;
  if (!isDigit && first !== 0x2b && first !== 0x2d) return "str";
  if (isDigit && isTimestamp(text)) return "timestamp";
  const plain = text.replaceAll("_", "");
  if ((DECIMAL.test(plain) || OTHER_BASE.test(plain)) && fits64Bits(plain)) return "int";
  return FLOAT.test(plain) && Number.isFinite(Number(plain)) ? "float" : "str";
}

/** The value of an integer scalar, or undefined when it is none or does not fit 64 bits. */
export function integerOf(text: string): bigint | undefined {
  const plain = text.replaceAll("_", "");
  if (!DECIMAL.test(plain) && !OTHER_BASE.test(plain)) return undefined;
  const negative = plain.startsWith("-");
  const digits = plain.replace(/^[-+]/, "").toLowerCase();
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (value > (negative ? 1n << 63n : plain.startsWith("+") ? (1n << 63n) - 1n : (1n << 64n) - 1n)) return undefined;
  return negative ? -value : value;
}

function fits64Bits(plain: string): boolean {
  return plain.length <= 16 || integerOf(plain) !== undefined;
}

function isTimestamp(text: string): boolean {
  const match = text.charCodeAt(4) === 0x2d ? TIMESTAMP.exec(text) : null;
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const hour = Number(match[4] ?? match[9] ?? 0);
  const minute = Number(match[5] ?? match[10] ?? 0);
  const second = Number(match[6] ?? match[11] ?? 0);
  const [zoneHour, zoneMinute] = [Number(match[7] ?? 0), Number(match[8] ?? 0)];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60 && zoneHour <= 24 && zoneMinute < 60;
}

/** Words that only YAML 1.1 reads as a boolean. */
export function isYaml11Boolean(text: string): boolean {
  return text.length <= 3 && OLD_BOOLEANS.has(text);
}

/** Strings that only YAML 1.1 would read as something else; they are quoted for its sake. */
export function isAmbiguousInYaml11(text: string): boolean {
  return isYaml11Boolean(text) || text === "<<" || BASE_60.test(text);
}
