import { formatTime } from "../environment";
import { type Certificate, parseCertificate } from "../x509/certificate";
import { issuerName, type NamedAuthority } from "./authorities";
import { isSelfSigned } from "./chain";
import { rolesOf } from "./purposes";

/** Everything that a person asks about a certificate, as plain data fit for JSON. All of it is public. */
export interface CertificateReport {
  /** What the certificate is good for. */
  readonly kind: "authority" | "client" | "server" | "client and server" | "other";
  /** `O=os:admin, CN=a`; empty for an empty name. */
  readonly subject: string;
  /** Absent when the subject has no CN. */
  readonly commonName?: string;
  /** Values of O in the subject, in their order. */
  readonly organizations: readonly string[];
  /** The organizations that Talos takes for roles. */
  readonly roles: readonly string[];
  /** Of the subject alternative names. */
  readonly dnsNames: readonly string[];
  /** Of the subject alternative names, by RFC 5952. */
  readonly ipAddresses: readonly string[];
  /** Who signed it. */
  readonly issuer: {
    readonly subject: string;
    /** The cluster's name for the CA, or `itself`; absent when it is none of those given. */
    readonly authority?: string;
  };
  /** Kind of the subject's key: `ed25519`, `ecdsa-p256`, `rsa-4096` … */
  readonly algorithm: string;
  /** Absent: the extension is not there, which allows everything. */
  readonly keyUsages?: readonly string[];
  /** Names as in RFC 5280, or OIDs; absent: the extension is not there. */
  readonly extendedKeyUsages?: readonly string[];
  /** Lower-case hex. */
  readonly serialNumber: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** RFC 3339 UTC. */
  readonly notBefore: string;
  /** RFC 3339 UTC. */
  readonly notAfter: string;
  /** At `now`. */
  readonly state: "valid" | "expired" | "not yet valid";
  /** Whole seconds until notAfter; negative once it is past. */
  readonly secondsLeft: number;
}

/**
 * Describes a certificate.
 *
 * @param input PEM (the first block counts), or parsed
 * @param options.authorities CAs known by name, to name the issuer
 * @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN
 * @example
 * const { subject, roles, secondsLeft } = inspectCertificate(pem, { now: new Date() });
 */
export function inspectCertificate(
  input: string | Certificate,
  options: { readonly now: Date; readonly authorities?: readonly NamedAuthority[]; readonly path?: string },
): CertificateReport {
  const certificate = typeof input === "string" ? parseCertificate(input, options.path ?? "") : input;
  const { commonName, keyUsages, extendedKeyUsages, notBefore, notAfter } = certificate;
  const { now, authorities = [] } = options;
  const authority = isSelfSigned(certificate) ? "itself" : issuerName(certificate, authorities);
  return {
    kind: kindOf(certificate),
    subject: certificate.subject,
    ...(commonName === undefined ? {} : { commonName }),
    organizations: certificate.organizations,
    roles: rolesOf(certificate.organizations),
    dnsNames: certificate.dnsNames,
    ipAddresses: certificate.ipAddresses,
    issuer: { subject: certificate.issuer, ...(authority === undefined ? {} : { authority }) },
    algorithm: certificate.algorithm,
    ...(keyUsages === undefined ? {} : { keyUsages: [...keyUsages] }),
    ...(extendedKeyUsages === undefined ? {} : { extendedKeyUsages: [...extendedKeyUsages] }),
    serialNumber: certificate.serialNumber,
    fingerprint: certificate.fingerprint,
    notBefore: formatTime(notBefore),
    notAfter: formatTime(notAfter),
    state: stateOf(certificate, now),
    secondsLeft: Math.floor((notAfter.getTime() - now.getTime()) / 1000),
  };
}

function kindOf(certificate: Certificate): CertificateReport["kind"] {
  if (certificate.isAuthority) return "authority";
  const usages = certificate.extendedKeyUsages ?? [];
  const any = usages.length === 0 || usages.includes("anyExtendedKeyUsage");
  const [client, server] = [any || usages.includes("clientAuth"), any || usages.includes("serverAuth")];
  if (client && server) return "client and server";
  return client ? "client" : server ? "server" : "other";
}

function stateOf({ notBefore, notAfter }: Certificate, now: Date): CertificateReport["state"] {
  if (now.getTime() < notBefore.getTime()) return "not yet valid";
  return now.getTime() > notAfter.getTime() ? "expired" : "valid";
}
