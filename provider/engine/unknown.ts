/** Stands, in decoded inputs, for a value that a preview does not know yet. */
export const UNKNOWN_VALUE: unique symbol = Symbol("unknown");

/** The type of what a preview does not know yet. */
export type Unknown = typeof UNKNOWN_VALUE;

/**
 * Whether a decoded value is known.
 *
 * @example
 * isKnown(UNKNOWN_VALUE); // false
 */
export function isKnown<T>(value: T): value is Exclude<T, Unknown> {
  return value !== (UNKNOWN_VALUE as unknown);
}

/** The value where it is known; absent and unknown values are both `undefined`. */
export function knownOr<T, D = undefined>(value: T, otherwise?: D): Exclude<T, Unknown> | D {
  return isKnown(value) ? value : (otherwise as D);
}
