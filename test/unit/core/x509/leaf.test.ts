import assert from "node:assert/strict";

import { generateAuthority } from "../../../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import { KEY_ALGORITHMS } from "../../../../provider/core/x509/algorithms";
import { type Authority, parseAuthority } from "../../../../provider/core/x509/authority";
import {
  type ClientCertificateOptions,
  issueClientCertificate,
} from "../../../../provider/core/x509/clientCertificate";
import { defaultLeafAlgorithm } from "../../../../provider/core/x509/leaf";
import { issueServerCertificate } from "../../../../provider/core/x509/serverCertificate";
import { rejects, told } from "../../support/errors";
import { fixedEnvironment, vector } from "../../support/fixed";

const environment = fixedEnvironment("2026-01-01T00:00:00.900Z");
const hours = 'must be a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"';

describe("A Talos client certificate", () => {
  let certificateAuthority: Authority;
  const issue = (
    options: Omit<ClientCertificateOptions, "certificateAuthority"> = {},
  ): ReturnType<typeof issueClientCertificate> =>
    issueClientCertificate({ certificateAuthority, ...options }, environment);

  before(async () => {
    certificateAuthority = await generateAuthority("os", parseTalosVersion("v1.13"), {}, environment);
  });

  it("is the admin's for a year by default, from a whole second on", async () => {
    const { certificate, key, warnings } = await issue();
    assert.equal(certificate.subject, "O=os:admin, CN=talosctl-client");
    assert.deepEqual(certificate.keyUsages, ["digitalSignature"]);
    assert.deepEqual(certificate.extendedKeyUsages, ["clientAuth"]);
    assert.equal(certificate.isAuthority, false);
    assert.equal(certificate.notBefore.toISOString(), "2026-01-01T00:00:00.000Z");
    assert.equal(certificate.notAfter.toISOString(), "2027-01-01T00:00:00.000Z");
    assert.equal(key.algorithm, "ed25519");
    assert.ok(certificate.isSignedBy(certificateAuthority.certificate));
    assert.deepEqual(warnings, []);
  });

  it("carries each of the roles once, and no common name where none is wanted, as talosctl writes it", async () => {
    const { certificate } = await issue({ roles: ["os:reader", "os:etcd:backup", "os:reader"], commonName: "" });
    assert.equal(certificate.subject, "O=os:reader+O=os:etcd:backup");
  });

  it("lives for a Go duration too, from the time it is told", async () => {
    const { certificate } = await issue({
      validityPeriodHours: "1h30m",
      issuedAt: new Date("2026-03-01T00:00:00Z"),
    });
    assert.equal(certificate.notBefore.toISOString(), "2026-03-01T00:00:00.000Z");
    assert.equal(certificate.notAfter.toISOString(), "2026-03-01T01:30:00.000Z");
  });

  for (const algorithm of KEY_ALGORITHMS.filter((name) => name !== "rsa-4096")) {
    it(`may have a key of the kind ${algorithm}`, async () => {
      const { certificate, key } = await issue({ algorithm });
      assert.deepEqual([certificate.algorithm, key.algorithm], [algorithm, algorithm]);
      assert.ok(certificate.isSignedBy(certificateAuthority.certificate));
    });
  }

  it("is cut to the CA's end, with a warning, and never outlives it", async () => {
    const { certificate, warnings } = await issue({ issuedAt: new Date("2035-12-20T00:00:00Z") });
    const end = certificateAuthority.certificate.notAfter;
    assert.equal(end.toISOString(), "2035-12-30T00:00:00.000Z");
    assert.equal(certificate.notAfter.getTime(), end.getTime());
    assert.deepEqual(told(warnings), [
      "cut-to-ca validityPeriodHours: the certificate would outlive its CA and is cut to the CA's end, 2035-12-30T00:00:00Z; rotate the CA in time",
    ]);
    const exact = await issue({ issuedAt: new Date("2034-12-30T00:00:00Z") });
    assert.deepEqual(exact.warnings, []);
  });

  it("is not issued by a CA that has expired", async () => {
    await rejects(
      () => issue({ issuedAt: new Date("2035-12-30T00:00:00Z") }),
      "ERR_AUTHORITY_EXPIRED",
      "certificateAuthority: the CA O=talos expired at 2035-12-30T00:00:00Z and can issue nothing; rotate it",
    );
  });

  it("of unknown roles, a bad lifetime and an unknown algorithm is rejected, all at once", async () => {
    await rejects(
      () => issue({ roles: ["os:admin", "os:king"], validityPeriodHours: "1d", algorithm: "dsa" as "ed25519" }),
      "ERR_ROLE_UNKNOWN",
      `roles[1]: "os:king" is not a Talos role; must be one of os:admin, os:operator, os:reader, os:etcd:backup, os:impersonator, os:image:verifier, os:meta:writer
validityPeriodHours: is "1d"; ${hours}
algorithm: "dsa" is not a known algorithm; must be one of ed25519, ecdsa-p256, ecdsa-p384, rsa-2048, rsa-4096`,
    );
  });

  it("of no role is rejected", async () => {
    await rejects(
      () => issue({ roles: [] }),
      "ERR_INPUT_MISSING",
      "roles: is empty; must be at least one of os:admin, os:operator, os:reader, os:etcd:backup, os:impersonator, os:image:verifier, os:meta:writer",
    );
  });

  it("is issued from PEM too, whose problems are told by their paths", async () => {
    const { certificate, key } = certificateAuthority;
    const pair = { certificatePem: certificate.pem, privateKeyPem: key.pem };
    const issued = await issueClientCertificate({ certificateAuthority: pair }, environment);
    assert.ok(issued.certificate.isSignedBy(certificate));
    await rejects(
      () => issueClientCertificate({ certificateAuthority: { ...pair, privateKeyPem: "x" } }, environment),
      "ERR_PEM_INVALID",
      "certificateAuthority.privateKeyPem: holds no PEM block; must be text that begins with -----BEGIN",
    );
  });
});

describe("The key of a leaf", () => {
  const authority = (name: string): Authority =>
    parseAuthority({ crt: vector(`pki/${name}.crt`), key: vector(`pki/${name}.key`) }, { crt: "", key: "" });

  it("is of the kind of its CA's: of P-256 for any curve, of 4096 bits for any RSA", async () => {
    assert.equal(defaultLeafAlgorithm(authority("ca").certificate), "rsa-4096");
    const kinds = [
      ["ed25519", "ed25519"],
      ["ecdsa-p256", "ecdsa-p256"],
      ["ecdsa-p384", "ecdsa-p256"],
    ] as const;
    for (const [algorithm, leaf] of kinds) {
      const { certificate } = await generateAuthority("os", parseTalosVersion("v1.13"), { algorithm }, environment);
      assert.equal(defaultLeafAlgorithm(certificate), leaf);
    }
  });

  it("may be another than its CA's", async () => {
    const { certificate } = await issueServerCertificate(
      { certificateAuthority: authority("ca"), dnsNames: ["a"], algorithm: "ecdsa-p384" },
      environment,
    );
    assert.equal(certificate.algorithm, "ecdsa-p384");
    assert.ok(certificate.isSignedBy(authority("ca").certificate));
  });
});
