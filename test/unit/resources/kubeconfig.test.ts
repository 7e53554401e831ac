import assert from "node:assert/strict";

import { parseCertificate, parseCertificates } from "../../../provider/core/x509/certificate";
import type { Values } from "../../../provider/engine/values";
import { Kubeconfig } from "../../../provider/resources/kubeconfig";
import { makeSecrets, QUICK } from "../support/cluster";
import { Managed, type TestHost, testHost } from "../support/engine";

describe("A Kubeconfig", () => {
  let host: TestHost;
  let secrets: Managed;
  const args = (more: Values = {}): Values => ({
    secrets: secrets.outputs["secrets"],
    clusterName: "prod",
    clusterEndpoint: "https://10.0.0.1:6443",
    ...more,
  });

  beforeEach(async () => {
    host = testHost();
    secrets = await makeSecrets(host);
  });

  const make = async (more: Values = {}): Promise<Managed> => {
    const config = new Managed(Kubeconfig, host);
    await config.up(args(more));
    return config;
  };

  it("is the admin's for a year", async () => {
    const { outputs, inputs } = await make();
    const certificate = parseCertificate(String(outputs["clientCertificatePem"]), "");
    assert.equal(certificate.subject, "O=system:masters, CN=admin");
    assert.deepEqual(
      [outputs["notBefore"], outputs["notAfter"], outputs["renewalTime"]],
      ["2025-12-31T23:59:50Z", "2027-01-01T00:00:00Z", "2026-12-02T00:00:00Z"],
    );
    assert.match(String(outputs["kubeconfig"]), /server: https:\/\/10\.0\.0\.1:6443\n/);
    assert.match(String(outputs["kubeconfig"]), /name: admin@prod\n/);
    assert.deepEqual(Object.keys((inputs["secrets"] as { certs: Values }).certs), ["k8s"]);
  });

  it("is for the very user and groups that were named, and renewed for them", async () => {
    const names = { commonName: "#1 laptop", organizations: ["#dev", 'a\\b"c"'] };
    const config = await make(names);
    const certificate = parseCertificate(String(config.outputs["clientCertificatePem"]), "");
    assert.deepEqual([certificate.commonName, certificate.organizations], ["#1 laptop", ["#dev", 'a\\b"c"']]);
    assert.equal((await config.preview(args(names))).op, "same");
  });

  it("keeps its certificate on a change of endpoint, name and namespace", async () => {
    const config = await make();
    const { fingerprint } = config.outputs;
    const { changes, notices } = await config.up(
      args({ clusterEndpoint: "https://10.0.0.9:6443", clusterName: "other", namespace: "ns" }),
    );
    assert.deepEqual([changes, notices], [["clusterEndpoint", "clusterName", "namespace"], []]);
    assert.equal(config.outputs["fingerprint"], fingerprint);
    assert.match(String(config.outputs["kubeconfig"]), /server: https:\/\/10\.0\.0\.9:6443\n/);
    assert.match(String(config.outputs["kubeconfig"]), /namespace: ns\n/);
  });

  it("warns of an endpoint without a port, as a MachineConfig does", async () => {
    const { notices, problems } = await new Managed(Kubeconfig, host).preview(
      args({ clusterEndpoint: "https://k8s.example.org" }),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(notices, [
      'clusterEndpoint: no port specified for the cluster endpoint URL, so clients take 443; Kubernetes on Talos listens on 6443, as in "https://k8s.example.org:6443"',
    ]);
  });

  it("is of a namespace that Kubernetes takes", async () => {
    const problemsOf = async (namespace: string): Promise<readonly string[]> =>
      (await new Managed(Kubeconfig, host).preview(args({ namespace }))).problems;
    for (const namespace of ["a", "kube-system", "0", "x".repeat(63)])
      assert.deepEqual(await problemsOf(namespace), []);
    for (const namespace of ["Foo Bar", "A", "a.b", "-a", "a-", "a_b", "x".repeat(64)])
      assert.deepEqual(await problemsOf(namespace), [
        `ERR_INPUT_INVALID namespace: ${JSON.stringify(namespace)} is not a namespace; must be at most 63 of a-z, 0-9 and - (a DNS label), such as kube-system`,
      ]);
  });

  it("takes groups in another order for the same, and is reissued for other groups and users", async () => {
    const config = await make({ organizations: ["b", "a"] });
    assert.equal((await config.preview(args({ organizations: ["a", "b"] }))).op, "same");
    assert.deepEqual((await config.preview(args({ organizations: [], commonName: "ci" }))).notices, [
      "will be reissued: organizations changed",
      "will be reissued: commonName changed",
    ]);
  });

  it("follows the rotation of the Kubernetes CA, and that of no other", async () => {
    const config = await make();
    const first = config.outputs["fingerprint"];
    await secrets.up({ ...QUICK, rotation: { os: { id: "r", stage: "accept" } } });
    assert.equal((await config.preview(args())).op, "same");
    const kubernetes = (stage: string): Promise<unknown> =>
      secrets.up({
        ...QUICK,
        rotation: { os: { id: "r", stage: "accept" }, kubernetes: { id: "r", stage } },
      });
    await kubernetes("accept");
    await config.up(args());
    assert.equal(config.outputs["fingerprint"], first);
    assert.equal(parseCertificates(String(config.outputs["caCertificatesPem"]), "").length, 2);
    await kubernetes("swap");
    assert.deepEqual((await config.up(args())).notices, ["will be reissued: issued by a CA that has been rotated"]);
    await kubernetes("finish");
    await config.up(args());
    const trusted = parseCertificates(String(config.outputs["caCertificatesPem"]), "");
    assert.deepEqual(
      trusted.map(({ fingerprint }) => fingerprint),
      [config.outputs["issuerFingerprint"]],
    );
  });
});
