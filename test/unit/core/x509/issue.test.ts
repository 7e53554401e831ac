import assert from "node:assert/strict";

import { generateAuthority } from "../../../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import type { Authority } from "../../../../provider/core/x509/authority";
import type { Certificate } from "../../../../provider/core/x509/certificate";
import { hashPublicKey, signCertificate } from "../../../../provider/core/x509/issue";
import * as x509 from "../../../../provider/core/x509/library";
import { generatePrivateKey, parsePrivateKey } from "../../../../provider/core/x509/privateKey";
import { PROFILES } from "../../../../provider/core/x509/profiles";
import { fixedEnvironment, scriptedBytes, START, vector } from "../../support/fixed";

const V113 = parseTalosVersion("v1.13");
const bytes = (size: number, value: number): number[] => Array.from({ length: size }, () => value);

/** Object identifiers of the extensions in their order, with a mark where one is critical. */
function extensions({ der }: Certificate): string[] {
  return Array.from(
    new x509.X509Certificate(Uint8Array.from(der)).extensions,
    ({ type, critical }) => `${type}${critical ? " critical" : ""}`,
  );
}

/** Octets of an ASN.1 value in hexadecimal, wherever it stands in the certificate. */
const holds = ({ der }: Certificate, hex: string): boolean => Buffer.from(der).toString("hex").includes(hex);

async function leafWith(serial: number[], authority: Authority): Promise<Certificate> {
  const environment = fixedEnvironment(START, scriptedBytes(serial));
  return signCertificate(
    {
      profile: PROFILES.talosServer,
      subject: { commonName: "x" },
      publicKeyDer: authority.key.publicKeyDer,
      notBefore: new Date(START),
      notAfter: new Date("2027-01-01T00:00:00Z"),
    },
    authority,
    environment,
  );
}

