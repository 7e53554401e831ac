import type { Certificate } from "../x509/certificate";
import type { NamedAuthority } from "./authorities";
import { type Chain, isSelfSigned } from "./chain";
import { type Finding, finding } from "./findings";

/** Why a chain does not end in a trusted certificate: which CA it comes from, if that is known, and the remedy. */
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
    const expected = trustedNames.length === 0 ? "a CA that is trusted here" : `the ${trustedNames.join(" or ")} CA`;
    return finding(
      "wrong-ca",
      top,
      `is issued by the ${signer.name} CA of the cluster and must be issued by ${expected}`,
      `issue the ${noun} certificate with the right CA of the bundle`,
    );
  }
  if (signer !== undefined) {
    return finding(
      "untrusted",
      top,
      `is issued by another ${signer.name} CA of the cluster, which is not trusted here (${signer.certificate.fingerprint.slice(0, 16)}…)`,
      "a rotation is under way or over: apply the machine configs of the same stage everywhere and use its talosconfigs",
    );
  }
  if (trust.some(({ subjectDer }) => subjectDer === top.issuerDer)) {
    return finding(
      "untrusted",
      top,
      `is signed by another CA of the same name, ${issuer}`,
      "it is of another cluster, or the CA was rotated: use the current talosconfig and secrets of this cluster",
    );
  }
  return isSelfSigned(top)
    ? finding("untrusted", top, "is signed by itself and not trusted", "trust it, or have it signed by a trusted CA")
    : finding(
        "untrusted",
        top,
        `is signed by ${issuer}, which is not trusted`,
        "trust that CA, or issue with a trusted one",
      );
}

function signedBy(certificate: Certificate, authority: Certificate): boolean {
  return certificate.issuerDer === authority.subjectDer && certificate.isSignedBy(authority);
}
