import type { Certificate } from "../x509/certificate";

/** Certificates from a leaf upwards, each signed by the next. */
export interface Chain {
  readonly certificates: readonly [Certificate, ...Certificate[]];
  /** The last one is trusted. */
  readonly trusted: boolean;
}

/** As many signatures are looked at as Go does, so that crafted bundles end. */
const MAX_SIGNATURE_CHECKS = 100;

/**
 * Every way from a leaf up to a trusted certificate, by name and signature alone; times, usages and the like are for
 * others to judge. Where there is none, the ways that end untrusted. A trusted certificate ends its chain, whoever
 * signed it, as in Go.
 *
 * @returns at least one chain
 */
export function findChains(
  leaf: Certificate,
  others: readonly Certificate[],
  trust: readonly Certificate[],
): readonly Chain[] {
  const trusted = new Set(trust.map(({ fingerprint }) => fingerprint));
  const found: Chain[] = [];
  let checks = 0;
  const extend = (certificates: Chain["certificates"]): void => {
    const last = certificates[certificates.length - 1]!;
    if (trusted.has(last.fingerprint)) {
      found.push({ certificates, trusted: true });
      return;
    }
    const parents = [...trust, ...others].filter(
      (candidate) =>
        candidate.subjectDer === last.issuerDer &&
        !certificates.some((own) => isSameEntity(own, candidate)) &&
        ++checks <= MAX_SIGNATURE_CHECKS &&
        last.isSignedBy(candidate),
    );
    if (parents.length === 0) found.push({ certificates, trusted: false });
    for (const parent of distinct(parents)) extend([...certificates, parent]);
  };
  extend([leaf]);
  const complete = found.filter((chain) => chain.trusted);
  return complete.length > 0 ? complete : found;
}

function distinct(certificates: readonly Certificate[]): Certificate[] {
  return [...new Map(certificates.map((certificate) => [certificate.fingerprint, certificate])).values()];
}

/** Two certificates of one CA: same name, same key. */
function isSameEntity(a: Certificate, b: Certificate): boolean {
  return a.subjectDer === b.subjectDer && a.publicKey.equals(b.publicKey);
}

/** Whether a certificate bears its own key's signature. */
export function isSelfSigned(certificate: Certificate): boolean {
  return certificate.subjectDer === certificate.issuerDer && certificate.isSignedBy(certificate);
}
