import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import { dependent } from "../support/cluster";
import type { Managed } from "../support/engine";
import { failureOf } from "../support/errors";
import { LiveCluster, NODE, SYSCTL } from "../support/liveCluster";

describe("ConfigurationApply", () => {
  let cluster: LiveCluster;
  let config: string;
  let made: Managed;
  let args: Values;

  beforeEach(async () => {
    ({ cluster, config, made, args } = await LiveCluster.makeApplyCase());
  });

  afterEach(() => {
    cluster.assertNoConnections();
  });

  describe("of a node that is off", () => {
    for (const [what, change] of [
      ["onDestroy", { onDestroy: { reset: false } }],
      ["timeouts", { timeouts: { connect: "1s" } }],
      ["credentials", { secrets: undefined }],
    ] as const) {
      it(`takes a change of ${what} alone without a call`, async () => {
        await cluster.nodes.add(NODE, { config });
        await made.up({ ...args, onDestroy: { reset: true } });
        const { outputs } = made;
        cluster.nodes.machines.delete(NODE);
        cluster.nodes.forget();
        const client = dependent("ClientConfiguration", cluster.host);
        await client.up({ clusterName: "c", secrets: cluster.secrets.outputs["secrets"] });
        const { clientConfiguration } = client.outputs;
        const credentials = "secrets" in change ? { clientConfiguration } : {};
        await made.up({ ...args, ...{ onDestroy: { reset: true } }, ...change, ...credentials });
        assert.deepEqual(cluster.nodes.calls, []);
        assert.equal(made.outputs["appliedMode"], outputs["appliedMode"]);
        assert.deepEqual(made.outputs["serverCertificate"], outputs["serverCertificate"]);
        if (what === "onDestroy") await made.destroy();
      });
    }

    it("is called where the config changes too, or the last proof failed", async () => {
      const node = await cluster.nodes.add(NODE, { config });
      await cluster.rotate("accept");
      node.ignoresTrust = 1;
      const rotated = { ...args, ...cluster.credentials, machineConfig: await cluster.config() };
      await failureOf(() => made.up(rotated));
      await node.run(node.config!);
      cluster.nodes.forget();
      await made.up({ ...rotated, onDestroy: { reset: true } });
      assert.ok(cluster.nodes.calls.length > 0);
      cluster.nodes.machines.delete(NODE);
      const change = { ...rotated, configPatches: [SYSCTL] };
      assert.match(await failureOf(() => made.up(change)), /\(ERR_NODE_UNREACHABLE\)$/);
    });
  });
});
