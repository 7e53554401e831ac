import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import { parseCertificate, parseCertificateDer, parseCertificates } from "../../../../provider/core/x509/certificate";
import { formatPem } from "../../../../provider/core/x509/pem";
import { refuses } from "../../support/errors";
import { vector } from "../../support/fixed";
import { readVectorBundle } from "../../vectors/vectors";

const ca = vector("pki/ca.crt");
const key = vector("pki/ca.key");

describe("A certificate", () => {
  it("of Talos's OS CA tells everything this package speaks of", () => {
    const certificate = parseCertificate(readVectorBundle("bundles/v1.13.yaml").certs.os.crt, "x");
    const native = new X509Certificate(certificate.pem);
    const { subject, issuer, organizations, commonName, algorithm, isAuthority, pathLength } = certificate;
    assert.deepEqual(
      { subject, issuer, organizations, commonName, algorithm, isAuthority, pathLength },
      {
        subject: "O=talos",
        issuer: "O=talos",
        organizations: ["talos"],
        commonName: undefined,
        algorithm: "ed25519",
        isAuthority: true,
        pathLength: undefined,
      },
    );
    assert.deepEqual(certificate.keyUsages, ["digitalSignature", "keyCertSign"]);
    assert.deepEqual(certificate.extendedKeyUsages, ["serverAuth", "clientAuth"]);
    assert.equal(certificate.subjectKeyIdentifier?.length, 40);
    assert.equal(certificate.authorityKeyIdentifier, undefined);
    assert.equal(certificate.subjectDer, certificate.issuerDer);
    assert.equal(certificate.fingerprint, native.fingerprint256.replaceAll(":", "").toLowerCase());
    assert.equal(certificate.serialNumber, native.serialNumber.toLowerCase());
    assert.equal(certificate.notBefore.getTime(), new Date(native.validFrom).getTime());
    assert.equal(certificate.notAfter.getTime(), new Date(native.validTo).getTime());
    assert.deepEqual([certificate.dnsNames, certificate.ipAddresses], [[], []]);
    assert.equal(certificate.isSignedBy(certificate), true);
    assert.equal(certificate.isSignedBy(parseCertificate(ca, "x")), false);
  });

  it("with an empty name is read, as talosctl's aggregator CA has one", () => {
    const certificate = parseCertificate(readVectorBundle("bundles/v1.13.yaml").certs.k8sAggregator.crt, "x");
    assert.deepEqual([certificate.subject, certificate.commonName, certificate.subjectDer], ["", undefined, "3000"]);
  });

  it("is the first block, or every block where several may be given", () => {
    const other = readVectorBundle("bundles/v1.13.yaml").certs.os.crt;
    assert.equal(parseCertificate(`${ca}${other}`, "x").pem, parseCertificate(ca, "x").pem);
    assert.deepEqual(
      parseCertificates(`# two\n${ca}${other}`, "x").map(({ pem }) => pem),
      [parseCertificate(ca, "x").pem, other],
    );
  });

  it("is no private key, not even beside one", () => {
    refuses(() => parseCertificate(key, "x"), "ERR_PRIVATE_KEY_GIVEN", "x: is a private key; must be a certificate");
    refuses(
      () => parseCertificate(`${ca}${key}`, "x"),
      "ERR_PRIVATE_KEY_GIVEN",
      "x: holds a private key beside the certificate; must be the certificate",
    );
    refuses(
      () => parseCertificates(`${ca}${key}`, "x"),
      "ERR_PRIVATE_KEY_GIVEN",
      "x: holds a private key; must be certificates only",
    );
  });

  it("is no other PEM block", () => {
    refuses(
      () => parseCertificate(vector("pki/sa.pub"), "x"),
      "ERR_PEM_INVALID",
      "x: is a PEM block of another kind; use -----BEGIN CERTIFICATE-----",
    );
  });

  it("that is cut off or in DER is no PEM", () => {
    refuses(
      () => parseCertificate(vector("broken/pem-truncated-ca.crt"), "x"),
      "ERR_PEM_INVALID",
      "x: a PEM block is cut off; use -----BEGIN …----- to -----END …-----",
    );
    refuses(
      () => parseCertificate(vector("broken/pem-der-ca.crt"), "x"),
      "ERR_PEM_INVALID",
      "x: holds no PEM block; must be text that begins with -----BEGIN",
    );
  });

  it("whose name the library would write otherwise is rejected, for its leaves would name another issuer", () => {
    const { der } = parseCertificate(readVectorBundle("bundles/v1.13.yaml").certs.os.crt, "x");
    // O=talos with an octet that is no UTF-8.
    const [printable, broken] = ["130574616c6f73", "0c05ff616c6f73"];
    const odd = Buffer.from(Buffer.from(der).toString("hex").replaceAll(printable, broken), "hex");
    refuses(
      () => parseCertificateDer(odd, "x"),
      "ERR_PEM_INVALID",
      "x: holds no readable X.509 certificate; must be the DER of one",
    );
  });

  it("of junk is rejected", () => {
    const message = "x: holds no readable X.509 certificate; must be the DER of one";
    const { der } = parseCertificate(ca, "x");
    for (const junk of [Uint8Array.of(1, 2, 3), der.slice(0, -1), Uint8Array.of(0x30, 0x80, 0, 0)]) {
      refuses(() => parseCertificateDer(junk, "x"), "ERR_PEM_INVALID", message);
      refuses(() => parseCertificate(formatPem("CERTIFICATE", junk), "x"), "ERR_PEM_INVALID", message);
    }
  });
});
