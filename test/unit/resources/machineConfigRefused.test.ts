import assert from "node:assert/strict";

import { bundleTree } from "../../../provider/core/secrets/read";
import { UNKNOWN } from "../../../provider/engine/wire";
import type { Values } from "../../../provider/engine/values";
import { MachineConfig } from "../../../provider/resources/machineConfig";
import { Managed, testHost } from "../support/engine";
import { vector } from "../support/fixed";
import { readVectorBundle } from "../vectors/vectors";

// After the vectors were made.
const host = testHost("2026-12-01T00:00:00Z");
const bundle = readVectorBundle("bundles/v1.13.yaml");
const secretsYaml = vector("bundles/v1.13.yaml");
const base = { clusterName: "prod", clusterEndpoint: "https://10.0.0.1:6443" } as const;

const preview = async (more: Values): Promise<readonly string[]> => {
  const args = { ...base, secrets: secretsYaml, machineType: "worker", talosVersion: "v1.13", ...more };
  return (await new Managed(MachineConfig, host).preview(args)).problems;
};

describe("A MachineConfig is rejected", () => {
  it("with everything that is wrong told at once", async () => {
    assert.deepEqual(
      await preview({
        secrets: "x",
        clusterEndpoint: "http://10.0.0.1:6443",
        machineType: "init",
        talosVersion: "v1.99",
        kubernetesVersion: "latest",
        certSANs: "a",
        acceptedCAs: [5, bundle.certs.os.key],
        registryMirrors: { "docker.io": [] },
        kubespan: true,
      }),
      [
        "ERR_INPUT_UNKNOWN kubespan: is not a property of this resource; did you mean kubeSpan?",
        'ERR_INPUT_INVALID machineType: is "init"; must be one of "controlplane", "worker"',
        "ERR_INPUT_INVALID certSANs: is a string; must be a list (each a string)",
        "ERR_INPUT_INVALID secrets: holds no secrets bundle; must be a TalosSecrets, its output `secrets`, or the content of a talosctl gen secrets file",
        "ERR_INPUT_INVALID acceptedCAs[0]: is not a CA; must be PEM text or an AcceptedCA",
        "ERR_PRIVATE_KEY_GIVEN acceptedCAs[1]: holds a private key; must be certificates only",
        'ERR_VERSION_UNKNOWN talosVersion: "v1.99" is not a supported Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
        'ERR_ENDPOINT_INVALID clusterEndpoint: the control plane endpoint URL should have scheme https://; try "https://10.0.0.1:6443"',
        'ERR_INPUT_INVALID kubernetesVersion: "latest" is not a Kubernetes version; must be one like 1.36.0',
        'ERR_INPUT_INVALID registryMirrors["docker.io"]: has no URL; must be one like https://mirror.example.org',
      ],
    );
  });

  it("with what is wrong of options and of every patch told at once", async () => {
    const configPatches = ["a: [", "machine: {foo: 1, bar: 2}", [{ op: "remove", path: "/machine" }]];
    const problems = await preview({ kubernetesVersion: "x", configPatches });
    assert.equal(problems.length, 5, problems.join("\n"));
    assert.match(problems[0]!, /kubernetesVersion: "x" is not a Kubernetes version/);
    assert.match(problems[1]!, /configPatches\[0\]: .*line 1/);
    assert.match(problems[2]!, /configPatches\[1\]: line 1: unknown key "machine\.foo"/);
    assert.match(problems[3]!, /configPatches\[1\]: line 1: unknown key "machine\.bar"/);
    assert.match(problems[4]!, /configPatches\[2\]: JSON6902 patches are not supported/);
    assert.match(
      (await preview({ kubernetesVersion: "x", configPatches: configPatches.slice(2) })).join("\n"),
      /kubernetesVersion: .*\n.*configPatches\[0\]: JSON6902 patches are not supported/,
    );
  });

  it("without what it needs", async () => {
    const { problems } = await new Managed(MachineConfig, host).preview({});
    assert.deepEqual(problems, [
      "ERR_INPUT_MISSING secrets: is required; must be any value",
      "ERR_INPUT_MISSING clusterName: is required; must be a string",
      "ERR_INPUT_MISSING clusterEndpoint: is required; must be a string",
      'ERR_INPUT_MISSING machineType: is required; must be one of "controlplane", "worker"',
    ]);
  });

  it("of a bundle that lacks what the machine needs, and of nothing else that it lacks", async () => {
    const required = (path: string): string =>
      `ERR_INPUT_MISSING secrets.${path}: is required; must be the bundle of a cluster`;
    const paths = [
      "cluster.id",
      "cluster.secret",
      "secrets.bootstraptoken",
      "trustdinfo.token",
      "certs.k8s.crt",
      "certs.os.crt",
    ];
    assert.deepEqual(await preview({ secrets: {} }), paths.map(required));
    const { os: _, ...certs } = bundle.certs;
    const worker = bundleTree({ ...bundle, certs: { ...certs, os: { crt: bundle.certs.os.crt } } }, "talosctl");
    assert.deepEqual(await preview({ secrets: worker }), []);
    assert.deepEqual(await preview({ secrets: worker, machineType: "controlplane" }), [
      "ERR_INPUT_MISSING secrets.certs.os.key: is required; must be what talosctl writes there",
    ]);
    assert.deepEqual(await preview({ secrets: vector("broken/key-mismatch.yaml"), machineType: "controlplane" }), [
      "ERR_KEY_MISMATCH secrets.certs.k8s.key: does not belong to the certificate beside it; must be the pair of one CA",
    ]);
    assert.deepEqual(await preview({ secrets: vector("broken/not-a-ca.yaml") }), [
      "ERR_NOT_A_CA secrets.certs.os.crt: is not a CA (basicConstraints lacks CA:TRUE); must be the certificate of a CA",
    ]);
  });

  it("of a worker's secrets that smuggle a private key in a certificate", async () => {
    const pair = { crt: bundle.certs.os.crt + bundle.certs.os.key, key: bundle.certs.os.key };
    const secrets = bundleTree({ ...bundle, certs: { ...bundle.certs, os: pair } }, "talosctl");
    for (const machineType of ["worker", "controlplane"])
      assert.deepEqual(await preview({ secrets, machineType }), [
        "ERR_PRIVATE_KEY_GIVEN secrets.certs.os.crt: holds a private key beside the certificate; must be the certificate",
      ]);
  });

  const patches: [string, unknown[], RegExp[]][] = [
    ["that is no YAML", ["machine: ["], [/^ERR_PATCH_INVALID configPatches\[0\]: .*line 1/]],
    [
      "with an unknown key, by line and document",
      [{ machine: {} }, "machine: {}\n---\nmachine:\n  colour: red\n"],
      [/^ERR_PATCH_INVALID configPatches\[1\]: line 4 \(document 2\): .*colour/],
    ],
    [
      "with a CIDR that is none, by line",
      ["cluster:\n  network:\n    podSubnets: [10.0.0.0/33]\n"],
      [/^ERR_PATCH_INVALID configPatches\[0\]: line 3: cluster\.network\.podSubnets: .*CIDR/],
    ],
    [
      "of an unknown document",
      ["apiVersion: v1alpha1\nkind: Nothing\n"],
      [/^ERR_PATCH_INVALID configPatches\[0\]: .*Nothing/],
    ],
  ];
  for (const [what, configPatches, expected] of patches) {
    for (const secrets of [secretsYaml, UNKNOWN]) {
      const known = secrets === UNKNOWN ? "as long as the secrets are not known" : "when all is known";
      for (const machineType of ["worker", "controlplane", UNKNOWN]) {
        it(`in preview for a patch ${what}, ${known}, of type ${machineType === UNKNOWN ? "unknown" : machineType}`, async () => {
          for (const talosVersion of ["v1.13", UNKNOWN]) {
            const problems = await preview({ configPatches, secrets, machineType, talosVersion });
            assert.equal(problems.length, expected.length, problems.join("\n"));
            expected.forEach((pattern, index) => {
              assert.match(problems[index]!, pattern);
            });
          }
        });
      }
    }
  }

  it("not while it may still turn out right: what a patch deletes may come with the secrets", async () => {
    const configPatches = ["machine:\n  acceptedCAs:\n    - crt: eA==\n      $patch: delete\n"];
    assert.deepEqual(await preview({ configPatches, secrets: UNKNOWN }), []);
    assert.match((await preview({ configPatches })).join(), /lookup failed/);
  });

  it("not while it may still turn out right: a document that only some versions know", async () => {
    const configPatches = ["apiVersion: v1alpha1\nkind: KubeletConfig\n"];
    assert.match((await preview({ configPatches, secrets: UNKNOWN })).join(), /KubeletConfig/);
    assert.deepEqual(await preview({ configPatches, secrets: UNKNOWN, talosVersion: undefined }), []);
    assert.deepEqual(await preview({ kubernetesVersion: "", secrets: UNKNOWN, talosVersion: undefined }), []);
  });

  it("with a warning of what Talos's validation rejects, whether a preview knows the secrets or not", async () => {
    const configPatches = [{ machine: { network: { hostname: "cp-1" } } }];
    for (const secrets of [secretsYaml, UNKNOWN]) {
      const args = { ...base, secrets, machineType: "worker", talosVersion: "v1.13", configPatches };
      const { problems, notices } = await new Managed(MachineConfig, host).preview(args);
      assert.deepEqual(problems, []);
      assert.ok(
        notices.some((notice) => /^configPatches\[0\].*hostname/i.test(notice)),
        notices.join("\n"),
      );
    }
  });
});
