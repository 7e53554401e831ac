import { PkiError } from "../core/errors";
import { parseGoDuration } from "../core/goDuration";
import { customOf, type Shape, STRING } from "../engine/rows";

const NANOSECONDS = 1_000_000n;

/** A Go duration that decodes to milliseconds. @throws PkiError ERR_DURATION_INVALID */
const durationFrom = (least: bigint, expected: string): Shape<number> =>
  customOf(STRING, (value: unknown, path: string): number => {
    const nanoseconds = parseGoDuration(String(value));
    if (nanoseconds === undefined || nanoseconds < least) {
      const message = `is ${JSON.stringify(value)}; must be a Go duration ${expected}`;
      throw new PkiError("ERR_DURATION_INVALID", message, { path });
    }
    return Number(nanoseconds / NANOSECONDS);
  });

/** How long something may take. */
export const DURATION = durationFrom(1n, 'above zero, such as "30s" or "10m"');

/** How long to wait, or not at all. */
export const PERIOD = durationFrom(0n, 'of zero or more, such as "70m" or "0s"');