describe("What is signed", () => {
  let authority: Authority;
  before(async () => {
    authority = await generateAuthority("os", V113, {}, fixedEnvironment());
  });

  it("as a CA has the extensions of Talos in Go's order", () => {
    assert.deepEqual(extensions(authority.certificate), [
      "2.5.29.15 critical",
      "2.5.29.37",
      "2.5.29.19 critical",
      "2.5.29.14",
    ]);
  });

  it("as a leaf has usages, the authority's key identifier and names, in Go's order", async () => {
    const key = await generatePrivateKey("ed25519", fixedEnvironment());
    const leaf = await signCertificate(
      {
        profile: PROFILES.talosServer,
        subject: { commonName: "x" },
        publicKeyDer: key.publicKeyDer,
        notBefore: new Date(START),
        notAfter: new Date("2027-01-01T00:00:00Z"),
        subjectAltNames: { dnsNames: ["a.example.org"], ipAddresses: ["10.0.0.1", "2001:db8::1"] },
      },
      authority,
      fixedEnvironment(),
    );
    assert.deepEqual(extensions(leaf), ["2.5.29.15 critical", "2.5.29.37", "2.5.29.35", "2.5.29.17"]);
    assert.equal(leaf.authorityKeyIdentifier, authority.certificate.subjectKeyIdentifier);
    assert.equal(leaf.subjectKeyIdentifier, undefined);
    assert.deepEqual(leaf.dnsNames, ["a.example.org"]);
    assert.deepEqual(leaf.ipAddresses, ["10.0.0.1", "2001:db8::1"]);
    assert.equal(leaf.issuerDer, authority.certificate.subjectDer);
    assert.ok(leaf.isSignedBy(authority.certificate));
  });

  it("has the serial number that was drawn, positive and in the fewest octets", async () => {
    const drawn: [number[], string, string][] = [
      [bytes(16, 0xff), "ff".repeat(16), `021100${"ff".repeat(16)}`],
      [[0, ...bytes(15, 0x7f)], "7f".repeat(15), `020f${"7f".repeat(15)}`],
      [[0, 0x80, ...bytes(14, 1)], `80${"01".repeat(14)}`, `021000 80${"01".repeat(14)}`.replace(" ", "")],
      [[...bytes(15, 0), 5], "05", "020105"],
      [bytes(16, 0), "01", "020101"],
    ];
    for (const [serial, text, der] of drawn) {
      const leaf = await leafWith(serial, authority);
      assert.equal(leaf.serialNumber, text);
      assert.ok(holds(leaf, der), `${der} in the certificate`);
    }
  });

  it("has a random key identifier from v1.11 on, and before it the hash of its public key", async () => {
    const serial = bytes(16, 1);
    const random = await generateAuthority(
      "os",
      V113,
      {},
      fixedEnvironment(START, scriptedBytes(bytes(20, 0xab), serial)),
    );
    assert.equal(random.certificate.subjectKeyIdentifier, "ab".repeat(20));
    const hashed = await generateAuthority(
      "os",
      parseTalosVersion("v1.10"),
      {},
      fixedEnvironment(START, scriptedBytes(serial)),
    );
    const expected = await hashPublicKey(hashed.key.publicKeyDer, fixedEnvironment());
    assert.equal(hashed.certificate.subjectKeyIdentifier, Buffer.from(expected).toString("hex"));
    assert.equal(expected.length, 20);
  });

  it("writes years before 2050 as UTCTime and later ones as GeneralizedTime (RFC 5280, 4.1.2.5)", async () => {
    const selfKey = await generatePrivateKey("ed25519", fixedEnvironment());
    const certificate = await signCertificate(
      {
        profile: PROFILES.authority,
        subject: { commonName: "x" },
        publicKeyDer: selfKey.publicKeyDer,
        notBefore: new Date("2049-12-31T23:59:59.900Z"),
        notAfter: new Date("2050-01-01T00:00:00Z"),
      },
      { selfKey },
      fixedEnvironment(),
    );
    const utc = Buffer.from("491231235959Z").toString("hex");
    const generalized = Buffer.from("20500101000000Z").toString("hex");
    assert.ok(holds(certificate, `170d${utc}180f${generalized}`));
    assert.equal(certificate.notBefore.toISOString(), "2049-12-31T23:59:59.000Z");
    assert.equal(certificate.notAfter.toISOString(), "2050-01-01T00:00:00.000Z");
  });

  it("puts several organizations into one SET in the order of DER, before the common name", async () => {
    const certificate = await signCertificate(
      {
        profile: PROFILES.talosClient,
        subject: { organizations: ["os:reader", "os:admin", "os:etcd:backup"], commonName: "c" },
        publicKeyDer: authority.key.publicKeyDer,
        notBefore: new Date(START),
        notAfter: new Date("2027-01-01T00:00:00Z"),
      },
      authority,
      fixedEnvironment(),
    );
    assert.deepEqual(certificate.organizations, ["os:admin", "os:reader", "os:etcd:backup"]);
    const tagged = (tag: string, body: string): string =>
      `${tag}${(body.length / 2).toString(16).padStart(2, "0")}${body}`;
    const set = ["os:admin", "os:reader", "os:etcd:backup"].map((role) =>
      tagged("30", `060355040a${tagged("13", Buffer.from(role).toString("hex"))}`),
    );
    assert.ok(holds(certificate, tagged("31", set.join(""))));
    assert.match(certificate.subject, /^O=os:admin\+O=os:reader\+O=os:etcd:backup, CN=c$/);
  });

  it("writes names that need no more as PrintableString, as Go does", () => {
    assert.equal(authority.certificate.subjectDer, `3010310e300c060355040a1305${Buffer.from("talos").toString("hex")}`);
  });

  it("with an RSA CA is signed with SHA-512, as Talos does", async () => {
    const key = parsePrivateKey(vector("pki/ca.key"), "x");
    const certificate = await signCertificate(
      {
        profile: PROFILES.authority,
        subject: { commonName: "x" },
        publicKeyDer: key.publicKeyDer,
        notBefore: new Date(START),
        notAfter: new Date("2027-01-01T00:00:00Z"),
      },
      { selfKey: key },
      fixedEnvironment(),
    );
    assert.ok(holds(certificate, "06092a864886f70d01010d0500"), "sha512WithRSAEncryption");
    assert.ok(certificate.isSignedBy(certificate));
  });
});
