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

  describe("of a node of the cluster", () => {
    for (const version of ["v1.6.0", "v1.9.0", "v1.12.0", "v1.13.0", "v1.14.0"]) {
      it(`applies a change and proves it with ${version}`, async () => {
        const node = await cluster.nodes.add(NODE, { config, version });
        await made.up({ ...args, configPatches: [SYSCTL] });
        assert.match(node.config!, /sysctls:\n\s+a: b/);
        const { appliedMode, talosVersion } = made.outputs;
        assert.deepEqual([appliedMode, talosVersion], ["no_reboot", version]);
        assert.deepEqual(made.reports, [
          `node ${NODE}, verified by the cluster's CA, has taken the config without a reboot, and runs with it`,
        ]);
      });
    }

    it("sends nothing to a node that has the config, however it is written", async () => {
      await cluster.nodes.add(NODE, { config: `# a comment\n${config}\n\n` });
      await made.up(args);
      assert.deepEqual(cluster.nodes.changes, []);
      assert.equal(made.outputs["appliedMode"], "none");
      assert.deepEqual(made.reports, [`node ${NODE} has this config already: nothing was sent`]);
    });

    it("calls nobody in an up without changes, nor in a preview", async () => {
      await cluster.nodes.add(NODE, { config });
      await made.up(args);
      cluster.nodes.forget();
      assert.equal((await made.up(args)).op, "same");
      assert.equal((await made.preview({ ...args, configPatches: [SYSCTL] })).op, "update");
      assert.deepEqual(cluster.nodes.calls, []);
    });

    it("applies nothing where only the answer was lost", async () => {
      const lost = await cluster.nodes.add(NODE, { config, version: "v1.14.0" });
      lost.fails("applyConfiguration", { status: 14, text: "Connection dropped", takesEffect: true });
      await made.up({ ...args, configPatches: [SYSCTL] });
      assert.deepEqual(cluster.nodes.changes, [`${NODE} applyConfiguration auto`]);
    });

    it("applies again where the config was lost on the way", async () => {
      const node = await cluster.nodes.add(NODE, { config, version: "v1.14.0" });
      node.fails("applyConfiguration", { status: 14, text: "Connection dropped" });
      await made.up({ ...args, configPatches: [SYSCTL] });
      assert.equal(cluster.nodes.changes.length, 2);
    });

    it("waits for a node that is busy with another change", async () => {
      const node = await cluster.nodes.add(NODE, { config, version: "v1.14.0" });
      node.fails("applyConfiguration", { status: 9, text: "another operation is in progress" });
      await made.up({ ...args, configPatches: [SYSCTL] });
      assert.equal(made.outputs["appliedMode"], "no_reboot");
    });

    it("rejects a reboot as apply mode on v1.14, and does so before anything is sent", async () => {
      await cluster.nodes.add(NODE, { config, version: "v1.14.0" });
      assert.equal(
        await failureOf(() => made.up({ ...args, applyMode: "reboot", configPatches: [SYSCTL] })),
        `applyMode: node ${NODE}: Talos v1.14.0 applies no config with a reboot; use applyMode "auto", and reboot the node by itself (ERR_NODE_UNSUPPORTED)`,
      );
      assert.deepEqual(cluster.nodes.changes, []);
    });

    it("stages a config, proves it by the persistent one, and warns", async () => {
      const node = await cluster.nodes.add(NODE, { config });
      const staged = { ...args, applyMode: "staged", configPatches: [SYSCTL] };
      const { notices } = await made.up(staged);
      assert.match(notices.join("\n"), /takes effect at the next reboot/);
      assert.equal(node.config, config);
      assert.match(node.persistent!, /a: b/);
      const { appliedMode, configHash } = made.outputs;
      assert.equal(appliedMode, "staged");
      await made.refresh();
      assert.equal(made.outputs["liveHash"], configHash);
      assert.equal((await made.up(staged)).op, "same");
    });

    it("believes the node's answer to a staged config up to v1.9", async () => {
      await cluster.nodes.add(NODE, { config, version: "v1.9.0" });
      const staged = { ...args, applyMode: "staged", configPatches: [SYSCTL] };
      await made.up(staged);
      await made.refresh();
      assert.deepEqual(made.reports, []);
      assert.equal((await made.up(staged)).op, "same");
    });

    it("is not proved by a node that keeps its old certificate; what was applied is stored, and the next update goes on", async () => {
      await cluster.rotate("accept");
      const node = await cluster.nodes.add(NODE, { config });
      node.ignoresTrust = 1;
      const rotated = { ...args, ...cluster.credentials, machineConfig: await cluster.config() };
      const message = await failureOf(() => made.up(rotated));
      assert.match(
        message,
        /^node 10\.0\.0\.2: has taken the config, and is not proved to run with it: it does not accept clients of CA [0-9a-f]{12} yet; look at the node, and run the update again, which goes on from here \(ERR_NODE_NOT_APPLIED\)$/,
      );
      assert.equal(made.outputs["serverCertificate"], undefined);
      await node.run(node.config!);
      cluster.nodes.forget();
      await made.up(rotated);
      assert.deepEqual(cluster.nodes.changes, []);
      assert.notEqual(made.outputs["serverCertificate"], undefined);
    });

    it("proves a rotation of the OS CA to its end, in every stage", async () => {
      const node = await cluster.nodes.add(NODE, { config });
      await made.up(args);
      for (const stage of ["accept", "swap", "finish"] as const) {
        await cluster.rotate(stage);
        await made.up({ ...args, ...cluster.credentials, machineConfig: await cluster.config() });
        const { issuerFingerprint } = made.outputs["serverCertificate"] as Values;
        assert.equal(issuerFingerprint, node.accepted[0]?.fingerprint, stage);
      }
      assert.equal(node.accepted.length, 1);
    });

    it("reaches a node that missed a stage, by the other CA of the rotation", async () => {
      const node = await cluster.nodes.add(NODE, { config });
      await cluster.rotate("accept");
      await cluster.rotate("swap");
      await made.up({ ...args, ...cluster.credentials, machineConfig: await cluster.config() });
      assert.equal(node.accepted.length, 2);
    });

    it("takes a renewed client and applies nothing", async () => {
      await cluster.nodes.add(NODE, { config });
      const client = dependent("ClientConfiguration", cluster.host);
      const given = async (validityPeriodHours: number): Promise<Values> => {
        await client.up({ clusterName: "c", secrets: cluster.secrets.outputs["secrets"], validityPeriodHours });
        return { ...args, secrets: undefined, clientConfiguration: client.outputs["clientConfiguration"] };
      };
      await made.up(await given(24));
      assert.equal((await made.up(await given(48))).op, "update");
      assert.deepEqual(cluster.nodes.changes, []);
    });
  });

  describe("while it waits", () => {
    it("reports what it waits for and the last cause, at most every ten seconds", async () => {
      await cluster.nodes.add(NODE, { config });
      const late = { ...args, timeouts: { connect: "35s" } };
      cluster.nodes.machines.get(NODE)!.failsAlways("connect", { network: "ECONNREFUSED", text: "" });
      await failureOf(() => made.up(late));
      assert.equal(made.said.length, 3);
      const seconds = made.said.map((line) => Number(/\((\d+) s\)/.exec(line)?.[1]));
      assert.ok(
        seconds.every((at, index) => at - (seconds[index - 1] ?? 0) >= 10),
        String(seconds),
      );
      assert.match(
        made.said[0]!,
        /^waits for node 10\.0\.0\.2 to answer \(\d+ s\): node 10\.0\.0\.2: cannot connect: nobody listens there; /,
      );
    });

    it("ends when the user cancels, and the next update goes on", async () => {
      const node = await cluster.nodes.add(NODE, { config });
      const abort = new AbortController();
      made.signal = abort.signal;
      node.ignoresTrust = 1;
      await cluster.rotate("accept");
      const rotated = { ...args, ...cluster.credentials, machineConfig: await cluster.config() };
      cluster.nodes.before = (_, call) => {
        if (call.startsWith("resource ApiCertificates")) abort.abort();
      };
      const message = await failureOf(() => made.up(rotated));
      assert.equal(
        message,
        `waiting for node ${NODE} to run with the config was cancelled; the next update goes on (ERR_NODE_TIMEOUT)`,
      );
      made.signal = undefined;
      await node.run(node.config!);
      await made.up(rotated);
      assert.equal(cluster.nodes.changes.length, 1);
    });
  });
});
