/**
 * Every error code of this package with what it means. docs/errors.md has symptom, cause and remedy of each; a test
 * keeps the two in step. Codes are never renamed.
 */
export const ERROR_CODES = {
  ERR_AUDIT_LOG: "the audit log cannot be written",
  ERR_AUTHORITY_EXPIRED: "the CA has expired",
  ERR_AUTHORITY_UNKNOWN: "the certificate leads to no trusted CA",
  ERR_AUTHORITY_WRONG: "the certificate is from another CA of the same cluster",
  ERR_BUNDLE_ENCRYPTED: "the file, or what is wanted of it, is encrypted",
  ERR_CERTIFICATE_EXPIRED: "the certificate has expired",
  ERR_CERTIFICATE_NOT_YET_VALID: "the certificate is not valid yet",
  ERR_CHAIN_INVALID: "a chain of certificates breaks a rule of X.509",
  ERR_CLOCK: "the clock runs before a time that is known to have passed",
  ERR_CONFIG_INVALID: "the machine config is not one that Talos accepts",
  ERR_CSR_INVALID: "the certificate signing request cannot be read or its signature is wrong",
  ERR_DURATION_INVALID: "not a duration",
  ERR_ENDPOINT_INVALID: "not a cluster endpoint",
  ERR_INPUT_INVALID: "a value of the wrong type or form",
  ERR_INPUT_MISSING: "a required value is missing",
  ERR_INPUT_UNKNOWN: "a property that does not exist",
  ERR_KEY_ENCRYPTED: "the private key is encrypted",
  ERR_KEY_MISMATCH: "the private key does not belong to the certificate",
  ERR_KEY_UNSUPPORTED: "a kind of key that Talos does not take here",
  ERR_NAME_MISMATCH: "the server certificate is for other names",
  ERR_NOT_A_CA: "the certificate is not a CA",
  ERR_PATCH_INVALID: "a config patch cannot be read or applied",
  ERR_PEM_INVALID: "not the PEM that is asked for",
  ERR_PRIVATE_KEY_GIVEN: "a private key where a certificate is asked for",
  ERR_ROLE_MISSING: "the client lacks a Talos role",
  ERR_ROLE_UNKNOWN: "an unknown Talos role",
  ERR_ROTATION_ILLEGAL: "a move of a rotation that is not allowed",
  ERR_SAN_INVALID: "not an IP address or DNS name",
  ERR_SECRET_CHANGED: "a secret value was changed without a rotation",
  ERR_SECRET_REDACTED: "the value is redacted",
  ERR_USAGE_MISSING: "the certificate lacks a usage",
  ERR_VERSION_UNKNOWN: "an unknown Talos version",
  ERR_YAML_INVALID: "not the YAML that is asked for",
} as const;

/** A stable error code, `ERR_…`; docs/errors.md has symptom, cause and remedy of each. */
export type ErrorCode = keyof typeof ERROR_CODES;
