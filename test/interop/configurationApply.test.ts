import { strict as assert } from "node:assert";
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";

import { createEnvironment } from "../../provider/core/environment";
import { systemHost } from "../../provider/adapters/systemHost";
import { Operations } from "../../provider/engine/operations";
import type { Values } from "../../provider/engine/values";
import { ConfigurationApply } from "../../provider/resources/configurationApply";
import { Cluster } from "./support/cluster";
import { needJudge, type Node, startNode, stopNodes } from "./support/judge";

describe("ConfigurationApply on a real apid", function () {
  this.timeout(60_000);
  needJudge();
  let cluster: Cluster;
  let node: Node;
  const said: string[] = [];
  const operations = new Operations(ConfigurationApply, { ...systemHost, environment: createEnvironment(webcrypto, () => new Date()) });
  const call = { progress: (line: string) => void said.push(line) };
  before(async () => {
    cluster = await Cluster.make();
    node = await startNode({ config: cluster.config("controlplane"), type: "controlplane" });
  });
  after(stopNodes);

  it("applies", async () => {
    const inputs: Values = {
      node: node.endpoint,
      secrets: readFileSync(cluster.secretsYaml, "utf8"),
      machineConfig: readFileSync(cluster.config("controlplane"), "utf8"),
      configPatches: ["machine: {sysctls: {a.b: '1'}}"],
      applyMode: "no_reboot",
      timeouts: { create: "20s" },
    };
    const checked = await operations.check({}, inputs, call);
    assert.deepEqual(checked.problems, []);
    const created = await operations.create(checked.inputs, call);
    const { redactedConfig: _, secrets: __, ...shown } = created.outputs;
    console.log(created.id, shown, created.reports, said);
    const again = await operations.update(created.outputs, checked.inputs, call);
    console.log(again.outputs["appliedMode"]);
    const read = await operations.read(created.outputs, call);
    console.log(read.reports, read.outputs?.["liveHash"] === created.outputs["configHash"]);
  });
});
