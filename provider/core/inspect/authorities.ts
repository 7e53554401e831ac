import type { PartialSecretsBundle } from "../secrets/read";
import { AUTHORITY_NAMES, BUNDLE_KEYS } from "../secrets/authority";
import type { AcceptedAuthorities } from "../secrets/types";
import { type Certificate, parseCertificate } from "../x509/certificate";

/** A CA and what the cluster calls it: `os`, `kubernetes`, `etcd`, `aggregator`. */
export interface NamedAuthority {
  /** `os`, `kubernetes`, `etcd`, `aggregator`, or what the caller calls it. */
  readonly name: string;
  /** The CA itself. */
  readonly certificate: Certificate;
}

/**
 * The CAs of a bundle by name, accepted ones too.
 *
 * @throws PkiError ERR_PEM_INVALID
 * @example
 * inspectCertificate(pem, { now, authorities: authoritiesOf(bundle) }).issuer.authority; // "os"
 */
export function authoritiesOf(bundle: PartialSecretsBundle, accepted?: Partial<AcceptedAuthorities>): NamedAuthority[] {
  return AUTHORITY_NAMES.flatMap((name) => {
    const own = bundle.certs?.[BUNDLE_KEYS[name]]?.crt;
    const others = accepted?.[name] ?? [];
    return [...(own === undefined ? [] : [own]), ...others].map((pem) => ({
      name,
      certificate: parseCertificate(pem, `certs.${name}`),
    }));
  });
}

/** The name of the CA that signed a certificate; `undefined` when none of these did. */
export function issuerName(certificate: Certificate, authorities: readonly NamedAuthority[]): string | undefined {
  return authorities.find(
    (authority) =>
      certificate.issuerDer === authority.certificate.subjectDer && certificate.isSignedBy(authority.certificate),
  )?.name;
}
