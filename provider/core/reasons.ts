/**
 * Every reason of a warning with what it means. A warning is accepted input that the user should know about; it never
 * rejects. Reasons are stable, like error codes.
 *
 * @example
 * WARNING_REASONS["expires-soon"]; // "a CA or certificate ends within a year"
 */
export const WARNING_REASONS = {
  "accepted-not-adopted": "a machine config accepts CAs or keys that a secrets bundle has no place for",
  expired: "a CA has expired",
  "expires-soon": "a CA or certificate ends within a year",
  "not-yet-valid": "a CA is not valid yet",
  "unknown-key": "a key of a file that Talos does not know and ignores",
  "unusual-form": "a token or secret of another form than Talos makes",
  "unusual-key": "a kind of private key that Talos accepts and few others do",
} as const;

/** A stable reason of a warning. */
export type WarningReason = keyof typeof WARNING_REASONS;

/**
 * A reason that is finer than an error code, for code that must tell problems apart; the code is for users.
 *
 * - `lookup-failed`: a patch deletes what is not there; the input that brings it may still be unknown
 */
export type ProblemReason = "lookup-failed";
