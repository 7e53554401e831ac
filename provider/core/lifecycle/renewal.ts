import { canonical } from "../canonical";
import { HOUR } from "../duration";
import { formatTime } from "../environment";
import { PkiError } from "../errors";

const DAY = 24 * HOUR;
/** A renewal never begins earlier than this before the end, unless asked to. */
const MAX_DEFAULT_EARLY_HOURS = 720;
/** Clocks of machines differ; only more than this is an error. */
export const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** The lifetime of a certificate as issued. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * When a certificate comes into its renewal window: `earlyRenewalHours` before its end, by default the lesser of 720
 * hours and a third of the lifetime. A window longer than the lifetime (which a CA's end may have cut)
 * shrinks to a third, or a fresh certificate would be due at once.
 *
 * @example
 * renewalTime({ notBefore, notAfter }, 720);
 */
export function renewalTime(validity: Validity, earlyRenewalHours?: number): Date {
  const lifetime = validity.notAfter.getTime() - validity.notBefore.getTime();
  const byDefault = Math.min(MAX_DEFAULT_EARLY_HOURS * HOUR, lifetime / 3);
  const asked = earlyRenewalHours === undefined ? byDefault : earlyRenewalHours * HOUR;
  const early = asked < lifetime ? asked : lifetime / 3;
  return new Date(Math.ceil((validity.notAfter.getTime() - early) / 1000) * 1000);
}

/** What is known of a certificate before its successor is decided on. */
export interface IssuedState extends Validity {
  readonly issuedAt: Date;
  readonly earlyRenewalHours?: number;
  /** Fingerprint of the CA that issued it. */
  readonly issuer: string;
  /** Inputs that are part of the certificate, by name. */
  readonly parts: Readonly<Record<string, unknown>>;
}

/** What a certificate shall be now. */
export interface RenewalRequest {
  /** How long before its end it shall be renewed; default: the lesser of 720 hours and a third of the lifetime. */
  readonly earlyRenewalHours?: number;
  /** The CA that would issue; absent while a preview does not know it. */
  readonly issuer?: { readonly fingerprint: string; readonly notAfter: Date };
  /** Known inputs that are part of the certificate, by name; those a preview does not know are left out. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** The time of issuance is pinned from outside: the clock alone renews nothing. */
  readonly frozen?: boolean;
}

/** Why a certificate is reissued, in words for a preview. */
export interface RenewalPlan {
  /** The time of issuance to use: the old one while the certificate stays. */
  readonly issuedAt: Date;
  /** Empty when the certificate stays. */
  readonly reasons: readonly string[];
  /** What keeps a certificate that is due from its renewal. */
  readonly warnings: readonly string[];
}

/**
 * Decides whether a certificate is reissued. Pure: the same state, request and time give the same plan.
 *
 * @throws PkiError ERR_CLOCK when the clock runs more than 5 minutes before the certificate's issuance
 * @example
 * const { reasons } = planRenewal(issued, request, new Date());
 */
export function planRenewal(issued: IssuedState, request: RenewalRequest, now: Date): RenewalPlan {
  assertClock(now, issued.issuedAt, "issuedAt");
  const reasons = [
    ...changedParts(issued, request),
    ...(request.issuer !== undefined && request.issuer.fingerprint !== issued.issuer
      ? ["issued by a CA that has been rotated"]
      : []),
  ];
  // A new certificate of a time that is pinned owes nothing to the clock.
  const clock = request.frozen === true && reasons.length > 0 ? undefined : clockReason(issued, request, now);
  const hindrance = reasons.length > 0 ? undefined : hindranceOf(issued, request, now);
  if (clock !== undefined && hindrance === undefined) reasons.push(clock);
  return {
    issuedAt: reasons.length > 0 ? now : issued.issuedAt,
    reasons,
    warnings: clock !== undefined && hindrance !== undefined ? [`${clock}, but ${hindrance}`] : [],
  };
}

/** Why the clock alone cannot renew. */
function hindranceOf(issued: IssuedState, request: RenewalRequest, now: Date): string | undefined {
  if (request.frozen === true) return "its issuedAt is pinned; remove it to renew";
  if (request.issuer !== undefined && request.issuer.notAfter.getTime() <= now.getTime()) {
    return "its CA has expired too; rotate the CA";
  }
  // A CA's end is where its certificates end: another certificate would last no longer.
  return request.issuer !== undefined && request.issuer.notAfter.getTime() <= issued.notAfter.getTime()
    ? "its CA ends at the same time; rotate the CA"
    : undefined;
}

/** @throws PkiError ERR_CLOCK when `now` is before `known` by more than 5 minutes */
export function assertClock(now: Date, known: Date, path: string): void {
  if (now.getTime() < known.getTime() - CLOCK_TOLERANCE_MS) {
    throw new PkiError(
      "ERR_CLOCK",
      `the clock shows ${formatTime(now)}, before ${formatTime(known)}, which has passed already; set the clock`,
      { path },
    );
  }
}

/** Why the clock alone asks for a new certificate; `undefined` while it is fresh. */
function clockReason(
  issued: Validity & { readonly earlyRenewalHours?: number },
  request: { readonly earlyRenewalHours?: number },
  now: Date,
): string | undefined {
  const left = issued.notAfter.getTime() - now.getTime();
  const due = renewalTime(issued, request.earlyRenewalHours);
  if (now.getTime() < due.getTime()) return undefined;
  const window = issued.notAfter.getTime() - due.getTime();
  return left <= 0
    ? `expired ${describeSpan(-left)} ago`
    : `expires in ${describeSpan(left)}, inside the renewal window of ${describeSpan(window)}`;
}

/** `20 days`, `5 hours`, `1 minute`: the largest unit that counts to two or more, else one. */
export function describeSpan(milliseconds: number): string {
  const units: readonly [number, string][] = [
    [DAY, "day"],
    [HOUR, "hour"],
    [60_000, "minute"],
    [1000, "second"],
  ];
  const [size, name] = units.find(([unit]) => milliseconds >= 2 * unit) ?? units[units.length - 1]!;
  const count = Math.floor(milliseconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

function changedParts(issued: IssuedState, request: RenewalRequest): string[] {
  return Object.keys(request.parts)
    .filter((name) => canonical(request.parts[name]) !== canonical(issued.parts[name]))
    .map((name) => `${name} changed`);
}
