import type { ErrorCode } from "./errorCodes";

/**
 * Every reason of a warning with what it means. A warning is accepted input that the user should know about; it never
 * rejects. Reasons are stable, like error codes.
 *
 * @example
 * WARNING_REASONS["expires-soon"]; // "a CA or certificate ends within a year"
 */
export const WARNING_REASONS = {
  "accepted-not-adopted": "a machine config accepts CAs or keys that a secrets bundle has no place for",
  "accepts-clients-only": "an accepted CA certifies clients and no servers",
  "ca-limits-names": "a CA may certify some names only, and a node may have others",
  "ca-rejected-by-old-talos": "a CA has an extension that Talos up to v1.9 rejects",
  "ca-rejected-by-openssl": "OpenSSL rejects a CA, or what it certifies, and Go accepts it",
  "ca-unusable": "verifiers reject what an adopted CA certifies",
  "config-conflict": "Talos's validation rejects the machine config: two settings exclude each other",
  "config-duplicate": "Talos's validation rejects the machine config: something is there twice",
  "config-misplaced": "Talos's validation rejects the machine config: a setting is not allowed on this machine",
  "config-missing": "Talos's validation rejects the machine config: something is missing",
  "config-unknown": "Talos's validation rejects the machine config: this version does not know the document or field",
  "config-value": "Talos's validation rejects the machine config: a value is none that it takes",
  "cut-to-ca": "a certificate would outlive its CA and ends with it",
  "empty-cluster-name": "a cluster without a name",
  "encryption-key-carried": "an AES-CBC key is carried into the config of a version whose talosctl would lose it",
  "endpoint-without-port": "a cluster endpoint without a port, so that clients use 443",
  expired: "a CA has expired",
  "expires-soon": "a CA or certificate ends within a year",
  "maintenance-unverified": "a machine in maintenance mode is taken without a proof which one it is",
  "name-matches-nothing": "a name in a certificate that no client will match",
  "needs-discovery": "KubeSpan without cluster discovery",
  "node-unreachable": "a node could not be asked, and what is stored of it stays",
  "not-yet-valid": "a CA is not valid yet",
  "port-of-kubernetes": "an endpoint of the Talos API has the port of the Kubernetes API",
  "rotation-waits": "a rotation with stage auto stays where it is: a node is late, or old tokens are still in use",
  "shared-ca": "a CA has several jobs in a cluster, and lets in for each whom it lets in for another",
  "staged-config": "a machine config takes effect at the next reboot of the node",
  "trusts-parent-ca": "a CA comes with CAs above it, and every client of those gets in",
  "unknown-key": "a key of a file that Talos does not know and ignores",
  "unusable-key": "a kind of private key that Talos accepts and that does not work everywhere",
  "unusual-form": "a token or secret of another form than Talos makes",
  "unusual-key": "a kind of private key that Talos accepts and few others do",
  "values-hidden": "a file of another tool hides values, which are encrypted",
} as const;

/** A stable reason of a warning. */
export type WarningReason = keyof typeof WARNING_REASONS;

/**
 * Every reason why a verifier rejects a certificate, with its code. docs/errors.md explains the codes.
 *
 * @example
 * CHAIN_REASONS["name-constraints"]; // "ERR_CHAIN_INVALID"
 */
export const CHAIN_REASONS = {
  /** A critical extension that Go does not understand. */
  "critical-extension": "ERR_CHAIN_INVALID",
  "ca-expired": "ERR_AUTHORITY_EXPIRED",
  expired: "ERR_CERTIFICATE_EXPIRED",
  /** A CA's key of a kind or size with which Go verifies nothing. */
  "key-kind": "ERR_CHAIN_INVALID",
  "key-mismatch": "ERR_KEY_MISMATCH",
  "name-constraints": "ERR_CHAIN_INVALID",
  "name-mismatch": "ERR_NAME_MISMATCH",
  "not-a-ca": "ERR_NOT_A_CA",
  "not-yet-valid": "ERR_CERTIFICATE_NOT_YET_VALID",
  "path-length": "ERR_CHAIN_INVALID",
  "role-missing": "ERR_ROLE_MISSING",
  "signature-algorithm": "ERR_CHAIN_INVALID",
  /** Go's parser does not read the certificate. */
  unreadable: "ERR_CHAIN_INVALID",
  untrusted: "ERR_AUTHORITY_UNKNOWN",
  "usage-missing": "ERR_USAGE_MISSING",
  /** Certified by another CA of the cluster. */
  "wrong-ca": "ERR_AUTHORITY_WRONG",
} as const satisfies Readonly<Record<string, ErrorCode>>;

/** A stable reason why a verifier rejects a certificate. */
export type ChainReason = keyof typeof CHAIN_REASONS;

/**
 * A reason that is finer than an error code, for code that must tell problems apart; the code is for users.
 *
 * - `lookup-failed`: a patch deletes what is not there; the input that brings it may still be unknown
 * - those of `CHAIN_REASONS`: verifiers reject a CA, or what it certifies
 */
export type ProblemReason = "lookup-failed" | ChainReason;
