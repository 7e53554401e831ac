import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { createEnvironment } from "../../../provider/core/environment";
import { formatKubeconfig } from "../../../provider/core/config/kubeconfig";
import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import { issueClientCertificate } from "../../../provider/core/x509/clientCertificate";
import { issueKubernetesClientCertificate } from "../../../provider/core/x509/kubernetesClientCertificate";
import { issueServerCertificate } from "../../../provider/core/x509/serverCertificate";
import { vector } from "../support/fixed";
import { now, talosPki } from "./support";

const environment = createEnvironment(globalThis.crypto, () => now);
const talosconfig = vector("out/talosconfig-only/talosconfig");
const bundle = vector("bundles/v1.13.yaml");
const { certs } = parseSecretsBundle(bundle, { now }).bundle;
const authorityOf = (name: "os" | "k8s"): { certificatePem: string; privateKeyPem: string } => ({
  certificatePem: certs[name].crt,
  privateKeyPem: certs[name].key,
});
/** An input of test/cases. */
const readCase = (name: string): string => readFileSync(join(__dirname, "../../cases", name), "utf8");
const verify = async (args: readonly string[], files: Readonly<Record<string, string>>): Promise<[number, string]> => {
  const { code, out, err } = await talosPki(["verify", ...args], { files: { talosconfig, bundle, ...files } });
  return [code, out + err];
};

