import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

import { systemHost } from "../../provider/adapters/systemHost";
import { nodeConfigHash } from "../../provider/core/nodes/nodeConfig";
import { fingerprintOf, parseCertificate } from "../../provider/core/x509/certificate";
import { type ChangeResult, Operations } from "../../provider/engine/operations";
import { isPlainObject, type Values } from "../../provider/engine/values";
import { ConfigurationApply } from "../../provider/resources/configurationApply";
import { Cluster } from "./support/cluster";
import { needJudge, type Node, startNode, stopNodes } from "./support/judge";

describe("ConfigurationApply on a real apid", function () {
  this.timeout(60_000);
  needJudge();

  let cluster: Cluster;
  let node: Node;
  let inputs: Values;
  let created: ChangeResult;
  const operations = new Operations(ConfigurationApply, systemHost);

  before("start it, and apply a config with a patch", async () => {
    cluster = await Cluster.make();
    const config = cluster.config("controlplane");
    node = await startNode({ config, type: "controlplane" });
    const checked = await operations.check(
      {},
      {
        node: node.endpoint,
        secrets: readFileSync(cluster.secretsYaml, "utf8"),
        machineConfig: readFileSync(config, "utf8"),
        configPatches: ["machine: {sysctls: {net.core.somaxconn: '65535'}}"],
        // The judge has no MachineStatus, which tells a reboot.
        applyMode: "no_reboot",
        timeouts: { create: "20s" },
      },
    );
    assert.deepEqual(checked.problems, []);
    inputs = checked.inputs;
    created = await operations.create(inputs);
  });

  after("stop it", stopNodes);

  it("gives it the config, as talosctl sees it", async () => {
    const seen = await node.talosctl(["get", "machineconfig", "v1alpha1", "-o", "yaml"], await cluster.client("admin"));
    assert.equal(seen.code, 0, seen.stderr);
    assert.match(seen.stdout, /net\.core\.somaxconn: "?65535/);
  });

  it("outputs what it has proved: the config, and the certificate that the node serves", async () => {
    const { appliedMode, talosVersion, configHash, liveHash, serverCertificate } = created.outputs;
    assert.deepEqual({ appliedMode, talosVersion }, { appliedMode: "no_reboot", talosVersion: "v1.13.0" });
    assert.equal(liveHash, configHash);
    assert.notEqual(configHash, nodeConfigHash(readFileSync(cluster.config("controlplane"), "utf8")));
    assert.ok(isPlainObject(serverCertificate));
    const { fingerprint, issuerFingerprint } = serverCertificate;
    assert.equal(fingerprint, fingerprintOf((await node.serverCertificate()).raw));
    assert.equal(issuerFingerprint, parseCertificate(cluster.bundle.certs.os.crt, "").fingerprint);
  });

  it("sends nothing to a node that has the config already", async () => {
    const again = await operations.update(created.outputs, inputs);
    assert.equal(again.outputs["appliedMode"], "none");
  });

  it("finds no drift in a refresh, and a drift after another hand's change", async () => {
    const same = await operations.read(created.outputs);
    assert.deepEqual(same.reports, []);
    assert.equal(same.outputs?.["liveHash"], created.outputs["configHash"]);
    await node.applyConfig(cluster.config("controlplane"), await cluster.client("admin"));
    const drifted = await operations.read(created.outputs);
    assert.equal(drifted.reports.length, 1);
    assert.notEqual(drifted.outputs?.["liveHash"], created.outputs["configHash"]);
    assert.equal((await operations.diff(drifted.outputs ?? {}, inputs)).changes, true);
  });
});
