import { collectProblems, type Problem } from "../errors";
import { keyFits, parseCertificates } from "../x509/certificate";
import { parsePrivateKey } from "../x509/privateKey";

/** What a client is and whom it trusts; PEM. */
export interface CredentialPem {
  readonly caCertificatesPem: string | readonly string[];
  readonly clientCertificatePem: string;
  readonly clientKeyPem: string;
}

/**
 * What keeps credentials from working, whatever they are written into.
 *
 * @returns the codes of parseCertificates and parsePrivateKey, ERR_INPUT_MISSING (no CA), ERR_KEY_MISMATCH
 */
export function credentialPemProblems(pem: CredentialPem): Problem[] {
  const problems: Problem[] = [];
  const { caCertificatesPem } = pem;
  const authorities = typeof caCertificatesPem === "string" ? [caCertificatesPem] : caCertificatesPem;
  authorities.forEach((text, index) => {
    const path = typeof caCertificatesPem === "string" ? "caCertificatesPem" : `caCertificatesPem[${index}]`;
    collectProblems(problems, () => parseCertificates(text, path));
  });
  if (authorities.length === 0) {
    const message = "is empty; must be the certificates of the CAs to trust, PEM";
    problems.push({ code: "ERR_INPUT_MISSING", path: "caCertificatesPem", message });
  }
  const chain = collectProblems(problems, () => parseCertificates(pem.clientCertificatePem, "clientCertificatePem"));
  const key = collectProblems(problems, () => parsePrivateKey(pem.clientKeyPem, "clientKeyPem"));
  if (chain !== undefined && key !== undefined && !keyFits(chain[0], key)) {
    const message = "does not belong to clientCertificatePem; must be the pair that was issued together";
    problems.push({ code: "ERR_KEY_MISMATCH", path: "clientKeyPem", message });
  }
  return problems;
}
