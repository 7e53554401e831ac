import assert from "node:assert/strict";

import { checkMachineConfigOptions } from "../../../provider/core/config/checkOptions";
import { formatMachineConfig, generateMachineConfig } from "../../../provider/core/config/machineConfig";
import type { MachineConfigOptions } from "../../../provider/core/config/machineConfigOptions";
import { schemaVersionOf, patchConfigText } from "../../../provider/core/machinery/patch";
import { PkiError } from "../../../provider/core/errors";
import { parseTalosVersion } from "../../../provider/core/talosVersion";
import {
  type Arguments,
  firstDifference,
  parseArguments,
  readPatch,
  readVectorBundle,
  readVectorFile,
  type Vector,
  vectorsOf,
} from "./vectors";

/** What a talosctl of one version writes when nothing is pinned, whatever the contract. */
const DEFAULTS_OF: Readonly<Record<string, { kubernetesVersion: string; installImage: string }>> = {
  "v1.13.0": { kubernetesVersion: "1.36.0", installImage: "ghcr.io/siderolabs/installer:v1.13.0" },
  "v1.14.1": {
    kubernetesVersion: "1.37.0",
    installImage:
      "factory.talos.dev/metal-installer/376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba:v1.14.1",
  },
};

type MachineType = MachineConfigOptions["machineType"];

function typesOf({ flags }: Arguments): MachineType[] {
  const types = (flags.get("--output-types")?.[0] ?? "controlplane,worker").split(",");
  return types.filter((type): type is MachineType => type === "controlplane" || type === "worker");
}

function optionsOf(vector: Vector, { positional, flags }: Arguments, machineType: MachineType): MachineConfigOptions {
  const one = (name: string): string | undefined => flags.get(name)?.at(-1);
  const mirrors: Record<string, string[]> = {};
  for (const mirror of (flags.get("--registry-mirror") ?? []).flatMap((text) => text.split(","))) {
    const [host, url] = mirror.split("=") as [string, string];
    (mirrors[host] ??= []).push(url);
  }
  const texts = { "--dns-domain": "dnsDomain", "--install-disk": "installDisk" } as const;
  const named = Object.fromEntries(
    Object.entries(texts).flatMap(([flag, name]) => (one(flag) === undefined ? [] : [[name, one(flag)!]])),
  );
  const ownPatches = machineType === "worker" ? "--config-patch-worker" : "--config-patch-control-plane";
  const defaults = DEFAULTS_OF[vector.talosctl[0]!]!;
  return {
    ...named,
    secrets: readVectorBundle(one("--with-secrets")!),
    clusterName: positional[0]!,
    clusterEndpoint: positional[1]!,
    machineType,
    talosVersion: one("--talos-version") ?? vector.talosctl[0]!,
    kubernetesVersion: one("--kubernetes-version") ?? defaults.kubernetesVersion,
    installImage: one("--install-image") ?? defaults.installImage,
    additionalSans: (flags.get("--additional-sans") ?? []).flatMap((text) => text.split(",")),
    registryMirrors: mirrors,
    kubeSpan: one("--with-kubespan") === "true",
    clusterDiscovery: one("--with-cluster-discovery") !== "false",
    configPatches: [...(flags.get("--config-patch") ?? []), ...(flags.get(ownPatches) ?? [])].map(readPatch),
  };
}

/** Where this package does otherwise than talosctl, and what it does. */
const REFUSED: Readonly<Record<string, { code: string; message: string }>> = {
  "contract-newer-than-tool": {
    code: "ERR_VERSION_UNKNOWN",
    message:
      'talosVersion: "v1.99" is not a supported Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
  },
  "secretbox-bundle-v1.2": {
    code: "ERR_CONFIG_INVALID",
    message:
      "secrets.secrets.secretboxEncryptionSecret: holds a secretbox key, which Talos v1.2 does not read; must be an AES-CBC key or a newer talosVersion",
  },
};

const CARRIED: Readonly<Record<string, (talosctl: string) => string>> = {
  "aescbc-bundle-v1.13": (talosctl) => {
    const secret = readVectorBundle("bundles/v1.2-aescbc.yaml").secrets.aescbcEncryptionSecret!;
    return talosctl.replace(/(\ncluster:\n(?:.*\n)*? {4}token: .*\n)/, `$1    aescbcEncryptionSecret: ${secret}\n`);
  },
  "aescbc-bundle-v1.14": (talosctl) =>
    talosctl.replace(/- secretbox:\n((?: {16,}.*\n)+)/, "- aescbc:\n$1            - identity: {}\n"),
};

