import { formatTime } from "../environment";
import { PkiError, type Problem } from "../errors";

/** Something that ends: a certificate of a stack, a file, a node. */
export interface ExpiryItem {
  /** What a person calls it. */
  readonly name: string;
  /** `O=talos`; empty for an empty name. */
  readonly subject: string;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  readonly fingerprint: string;
  /** Start of validity. */
  readonly notBefore: Date;
  /** End of validity. */
  readonly notAfter: Date;
  /** From when on an update renews it, where something does. */
  readonly renewalTime?: Date;
}

/** How near an end is; in order of concern. */
export const EXPIRY_STATES = ["ok", "warning", "critical", "expired"] as const;
/** How near an end is. */
export type ExpiryState = (typeof EXPIRY_STATES)[number];

/** One item with its verdict, plain data fit for JSON. */
export interface ExpiryRow {
  /** What a person calls it. */
  readonly name: string;
  /** `O=talos`; empty for an empty name. */
  readonly subject: string;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  readonly fingerprint: string;
  /** RFC 3339 UTC. */
  readonly notBefore: string;
  /** RFC 3339 UTC. */
  readonly notAfter: string;
  /** RFC 3339 UTC; absent where nothing renews it. */
  readonly renewalTime?: string;
  /** Whole seconds until notAfter; negative once it is past. */
  readonly secondsLeft: number;
  /** By the thresholds of the report. */
  readonly state: ExpiryState;
  /** Its renewal time is past: the next update renews it. */
  readonly readyForRenewal: boolean;
}

/** How near the end of each item is, as plain data fit for JSON. */
export interface ExpiryReport {
  /** RFC 3339 UTC: the time that the report is for. */
  readonly now: string;
  /** Nearest end first. */
  readonly rows: readonly ExpiryRow[];
  /** The gravest state of all; `ok` when there is nothing. */
  readonly state: ExpiryState;
}

/** The moment of a report and its thresholds. */
export interface ExpiryOptions {
  /** The moment that the report is for. */
  readonly now: Date;
  /** Seconds before the end from which on it is a warning. */
  readonly warnSeconds: number;
  /** Seconds before the end from which on it is critical; not more than warnSeconds. */
  readonly criticalSeconds: number;
  /**
   * Measure what lives short by its own life: a warning in its last third, critical in its last tenth at the earliest.
   * Without it a node's certificate of 24 hours is always critical to thresholds of days.
   */
  readonly relative?: boolean;
}

/**
 * Says what ends when and how grave that is.
 *
 * @throws PkiError ERR_DURATION_INVALID for thresholds that are negative or the wrong way round
 * @example
 * const { state, rows } = expiryReport(items, { now: new Date(), warnSeconds: 30 * 86_400, criticalSeconds: 7 * 86_400 });
 */
export function expiryReport(items: readonly ExpiryItem[], options: ExpiryOptions): ExpiryReport {
  const problems = thresholdProblems(options);
  if (problems.length > 0) throw PkiError.of(problems);
  const rows = items
    .map((item) => rowOf(item, options))
    .sort((a, b) => a.secondsLeft - b.secondsLeft || compare(a.name, b.name) || compare(a.fingerprint, b.fingerprint));
  const gravest = Math.max(0, ...rows.map(({ state }) => EXPIRY_STATES.indexOf(state)));
  return { now: formatTime(options.now), rows, state: EXPIRY_STATES[gravest]! };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function thresholdProblems({ warnSeconds, criticalSeconds }: ExpiryOptions): Problem[] {
  const bad = (path: string, message: string): Problem => ({ code: "ERR_DURATION_INVALID", path, message });
  const problems = Object.entries({ warnSeconds, criticalSeconds }).flatMap(([path, value]) =>
    value >= 0 && Number.isFinite(value) ? [] : [bad(path, `is ${value}; must be seconds, 0 or more`)],
  );
  if (problems.length === 0 && criticalSeconds > warnSeconds) {
    problems.push(bad("criticalSeconds", "is more than warnSeconds; must be a critical time nearer to the end"));
  }
  return problems;
}

const WARNING_SHARE = 1 / 3;
const CRITICAL_SHARE = 1 / 10;

function rowOf(item: ExpiryItem, options: ExpiryOptions): ExpiryRow {
  const { name, subject, fingerprint, notBefore, notAfter, renewalTime } = item;
  const left = (notAfter.getTime() - options.now.getTime()) / 1000;
  const life = (notAfter.getTime() - notBefore.getTime()) / 1000;
  const within = (seconds: number, share: number): boolean =>
    left <= (options.relative === true ? Math.min(seconds, life * share) : seconds);
  return {
    name,
    subject,
    fingerprint,
    notBefore: formatTime(notBefore),
    notAfter: formatTime(notAfter),
    ...(renewalTime === undefined ? {} : { renewalTime: formatTime(renewalTime) }),
    secondsLeft: Math.floor(left),
    state:
      left < 0
        ? "expired"
        : within(options.criticalSeconds, CRITICAL_SHARE)
          ? "critical"
          : within(options.warnSeconds, WARNING_SHARE)
            ? "warning"
            : "ok",
    readyForRenewal: renewalTime !== undefined && options.now.getTime() >= renewalTime.getTime(),
  };
}
