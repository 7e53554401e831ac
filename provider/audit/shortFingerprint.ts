/** As many hex digits of a fingerprint as a line for people shows; the audit log has all of them. */
export const SHORT_FINGERPRINT = 12;
