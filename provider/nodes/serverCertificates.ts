import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";

import type { ServedCertificate } from "../core/nodes/failures";
import { type Certificate, parseCertificateDer } from "../core/x509/certificate";

/** No server has a reason to send more. */
const LONGEST_CHAIN = 10;

/** What a server serves, its own certificate first. @throws PkiError for what cannot be read */
export function servedChain(socket: TLSSocket): Certificate[] {
  const chain: Certificate[] = [];
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < LONGEST_CHAIN) {
    const parsed = parseCertificateDer(certificate.raw, "");
    if (chain.some(({ fingerprint }) => fingerprint === parsed.fingerprint)) break;
    chain.push(parsed);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}

/** SHA-256 of the public key (SPKI), base64, as talosctl prints and takes it. */
export function keyFingerprint({ publicKey }: Certificate): string {
  return createHash("sha256")
    .update(publicKey.export({ format: "der", type: "spki" }))
    .digest("base64");
}

/** What an error says of a certificate. */
export function describeServed(certificate: Certificate): ServedCertificate {
  return { keyFingerprint: keyFingerprint(certificate), commonName: certificate.commonName };
}
