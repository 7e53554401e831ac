import { createHash, X509Certificate as NodeCertificate, type KeyObject } from "node:crypto";

import { collectProblems, PkiError } from "../errors";
import { canonicalIpAddress } from "../ipAddress";
import { describeAlgorithm } from "./algorithms";
import * as x509 from "./library";
import { readName } from "./name";
import { formatPem, holdsPrivateKey, parsePem, type PemBlock } from "./pem";
import type { PrivateKey } from "./privateKey";

/** KeyUsage bits by their names in RFC 5280, section 4.2.1.3. */
export type KeyUsage =
  | "digitalSignature"
  | "nonRepudiation"
  | "keyEncipherment"
  | "dataEncipherment"
  | "keyAgreement"
  | "keyCertSign"
  | "cRLSign"
  | "encipherOnly"
  | "decipherOnly";

const KEY_USAGES: readonly KeyUsage[] = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
];

/** Extended key usages by name (RFC 5280, section 4.2.1.12); others keep their OID. */
const EXTENDED_KEY_USAGES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
  "2.5.29.37.0": "anyExtendedKeyUsage",
};

/** A certificate, parsed: everything in it that this package speaks about. All of it is public. */
export interface Certificate {
  /** PEM, one block, final newline. */
  readonly pem: string;
  /** DER (RFC 5280, section 4.1). */
  readonly der: Uint8Array;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
  /** `O=talos, CN=a`: in the certificate's order, values escaped as RFC 4514 says; empty for an empty name. */
  readonly subject: string;
  /** The same of the issuer. */
  readonly issuer: string;
  /** The value of CN in the subject, the last if there are several, as in Go. */
  readonly commonName: string | undefined;
  /** Values of O in the subject: Talos's roles in a client certificate. */
  readonly organizations: readonly string[];
  /** Lower-case hex without leading zero octets. */
  readonly serialNumber: string;
  /** Start of validity, whole seconds. */
  readonly notBefore: Date;
  /** End of validity, whole seconds; still valid at that very second. */
  readonly notAfter: Date;
  /** Algorithm of the subject's key: `ed25519`, `ecdsa-p256`, … */
  readonly algorithm: string;
  /** BasicConstraints CA:TRUE. */
  readonly isAuthority: boolean;
  /** How many CAs may follow below; `undefined`: any number. */
  readonly pathLength: number | undefined;
  /** `undefined`: the extension is absent. */
  readonly keyUsages: readonly KeyUsage[] | undefined;
  /** Names as in RFC 5280 (section 4.2.1.12), or OIDs; `undefined`: the extension is absent, which allows everything. */
  readonly extendedKeyUsages: readonly string[] | undefined;
  /** Of the subject alternative names, in their order. */
  readonly dnsNames: readonly string[];
  /** Of the subject alternative names, in their order and as Go writes them: RFC 5952, and IPv4 in four octets. */
  readonly ipAddresses: readonly string[];
  /** Lower-case hex; `undefined` when the extension is absent. */
  readonly subjectKeyIdentifier: string | undefined;
  /** Lower-case hex; `undefined` when the extension is absent. */
  readonly authorityKeyIdentifier: string | undefined;
  /** Names in DER, to compare issuer and subject. */
  readonly subjectDer: string;
  /** Lower-case hex of the DER. */
  readonly issuerDer: string;
  /** The subject's, for node:crypto. */
  readonly publicKey: KeyObject;
  /** Whether `issuer`'s key made this certificate's signature. */
  readonly isSignedBy: (issuer: Certificate) => boolean;
}

/**
 * SHA-256 of bytes in lower-case hex: the fingerprint of a certificate's DER.
 *
 * @example
 * fingerprintOf(certificate.der) === certificate.fingerprint; // true
 */
