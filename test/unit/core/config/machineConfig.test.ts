import assert from "node:assert/strict";

import { generateMachineConfig } from "../../../../provider/core/config/machineConfig";
import type { MachineConfigOptions } from "../../../../provider/core/config/machineConfigOptions";
import { secretsForMachine } from "../../../../provider/core/config/machineSecrets";
import { describeProblem, PkiError } from "../../../../provider/core/errors";
import { patchMachineConfig } from "../../../../provider/core/machinery/patch";
import { SUPPORTED_TALOS_VERSIONS } from "../../../../provider/core/talosVersion";
import { readVectorBundle } from "../../vectors/vectors";

const secrets = readVectorBundle("bundles/v1.13.yaml");
const other = readVectorBundle("bundles/v1.14.yaml");
const OPTIONS: MachineConfigOptions = {
  secrets,
  clusterName: "alpha",
  clusterEndpoint: "https://10.0.0.1:6443",
  machineType: "controlplane",
  talosVersion: "v1.13",
};

const generate = (options: Partial<MachineConfigOptions>): string =>
  generateMachineConfig({ ...OPTIONS, ...options }).machineConfig;
const warningsOf = (options: Partial<MachineConfigOptions>): string[] =>
  generateMachineConfig({ ...OPTIONS, ...options }).warnings.map(describeProblem);
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function problemsOf(options: Partial<Record<keyof MachineConfigOptions, unknown>>): string[] {
  try {
    generateMachineConfig({ ...OPTIONS, ...options } as MachineConfigOptions);
  } catch (error) {
    assert.ok(error instanceof PkiError);
    return error.problems.map((problem) => `${problem.code} ${describeProblem(problem)}`);
  }
  return [];
}

