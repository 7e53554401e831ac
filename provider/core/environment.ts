import type { webcrypto } from "node:crypto";

/** Time and randomness, passed in: the core has no clock and no dice of its own. */
export interface Environment {
  /** The current time. Whole seconds are used. */
  now(): Date;
  /** `size` random bytes, fit for keys. */
  randomBytes(size: number): Uint8Array;
  /** Makes and uses keys (WebCrypto): Node's OpenSSL in production. */
  readonly subtle: webcrypto.SubtleCrypto;
}

/** What is needed of WebCrypto: Node's own and the `Crypto` of TypeScript's DOM library both have it. */
export type WebCrypto = Pick<webcrypto.Crypto, "getRandomValues" | "subtle">;

/**
 * An environment from a WebCrypto implementation and a clock.
 *
 * @example
 * const environment = createEnvironment(globalThis.crypto, () => new Date());
 */
export function createEnvironment(crypto: WebCrypto, now: () => Date): Environment {
  return {
    now,
    randomBytes: (size) => crypto.getRandomValues(new Uint8Array(size)),
    subtle: crypto.subtle,
  };
}

/** Whole seconds, as X.509 knows them. */
export function wholeSeconds(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** The moment that RFC 3339 names, of any offset; `undefined` for other text and for days that no calendar has. */
export function parseTime(text: string): Date | undefined {
  const date = RFC_3339.exec(text)?.[1];
  const day = new Date(`${date ?? ""}T00:00:00Z`);
  // JavaScript takes 31 February for 3 March.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined;
  return new Date(text);
}

/** RFC 3339 in UTC with whole seconds: `2026-01-01T00:00:00Z`. */
export function formatTime(time: Date): string {
  return `${wholeSeconds(time).toISOString().slice(0, 19)}Z`;
}
