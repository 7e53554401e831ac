import { randomBytes, webcrypto } from "node:crypto";

import { AsnConvert } from "@peculiar/asn1-schema";
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from "@peculiar/asn1-x509";

import * as x509 from "../../../provider/core/x509/library";

/** Certificates that the core would never make, from the library beneath it. */
export interface Odd {
  readonly pem: string;
  readonly der: Buffer;
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly keyIdentifier: string;
}

type SigningAlgorithm = webcrypto.Algorithm & { readonly hash?: string; readonly namedCurve?: string };

export interface OddOptions {
  /** `O=talos, CN=…`; may be empty. */
  readonly subject?: string;
  /** Default: itself. */
  readonly issuer?: Odd;
  /** The issuer's name, when it shall lie. */
  readonly issuerName?: string;
  readonly key?: OddKey;
  /** Hours from the base time. */
  readonly from?: number;
  readonly until?: number;
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly basicConstraints?: boolean;
  /** `undefined`: what suits the kind; `null`: none. */
  readonly keyUsage?: x509.KeyUsageFlags | null;
  readonly usages?: readonly string[];
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  readonly authorityKeyIdentifier?: string | null;
  readonly extensions?: readonly x509.Extension[];
  /** Hash of the signature, where the issuer's key leaves a choice. */
  readonly hash?: string;
  /** Reuse these keys. */
  readonly keys?: webcrypto.CryptoKeyPair;
}

export const baseTime = new Date("2026-11-22T12:00:00Z");
export const hoursLater = (hours: number): Date => new Date(baseTime.getTime() + hours * 3_600_000);

const rsa = (modulusLength: number, name = "RSASSA-PKCS1-v1_5", hash = "SHA-256"): SigningAlgorithm =>
  ({ name, hash, modulusLength, publicExponent: new Uint8Array([1, 0, 1]) }) as SigningAlgorithm;

const keyKinds = {
  p256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  p384: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  p521: { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
  ed25519: { name: "Ed25519" },
  rsa512: rsa(512),
  rsa1024: rsa(1024),
  rsa2048: rsa(2048),
  pss: rsa(2048, "RSA-PSS"),
} as const satisfies Record<string, SigningAlgorithm>;
export type OddKey = keyof typeof keyKinds;

export const usageOids = {
  client: "1.3.6.1.5.5.7.3.2",
  server: "1.3.6.1.5.5.7.3.1",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  any: "2.5.29.37.0",
  unknown: "1.2.3.4.5",
} as const;

/** Name constraints (RFC 5280, section 4.2.1.10), critical unless told. */
export function nameConstraints(
  permitted: readonly Partial<GeneralName>[],
  excluded: readonly Partial<GeneralName>[] = [],
  { critical = true } = {},
): x509.Extension {
  const trees = (names: readonly Partial<GeneralName>[]): GeneralSubtrees =>
    new GeneralSubtrees(names.map((name) => new GeneralSubtree({ base: new GeneralName(name) })));
  const value = new NameConstraints({
    ...(permitted.length === 0 ? {} : { permittedSubtrees: trees(permitted) }),
    ...(excluded.length === 0 ? {} : { excludedSubtrees: trees(excluded) }),
  });
  return new x509.Extension("2.5.29.30", critical, AsnConvert.serialize(value));
}

/** Makes a certificate; by default a client's that signs itself. */
export async function odd(options: OddOptions = {}): Promise<Odd> {
  const { subject = "O=os:admin", issuer, ca = false, from = -1, until = 8760 } = options;
  const keys = options.keys ?? (await makeKeys(options.key ?? "p256"));
  const signing = issuer?.keys ?? keys;
  const algorithm = { ...signing.privateKey.algorithm, ...hashOf(signing, options.hash) };
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: randomBytes(8).toString("hex").replace(/^./, "1"),
      subject: subject === "" ? new x509.Name([]) : subject,
      issuer: (options.issuerName ?? issuer?.subject ?? subject) || new x509.Name([]),
      notBefore: hoursLater(from),
      notAfter: hoursLater(until),
      publicKey: keys.publicKey,
      signingKey: signing.privateKey,
      signingAlgorithm: algorithm,
      extensions: [...(await usualExtensions(options, keys, ca)), ...(options.extensions ?? [])],
    },
    webcrypto,
  );
  const der = Buffer.from(certificate.rawData);
  return { pem: pemOf(der), der, subject, keys, keyIdentifier: await identifierOf(keys) };
}

async function makeKeys(kind: OddKey): Promise<webcrypto.CryptoKeyPair> {
  const algorithm = keyKinds[kind] as webcrypto.EcKeyGenParams;
  return await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

function hashOf({ privateKey }: webcrypto.CryptoKeyPair, hash: string | undefined): object {
  if (privateKey.algorithm.name === "ECDSA") return { hash: hash ?? "SHA-256" };
  if (privateKey.algorithm.name === "RSA-PSS") return { saltLength: 32 };
  return hash === undefined ? {} : { hash };
}

async function usualExtensions(
  options: OddOptions,
  keys: webcrypto.CryptoKeyPair,
  ca: boolean,
): Promise<x509.Extension[]> {
  const {
    keyUsage,
    usages = ca ? [] : [usageOids.client],
    dns = [],
    ips = [],
    issuer,
    authorityKeyIdentifier,
  } = options;
  const flags = x509.KeyUsageFlags;
  const usual = ca ? flags.keyCertSign : flags.digitalSignature;
  const extensions: x509.Extension[] = [];
  if (keyUsage !== null) extensions.push(new x509.KeyUsagesExtension(keyUsage ?? usual, true));
  if (usages.length > 0) extensions.push(new x509.ExtendedKeyUsageExtension([...usages]));
  if (options.basicConstraints ?? ca) extensions.push(new x509.BasicConstraintsExtension(ca, options.pathLength, true));
  if (ca) extensions.push(new x509.SubjectKeyIdentifierExtension(await identifierOf(keys)));
  const identifier = authorityKeyIdentifier === undefined ? issuer?.keyIdentifier : authorityKeyIdentifier;
  if (identifier !== undefined && identifier !== null)
    extensions.push(new x509.AuthorityKeyIdentifierExtension(identifier));
  const names = [
    ...dns.map((value) => ({ type: "dns" as const, value })),
    ...ips.map((value) => ({ type: "ip" as const, value })),
  ];
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  return extensions;
}

async function identifierOf(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const spki = await webcrypto.subtle.exportKey("spki", keys.publicKey);
  return Buffer.from(await webcrypto.subtle.digest("SHA-1", spki)).toString("hex");
}

function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** The certificate with one octet changed, at `offset` from its end. */
export function tampered(pem: string, offset: number): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  der[der.length - offset]! ^= 1;
  return pemOf(der);
}
