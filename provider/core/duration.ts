import { PkiError, type Problem } from "./errors";

const SECONDS: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
const GO_DURATION = /^(?:\d+(?:\.\d*)?(?:h|ms|us|µs|ns|m|s))+$/;
/** 200 years: past it a date leaves X.509's four-digit year within any cluster's life. */
const MAX_HOURS = 200 * 8766;

/** Hours as a number, or a Go duration such as `"8760h"`, `"90m"`, `"1h30m"`. */
export type Hours = number | string;

/**
 * Reads a lifetime as hours; a fraction comes only from a duration string.
 *
 * @throws PkiError ERR_DURATION_INVALID
 * @example
 * parseHours("90m", "validityPeriodHours"); // 1.5
 */
export function parseHours(value: Hours, path: string): number {
  const hours = typeof value === "number" ? value : goDurationHours(value);
  const whole =
    typeof value === "number" ? Number.isInteger(hours) : Number.isInteger(Math.round(hours * 3600e6) / 1e6);
  if (!(hours > 0) || !whole || hours > MAX_HOURS) {
    throw new PkiError(
      "ERR_DURATION_INVALID",
      `is ${JSON.stringify(value)}; expected a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"`,
      { path },
    );
  }
  return hours;
}

function goDurationHours(text: string): number {
  if (text.length > 64 || !GO_DURATION.test(text)) return NaN;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d*)?)(h|ms|us|µs|ns|m|s)/g)) {
    seconds += Number(amount) * (SECONDS[unit ?? ""] ?? NaN);
  }
  return seconds / 3600;
}

/** @returns ERR_DURATION_INVALID unless `parseHours` takes the value */
export function hoursProblems(value: Hours, path: string): Problem[] {
  try {
    parseHours(value, path);
    return [];
  } catch (error) {
    if (error instanceof PkiError) return [...error.problems];
    throw error;
  }
}
