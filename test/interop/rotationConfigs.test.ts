import { strict as assert } from "node:assert";

import type { MachineType } from "../../provider/core/config/machineSecrets";
import { firstDifference } from "../unit/vectors/vectors";
import { BACK, FORTH, RotatingConfigs } from "../unit/support/rotation";

import { parseSecretsBundle, formatSecretsBundle } from "../../provider/core/secrets/codec";
import { STAGED } from "../../provider/core/secrets/inventory";
import { askMachinery, needMachinery, type MachineryVersion } from "./differential/machinery";
import { askValidator, needValidator } from "./differential/validator";
import { assertAccepted, Folder, judgeConfig, needJudge, talosctl } from "./support/judge";

const CONTRACTS: Readonly<Record<MachineryVersion, readonly string[]>> = {
  "1.13": ["v1.7", "v1.10", "v1.13"],
  "1.14": ["v1.14"],
};
const TYPES = ["controlplane", "worker"] as const satisfies MachineType[];
const STAGES = [
  ["forth", FORTH],
  ["back", BACK],
] as const;

/** What `talosctl rotate-ca` patches into a config, as a strategic merge. */
function trustPatches(stack: RotatingConfigs, version: MachineryVersion): string[] {
  const base64 = (pem: string): object => ({ crt: Buffer.from(pem).toString("base64") });
  const os = stack.authorities("os").accepted;
  const kubernetes = stack.authorities("kubernetes").accepted;
  const inDocument = version === "1.14";
  const patches = [
    os.length === 0 ? [] : [{ machine: { acceptedCAs: os.map(base64) } }],
    kubernetes.length === 0 || inDocument ? [] : [{ cluster: { acceptedCAs: kubernetes.map(base64) } }],
    kubernetes.length === 0 || !inDocument
      ? []
      : [{ apiVersion: "v1alpha1", kind: "KubeAPIServerCAConfig", acceptedCAs: kubernetes }],
  ];
  return patches.flat().map((patch) => JSON.stringify(patch));
}

for (const version of ["1.13", "1.14"] as const) {
  describe(`The configs of a rotation of both CAs, and the machinery of Talos ${version}`, function () {
    this.timeout(600_000);
    const machinery = needMachinery(version);

    for (const talosVersion of CONTRACTS[version]) {
      for (const [way, stages] of STAGES) {
        it(`are byte for byte the same at every stage of ${talosVersion}, ${way}`, async () => {
          const stack = await RotatingConfigs.create(talosVersion);
          for (const stage of stages) {
            await stack.up(talosVersion, stage);
            const questions = TYPES.map((machineType) => ({
              secrets: String(stack.secrets.outputs["secretsYaml"]),
              clusterName: "prod",
              endpoint: "https://10.0.0.1:6443",
              machineType,
              talosVersion,
              kubernetesVersion: "1.36.0",
              dnsDomain: "cluster.local",
              installDisk: "/dev/sda",
              installImage: "example.org/installer:1",
              clusterDiscovery: true,
              patches: trustPatches(stack, version),
            }));
            askMachinery(machinery(), questions).forEach(({ config, error }, index) => {
              assert.equal(error, undefined);
              const ours = stack.machineConfig(TYPES[index]!);
              assert.ok(ours === config, `${stage}, ${TYPES[index]}: ${firstDifference(ours, config)}`);
            });
          }
        });
      }
    }
  });
}

