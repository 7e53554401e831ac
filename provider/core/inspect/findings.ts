import type { ErrorCode } from "../errorCodes";
import type { Certificate } from "../x509/certificate";

/** One reason why a certificate is refused, as data. */
export interface Finding {
  readonly code: ErrorCode;
  /** What is wrong; lower case, a clause whose subject is the certificate. */
  readonly what: string;
  /** What to do about it. */
  readonly cure: string;
  /** The certificate of the chain that is meant: subject and fingerprint. */
  readonly subject: string;
  readonly fingerprint: string;
}

/** `O=os:admin: expired 3 days ago; issue it anew …` */
export function describeFinding(finding: Finding): string {
  return `${finding.subject || "(no name)"}: ${finding.what}; ${finding.cure}`;
}

export function finding(code: ErrorCode, certificate: Certificate, what: string, cure: string): Finding {
  return { code, what, cure, subject: certificate.subject, fingerprint: certificate.fingerprint };
}
