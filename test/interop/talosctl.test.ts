import { strict as assert } from "node:assert";

import { readFileSync } from "node:fs";

import { Cluster, clusterEndpoint, clusterName, contracts } from "./support/cluster";
import { needJudge, talosctl } from "./support/judge";

describe("the real talosctl", () => {
  needJudge();

  for (const talosVersion of contracts) {
    it(`makes from our bundle of ${talosVersion} the machine configs that we make`, async () => {
      const cluster = await Cluster.make(talosVersion);
      const { folder } = cluster;
      const options = ["--kubernetes-version", "1.31.1", "--install-image", "ghcr.io/siderolabs/installer:v1.13.0"];
      const plain = ["--with-docs=false", "--with-examples=false", "--talos-version", talosVersion];
      const from = ["--with-secrets", cluster.secretsYaml, "-o", folder.at("theirs")];
      await talosctl("gen", "config", clusterName, clusterEndpoint, ...from, ...options, ...plain);
      for (const type of ["controlplane", "worker"] as const) {
        const theirs = readFileSync(folder.at(`theirs/${type}.yaml`), "utf8");
        assert.equal(readFileSync(cluster.config(type), "utf8"), theirs);
      }
    });
  }

  it("finds our bundle again in our control plane config", async () => {
    const cluster = await Cluster.make();
    const found = cluster.folder.at("found.yaml");
    await talosctl("gen", "secrets", "--from-controlplane-config", cluster.config("controlplane"), "-o", found);
    assert.equal(readFileSync(found, "utf8"), readFileSync(cluster.secretsYaml, "utf8"));
  });
});
