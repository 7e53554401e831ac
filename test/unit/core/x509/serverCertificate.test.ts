import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";

import { generateAuthority } from "../../../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import type { Authority } from "../../../../provider/core/x509/authority";
import { issueServerCertificate, signCertificateRequest } from "../../../../provider/core/x509/serverCertificate";
import * as x509 from "../../../../provider/core/x509/library";
import { rejects } from "../../support/errors";
import { fixedEnvironment } from "../../support/fixed";
import { makeRequest } from "./requests";

const environment = fixedEnvironment();

describe("A Talos server certificate", () => {
  let certificateAuthority: Authority;
  before(async () => {
    certificateAuthority = await generateAuthority("os", parseTalosVersion("v1.13"), {}, environment);
  });

  it("is a node's for a day by default", async () => {
    const { certificate, key } = await issueServerCertificate(
      {
        certificateAuthority,
        ipAddresses: ["2001:db8::1", "10.0.0.2"],
        dnsNames: ["node-1.example.org", "*.example.org", "node_1"],
      },
      environment,
    );
    assert.equal(certificate.subject, "CN=talos-node");
    assert.deepEqual(certificate.keyUsages, ["digitalSignature"]);
    assert.deepEqual(certificate.extendedKeyUsages, ["serverAuth"]);
    assert.deepEqual(certificate.dnsNames, ["*.example.org", "node-1.example.org", "node_1"]);
    assert.deepEqual(certificate.ipAddresses, ["10.0.0.2", "2001:db8::1"]);
    assert.equal(certificate.notAfter.toISOString(), "2026-01-02T00:00:00.000Z");
    assert.equal(key.algorithm, "ed25519");
  });

  it("is for each address once, as Go's net.IP has it, however it is spelt", async () => {
    const { certificate } = await issueServerCertificate(
      {
        certificateAuthority,
        ipAddresses: [
          "::ffff:10.0.0.2",
          "64:ff9b::10.0.0.1",
          "2001:DB8::1",
          "2001:db8:0:0::1",
          "::10.0.0.3",
          "10.0.0.2",
        ],
        dnsNames: ["b", "a", "b"],
      },
      environment,
    );
    const written = new X509Certificate(certificate.pem).subjectAltName;
    assert.equal(
      written,
      "DNS:a, DNS:b, IP Address:10.0.0.2, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:64:FF9B:0:0:0:0:A00:1, IP Address:0:0:0:0:0:0:A00:3",
    );
    assert.deepEqual(certificate.ipAddresses, ["10.0.0.2", "2001:db8::1", "64:ff9b::a00:1", "::a00:3"]);
  });

  it("of a request has its addresses once each too", async () => {
    const csr = await makeRequest({ name: "", ipAddresses: ["::ffff:a00:5", "10.0.0.5", "2001:db8::5"] });
    const { certificate } = await signCertificateRequest(
      { certificateAuthority, csr, ipAddresses: ["::ffff:10.0.0.5", "2001:DB8:0::5", "10.0.0.4"] },
      environment,
    );
    assert.deepEqual(certificate.ipAddresses, ["10.0.0.4", "10.0.0.5", "2001:db8::5"]);
  });

  it("for no name is rejected", async () => {
    await rejects(
      () => issueServerCertificate({ certificateAuthority }, environment),
      "ERR_INPUT_MISSING",
      "ipAddresses: no name at all is given; add an entry in ipAddresses or dnsNames (clients look at nothing else)",
    );
  });

  it("for what is not a name or no address is rejected, each by its place", async () => {
    await rejects(
      () =>
        issueServerCertificate(
          {
            certificateAuthority,
            dnsNames: ["ok", "10.0.0.1", "a b", "1.2.3", `${"a".repeat(64)}.org`, ""],
            ipAddresses: ["10.0.0.0/8", "010.0.0.1", "fe80::1%eth0", "[::1]", "::1"],
            validityPeriodHours: -1,
          },
          environment,
        ),
      "ERR_SAN_INVALID",
      `dnsNames[1]: "10.0.0.1" is an IP address; give it in ipAddresses
dnsNames[2]: "a b" is not a DNS name; must be one like node.example.org
dnsNames[3]: "1.2.3" is not a DNS name; must be one like node.example.org
dnsNames[4]: "${"a".repeat(64)}.org" is not a DNS name; must be one like node.example.org
dnsNames[5]: "" is not a DNS name; must be one like node.example.org
ipAddresses[0]: "10.0.0.0/8" is not an IP address; must be one like 10.0.0.1 or 2001:db8::1
ipAddresses[1]: "010.0.0.1" is not an IP address; must be one like 10.0.0.1 or 2001:db8::1
ipAddresses[2]: "fe80::1%eth0" is not an IP address; must be one like 10.0.0.1 or 2001:db8::1
ipAddresses[3]: "[::1]" is not an IP address; must be one like 10.0.0.1 or 2001:db8::1
validityPeriodHours: is -1; must be a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"`,
    );
  });

  it("is made of a request as trustd does: names kept, organizations dropped, usages forced", async () => {
    const csr = await makeRequest({
      name: "O=os:admin, CN=worker-1",
      dnsNames: ["worker-1"],
      ipAddresses: ["10.0.0.5"],
    });
    const { certificate } = await signCertificateRequest(
      { certificateAuthority, csr, ipAddresses: ["10.0.0.4", "10.0.0.5"] },
      environment,
    );
    assert.equal(certificate.subject, "CN=worker-1");
    assert.deepEqual(certificate.organizations, []);
    assert.deepEqual(certificate.extendedKeyUsages, ["serverAuth"]);
    assert.deepEqual([certificate.dnsNames, certificate.ipAddresses], [["worker-1"], ["10.0.0.4", "10.0.0.5"]]);
    assert.ok(certificate.isSignedBy(certificateAuthority.certificate));
  });

  it("of a request bears its common name to the letter, or is rejected", async () => {
    const named = (utf8String: string): Promise<string> =>
      makeRequest({ name: new x509.Name([{ CN: [{ utf8String }] }]) });
    for (const commonName of ["#0c0548656c6c6f", "#x", 'a\\b "c"', "größe"]) {
      const { certificate } = await signCertificateRequest(
        { certificateAuthority, csr: await named(commonName), dnsNames: ["a"] },
        environment,
      );
      assert.equal(certificate.commonName, commonName);
    }
    const message = "holds a control character; must be printable text";
    await rejects(
      async () => signCertificateRequest({ certificateAuthority, csr: await named("a\0b") }, environment),
      "ERR_INPUT_INVALID",
      `csr: ${message}`,
    );
    await rejects(
      () => issueServerCertificate({ certificateAuthority, commonName: "\n", dnsNames: ["a"] }, environment),
      "ERR_INPUT_INVALID",
      `commonName: ${message}`,
    );
  });

  it("of a request may bear another name and live for another time", async () => {
    const csr = await makeRequest({ name: "", dnsNames: ["worker-1"] });
    const { certificate, warnings } = await signCertificateRequest(
      { certificateAuthority, csr, commonName: "n", validityPeriodHours: "36h" },
      environment,
    );
    assert.equal(certificate.subject, "CN=n");
    assert.equal(certificate.notAfter.toISOString(), "2026-01-02T12:00:00.000Z");
    assert.deepEqual(warnings, []);
    const bare = await signCertificateRequest({ certificateAuthority, csr }, environment);
    assert.equal(bare.certificate.subject, "");
  });

  it("has its names in a critical extension where it has no subject, as RFC 5280 asks, and only there", async () => {
    const isCritical = (pem: string): boolean | undefined =>
      new x509.X509Certificate(pem).extensions.find(({ type }) => type === "2.5.29.17")?.critical;
    const issue = async (commonName: string): Promise<string> =>
      (await issueServerCertificate({ certificateAuthority, commonName, dnsNames: ["a"] }, environment)).certificate
        .pem;
    assert.equal(isCritical(await issue("")), true);
    assert.equal(isCritical(await issue("n")), false);
    const csr = await makeRequest({ name: "", dnsNames: ["worker-1"] });
    const { certificate } = await signCertificateRequest({ certificateAuthority, csr }, environment);
    assert.equal(isCritical(certificate.pem), true);
  });

  it("of a request is rejected without any name, and where the request is none by the name of the option", async () => {
    await rejects(
      async () =>
        signCertificateRequest({ certificateAuthority, csr: await makeRequest({ name: "CN=n" }) }, environment),
      "ERR_INPUT_MISSING",
      "ipAddresses: no name at all is given, nor does the request hold one; add an entry in ipAddresses or dnsNames (clients look at nothing else)",
    );
    await rejects(
      () => signCertificateRequest({ certificateAuthority, csr: "junk" }, environment),
      "ERR_PEM_INVALID",
      "csr: holds no PEM block; must be text that begins with -----BEGIN",
    );
  });

  it("of a request is rejected for no time", async () => {
    await rejects(
      async () =>
        signCertificateRequest(
          { certificateAuthority, csr: await makeRequest({ name: "" }), validityPeriodHours: 1.5 },
          environment,
        ),
      "ERR_DURATION_INVALID",
      'validityPeriodHours: is 1.5; must be a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"',
    );
  });
});