describe("talos-pki verify", () => {
  it("says that a talosconfig works, alone and against the secrets of its cluster", async () => {
    const fine = `ok    contexts.gamma.crt: O=os:admin: a client, by O=talos; 364 days left
ok    contexts.gamma.ca: O=talos: a CA; 3649 days left
`;
    assert.deepEqual(await verify(["talosconfig"], {}), [0, fine]);
    assert.deepEqual(await verify(["talosconfig", "--bundle", "bundle", "--role", "reader"], {}), [0, fine]);
  });

  it("says why not, and what helps", async () => {
    const [code, out] = await verify(["talosconfig", "--at", "2028-01-01T00:00:00Z"], {});
    assert.equal(code, 1);
    assert.equal(
      out,
      `FAIL  contexts.gamma.crt: O=os:admin
      expired 39 days ago, at 2027-11-22T18:36:55Z [ERR_CERTIFICATE_EXPIRED]
      remedy: reissue it: pulumi up renews it, offline too
ok    contexts.gamma.ca: O=talos: a CA; 3245 days left
`,
    );
    const [, other] = await verify(["talosconfig", "--bundle", "other"], { other: vector("bundles/v1.14.yaml") });
    assert.match(other, /is signed by another CA of the same name, O=talos \[ERR_AUTHORITY_UNKNOWN\]/);
    const [, role] = await verify(["talosconfig", "--role", "os:impersonator"], {});
    assert.match(role, /lacks the role os:impersonator \(it has os:admin\) \[ERR_ROLE_MISSING\]/);
  });

  it("says of a CA that verifiers reject what it issues, in a file of any kind", async () => {
    const at = ["--at", "2026-12-01T00:00:00Z"];
    const usages = readCase("ca-server-usage-only.crt");
    const [code, out] = await verify(["ca", ...at], { ca: usages });
    assert.equal(code, 1);
    assert.equal(
      out,
      `FAIL  O=talos
      lacks the extended key usage client authentication (it has serverAuth) [ERR_USAGE_MISSING]
      remedy: reissue the CA with clientAuth
`,
    );
    assert.equal((await verify(["ca", ...at, "--purpose", "server"], { ca: usages }))[0], 0);
    const [, extension] = await verify(["ca", ...at], { ca: readCase("ca-unknown-critical-extension.crt") });
    assert.match(
      extension,
      /has a critical extension that verifiers do not know \(1\.3\.6\.1\.4\.1\.99999\.1\) \[ERR_CHAIN_INVALID\]/,
    );
    const config = `machine:\n  acceptedCAs:\n    - crt: ${Buffer.from(usages).toString("base64")}\n`;
    assert.match(
      (await verify(["config", ...at], { config }))[1],
      /machine\.acceptedCAs\[0\]\.crt.*\n.*\[ERR_USAGE_MISSING\]/,
    );
  });

  it("rejects a client of Talos whose certificate has no role", async () => {
    const [code, none] = await verify(["none"], { none: readCase("talosconfig-without-role") });
    assert.equal(code, 1);
    assert.match(
      none,
      /has no Talos role \(it has no organization\), so nodes let it do nothing \[ERR_ROLE_MISSING\]\n.*reissue it with a role/,
    );
    const [, foreign] = await verify(["foreign"], { foreign: readCase("talosconfig-with-a-foreign-role") });
    assert.match(foreign, /has no Talos role \(it has the organization os:foo\)/);
  });

  it("names the wrong CA of the same cluster", async () => {
    const { certificate } = await issueClientCertificate({ certificateAuthority: authorityOf("k8s") }, environment);
    const [code, out] = await verify(["crt", "--bundle", "bundle"], { crt: certificate.pem });
    assert.equal(code, 1);
    assert.match(
      out,
      /is issued by the kubernetes CA of the cluster and must be issued by the os CA \[ERR_AUTHORITY_WRONG\]/,
    );
  });

  it("verifies a chain in a PEM file, with the key beside it", async () => {
    const options = { certificateAuthority: authorityOf("os"), ipAddresses: ["10.0.0.2"] };
    const { certificate, key } = await issueServerCertificate(options, environment);
    const files = {
      crt: certificate.pem,
      ca: certs.os.crt,
      key: key.pem,
      "other-key": certs.os.key,
      both: certificate.pem + key.pem,
    };
    const fine = "ok    CN=talos-node: a server, by O=talos; 24 hours left\n";
    assert.deepEqual(await verify(["crt", "--trust", "ca", "--key", "key", "--name", "10.0.0.2"], files), [0, fine]);
    assert.deepEqual(await verify(["both", "--trust", "ca"], files), [0, fine]);
    const [, wrong] = await verify(["crt", "--trust", "ca", "--key", "other-key", "--name", "cp-1"], files);
    assert.match(wrong, /\[ERR_KEY_MISMATCH\][^]*is not for cp-1 \(it is for 10\.0\.0\.2\) \[ERR_NAME_MISMATCH\]/);
    const [, client] = await verify(["crt", "--trust", "ca", "--purpose", "client"], files);
    assert.match(
      client,
      /lacks the extended key usage client authentication \(it has serverAuth\) \[ERR_USAGE_MISSING\]/,
    );
  });

  it("verifies a kubeconfig against its own CAs", async () => {
    const issued = await issueKubernetesClientCertificate({ certificateAuthority: authorityOf("k8s") }, environment);
    const kubeconfig = formatKubeconfig({
      clusterName: "alpha",
      clusterEndpoint: "https://10.0.0.1:6443",
      caCertificatesPem: certs.k8s.crt,
      clientCertificatePem: issued.certificate.pem,
      clientKeyPem: issued.key.pem,
    });
    assert.deepEqual(await verify(["kubeconfig"], { kubeconfig }), [
      0,
      `ok    users[0].user.client-certificate-data: O=system:masters, CN=admin: a Kubernetes client, by O=kubernetes; 365 days left
ok    clusters[0].cluster.certificate-authority-data: O=kubernetes: a CA; 3649 days left
`,
    ]);
  });

  const broken: [file: string, code: string][] = [
    ["bad-base64", "ERR_PEM_INVALID"],
    ["both-encryption", "ERR_INPUT_INVALID"],
    ["ec-parameters", "ERR_PEM_INVALID"],
    ["encrypted-key", "ERR_KEY_ENCRYPTED"],
    ["expired-ca", "ERR_AUTHORITY_EXPIRED"],
    ["key-mismatch", "ERR_KEY_MISMATCH"],
    ["missing-token", "ERR_INPUT_MISSING"],
    ["not-a-ca", "ERR_NOT_A_CA"],
    ["redacted", "ERR_SECRET_REDACTED"],
    ["tc-key-mismatch", "ERR_KEY_MISMATCH"],
    ["tc-truncated-crt", "ERR_PEM_INVALID"],
    ["truncated-pem", "ERR_PEM_INVALID"],
  ];
  for (const [file, expected] of broken) {
    it(`finds ${expected} in broken/${file}.yaml`, async () => {
      const [code, out] = await verify(["broken"], { broken: vector(`broken/${file}.yaml`) });
      assert.equal(code, 1);
      assert.match(out, new RegExp(`\\[${expected}\\]`));
    });
  }

  it("says of what stands in the place of a CA that it is none, and nothing of what a leaf needs", async () => {
    const [, out] = await verify(["broken"], { broken: vector("broken/not-a-ca.yaml") });
    assert.match(out, /is not a CA[^]*remedy: supply a CA certificate/);
    assert.doesNotMatch(out, /ERR_USAGE_MISSING/);
  });

  it("is of no use without anybody to trust, or anything to verify", async () => {
    const { certificate } = await issueClientCertificate({ certificateAuthority: authorityOf("os") }, environment);
    const [code, out] = await verify(["crt"], { crt: certificate.pem });
    assert.equal(code, 2);
    assert.match(out, /nobody to trust is known; use --trust/);
    assert.deepEqual(await verify(["key"], { key: vector("pki/ca.key") }), [
      2,
      "talos-pki: key: holds no certificate to verify\n",
    ]);
  });

  it("gives the verdicts as JSON", async () => {
    const [, out] = await verify(["talosconfig", "--json", "--at", "2028-01-01"], {});
    const { ok, verifications } = JSON.parse(out) as { ok: boolean; verifications: { findings: { code: string }[] }[] };
    assert.equal(ok, false);
    assert.deepEqual(
      verifications.map(({ findings }) => findings.map(({ code }) => code)),
      [["ERR_CERTIFICATE_EXPIRED"], []],
    );
  });
});