export function fingerprintOf(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

/**
 * Reads every certificate of a PEM bundle.
 *
 * @param text PEM of one or more certificates
 * @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN
 * @example
 * const [authority] = parseCertificates(pem, "certificatePem");
 */
export function parseCertificates(text: string, path: string): [Certificate, ...Certificate[]] {
  if (holdsPrivateKey(text)) {
    throw new PkiError("ERR_PRIVATE_KEY_GIVEN", "holds a private key; must be certificates only", { path });
  }
  const [first, ...others] = parsePem(text, path);
  return [readCertificate(first, path), ...others.map((block) => readCertificate(block, path))];
}

/**
 * Reads the first PEM block as a certificate, as Talos's parsers do.
 *
 * @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN
 * @example
 * parseCertificate(pem, "certs.os.crt").fingerprint;
 */
export function parseCertificate(text: string, path: string): Certificate {
  return readFirst(parsePem(text, path), text, path);
}

/**
 * Reads the PEM of a CA: the first certificate as parseCertificate does, and of what follows every certificate that can
 * be read, which is trusted with it, as Go's pool does.
 *
 * @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN
 * @example
 * const [issuing, ...parents] = parseCACertificates(pem, "certs.os.crt");
 */
export function parseCACertificates(text: string, path: string): [Certificate, ...Certificate[]] {
  const blocks = parsePem(text, path);
  const others = blocks.slice(1).filter(({ label }) => label === "CERTIFICATE");
  return [
    readFirst(blocks, text, path),
    ...others.flatMap(({ der }) => collectProblems([], () => parseCertificateDer(der, path)) ?? []),
  ];
}

function readFirst([first]: [PemBlock, ...PemBlock[]], text: string, path: string): Certificate {
  const certificate = readCertificate(first, path);
  // What holds a certificate goes to places that everybody may read: a key must not ride along behind it.
  if (holdsPrivateKey(text)) {
    throw new PkiError("ERR_PRIVATE_KEY_GIVEN", "holds a private key beside the certificate; must be the certificate", {
      path,
    });
  }
  return certificate;
}

function readCertificate(block: PemBlock, path: string): Certificate {
  if (block.label.endsWith("PRIVATE KEY")) {
    throw new PkiError("ERR_PRIVATE_KEY_GIVEN", "is a private key; must be a certificate", { path });
  }
  if (block.label !== "CERTIFICATE") {
    throw new PkiError("ERR_PEM_INVALID", "is a PEM block of another kind; use -----BEGIN CERTIFICATE-----", {
      path,
    });
  }
  return parseCertificateDer(block.der, path);
}

/**
 * Reads a certificate from DER.
 *
 * @throws PkiError ERR_PEM_INVALID
 */
export function parseCertificateDer(der: Uint8Array, path: string): Certificate {
  try {
    return describeCertificate(der, path);
  } catch (error) {
    if (error instanceof PkiError) throw error;
    throw new PkiError("ERR_PEM_INVALID", "holds no readable X.509 certificate; must be the DER of one", {
      path,
      cause: error,
    });
  }
}

function describeCertificate(der: Uint8Array, path: string): Certificate {
  const parsed = new x509.X509Certificate(der);
  const native = new NodeCertificate(Buffer.from(der));
  assertGoTakes(native, der, path);
  const basicConstraints = parsed.getExtension(x509.BasicConstraintsExtension);
  const keyUsage = parsed.getExtension(x509.KeyUsagesExtension);
  const extendedKeyUsage = parsed.getExtension(x509.ExtendedKeyUsageExtension);
  const alternativeNames = alternativeNamesOf(parsed);
  const publicKey = native.publicKey;
  const [subjectDer, issuerDer] = [parsed.subjectName.toArrayBuffer(), parsed.issuerName.toArrayBuffer()];
  // The library writes names anew, and what it cannot, otherwise: a leaf would name an issuer that there is not.
  if (![subjectDer, issuerDer].every((name) => Buffer.from(der).includes(Buffer.from(name)))) {
    throw new RangeError("a name holds text of no known encoding");
  }
  const subject = readName(subjectDer);
  return {
    pem: formatPem("CERTIFICATE", der),
    der,
    fingerprint: fingerprintOf(der),
    subject: subject.text,
    issuer: readName(issuerDer).text,
    commonName: subject.commonName,
    organizations: subject.organizations,
    serialNumber: native.serialNumber.toLowerCase(),
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    algorithm: describeAlgorithm(publicKey),
    isAuthority: basicConstraints?.ca ?? false,
    pathLength: basicConstraints?.pathLength,
    keyUsages:
      keyUsage === null ? undefined : KEY_USAGES.filter((_, bit) => ((keyUsage.usages as number) & (1 << bit)) !== 0),
    extendedKeyUsages:
      extendedKeyUsage === null
        ? undefined
        : Array.from(extendedKeyUsage.usages, (oid) => EXTENDED_KEY_USAGES[oid as string] ?? (oid as string)),
    dnsNames: alternativeNames.filter((name) => name.type === "dns").map((name) => name.value),
    ipAddresses: ipAddressesOf(alternativeNames),
    subjectKeyIdentifier: parsed.getExtension(x509.SubjectKeyIdentifierExtension)?.keyId.toLowerCase(),
    authorityKeyIdentifier: parsed.getExtension(x509.AuthorityKeyIdentifierExtension)?.keyId?.toLowerCase(),
    subjectDer: Buffer.from(subjectDer).toString("hex"),
    issuerDer: Buffer.from(issuerDer).toString("hex"),
    publicKey,
    isSignedBy: (issuer) => {
      try {
        return native.verify(issuer.publicKey);
      } catch {
        return false;
      }
    },
  };
}

/** The subject alternative names; empty without the extension. */
export function alternativeNamesOf(parsed: x509.X509Certificate): readonly x509.GeneralName[] {
  return parsed.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
}

/** The addresses among alternative names, as Go writes them; what is no address stands as it is. */
export function ipAddressesOf(names: readonly x509.GeneralName[]): string[] {
  return names.filter(({ type }) => type === "ip").map(({ value }) => canonicalIpAddress(value) ?? value);
}

/** What OpenSSL reads and Go's crypto/x509, and with it every part of Talos and Kubernetes, does not. */
function assertGoTakes(certificate: NodeCertificate, der: Uint8Array, path: string): void {
  const refuse = (what: string): PkiError =>
    new PkiError("ERR_PEM_INVALID", `${what}, which Talos rejects; must be a certificate of RFC 5280`, { path });
  if (certificate.raw.length !== der.length) throw refuse("holds more octets than the certificate itself");
  if (certificate.serialNumber.startsWith("-")) throw refuse("is a certificate with a negative serial number");
  const { publicKey } = certificate;
  if (publicKey.asymmetricKeyType === "ec" && !isPlainPoint(publicKey)) {
    throw refuse("is a certificate whose key has a compressed point or a curve without a name");
  }
}

/** A curve by its OID, a point with both coordinates: the one form of RFC 5480 that Go reads. */
function isPlainPoint(key: KeyObject): boolean {
  const spki = key.export({ format: "der", type: "spki" }).toString("hex");
  const [header = "", length = ""] = /^30(?:81)?..30(..)(?=06072a8648ce3d020106)/.exec(spki) ?? [];
  return header !== "" && /^03(?:81)?..0004/.test(spki.slice(header.length + 2 * parseInt(length, 16)));
}

/**
 * Whether the private key is that of the certificate: their public keys are equal.
 *
 * @example
 * keyFits(parseCertificate(crt, "crt"), parsePrivateKey(key, "key"));
 */
export function keyFits(certificate: Certificate, key: PrivateKey): boolean {
  const spki = certificate.publicKey.export({ format: "der", type: "spki" });
  return Buffer.compare(spki, Buffer.from(key.publicKeyDer)) === 0;
}
