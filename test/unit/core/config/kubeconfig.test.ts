import { strict as assert } from "node:assert";

import { formatKubeconfig } from "../../../../provider/core/config/kubeconfig";
import { readVectorBundle } from "../../vectors/vectors";

const { os, k8s } = readVectorBundle("bundles/v1.13.yaml").certs;
const options = {
  clusterName: "alpha",
  clusterEndpoint: "https://10.0.0.1:6443",
  caCertificatesPem: os.crt,
  clientCertificatePem: k8s.crt,
  clientKeyPem: k8s.key,
};
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("A kubeconfig", () => {
  it("is what Talos's pkg/kubeconfig writes through client-go v0.35", () => {
    assert.equal(
      formatKubeconfig(options),
      `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${base64(os.crt)}
    server: https://10.0.0.1:6443
  name: alpha
contexts:
- context:
    cluster: alpha
    namespace: default
    user: admin@alpha
  name: admin@alpha
current-context: admin@alpha
kind: Config
users:
- name: admin@alpha
  user:
    client-certificate-data: ${base64(k8s.crt)}
    client-key-data: ${base64(k8s.key)}
`,
    );
  });

  // Measured with clientcmd.Write.
  const names: [name: string, written: string, user: string][] = [
    ["123", '"123"', "admin@123"],
    ["yes", '"yes"', "admin@yes"],
    ["a: b", "'a: b'", "'admin@a: b'"],
    ["1e3", '"1e3"', "admin@1e3"],
    ["012", '"012"', "admin@012"],
    ["ünï", "ünï", "admin@ünï"],
    ["~", '"~"', "admin@~"],
    ["*x", "'*x'", "admin@*x"],
    ["a #b", "'a #b'", "'admin@a #b'"],
    ["12:30", '"12:30"', "admin@12:30"],
    ["2026-01-01", '"2026-01-01"', "admin@2026-01-01"],
    ["a\tb", '"a\\tb"', '"admin@a\\tb"'],
  ];
  for (const [name, written, user] of names) {
    it(`of a cluster named ${JSON.stringify(name)} is quoted as client-go does`, () => {
      const text = formatKubeconfig({ ...options, clusterName: name });
      assert.ok(text.includes(`\n  name: ${written}\n`));
      assert.ok(text.includes(`current-context: ${user}\n`));
    });
  }

  it("trusts every CA that is given, in that order", () => {
    const text = formatKubeconfig({ ...options, caCertificatesPem: [os.crt.trimEnd(), k8s.crt] });
    assert.ok(text.includes(`certificate-authority-data: ${base64(os.crt + k8s.crt)}\n`));
  });

  it("may speak for another user in another namespace", () => {
    const text = formatKubeconfig({ ...options, userName: "ci", namespace: "build" });
    assert.ok(text.includes("namespace: build\n    user: ci@alpha\n  name: ci@alpha\n"));
  });

  it("cannot be broken out of by a name with line breaks", () => {
    const text = formatKubeconfig({ ...options, clusterName: "a\nusers: []" });
    assert.equal(text.match(/^users:/gm)?.length, 1);
    assert.ok(text.includes('  name: "a\\nusers: []"\n'));
  });

  it("is not made of PEM that nobody could use, nor of a namespace that is none", () => {
    assert.throws(
      () => formatKubeconfig({ ...options, namespace: "A b", caCertificatesPem: "junk", clientKeyPem: os.key }),
      {
        code: "ERR_INPUT_INVALID",
        message: `namespace: "A b" is not a namespace; must be at most 63 of a-z, 0-9 and - (a DNS label), such as kube-system
caCertificatesPem: holds no PEM block; must be text that begins with -----BEGIN
clientKeyPem: does not belong to clientCertificatePem; must be the pair that was issued together`,
      },
    );
  });

  it("without a name and an endpoint is rejected, both at once", () => {
    assert.throws(() => formatKubeconfig({ ...options, clusterName: "", clusterEndpoint: "10.0.0.1" }), {
      code: "ERR_INPUT_MISSING",
      message:
        'clusterName: is empty; must be a name\nclusterEndpoint: no scheme and port specified for the cluster endpoint URL; try "https://10.0.0.1:6443"',
    });
  });
});
