import { objectOf, row } from "../../engine/rows";
import { DURATION } from "../duration";

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
