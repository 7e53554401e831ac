import type { ErrorCode } from "../errorCodes";
import type { Certificate } from "../x509/certificate";

/** One reason why a certificate is refused, as data. */
export interface Finding {
  /** Stable; docs/errors.md tells more. */
  readonly code: ErrorCode;
  /** What is wrong; lower case, a clause whose subject is the certificate. */
  readonly what: string;
  /** What to do about it. */
  readonly cure: string;
  /** The certificate of the chain that is meant: subject and fingerprint. */
  readonly subject: string;
  /** SHA-256 of its DER, lower-case hex. */
  readonly fingerprint: string;
}

/**
 * A finding as one line: `O=os:admin: expired 3 days ago; issue it anew …`.
 *
 * @example
 * const { findings } = verifyChain({ certificates: clientPem, trust: caPem, purpose: "client", now });
 * console.log(findings.map(describeFinding).join("\n"));
 */
export function describeFinding(finding: Finding): string {
  return `${finding.subject || "(no name)"}: ${finding.what}; ${finding.cure}`;
}

export function finding(code: ErrorCode, certificate: Certificate, what: string, cure: string): Finding {
  return { code, what, cure, subject: certificate.subject, fingerprint: certificate.fingerprint };
}
