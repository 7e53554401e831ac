import { webcrypto } from "node:crypto";

import { AsnConvert } from "@peculiar/asn1-schema";
import { Name } from "@peculiar/asn1-x509";

import type { ProblemReason, WarningReason } from "../../../provider/core/reasons";
import { type Authority, parseAuthority } from "../../../provider/core/x509/authority";
import { type Certificate, parseCertificates } from "../../../provider/core/x509/certificate";
import * as x509 from "../../../provider/core/x509/library";
import { formatPem } from "../../../provider/core/x509/pem";

import { nameConstraints, odd, type Odd, type OddOptions, usageOids } from "./oddCertificates";

/** A CA of some shape, and what is to be said of it as the OS CA. */
export interface CaShape {
  readonly name: string;
  readonly authority: Authority;
  /** The same with keys, for the library. */
  readonly made: Odd;
  /** Certificates behind its own. */
  readonly companions: readonly Certificate[];
  /** Reasons of the problems of an OS CA; none: every verifier takes what it issues. */
  readonly expected: readonly ProblemReason[];
  /** Reasons of the warnings of an OS CA. */
  readonly warnings: readonly WarningReason[];
  /** Where openssl rejects what Go accepts, or the other way round, and no warning says so: why. */
  readonly opensslDiffers?: string;
}

interface Row extends OddOptions {
  readonly name: string;
  readonly expected?: readonly ProblemReason[];
  readonly warnings?: readonly WarningReason[];
  readonly opensslDiffers?: string;
  /** Changes the DER; a trusted certificate's own signature is not looked at. */
  readonly change?: (der: Buffer) => Buffer;
}

const { client, server, codeSigning, any, unknown } = usageOids;
const flags = x509.KeyUsageFlags;
const extension = (oid: string, critical: boolean, hex: string): x509.Extension =>
  new x509.Extension(oid, critical, Buffer.from(hex, "hex"));
const elsewhere = AsnConvert.parse(new x509.Name("O=elsewhere").toArrayBuffer(), Name);

const USAGES: readonly Row[] = [
  { name: "as Talos makes it", usages: [server, client], keyUsage: flags.digitalSignature | flags.keyCertSign },
  { name: "without extended key usages" },
  { name: "for servers only", usages: [server], expected: ["usage-missing"] },
  { name: "for clients only", usages: [client], expected: ["usage-missing"] },
  { name: "for code signing only", usages: [codeSigning], expected: ["usage-missing", "usage-missing"] },
  { name: "for an unknown usage only", usages: [unknown], expected: ["usage-missing", "usage-missing"] },
  { name: "for any usage", usages: [any], warnings: ["ca-rejected-by-openssl"] },
  { name: "for any usage and servers", usages: [server, any], warnings: ["ca-rejected-by-openssl"] },
  { name: "for servers, clients and code signing", usages: [server, client, codeSigning] },
  { name: "for servers and an unknown usage", usages: [server, unknown], expected: ["usage-missing"] },
  { name: "without key usages", keyUsage: null },
  { name: "for signing certificates and lists", keyUsage: flags.keyCertSign | flags.cRLSign },
];

const EXTENSIONS: readonly Row[] = [
  { name: "with an unknown extension", extensions: [extension("1.2.3.4", false, "0500")] },
  {
    name: "with an unknown critical extension",
    extensions: [extension("1.2.3.4", true, "0500")],
    expected: ["critical-extension"],
  },
  {
    name: "for servers only, with an unknown critical extension",
    usages: [server],
    extensions: [extension("1.2.3.4", true, "0500")],
    expected: ["usage-missing", "critical-extension"],
  },
  { name: "that allows no CA below", pathLength: 0 },
  { name: "that allows one CA below, for servers only", pathLength: 1, usages: [server], expected: ["usage-missing"] },
  {
    name: "with critical certificate policies",
    extensions: [extension("2.5.29.32", true, "300a3008060667810c010202")],
  },
  {
    name: "with critical policy constraints",
    extensions: [extension("2.5.29.36", true, "3003800100")],
    warnings: ["ca-rejected-by-old-talos"],
  },
  {
    name: "with critical policy constraints that are not",
    extensions: [extension("2.5.29.36", false, "3003800100")],
  },
  {
    name: "that inhibits any policy",
    extensions: [extension("2.5.29.54", true, "020100")],
    warnings: ["ca-rejected-by-old-talos"],
  },
  {
    name: "with a critical freshest CRL",
    extensions: [extension("2.5.29.46", true, "3000")],
    expected: ["critical-extension"],
  },
  {
    name: "with a critical alternative name of a directory alone",
    extensions: [extension("2.5.29.17", true, "3012a410300e310c300a06035504030c03666f6f")],
    expected: ["critical-extension"],
    opensslDiffers: "openssl knows names of every kind",
  },
  { name: "with a DNS name of its own", dns: ["ca.example.org"] },
];