/** What makes Talos trust both etcd CAs, aggregator CAs and service account keys: PEM behind PEM, and what no bundle has. */
function fiveQuestion(stack: RotatingConfigs, version: MachineryVersion): { secrets: string; patches: string[] } {
  const { bundle } = parseSecretsBundle(String(stack.secrets.outputs["secretsYaml"]), { now: new Date(0) });
  const { rotationSecrets, acceptedCAs } = stack.secrets.outputs as {
    rotationSecrets: { serviceAccount?: { privateKeyPem: string } };
    acceptedCAs: { serviceAccount: string[] };
  };
  const { etcd, k8sAggregator, k8sServiceAccount } = bundle.certs;
  const others = { etcd: stack.authorities("etcd").accepted, aggregator: stack.authorities("aggregator").accepted };
  const key = rotationSecrets.serviceAccount?.privateKeyPem;
  const isModern = version === "1.14";
  const certs = {
    ...bundle.certs,
    etcd: { ...etcd, crt: etcd.crt + others.etcd.join("") },
    ...(isModern
      ? {}
      : {
          k8sAggregator: { ...k8sAggregator, crt: k8sAggregator.crt + others.aggregator.join("") },
          k8sServiceAccount: { key: k8sServiceAccount.key + (key ?? "") },
        }),
  };
  const directory = "/system/secrets/kubernetes/kube-apiserver";
  const mount = {
    hostPath: `${directory}/service-account.key`,
    mountPath: `${directory}/service-account.pub`,
    readonly: true,
  };
  const documents = [
    { kind: "KubeAggregatorCAConfig", acceptedCAs: others.aggregator },
    { kind: "KubeServiceAccountConfig", accepted: { publicKeys: acceptedCAs.serviceAccount } },
  ];
  const patches = isModern
    ? documents.map((document) => ({ apiVersion: "v1alpha1", ...document }))
    : [{ cluster: { apiServer: { extraVolumes: [mount] } } }];
  return {
    secrets: formatSecretsBundle({ ...bundle, certs }),
    patches: [
      ...trustPatches(stack, version),
      ...(key === undefined ? [] : patches.map((patch) => JSON.stringify(patch))),
    ],
  };
}

for (const version of ["1.13", "1.14"] as const) {
  describe(`The control plane's configs of a rotation of all five, and the machinery of Talos ${version}`, function () {
    this.timeout(600_000);
    const machinery = needMachinery(version);

    for (const talosVersion of CONTRACTS[version]) {
      it(`are byte for byte the same at every stage of ${talosVersion}`, async () => {
        const stack = await RotatingConfigs.create(talosVersion, {}, STAGED);
        for (const stage of FORTH) {
          await stack.up(talosVersion, stage);
          const question = {
            ...fiveQuestion(stack, version),
            clusterName: "prod",
            endpoint: "https://10.0.0.1:6443",
            machineType: "controlplane" as const,
            talosVersion,
            kubernetesVersion: "1.36.0",
            dnsDomain: "cluster.local",
            installDisk: "/dev/sda",
            installImage: "example.org/installer:1",
            clusterDiscovery: true,
          };
          const [answer] = askMachinery(machinery(), [question]);
          assert.equal(answer?.error, undefined);
          const ours = stack.machineConfig("controlplane");
          assert.ok(ours === answer?.config, `${stage}: ${firstDifference(ours, String(answer?.config))}`);
        }
      });
    }
  });
}

for (const minor of [7, 8, 9, 10, 11, 12, 13, 14]) {
  describe(`The configs of a rotation of all five, and the validation of Talos 1.${minor}`, function () {
    this.timeout(600_000);
    const validator = needValidator(minor);

    it("are accepted at every stage, of each role and in each mode", async () => {
      const talosVersion = `v1.${minor}`;
      const stack = await RotatingConfigs.create(talosVersion, {}, STAGED);
      for (const stage of FORTH) {
        await stack.up(talosVersion, stage);
        const questions = TYPES.map((type) => ({
          config: stack.machineConfig(type),
          modes: ["metal", "cloud"] as const,
        }));
        for (const { unreadable, rejected } of askValidator(validator(), questions)) {
          assert.equal(unreadable, undefined, stage);
          assert.deepEqual([rejected?.metal ?? [], rejected?.cloud ?? []], [[], []], stage);
        }
      }
    });
  });
}

describe("The configs of a rotation of both CAs, and talosctl validate", function () {
  this.timeout(120_000);
  needJudge();

  for (const talosVersion of CONTRACTS["1.13"]) {
    it(`are accepted at every stage of ${talosVersion}`, async () => {
      const folder = new Folder();
      const stack = await RotatingConfigs.create(talosVersion);
      for (const stage of [...FORTH]) {
        await stack.up(talosVersion, stage);
        for (const type of TYPES) {
          const path = folder.write(`${stage}-${type}.yaml`, stack.machineConfig(type));
          assertAccepted(await judgeConfig(path, { mode: "metal" }));
          await talosctl("validate", "--config", path, "--mode", "metal", "--strict");
        }
      }
    });
  }
});
