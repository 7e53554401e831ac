import assert from "node:assert/strict";

import { encodeBase64 } from "../../../../provider/core/x509/pem";
import { parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import { importResource } from "../../../../provider/adapters/plugin/imports";
import { awaitsSecrets } from "../../../../provider/adapters/plugin/imports/clientConfiguration";
import { ClientConfiguration } from "../../../../provider/resources/clientConfiguration";
import { Operations } from "../../../../provider/engine/operations";
import type { Values } from "../../../../provider/engine/values";
import { problemsOf, type TestHost, testHost } from "../../support/engine";
import { vector } from "../../support/fixed";
import { ADOPTABLE, alpha, AMBIGUOUS, beta, CONFIGS, HIDDEN } from "../../support/otherTools";

const readBundle = (text: string): ReturnType<typeof parseSecretsBundle> =>
  parseSecretsBundle(text, { now: new Date("2026-12-01T00:00:00Z") });

describe("An import", () => {
  let host: TestHost;
  const bundle = vector("bundles/v1.13.yaml");
  const talosconfig = vector("out/base-v1.13/talosconfig");

  /** Puts a file of another tool beside the others. */
  const put = (text: string): void => {
    host.folders["."] = { ...host.folders["."], file: text };
  };

  beforeEach(() => {
    host = testHost("2026-12-01T00:00:00Z");
    host.folders["."] = {
      "secrets.yaml": bundle,
      talosconfig,
      "controlplane.yaml": vector("out/base-v1.13/controlplane.yaml"),
      "ca.crt": readBundle(bundle).bundle.certs.os.crt,
      "key.pem": "-----BEGIN ED25519 PRIVATE KEY-----\nAA==\n-----END ED25519 PRIVATE KEY-----\n",
    };
  });

  it("takes a cluster's secrets over whole and asks of the program nothing but the version", async () => {
    const { id, inputs, outputs } = await importResource("TalosSecrets", "secrets.yaml?talosVersion=v1.12", host);
    assert.deepEqual(inputs, { talosVersion: "v1.12" });
    const own = readBundle(String(outputs["secretsYaml"]));
    assert.deepEqual(own.bundle, readBundle(bundle).bundle);
    assert.match(id, /^[0-9a-f]{64}$/);
  });

  it("takes a cluster's secrets from a control plane's config", async () => {
    const { outputs } = await importResource("TalosSecrets", "controlplane.yaml?from=controlPlaneConfig", host);
    const own = readBundle(String(outputs["secretsYaml"])).bundle;
    assert.equal(own.certs.os.crt, readBundle(bundle).bundle.certs.os.crt);
  });

  for (const name of [
    "a Terraform state",
    "an export of a stack of @pulumiverse/talos",
    "all Secrets of a cluster in one List",
  ]) {
    it(`takes a cluster's secrets from ${name}`, async () => {
      put(ADOPTABLE[name]!);
      const { outputs, inputs } = await importResource("TalosSecrets", "file?talosVersion=v1.13", host);
      assert.deepEqual(readBundle(String(outputs["secretsYaml"])).bundle, alpha);
      assert.deepEqual(inputs, { talosVersion: "v1.13" });
    });
  }

  it("takes the secrets of the cluster that is chosen from a state of several", async () => {
    const [text, addresses] = AMBIGUOUS["a Terraform state"]!;
    put(text);
    const resource = encodeURIComponent(addresses[1]!);
    const { outputs } = await importResource("TalosSecrets", `file?resource=${resource}`, host);
    assert.deepEqual(readBundle(String(outputs["secretsYaml"])).bundle, beta);
  });

  it("takes a talosconfig's certificate from a Terraform state", async () => {
    put(ADOPTABLE["a Terraform state"]!);
    const { id } = await importResource("ClientConfiguration", "file", host);
    assert.equal(id, (await importResource("ClientConfiguration", "talosconfig", host)).id);
  });

  it("takes a talosconfig's certificate, which stays when the program adds the cluster's secrets", async () => {
    const { id, inputs, outputs } = await importResource("ClientConfiguration", "talosconfig", host);
    assert.equal(id, outputs["serialNumber"]);
    assert.equal(awaitsSecrets(inputs, inputs), true);
    const { outputs: cluster } = await importResource("TalosSecrets", "secrets.yaml", host);
    const { issuedAt: _, ...program }: Values = { ...inputs, secrets: cluster["secrets"], endpoints: ["10.0.0.9"] };
    const operations = new Operations(ClientConfiguration, host);
    const checked = await operations.check(inputs, program);
    assert.deepEqual([checked.problems, checked.inputs["issuedAt"]], [[], inputs["issuedAt"]]);
    const updated = await operations.update(outputs, checked.inputs);
    assert.equal(updated.outputs["clientCertificatePem"], outputs["clientCertificatePem"]);
    assert.equal(updated.outputs["clientKeyPem"], outputs["clientKeyPem"]);
    assert.match(String(updated.outputs["talosconfig"]), /10\.0\.0\.9/);
  });

  it("renews a talosconfig that is due as soon as it has the cluster's secrets", async () => {
    const { inputs } = await importResource("ClientConfiguration", "talosconfig", host);
    const { outputs: cluster } = await importResource("TalosSecrets", "secrets.yaml", host);
    host.now = "2027-11-20T00:00:00Z";
    const { issuedAt: _, ...program }: Values = { ...inputs, secrets: cluster["secrets"] };
    const checked = await new Operations(ClientConfiguration, host).check(inputs, program);
    assert.equal(checked.inputs["issuedAt"], "2027-11-20T00:00:00Z");
  });

  it("takes a CA", async () => {
    const { id, inputs, outputs } = await importResource("AcceptedCA", "ca.crt", host);
    assert.equal(id, outputs["fingerprint"]);
    assert.deepEqual(Object.keys(inputs), ["certificatePem"]);
  });

  const K8S_V1_14 = readBundle(vector("bundles/v1.14.yaml")).bundle.certs.k8s.crt;
  const kubeconfig = (server: string): string => `apiVersion: v1
kind: Config
clusters:
  - name: alpha
    cluster:
      server: ${server}
      certificate-authority-data: ${encodeBase64(alpha.certs.k8s.crt)}
  - name: beta
    cluster:
      server: ${server}
      certificate-authority-data: ${encodeBase64(beta.certs.k8s.crt)}
users: []
contexts:
  - name: admin@alpha
    context: { cluster: alpha, user: admin }
  - name: admin@beta
    context: { cluster: beta, user: admin }
current-context: admin@alpha
`;
  const accepted: readonly (readonly [what: string, text: string, options: string, certificate: string])[] = [
    ["PEM", alpha.certs.os.crt, "", alpha.certs.os.crt],
    ["base64 of PEM", encodeBase64(alpha.certs.os.crt), "", alpha.certs.os.crt],
    ["a talosconfig", vector("out/base-v1.13/talosconfig"), "", alpha.certs.os.crt],
    ["a context of a talosconfig", vector("out/base-v1.13/talosconfig"), "?ca=os&context=alpha", alpha.certs.os.crt],
    ["a kubeconfig", kubeconfig("https://10.0.0.1:6443"), "", alpha.certs.k8s.crt],
    [
      "a context of a kubeconfig",
      kubeconfig("https://10.0.0.1:6443"),
      "?ca=kubernetes&context=admin@beta",
      beta.certs.k8s.crt,
    ],
    ...["out/base-v1.13/controlplane.yaml", "out/base-v1.13/worker.yaml"].flatMap(
      (path) =>
        [
          [path, vector(path), "", alpha.certs.os.crt],
          [path, vector(path), "?ca=kubernetes", alpha.certs.k8s.crt],
        ] as const,
    ),
    ...["controlplane", "worker"].map(
      (type) =>
        [`out/base-v1.14/${type}.yaml`, vector(`out/base-v1.14/${type}.yaml`), "?ca=kubernetes", K8S_V1_14] as const,
    ),
    ["a secrets bundle", vector("bundles/v1.13.yaml"), "", alpha.certs.os.crt],
    ["a secrets bundle", vector("bundles/v1.13.yaml"), "?ca=kubernetes", alpha.certs.k8s.crt],
    ["a Terraform state", ADOPTABLE["a Terraform state"]!, "?ca=kubernetes", alpha.certs.k8s.crt],
    ["a stack export", ADOPTABLE["an export of a stack of @pulumiverse/talos"]!, "", alpha.certs.os.crt],
    ["Secrets of Cluster API", ADOPTABLE["all Secrets of a cluster in one List"]!, "", alpha.certs.os.crt],
    ["configs of two nodes", CONFIGS["talosctl get machineconfig -o json of two nodes"]!, "", alpha.certs.os.crt],
    [
      "a state of several clusters",
      AMBIGUOUS["a Terraform state"]![0],
      `?resource=${encodeURIComponent(AMBIGUOUS["a Terraform state"]![1][1]!)}`,
      beta.certs.os.crt,
    ],
  ];
  for (const [what, text, options, certificate] of accepted) {
    it(`takes a CA from ${what}${options}, and nothing else`, async () => {
      put(text);
      const { id, inputs, outputs } = await importResource("AcceptedCA", `file${options}`, host);
      assert.equal(outputs["certificatePem"], certificate);
      assert.equal(id, outputs["fingerprint"]);
      const { certificatePem, ...others } = inputs;
      assert.deepEqual(others, {});
      assert.ok([certificate, encodeBase64(certificate)].includes(String(certificatePem)));
    });
  }

  const withoutCA: readonly (readonly [what: string, text: string, options: string, expected: string])[] = [
    [
      "a kubeconfig, whose OS CA",
      kubeconfig("https://10.0.0.1:6443"),
      "?ca=os",
      "ERR_INPUT_MISSING id: the kubeconfig holds no certificate of the OS CA; must be a file that does",
    ],
    [
      "a talosconfig, whose context",
      vector("out/base-v1.13/talosconfig"),
      "?context=beta",
      'ERR_INPUT_MISSING id: the talosconfig holds no certificate of the OS CA in the context "beta"; must be a file that does',
    ],
    [
      "a kubeconfig, whose context",
      kubeconfig("https://10.0.0.1:6443"),
      "?context=constructor",
      'ERR_INPUT_MISSING id: the kubeconfig holds no certificate of the Kubernetes CA in the context "constructor"; must be a file that does',
    ],
    [
      "a config, whose CA",
      "machine: {}\n",
      "",
      "ERR_INPUT_MISSING id: the machine config holds no certificate of the OS CA; must be a file that does",
    ],
    [
      "a file of several clusters, of which one",
      AMBIGUOUS["the outputs of a stack"]![0],
      "",
      "ERR_INPUT_INVALID id: the outputs holds the certificate of the OS CA several times, and they differ; set resource to one of a, b",
    ],
    [
      "an encrypted file, whose content",
      HIDDEN["SOPS's YAML"]![0],
      "",
      "ERR_BUNDLE_ENCRYPTED id: is encrypted with SOPS; decrypt it first (sops --decrypt FILE)",
    ],
    ["any", "x", "?ca=etcd", "ERR_INPUT_INVALID id.ca: is not valid; must be os or kubernetes"],
  ];
  for (const [what, text, options, expected] of withoutCA) {
    it(`rejects ${what} is not there or not said${options}`, async () => {
      put(text);
      assert.deepEqual(await problemsOf(() => importResource("AcceptedCA", `file${options}`, host)), [expected]);
    });
  }

  const refusals: readonly (readonly [string, string, string])[] = [
    ["TalosSecrets", "", "ERR_INPUT_MISSING id: is empty; must be the path of a file"],
    [
      "TalosSecrets",
      "none.yaml",
      "ERR_INPUT_MISSING id: there is no file none.yaml that can be read; must be a path, absolute or relative to the Pulumi program",
    ],
    [
      "TalosSecrets",
      "secrets.yaml?version=v1.12",
      "ERR_INPUT_UNKNOWN id: version is not an option of this import id; must be talosVersion, from, resource",
    ],
    [
      "TalosSecrets",
      "secrets.yaml?from=vault",
      "ERR_INPUT_INVALID id.from: is not valid; must be secretsYaml or controlPlaneConfig or kubernetesPkiDirectory",
    ],
    [
      "ClientConfiguration",
      "talosconfig?context=beta",
      'ERR_INPUT_MISSING talosconfig.context: there is no context "beta"; must be one of alpha',
    ],
    [
      "ClientConfiguration",
      "talosconfig?context=constructor",
      'ERR_INPUT_MISSING talosconfig.context: there is no context "constructor"; must be one of alpha',
    ],
    [
      "AcceptedCA",
      "constructor",
      "ERR_INPUT_MISSING id: there is no file constructor that can be read; must be a path, absolute or relative to the Pulumi program",
    ],
    [
      "toString",
      "x",
      "ERR_INPUT_INVALID id: toString cannot be imported: the cluster's secrets make it anew; must be one of TalosSecrets, ClientConfiguration, AcceptedCA",
    ],
    [
      "Kubeconfig",
      "kubeconfig",
      "ERR_INPUT_INVALID id: Kubeconfig cannot be imported: the cluster's secrets make it anew; must be one of TalosSecrets, ClientConfiguration, AcceptedCA",
    ],
  ];
  for (const [kind, id, expected] of refusals) {
    it(`rejects ${kind} from ${JSON.stringify(id)}`, async () => {
      assert.deepEqual(await problemsOf(() => importResource(kind, id, host)), [expected]);
    });
  }

  it("rejects a private key where a CA belongs, and does not repeat it", async () => {
    const problems = await problemsOf(() => importResource("AcceptedCA", "key.pem", host));
    assert.match(problems[0] ?? "", /^ERR_PRIVATE_KEY_GIVEN certificatePem: /);
    assert.ok(!problems.join().includes("AA=="));
  });
});
