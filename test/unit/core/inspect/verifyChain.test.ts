import { strict as assert } from "node:assert";

import { createEnvironment } from "../../../../provider/core/environment";
import { describeFinding } from "../../../../provider/core/inspect/findings";
import { verifyChain, type VerifyChainOptions } from "../../../../provider/core/inspect/verifyChain";
import { generateAuthority } from "../../../../provider/core/secrets/authority";
import type { AuthorityName } from "../../../../provider/core/secrets/types";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import type { Authority } from "../../../../provider/core/x509/authority";
import { issueClientCertificate } from "../../../../provider/core/x509/clientCertificate";
import { generatePrivateKey } from "../../../../provider/core/x509/privateKey";
import { issueServerCertificate } from "../../../../provider/core/x509/serverCertificate";
import type { IssuedCertificate } from "../../../../provider/core/x509/leaf";

const now = new Date("2026-11-22T12:00:00Z");
const environment = createEnvironment(globalThis.crypto, () => now);
const later = (days: number): Date => new Date(now.getTime() + days * 86_400_000);

describe("The verdict on a chain", () => {
  let os: Authority;
  let next: Authority;
  let kubernetes: Authority;
  let admin: IssuedCertificate;
  before(async () => {
    const make = (name: AuthorityName): Promise<Authority> =>
      generateAuthority(name, parseTalosVersion("v1.13"), {}, environment);
    [os, next, kubernetes] = [await make("os"), await make("os"), await make("kubernetes")];
    admin = await issueClientCertificate({ certificateAuthority: os }, environment);
  });

  const verdictOn = (certificate: string, more: Partial<VerifyChainOptions> = {}): string[] => {
    const options = { certificates: certificate, trust: os.certificate.pem, purpose: "client", now, ...more } as const;
    return verifyChain(options).findings.map((finding) => `${finding.code} ${describeFinding(finding)}`);
  };

  it("is the chain up to the trusted certificate, and no finding, when it holds", () => {
    const verdict = verifyChain({
      certificates: admin.certificate.pem,
      trust: next.certificate.pem + os.certificate.pem,
      purpose: "client",
      now,
      key: admin.key,
      requiredRole: "os:reader",
    });
    assert.equal(verdict.ok, true);
    assert.deepEqual(verdict.findings, []);
    assert.deepEqual(
      verdict.chain.map(({ fingerprint }) => fingerprint),
      [admin.certificate.fingerprint, os.certificate.fingerprint],
    );
  });

  it("takes parsed certificates as well as PEM", () => {
    assert.deepEqual(verdictOn("", { certificates: [admin.certificate], trust: [os.certificate] }), []);
  });

  it("on an expired certificate says since when and that an update renews it", () => {
    assert.deepEqual(verdictOn(admin.certificate.pem, { now: later(368) }), [
      "ERR_CERTIFICATE_EXPIRED O=os:admin, CN=talosctl-client: expired 3 days ago, at 2027-11-22T12:00:00Z; reissue it: pulumi up renews it, offline too",
    ]);
  });

  it("on an expired CA tells to rotate it", () => {
    const [, finding] = verdictOn(admin.certificate.pem, { now: later(3700) });
    assert.equal(
      finding,
      "ERR_AUTHORITY_EXPIRED O=talos: expired 50 days ago, at 2036-11-19T12:00:00Z; rotate the CA; nothing that it signed is valid any more",
    );
  });

  it("on a certificate from the future points at the clocks", () => {
    const [finding] = verdictOn(admin.certificate.pem, { now: later(-2) });
    assert.equal(
      finding,
      "ERR_CERTIFICATE_NOT_YET_VALID O=os:admin, CN=talosctl-client: is not valid before 2026-11-22T12:00:00Z, in 2 days; set the clock of this machine and of the issuer, or wait",
    );
  });

  it("names the wrong CA of the same cluster", async () => {
    const { certificate } = await issueClientCertificate({ certificateAuthority: kubernetes }, environment);
    const authorities = [
      { name: "os", certificate: os.certificate },
      { name: "kubernetes", certificate: kubernetes.certificate },
    ];
    assert.deepEqual(verdictOn(certificate.pem, { authorities }), [
      "ERR_AUTHORITY_WRONG O=os:admin, CN=talosctl-client: is issued by the kubernetes CA of the cluster and must be issued by the os CA; issue the Talos API client certificate with the right CA of the bundle",
    ]);
  });

  it("knows the next CA of a rotation from a stranger of the same name", async () => {
    const { certificate } = await issueClientCertificate({ certificateAuthority: next }, environment);
    const authorities = [
      { name: "os", certificate: os.certificate },
      { name: "os", certificate: next.certificate },
    ];
    assert.deepEqual(verdictOn(certificate.pem, { authorities }), [
      `ERR_AUTHORITY_UNKNOWN O=os:admin, CN=talosctl-client: is issued by another os CA of the cluster, which is not trusted here (${next.certificate.fingerprint.slice(0, 16)}…); a rotation is under way or over: apply the machine configs of the same stage everywhere and use its talosconfigs`,
    ]);
    assert.deepEqual(verdictOn(certificate.pem), [
      "ERR_AUTHORITY_UNKNOWN O=os:admin, CN=talosctl-client: is signed by another CA of the same name, O=talos; it is of another cluster, or the CA was rotated: use the current talosconfig and secrets of this cluster",
    ]);
  });

  it("knows an untrusted CA from a certificate that signs itself", () => {
    assert.deepEqual(verdictOn(admin.certificate.pem, { trust: kubernetes.certificate.pem }), [
      "ERR_AUTHORITY_UNKNOWN O=os:admin, CN=talosctl-client: is signed by O=talos, which is not trusted; trust that CA, or issue with a trusted one",
    ]);
    assert.deepEqual(verdictOn(next.certificate.pem, { trust: kubernetes.certificate.pem }), [
      "ERR_AUTHORITY_UNKNOWN O=talos: is signed by itself and not trusted; trust it, or have it signed by a trusted CA",
    ]);
  });

  it("tells every reason at once", async () => {
    const { certificate } = await issueServerCertificate(
      { certificateAuthority: kubernetes, ipAddresses: ["10.0.0.2"] },
      environment,
    );
    const key = await generatePrivateKey("ed25519", environment);
    assert.deepEqual(verdictOn(certificate.pem, { now: later(2), key, requiredRole: "os:admin", dnsName: "cp" }), [
      "ERR_AUTHORITY_UNKNOWN CN=talos-node: is signed by O=kubernetes, which is not trusted; trust that CA, or issue with a trusted one",
      "ERR_CERTIFICATE_EXPIRED CN=talos-node: expired 24 hours ago, at 2026-11-23T12:00:00Z; reissue it: pulumi up renews it, offline too",
      "ERR_USAGE_MISSING CN=talos-node: lacks the extended key usage client authentication (it has serverAuth); reissue the Talos API client certificate with clientAuth",
      "ERR_KEY_MISMATCH CN=talos-node: does not belong to the private key beside it; use certificate and key of one issuance; if the key is lost, reissue the certificate",
      "ERR_NAME_MISMATCH CN=talos-node: is not for cp (it is for 10.0.0.2); call it by a name that it is for, or add the name to certSANs of the machine config",
      'ERR_ROLE_MISSING CN=talos-node: lacks the role os:admin (it has none); reissue it with roles: ["os:admin"]',
    ]);
  });

  it("lets a role stand in for those that it covers, as Talos does", async () => {
    const options = { certificateAuthority: os, roles: ["os:operator"] };
    const { certificate } = await issueClientCertificate(options, environment);
    assert.deepEqual(verdictOn(certificate.pem, { requiredRole: "os:etcd:backup" }), []);
    assert.deepEqual(verdictOn(certificate.pem, { requiredRole: "os:admin" }), [
      'ERR_ROLE_MISSING O=os:operator, CN=talosctl-client: lacks the role os:admin (it has os:operator); reissue it with roles: ["os:admin"]',
    ]);
  });

  it("is an error when there is nothing to judge, or a role that does not exist", () => {
    assert.throws(
      () => verifyChain({ certificates: [], trust: [], purpose: "client", now, requiredRole: "x" as never }),
      {
        code: "ERR_INPUT_MISSING",
        message:
          'certificates: is empty; must hold a certificate\nrequiredRole: "x" is not a Talos role; use one of os:admin, os:operator, os:reader, os:etcd:backup, os:impersonator, os:image:verifier, os:meta:writer',
      },
    );
  });
});
