import { createHash, type KeyObject, type X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";

import type { ServedCertificate } from "../core/nodes/failures";
import { type Certificate, parseCertificateDer } from "../core/x509/certificate";

/** No server has a reason to send more. */
const LONGEST_CHAIN = 10;

/** What a server serves, its own certificate first, as TLS has it. */
export function nativeChain(socket: TLSSocket): X509Certificate[] {
  const chain = new Map<string, X509Certificate>();
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.size < LONGEST_CHAIN && !chain.has(certificate.fingerprint256)) {
    chain.set(certificate.fingerprint256, certificate);
    certificate = certificate.issuerCertificate;
  }
  return [...chain.values()];
}

/** The same certificates, read. @throws PkiError for what cannot be read */
export function readChain(chain: readonly X509Certificate[]): Certificate[] {
  return chain.map(({ raw }) => parseCertificateDer(raw, ""));
}

/** SHA-256 of the public key (SPKI), base64, as talosctl prints and takes it. */
export function keyFingerprint({ publicKey }: { readonly publicKey: KeyObject }): string {
  return createHash("sha256")
    .update(publicKey.export({ format: "der", type: "spki" }))
    .digest("base64");
}

/** What an error says of a certificate. */
export function describeServed(certificate: Certificate): ServedCertificate {
  return { keyFingerprint: keyFingerprint(certificate), commonName: certificate.commonName };
}
