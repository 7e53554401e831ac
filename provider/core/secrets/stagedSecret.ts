import type { Certificate } from "../x509/certificate";
import { keyFingerprint, parseKeys, publicKeyPem } from "../x509/publicKey";
import type { DecodedBundle } from "./decodedBundle";
import { DecodedCA, type DecodedKey } from "./decodedPem";
import { isCAName, type StagedName } from "./inventory";

/** What rotates in stages: a CA, or the key that signs service account tokens. */
export type StagedSecret = DecodedCA | DecodedKey;

/** What a verifier has of one: a certificate, or a public key. */
export interface PublicPart {
  /** SHA-256, lower-case hex: of a certificate's DER, or of the DER of a key's SubjectPublicKeyInfo. */
  readonly fingerprint: string;
  /** PEM: the certificate, or `PUBLIC KEY`. */
  readonly pem: string;
  /** Absent for a key, which has neither subject nor end. */
  readonly certificate?: Certificate;
}

/** A certificate as a public part. */
const certificatePart = (certificate: Certificate): PublicPart => ({
  fingerprint: certificate.fingerprint,
  pem: certificate.pem,
  certificate,
});

/**
 * What verifiers have of a secret, the issuing part first; then what is accepted with it, where its PEM has more.
 *
 * @example
 * publicParts(DecodedCA.of(authority))[0].fingerprint === authority.certificate.fingerprint; // true
 */
export function publicParts(secret: StagedSecret): readonly PublicPart[] {
  if (secret instanceof DecodedCA) return secret.certificates.map(certificatePart);
  if (secret.value === undefined) return [];
  return parseKeys(secret.pem, secret.path).map(({ publicKeyDer }) => ({
    fingerprint: keyFingerprint(publicKeyDer),
    pem: publicKeyPem(publicKeyDer),
  }));
}

/** The kind of its key; `undefined` where it cannot be read. */
export function stagedAlgorithm(secret: StagedSecret): string | undefined {
  return secret instanceof DecodedCA
    ? (secret.certificate?.algorithm ?? secret.privateKey?.algorithm)
    : secret.value?.algorithm;
}

/** The one of a bundle; `undefined` where the bundle has none. */
export function stagedSecretOf(bundle: DecodedBundle, name: StagedName): StagedSecret | undefined {
  if (!isCAName(name)) return bundle.key(name);
  const ca = bundle.ca(name);
  return ca.certificate === undefined ? undefined : ca;
}

/** A bundle with another one in its place. */
export function withStagedSecret(bundle: DecodedBundle, name: StagedName, secret: StagedSecret): DecodedBundle {
  if (isCAName(name)) return secret instanceof DecodedCA ? bundle.with(name, secret) : bundle;
  return secret instanceof DecodedCA ? bundle : bundle.with(name, secret);
}
