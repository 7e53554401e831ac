import type { ErrorCode } from "../errorCodes";
import { CHAIN_REASONS, type ChainReason } from "../reasons";
import type { Certificate } from "../x509/certificate";

/** One reason why a certificate is rejected, as data. */
export interface Finding {
  /** Stable; docs/errors.md explains it. */
  readonly code: ErrorCode;
  /** Stable and finer than the code. */
  readonly reason: ChainReason;
  /** The problem; lower case, a clause whose subject is the certificate. */
  readonly what: string;
  /** The remedy. */
  readonly cure: string;
  /** The certificate of the chain that is meant: subject and fingerprint. */
  readonly subject: string;
  /** SHA-256 of its DER, lower-case hex. */
  readonly fingerprint: string;
}

/**
 * A finding as one line: `O=os:admin: expired 3 days ago; reissue it …`.
 *
 * @example
 * const { findings } = verifyChain({ certificates: clientPem, trust: caPem, purpose: "client", now });
 * console.log(findings.map(describeFinding).join("\n"));
 */
export function describeFinding(finding: Finding): string {
  return `${finding.subject || "(no name)"}: ${finding.what}; ${finding.cure}`;
}

export function finding(reason: ChainReason, certificate: Certificate, what: string, cure: string): Finding {
  const { subject, fingerprint } = certificate;
  return { code: CHAIN_REASONS[reason], reason, what, cure, subject, fingerprint };
}