const CONSTRAINTS: readonly Row[] = [
  {
    name: "for names of a domain",
    extensions: [nameConstraints([{ dNSName: "example.org" }])],
    expected: ["name-constraints"],
  },
  {
    name: "for names of a domain, not critical",
    extensions: [nameConstraints([{ dNSName: "example.org" }], [], { critical: false })],
    expected: ["name-constraints"],
  },
  { name: "for the host cp-1", extensions: [nameConstraints([{ dNSName: "cp-1" }])], warnings: ["ca-limits-names"] },
  { name: "for every name", extensions: [nameConstraints([{ dNSName: "" }])], warnings: ["ca-limits-names"] },
  { name: "for no name", extensions: [nameConstraints([], [{ dNSName: "" }])], expected: ["name-constraints"] },
  {
    name: "for names outside a domain",
    extensions: [nameConstraints([], [{ dNSName: "example.org" }])],
    warnings: ["ca-limits-names"],
  },
  {
    name: "for names other than node",
    extensions: [nameConstraints([], [{ dNSName: "node" }])],
    warnings: ["ca-limits-names"],
  },
  {
    name: "for a network",
    extensions: [nameConstraints([{ iPAddress: "10.0.0.0/8" }])],
    warnings: ["ca-limits-names"],
  },
  {
    name: "for an IPv6 network",
    extensions: [nameConstraints([{ iPAddress: "2001:db8::/32" }])],
    warnings: ["ca-limits-names"],
  },
  {
    name: "for a network without its first half",
    extensions: [nameConstraints([{ iPAddress: "10.0.0.0/8" }], [{ iPAddress: "10.0.0.0/9" }])],
    warnings: ["ca-limits-names"],
  },
  {
    name: "for a network without either half",
    extensions: [
      nameConstraints([{ iPAddress: "10.0.0.0/8" }], [{ iPAddress: "10.0.0.0/9" }, { iPAddress: "10.128.0.0/9" }]),
    ],
    expected: ["name-constraints"],
  },
  {
    name: "for IPv6 alone",
    extensions: [nameConstraints([], [{ iPAddress: "0.0.0.0/0" }])],
    warnings: ["ca-limits-names"],
  },
  {
    name: "for no address",
    extensions: [nameConstraints([], [{ iPAddress: "0.0.0.0/0" }, { iPAddress: "::/0" }])],
    expected: ["name-constraints"],
  },
  {
    name: "for a network and a domain, and servers only",
    usages: [server],
    extensions: [nameConstraints([{ iPAddress: "10.0.0.0/8" }, { dNSName: "example.org" }])],
    expected: ["usage-missing", "name-constraints"],
  },
  { name: "for mail addresses of a domain", extensions: [nameConstraints([{ rfc822Name: "example.org" }])] },
  { name: "for URLs of a domain", extensions: [nameConstraints([{ uniformResourceIdentifier: "example.org" }])] },
  {
    name: "for subjects elsewhere",
    extensions: [nameConstraints([{ directoryName: elsewhere }])],
    expected: ["critical-extension"],
  },
  {
    name: "for subjects elsewhere, not critical",
    extensions: [nameConstraints([{ directoryName: elsewhere }], [], { critical: false })],
    warnings: ["ca-rejected-by-openssl"],
  },
];

const KEYS: readonly Row[] = [
  { name: "with an Ed25519 key", key: "ed25519" },
  { name: "with a P-384 key", key: "p384" },
  { name: "with a P-521 key", key: "p521" },
  { name: "with an RSA key of 1024 bits", key: "rsa1024" },
  { name: "with an RSA key of 2048 bits", key: "rsa2048" },
  { name: "that signed itself with SHA-1", hash: "SHA-1" },
  { name: "without a name", subject: "" },
];

/** Replaces octets once; both in hex. */
const replace =
  (from: string, to: string) =>
  (der: Buffer): Buffer => {
    const hex = der.toString("hex");
    if (hex.split(from).length !== 2) throw new RangeError(`${from} is there more than once, or not at all`);
    return Buffer.from(hex.replace(from, to), "hex");
  };

const hexOf = (text: string): string => Buffer.from(text).toString("hex");