/** The same error, in the words of this package. */
const ERRORS: Readonly<Record<string, { code: string; message: string }>> = {
  "contract-spelling-3": {
    code: "ERR_VERSION_UNKNOWN",
    message:
      'talosVersion: "vfoo" is not a Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
  },
  "contract-spelling-4": {
    code: "ERR_VERSION_UNKNOWN",
    message:
      'talosVersion: "v1" is not a Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
  },
  "contract-spelling-5": {
    code: "ERR_VERSION_UNKNOWN",
    message:
      'talosVersion: "1.12x" is not a Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
  },
  "k8s-version-empty-v1.14": {
    code: "ERR_INPUT_INVALID",
    message:
      "kubernetesVersion: kubernetes version must be specified; leave it out for the default or give one like 1.37.0",
  },
  "mirror-bad": {
    code: "ERR_INPUT_INVALID",
    message: 'registryMirrors["docker.io"][0]: is not a URL; must be one like https://mirror.example.org',
  },
  "endpoint-bad-0": {
    code: "ERR_ENDPOINT_INVALID",
    message: 'clusterEndpoint: the control plane endpoint URL should have scheme https://; try "https://10.0.0.1:6443"',
  },
  "endpoint-bad-1": {
    code: "ERR_ENDPOINT_INVALID",
    message: 'clusterEndpoint: no scheme specified for the cluster endpoint URL; try "https://10.0.0.1:6443"',
  },
  "endpoint-bad-2": {
    code: "ERR_ENDPOINT_INVALID",
    message: 'clusterEndpoint: no scheme and port specified for the cluster endpoint URL; try "https://10.0.0.1:6443"',
  },
  "endpoint-bad-3": {
    code: "ERR_ENDPOINT_INVALID",
    message:
      'clusterEndpoint: no scheme and port specified for the cluster endpoint URL; try "https://k8s.example.org:6443"',
  },
  "endpoint-bad-4": {
    code: "ERR_ENDPOINT_INVALID",
    message:
      'clusterEndpoint: error validating the cluster endpoint URL: hostname must not be blank; try "https://10.0.0.1:6443"',
  },
  "endpoint-bad-5": {
    code: "ERR_ENDPOINT_INVALID",
    message:
      'clusterEndpoint: error validating the cluster endpoint URL: port number must be between 1 and 65535; try "https://10.0.0.1:6443"',
  },
  "endpoint-bad-6": {
    code: "ERR_ENDPOINT_INVALID",
    message: 'clusterEndpoint: no scheme and port specified for the cluster endpoint URL; try "https://10.0.0.1:6443"',
  },
};

/** Not about what this package takes: another flag, or a difference of the tool and not of the contract. */
const NOT_OURS = ["types-bad", "k8s-version-empty-v1.13-t1.14"];

/** The generated config; contracts before v1.6 are read inside only. */
function generate(options: MachineConfigOptions): string {
  if (!/^v1\.[0-5]$/.test(options.talosVersion)) return generateMachineConfig(options).machineConfig;
  const { input, problems } = checkMachineConfigOptions(options, 0);
  if (input === undefined) throw PkiError.of(problems);
  return formatMachineConfig(input, options.configPatches ?? []).machineConfig;
}

/** talosctl patches by its own version, this package by the contract; where they part the vector is told apart. */
function expectedOf(vector: Vector, options: MachineConfigOptions): string {
  const { configPatches = [], ...rest } = options;
  const schemaVersion = schemaVersionOf(parseTalosVersion(options.talosVersion, "", 0));
  const tool = vector.talosctl[0]!.slice(1, 5) as "1.13" | "1.14";
  if (configPatches.length === 0 || schemaVersion === tool) return generate(options);
  return patchConfigText(generate(rest), configPatches, tool);
}

describe("the vectors of talosctl gen config", () => {
  const vectors = vectorsOf("gen", "config").filter(({ id }) => !NOT_OURS.includes(id));

  it("are all there", () => {
    assert.equal(vectors.length, 86);
  });

  for (const vector of vectors) {
    const args = parseArguments(vector.args.slice(2));
    for (const type of typesOf(args)) {
      const expectedError = vector.exit === 0 ? REFUSED[vector.id] : ERRORS[vector.id];
      if (expectedError !== undefined || vector.exit !== 0) {
        it(`${vector.id}: the ${type} config is rejected`, () => {
          assert.throws(
            () => generate(optionsOf(vector, args, type)),
            (error) =>
              error instanceof PkiError &&
              error.code === expectedError?.code &&
              error.message === expectedError.message,
          );
        });
        continue;
      }
      it(`${vector.id}: the ${type} config is ${vector.id in CARRIED ? "that of talosctl with the encryption key carried" : "the same to the byte"}`, () => {
        const output = vector.outputs.find(({ path }) => path.endsWith(`${type}.yaml`));
        assert.ok(output?.stable);
        const written = readVectorFile(output.path);
        const expected = CARRIED[vector.id]?.(written) ?? written;
        assert.notEqual(CARRIED[vector.id]?.(written), written);
        const actual = expectedOf(vector, optionsOf(vector, args, type));
        assert.ok(actual === expected, firstDifference(actual, expected));
      });
    }
  }
});