describe("a machine config", () => {
  it("takes the defaults of the release that is named", () => {
    const config = generate({ talosVersion: "v1.13.2", machineType: "worker" });
    assert.match(config, /image: ghcr\.io\/siderolabs\/installer:v1\.13\.2\n/);
    assert.match(config, /image: ghcr\.io\/siderolabs\/kubelet:v1\.36\.0\n/);
  });

  for (const talosVersion of SUPPORTED_TALOS_VERSIONS) {
    it(`of a worker holds no private key of a CA and needs none (${talosVersion})`, () => {
      const config = generate({ talosVersion, machineType: "worker", configPatches: ["machine: {sysctls: {a: b}}"] });
      const keys = Object.values(secrets.certs).flatMap(({ key }) => [key, base64(key)]);
      assert.deepEqual(
        keys.filter((key) => config.includes(key)),
        [],
      );
      assert.equal(config.includes("PRIVATE KEY"), false);
      const reduced = secretsForMachine(secrets, "worker");
      assert.equal(
        generate({ talosVersion, machineType: "worker", secrets: reduced }),
        generate({ talosVersion, machineType: "worker" }),
      );
    });
  }

  it("puts the SANs of the machine into its own list only, the additional ones into the API server's too", () => {
    const config = generate({ certSANs: ["node.example.org"], additionalSans: ["lb.example.org"] });
    assert.match(config, /\n {4}certSANs:\n {8}- node\.example\.org\n {8}- lb\.example\.org\n/);
    assert.match(config, /\n {8}certSANs:\n {12}- lb\.example\.org\n {8}admissionControl/);
  });

  describe("with accepted CAs", () => {
    const accepted = { acceptedCAs: [other.certs.os.crt], kubernetesAcceptedCAs: [other.certs.k8s.crt] };

    it("writes them after the issuing one in base64, each once, up to v1.13", () => {
      const config = generate({
        ...accepted,
        acceptedCAs: [other.certs.os.crt.trimEnd(), other.certs.os.crt, secrets.certs.os.crt],
      });
      assert.match(
        config,
        new RegExp(`\n {8}key: \\S+\n {4}acceptedCAs:\n {8}- crt: ${base64(other.certs.os.crt)}\n {4}certSANs`),
      );
      assert.match(
        config,
        new RegExp(`\n {8}key: \\S+\n {4}acceptedCAs:\n {8}- crt: ${base64(other.certs.k8s.crt)}\n {4}aggregatorCA`),
      );
    });

    it("writes those of Kubernetes as text into the document of a control plane from v1.14", () => {
      const config = generate({ ...accepted, talosVersion: "v1.14" });
      const text = other.certs.k8s.crt.trimEnd().replaceAll("\n", "\n      ");
      assert.ok(config.includes(`-----END EC PRIVATE KEY-----\nacceptedCAs:\n    - |\n      ${text}\n---\n`));
      assert.match(config, new RegExp(`\n {4}acceptedCAs:\n {8}- crt: ${base64(other.certs.os.crt)}\n {4}certSANs`));
    });

    it("writes all trust into a worker's document, the issuing CA first, from v1.14", () => {
      const config = generate({ ...accepted, talosVersion: "v1.14", machineType: "worker" });
      const item = (pem: string): string => `    - |\n      ${pem.trimEnd().replaceAll("\n", "\n      ")}\n`;
      assert.ok(
        config.includes(
          `kind: KubeAPIServerCAConfig\nacceptedCAs:\n${item(secrets.certs.k8s.crt)}${item(other.certs.k8s.crt)}---\n`,
        ),
      );
    });

    it("takes a bundle of several certificates apart", () => {
      const both = `${other.certs.os.crt}${other.certs.k8s.crt}`;
      assert.equal(
        generate({ acceptedCAs: [both] }),
        generate({ acceptedCAs: [other.certs.os.crt, other.certs.k8s.crt] }),
      );
    });

    it("rejects a private key, junk, and a Talos that knows no accepted CAs", () => {
      assert.deepEqual(problemsOf({ acceptedCAs: [other.certs.os.key, "junk"], talosVersion: "v1.6" }), [
        "ERR_INPUT_INVALID acceptedCAs: Talos v1.6 knows no accepted CAs; they need v1.7 or newer",
        "ERR_PRIVATE_KEY_GIVEN acceptedCAs[0]: holds a private key; give the certificate only",
        "ERR_PEM_INVALID acceptedCAs[1]: holds no PEM block; must be text that begins with -----BEGIN",
      ]);
    });
  });

  it("carries an AES-CBC key of an old bundle, with a warning", () => {
    const old = readVectorBundle("bundles/v1.2-aescbc.yaml");
    const secret = old.secrets.aescbcEncryptionSecret!;
    assert.ok(generate({ secrets: old }).includes(`\n    aescbcEncryptionSecret: ${secret}\n`));
    const document = generate({ secrets: old, talosVersion: "v1.14" });
    assert.ok(
      document.includes(
        `- aescbc:\n                keys:\n                    - name: key1\n                      secret: ${secret}\n            - identity: {}\n`,
      ),
    );
    assert.deepEqual(warningsOf({ secrets: old }), [
      "secrets.secrets.aescbcEncryptionSecret: is of Talos v1.2 or older and carried into the config of v1.13, where talosctl would lose it; move the cluster to a secretbox key",
    ]);
    assert.deepEqual(warningsOf({ secrets: old, machineType: "worker" }), []);
  });

  it("takes an encryption secret that is empty for none, as talosctl does", () => {
    const old = readVectorBundle("bundles/v1.2-aescbc.yaml");
    const empty = { ...secrets, secrets: { ...secrets.secrets, aescbcEncryptionSecret: "" } };
    const emptyOld = { ...old, secrets: { ...old.secrets, secretboxEncryptionSecret: "" } };
    for (const talosVersion of ["v1.13", "v1.14"]) {
      assert.equal(generate({ secrets: empty, talosVersion }), generate({ talosVersion }));
      assert.equal(generate({ secrets: emptyOld, talosVersion }), generate({ secrets: old, talosVersion }));
    }
    assert.deepEqual(warningsOf({ secrets: empty }), []);
  });

  it("takes what talosctl v1.13.0 takes, and writes it as it does: twice the same name, a scheme in capitals", () => {
    const config = generate({
      kubernetesVersion: "1.33.4+x",
      additionalSans: ["a", "a"],
      registryMirrors: { a_b: ["HTTPS://u:p@m"] },
    });
    assert.match(config, /kubelet:v1\.33\.4\+x\n/);
    assert.match(config, / {4}certSANs:\n {8}- a\n {8}- a\n/);
    assert.match(config, /\nname: a_b\nendpoints:\n {4}- url: https:\/\/u:p@m\n/);
  });

  it("names every problem of its options at once", () => {
    assert.deepEqual(
      problemsOf({
        talosVersion: "v1.99",
        clusterEndpoint: "http://10.0.0.1:6443",
        machineType: "master",
        kubernetesVersion: "1.36",
        dnsDomain: "cluster local",
        certSANs: ["ok.example.org", "日本.example.org"],
        additionalSans: [""],
        registryMirrors: { "docker.io": ["mirror.example.org"], "a b": [] },
        installDisk: "/dev/ sda",
      }),
      [
        'ERR_VERSION_UNKNOWN talosVersion: "v1.99" is not a supported Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
        'ERR_ENDPOINT_INVALID clusterEndpoint: the control plane endpoint URL should have scheme https://; try "https://10.0.0.1:6443"',
        'ERR_INPUT_INVALID machineType: "master" is not a machine type; must be "controlplane" or "worker"',
        'ERR_INPUT_INVALID dnsDomain: "cluster local" is not a valid DNS name; must be one like cluster.local',
        "ERR_INPUT_INVALID installDisk: holds a space or another character that cannot be in it; must be something like /dev/sda",
        'ERR_INPUT_INVALID kubernetesVersion: "1.36" is not a Kubernetes version; must be one like 1.36.0',
        'ERR_INPUT_INVALID registryMirrors["docker.io"][0]: is not a URL; must be one like https://mirror.example.org',
        'ERR_INPUT_INVALID registryMirrors["a b"]: is not a registry host; must be one like docker.io',
        'ERR_SAN_INVALID certSANs[1]: "日本.example.org" cannot stand in a certificate; must be an IP address or a DNS name in ASCII (punycode)',
        "ERR_SAN_INVALID additionalSans[0]: is empty; must be an IP address or DNS name",
      ],
    );
  });

  it("asks for every option that it needs, by name", () => {
    const missing = (path: string): string => `ERR_INPUT_MISSING ${path}: is required; must be a string`;
    assert.deepEqual(problemsOf({ talosVersion: undefined }), [missing("talosVersion")]);
    const secretsPaths = [
      "cluster.id",
      "cluster.secret",
      "secrets.bootstrapToken",
      "trustdInfo.token",
      "certs.k8s.crt",
    ];
    assert.deepEqual(
      problemsOf({ secrets: {} }),
      [...secretsPaths, "certs.os.crt"].map((path) => missing(`secrets.${path}`)),
    );
    assert.deepEqual(
      problemsOf({
        secrets: undefined,
        clusterName: undefined,
        clusterEndpoint: undefined,
        machineType: undefined,
      }).slice(0, 3),
      ["clusterName", "clusterEndpoint", "machineType"].map(missing),
    );
  });

  it("asks for the whole bundle on a control plane", () => {
    assert.deepEqual(problemsOf({ secrets: secretsForMachine(secrets, "worker") }), [
      "ERR_INPUT_MISSING secrets.certs: lacks private keys that a control plane needs; give the whole secrets bundle",
    ]);
  });

  it("warns of what talosctl takes without a word", () => {
    assert.deepEqual(
      warningsOf({
        clusterEndpoint: "https://k8s.example.org",
        certSANs: ["10.0.0.1/24"],
        clusterName: "",
        kubeSpan: true,
        clusterDiscovery: false,
      }),
      [
        'clusterEndpoint: no port specified for the cluster endpoint URL, so clients take 443; Kubernetes on Talos listens on 6443, as in "https://k8s.example.org:6443"',
        "clusterName: is empty; give the name of the cluster",
        "kubeSpan: KubeSpan requires cluster discovery to be enabled; leave clusterDiscovery on",
        'certSANs[0]: "10.0.0.1/24" is neither an IP address nor a DNS name, so no client will match it; must be one like 10.0.0.1 or node.example.org',
      ],
    );
  });

  describe("with patches", () => {
    it("stays as it is when they say nothing", () => {
      assert.equal(generate({ configPatches: ["", "# nothing\n", "---\n---\n"] }), generate({}));
    });

    it("takes objects and text alike", () => {
      const object = { machine: { sysctls: { "net.core.somaxconn": 65535 } } };
      assert.equal(generate({ configPatches: [object] }), generate({ configPatches: [JSON.stringify(object)] }));
      assert.match(generate({ configPatches: [object] }), /\n {4}sysctls:\n {8}net\.core\.somaxconn: "65535"\n/);
    });

    it("applies a JSON patch to a config of one document and writes it like any other", () => {
      const patch = '[{"op": "add", "path": "/machine/certSANs/-", "value": "j.example.org"}]';
      assert.equal(
        generate({ talosVersion: "v1.11", configPatches: [patch] }),
        generate({ talosVersion: "v1.11", certSANs: ["j.example.org"] }),
      );
      assert.deepEqual(problemsOf({ configPatches: [patch] }), [
        "ERR_PATCH_INVALID configPatches[0]: JSON6902 patches are not supported for multi-document machine configuration; give a strategic merge patch",
      ]);
    });

    it("takes manifests of any size that a node takes, and what it makes of them can be patched again", () => {
      const manifest = (kibibytes: number, name: string): string =>
        `cluster:\n  inlineManifests:\n    - name: ${name}\n      contents: |\n${`        # ${"x".repeat(1013)}\n`.repeat(kibibytes)}`;
      for (const configPatches of [
        Array.from({ length: 6 }, (_, index) => manifest(240, `m${index}`)),
        [manifest(1300, "a")],
        [manifest(4000, "a")],
        [manifest(30_000, "a")],
      ]) {
        const config = generate({ configPatches });
        const again = patchMachineConfig(config, ["machine: {}"], { talosVersion: "v1.13" });
        assert.ok(again === config);
      }
    });

    it("rejects patches that make it longer than what a node takes", () => {
      const contents = "x\n".repeat(8 * 1024 * 1024);
      assert.deepEqual(problemsOf({ configPatches: [{ cluster: { inlineManifests: [{ name: "a", contents }] } }] }), [
        "ERR_CONFIG_INVALID configPatches: the patched config is longer than 32 MiB; no node takes more",
      ]);
    });

    it("names the patch, the line and the document that is wrong", () => {
      const patch = "machine: {}\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nnope: 1\n";
      assert.deepEqual(problemsOf({ configPatches: ["machine: {}", patch] }), [
        'ERR_PATCH_INVALID configPatches[1]: line 5 (document 2): unknown key "nope"; correct the patch',
      ]);
    });

    it("names everything that is wrong with every patch at once", () => {
      const first =
        "machine:\n  foo: 1\n  sysctls: []\n  bar: 2\n---\napiVersion: v1alpha1\nkind: HostnameConfig\nnope: 1\n";
      const right = "; correct the patch";
      const problems = [
        `ERR_PATCH_INVALID configPatches[0]: line 2 (document 1): unknown key "machine.foo"${right}`,
        `ERR_PATCH_INVALID configPatches[0]: line 3 (document 1): must be a map at machine.sysctls, found a list${right}`,
        `ERR_PATCH_INVALID configPatches[0]: line 4 (document 1): unknown key "machine.bar"${right}`,
        `ERR_PATCH_INVALID configPatches[0]: line 8 (document 2): unknown key "nope"${right}`,
        "ERR_PATCH_INVALID configPatches[2]: cannot be read as YAML at line 1; must be valid YAML, indented with spaces",
        `ERR_PATCH_INVALID configPatches[3].machine.baz: unknown key "machine.baz"${right}`,
      ];
      const configPatches = [first, "machine: {}", "a: [", { machine: { baz: 1 } }];
      assert.deepEqual(problemsOf({ configPatches }), problems);
      assert.deepEqual(problemsOf({ configPatches, kubernetesVersion: "x" }), [
        'ERR_INPUT_INVALID kubernetesVersion: "x" is not a Kubernetes version; must be one like 1.36.0',
        ...problems,
      ]);
      assert.deepEqual(problemsOf({ configPatches, talosVersion: "v1.99" }).slice(1), problems);
    });

    it("does not hold against a patch that one before it could not be applied", () => {
      const later = [{ op: "test", path: "/machine/new", value: 1 }];
      assert.equal(problemsOf({ configPatches: ["machine: {new: 1}", later] }).length, 1);
    });

    it("tells no more than twenty faults of one patch", () => {
      const machine = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x${index}`, 1]));
      assert.equal(problemsOf({ configPatches: [{ machine }] }).length, 20);
    });

    it("rejects a CIDR that is none, in either layout", () => {
      assert.deepEqual(problemsOf({ configPatches: [{ cluster: { network: { podSubnets: ["10.0.0.0/33"] } } }] }), [
        "ERR_PATCH_INVALID configPatches[0].cluster.network.podSubnets[0]: holds something else than a CIDR; must be one like 10.244.0.0/16",
      ]);
      const document = { apiVersion: "v1alpha1", kind: "KubeNetworkConfig", podSubnets: ["10.0.0.0/33"] };
      assert.deepEqual(problemsOf({ talosVersion: "v1.14", configPatches: [document] }), [
        "ERR_PATCH_INVALID configPatches[0].podSubnets[0]: not a CIDR such as 10.0.0.0/8; correct the patch",
      ]);
    });

    it("refuses to put a private key of a CA into a worker's config", () => {
      const patch = { machine: { ca: { crt: base64(secrets.certs.os.crt), key: base64(secrets.certs.os.key) } } };
      assert.deepEqual(problemsOf({ machineType: "worker", configPatches: [patch] }), [
        "ERR_CONFIG_INVALID configPatches[0].machine.ca.key: a private key of the control plane is not allowed on a worker; give the certificate only",
      ]);
    });

    it("warns of a section that Talos 1.14 rejects beside its document", () => {
      assert.deepEqual(
        warningsOf({ talosVersion: "v1.14", configPatches: [{ machine: { kubelet: { extraArgs: { v: "4" } } } }] }),
        [
          "configPatches[0].machine.kubelet: cannot be set together with the document KubeletConfig; patch the document instead",
        ],
      );
    });
  });
});
