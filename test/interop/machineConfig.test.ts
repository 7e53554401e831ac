import { strict as assert } from "node:assert";

import { Cluster, contracts } from "./support/cluster";
import type { ConfigOptions } from "./support/cluster";
import { assertAccepted, judgeConfig, needJudge, talosctl } from "./support/judge";
import type { Origin } from "./support/judge";

const machineTypes = ["controlplane", "worker"] as const;

const variants: [string, ConfigOptions, Partial<Origin>][] = [
  ["plain", {}, {}],
  ["additional SANs", { additionalSans: ["10.0.0.9", "api.example.org"] }, { sans: ["10.0.0.9", "api.example.org"] }],
  ["a DNS domain of its own", { dnsDomain: "example.internal" }, { dnsDomain: "example.internal" }],
  ["KubeSpan", { kubeSpan: true }, { kubeSpan: true }],
  ["no discovery", { clusterDiscovery: false }, { clusterDiscovery: false }],
  [
    "another disk and image",
    { installDisk: "/dev/vda", installImage: "example.org/i:1" },
    { installDisk: "/dev/vda", installImage: "example.org/i:1" },
  ],
];

describe("Talos accepts our machine configs", () => {
  needJudge();

  for (const talosVersion of contracts) {
    it(`of contract ${talosVersion}, byte for byte what it generates from our bundle`, async () => {
      const cluster = await Cluster.make(talosVersion);
      for (const type of machineTypes) {
        for (const [name, options, origin] of variants) {
          const verdict = await judgeConfig(cluster.config(type, options), { origin: cluster.origin(type, origin) });
          assertAccepted(verdict);
          assert.equal(verdict.facts["bytes-equal"], true, `${type}, ${name}`);
        }
      }
    });
  }

  it("on metal, in the cloud and in a container", async () => {
    const cluster = await Cluster.make();
    for (const type of machineTypes) {
      for (const mode of ["metal", "cloud", "container"] as const) {
        const path = cluster.config(type);
        await talosctl("validate", "--config", path, "--mode", mode, "--strict");
        assertAccepted(await judgeConfig(path, { mode }));
      }
    }
  });

  it("when they are patched as talosctl patches", async () => {
    const cluster = await Cluster.make();
    const patch = JSON.stringify({
      machine: { sysctls: { "vm.swappiness": "1" } },
      cluster: { proxy: { disabled: true } },
    });
    for (const type of machineTypes) {
      const path = cluster.config(type, { configPatches: [patch] });
      assertAccepted(await judgeConfig(path, { origin: cluster.origin(type, { patches: [patch] }) }));
    }
  });
});
