import { PkiError, type Problem } from "./errors";
import { parseGoDuration } from "./goDuration";

/** Milliseconds of an hour. */
export const HOUR = 3_600_000;
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
  const hours = typeof value === "string" ? goDurationHours(value) : Number.isInteger(value) ? value : NaN;
  if (!(hours > 0 && hours <= MAX_HOURS)) {
    throw new PkiError(
      "ERR_DURATION_INVALID",
      `is ${JSON.stringify(value)}; must be a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"`,
      { path },
    );
  }
  return hours;
}

/** Hours of a Go duration of whole seconds, else NaN. */
function goDurationHours(text: string): number {
  const nanoseconds = parseGoDuration(text) ?? 1n;
  return nanoseconds % 1_000_000_000n === 0n ? Number(nanoseconds / 1_000_000_000n) / 3600 : NaN;
}

/** So many hours as a Go duration of whole seconds: unlike a number it takes fractions of an hour. */
export function formatHours(hours: number): string {
  return `${Math.round(hours * 3600)}s`;
}

/** The end of a lifetime of so many hours. */
export function addHours(time: Date, hours: number): Date {
  return new Date(time.getTime() + Math.round(hours * HOUR));
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
