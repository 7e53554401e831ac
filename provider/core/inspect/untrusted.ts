import type { Certificate } from "../x509/certificate";
import type { NamedAuthority } from "./authorities";
import { type Chain, isSelfSigned } from "./chain";
import { type Finding, finding } from "./findings";

/** Why a chain ends without trust: whose it is, if that is known, and what helps. */
export function untrustedFinding(
  chain: Chain,
  trust: readonly Certificate[],
  authorities: readonly NamedAuthority[],
  noun: string,
): Finding {
  const top = chain.certificates[chain.certificates.length - 1]!;
  const issuer = top.issuer || "(no name)";
  const signer = authorities.find(({ certificate }) => signedBy(top, certificate));
  const trustedNames = authorities
    .filter(({ certificate }) => trust.some(({ fingerprint }) => fingerprint === certificate.fingerprint))
    .map(({ name }) => name);
  if (signer !== undefined && !trustedNames.includes(signer.name)) {
    const expected =
      trustedNames.length === 0 ? "an authority that is trusted here" : `the ${trustedNames.join(" or ")} authority`;
    return finding(
      "ERR_AUTHORITY_WRONG",
      top,
      `is from the ${signer.name} authority of the cluster; expected ${expected}`,
      `issue the ${noun} certificate with the right authority of the bundle`,
    );
  }
  if (signer !== undefined) {
    return finding(
      "ERR_AUTHORITY_UNKNOWN",
      top,
      `is from another ${signer.name} authority of the cluster, which is not trusted here (${signer.certificate.fingerprint.slice(0, 16)}…)`,
      "a rotation is under way or over: bring the machine configs and talosconfigs of the same stage everywhere",
    );
  }
  if (trust.some(({ subjectDer }) => subjectDer === top.issuerDer)) {
    return finding(
      "ERR_AUTHORITY_UNKNOWN",
      top,
      `is signed by another authority that also calls itself ${issuer}`,
      "it is another cluster's, or the authority was rotated: take the talosconfig and secrets of this cluster as they are now",
    );
  }
  return isSelfSigned(top)
    ? finding(
        "ERR_AUTHORITY_UNKNOWN",
        top,
        "is signed by itself and not trusted",
        "trust it, or have it signed by a trusted authority",
      )
    : finding(
        "ERR_AUTHORITY_UNKNOWN",
        top,
        `is signed by ${issuer}, which is not trusted`,
        "trust that authority, or issue with a trusted one",
      );
}

function signedBy(certificate: Certificate, authority: Certificate): boolean {
  return certificate.issuerDer === authority.subjectDer && certificate.isSignedBy(authority);
}
