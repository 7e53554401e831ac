import { parseGoDuration } from "../../core/goDuration";
import { PkiError } from "../../core/errors";
import { customOf, objectOf, row, STRING } from "../../engine/rows";

const NANOSECONDS = 1_000_000n;

/** A Go duration as milliseconds. @throws PkiError ERR_DURATION_INVALID */
function decodeDuration(value: unknown, path: string): number {
  const nanoseconds = parseGoDuration(String(value));
  if (nanoseconds === undefined || nanoseconds <= 0n) {
    const message = `is ${JSON.stringify(value)}; must be a Go duration above zero, such as "30s" or "10m"`;
    throw new PkiError("ERR_DURATION_INVALID", message, { path });
  }
  return Number(nanoseconds / NANOSECONDS);
}

const DURATION = customOf(STRING, decodeDuration);

/** The input `timeouts`; each member decodes to milliseconds. */
export const TIMEOUTS = row(
  objectOf(
    "NodeTimeouts",
    {
      connect: row(DURATION, "How long a node may take to answer for the first time.").withDocumentedDefault("30s"),
      create: row(DURATION, "How long creation may take.").withDocumentedDefault("10m"),
      update: row(DURATION, "How long an update may take.").withDocumentedDefault("10m"),
      delete: row(DURATION, "How long deletion may take.").withDocumentedDefault("10m"),
    },
    "How long operations on nodes may take, Go durations such as `90s` and `10m`.",
  ),
  "How long operations may take, Go durations.",
);

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  readonly create: number;
  readonly update: number;
  readonly delete: number;
}

const SECOND = 1000;
const DEFAULTS: Timeouts = { connect: 30 * SECOND, create: 600 * SECOND, update: 600 * SECOND, delete: 600 * SECOND };

/** The configured timeouts, and the defaults of the others. */
export function timeoutsOf(configured: { readonly [Name in keyof Timeouts]?: unknown } | undefined): Timeouts {
  const given = Object.entries(configured ?? {}).filter(([, value]) => typeof value === "number");
  return { ...DEFAULTS, ...(Object.fromEntries(given) as Partial<Timeouts>) };
}