const ENCODINGS: readonly Row[] = [
  { name: "of version 4", change: replace("a003020102", "a003020103"), expected: ["unreadable"] },
  {
    name: "with a critical authority key identifier",
    extensions: [extension("2.5.29.35", true, "300680040a0b0c0d")],
    expected: ["unreadable"],
  },
  {
    name: "with a network of seven octets",
    extensions: [extension("2.5.29.30", false, "300da00b300987070a0000ff000000")],
    expected: ["unreadable"],
  },
  {
    name: "with critical CA information",
    extensions: [extension("1.3.6.1.5.5.7.1.1", true, "3000")],
    expected: ["unreadable"],
  },
  {
    name: "with an extension twice",
    extensions: [extension("1.2.3.4", false, "0500"), extension("1.2.3.4", false, "0500")],
    expected: ["unreadable"],
  },
  {
    name: "with two signature algorithms",
    change: (der) => {
      const at = der.lastIndexOf(Buffer.from("06082a8648ce3d040302", "hex"));
      return Buffer.concat([der.subarray(0, at + 9), Buffer.from([3]), der.subarray(at + 10)]);
    },
    expected: ["unreadable"],
  },
  {
    name: "with an empty name constraint",
    extensions: [extension("2.5.29.30", true, "3000")],
    expected: ["unreadable"],
  },
  {
    name: "with a network whose mask has holes",
    extensions: [extension("2.5.29.30", true, "300ea00c300a87080a000000ff00ff00")],
    expected: ["unreadable"],
  },
  {
    name: "with a constraint that ends in a dot",
    extensions: [extension("2.5.29.30", false, "3010a00e300c820a6578616d706c652e6f2e")],
    expected: ["unreadable"],
  },
  {
    name: "with a certificate policy twice",
    extensions: [extension("2.5.29.32", false, "3014300806066781 0c0102023008060667810c010202".replace(" ", ""))],
    expected: ["unreadable"],
  },
  {
    name: "with an alternative name that is no address",
    extensions: [extension("2.5.29.17", false, "300587030a0000")],
    expected: ["unreadable"],
  },
  {
    name: "with a name that its string type does not have",
    change: (der) => Buffer.from(der.toString("hex").replaceAll(hexOf("talos"), hexOf("ta@os")), "hex"),
    expected: ["unreadable"],
  },
];

/** Every shape, made anew each time. */
export async function makeCaShapes(): Promise<CaShape[]> {
  const rows = [...USAGES, ...EXTENSIONS, ...CONSTRAINTS, ...KEYS, ...ENCODINGS];
  return [...(await Promise.all(rows.map((row) => shapeOf(row)))), ...(await intermediates())];
}

/** CAs below another, which comes with them or not. */
async function intermediates(): Promise<CaShape[]> {
  const root = await odd({ subject: "O=root", ca: true });
  const tight = await odd({ subject: "O=root", ca: true, pathLength: 0 });
  const servers = await odd({ subject: "O=root", ca: true, usages: [server] });
  return Promise.all([
    shapeOf({ name: "below a root", issuer: root }),
    shapeOf({ name: "below a root, for servers only", issuer: root, usages: [server], expected: ["usage-missing"] }),
    shapeOf({ name: "below a root that comes with it", issuer: root, warnings: ["trusts-parent-ca"] }, [root]),
    shapeOf({ name: "below a root that allows none", issuer: tight, warnings: ["trusts-parent-ca"] }, [tight]),
    shapeOf({ name: "below a root for servers only", issuer: servers, warnings: ["trusts-parent-ca"] }, [servers]),
  ]);
}

async function shapeOf(row: Row, companions: readonly Odd[] = []): Promise<CaShape> {
  const { name, expected = [], warnings = [], opensslDiffers, change = (der: Buffer) => der, ...options } = row;
  const original = await odd({ subject: "O=talos", ca: true, until: 87_600, ...options });
  const der = change(original.der);
  return {
    name,
    authority: await authorityOf(der, original.keys),
    made: { ...original, der, pem: formatPem("CERTIFICATE", der) },
    companions: companions.flatMap(({ pem }) => parseCertificates(pem, name)),
    expected,
    warnings,
    ...(opensslDiffers === undefined ? {} : { opensslDiffers }),
  };
}

async function authorityOf(der: Buffer, keys: webcrypto.CryptoKeyPair): Promise<Authority> {
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  const pem = { crt: formatPem("CERTIFICATE", der), key: formatPem("PRIVATE KEY", new Uint8Array(key)) };
  return parseAuthority(pem, { crt: "crt", key: "key" });
}
