import { type Environment, wholeSeconds } from "../environment";
import type { Authority } from "./authority";
import { type Certificate, parseCertificateDer } from "./certificate";
import * as x509 from "./library";
import { encodeName, type SubjectName } from "./name";
import { importSigningKey, type PrivateKey } from "./privateKey";
import type { CertificateProfile } from "./profiles";
import type { SubjectAltNames } from "./subjectAltNames";

export interface IssueRequest {
  readonly profile: CertificateProfile;
  readonly subject: SubjectName;
  /** SubjectPublicKeyInfo of the subject, DER. */
  readonly publicKeyDer: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subjectAltNames?: SubjectAltNames;
  /** 20 octets; only CAs carry one. */
  readonly subjectKeyIdentifier?: Uint8Array;
}

/** `issuer` signs a certificate; without an issuer `selfKey` signs its own. */
export async function signCertificate(
  request: IssueRequest,
  issuer: Authority | { readonly selfKey: PrivateKey },
  environment: Environment,
): Promise<Certificate> {
  const signer = "selfKey" in issuer ? issuer.selfKey : issuer.key;
  const subject = new x509.Name(Uint8Array.from(encodeName(request.subject)));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: Buffer.from(randomSerialNumber(environment)).toString("hex"),
      subject,
      issuer: "selfKey" in issuer ? subject : issuerName(issuer.certificate),
      notBefore: wholeSeconds(request.notBefore),
      notAfter: wholeSeconds(request.notAfter),
      publicKey: Uint8Array.from(request.publicKeyDer),
      signingKey: await importSigningKey(signer, environment),
      signingAlgorithm: {},
      extensions: extensionsOf(request, "selfKey" in issuer ? undefined : issuer.certificate),
    },
    { subtle: environment.subtle },
  );
  return parseCertificateDer(new Uint8Array(certificate.rawData), "");
}

/** Uniform in [1, 2^128), as Talos draws them; RFC 5280 (4.1.2.2) forbids zero. */
function randomSerialNumber(environment: Environment): Uint8Array {
  const serial = environment.randomBytes(16);
  return serial.some((octet) => octet !== 0) ? serial : Uint8Array.of(1);
}

function issuerName(certificate: Certificate): x509.Name {
  return new x509.Name(Uint8Array.from(Buffer.from(certificate.subjectDer, "hex")));
}

const OID: Readonly<Record<"serverAuth" | "clientAuth", string>> = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
};

/** In Go's order: KU, EKU, BC, SKI, AKI, SAN. */
function extensionsOf(request: IssueRequest, issuer: Certificate | undefined): x509.Extension[] {
  const { profile, subjectAltNames } = request;
  const usages = profile.keyUsages.map((usage) => x509.KeyUsageFlags[usage]).reduce((bits, flag) => bits | flag);
  const extensions: x509.Extension[] = [
    new x509.KeyUsagesExtension(usages, true),
    new x509.ExtendedKeyUsageExtension(profile.extendedKeyUsages.map((usage) => OID[usage])),
  ];
  if (profile.isAuthority) extensions.push(new x509.BasicConstraintsExtension(true, undefined, true));
  if (request.subjectKeyIdentifier !== undefined) {
    extensions.push(new x509.SubjectKeyIdentifierExtension(Buffer.from(request.subjectKeyIdentifier).toString("hex")));
  }
  if (issuer?.subjectKeyIdentifier !== undefined) {
    extensions.push(new x509.AuthorityKeyIdentifierExtension(issuer.subjectKeyIdentifier));
  }
  const names = [
    ...(subjectAltNames?.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(subjectAltNames?.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  // RFC 5280, 4.2.1.6: critical where the subject is empty, as Go writes it too.
  const { commonName, organizations = [] } = request.subject;
  const isNameless = !commonName && organizations.length === 0;
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names, isNameless));
  return extensions;
}

/** SHA-1 of the public key's bits (RFC 5280, 4.2.1.2, method 1), as Go wrote it before Talos 1.11. */
export async function hashPublicKey(publicKeyDer: Uint8Array, environment: Environment): Promise<Uint8Array> {
  const key = new x509.PublicKey(Uint8Array.from(publicKeyDer));
  return new Uint8Array(await key.getKeyIdentifier({ subtle: environment.subtle }));
}
