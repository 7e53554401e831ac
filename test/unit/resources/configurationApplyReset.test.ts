import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import type { Managed } from "../support/engine";
import { failureOf } from "../support/errors";
import { LiveCluster, SYSCTL, TIMEOUTS } from "../support/liveCluster";

const PLANE = "10.0.0.2";

describe("ConfigurationApply", () => {
  let cluster: LiveCluster;
  let made: Managed;

  beforeEach(async () => {
    cluster = await LiveCluster.make();
    made = cluster.apply();
  });

  afterEach(() => {
    cluster.assertNoConnections();
  });

  const argsFor = async (node: string, type: "controlplane" | "worker", more: Values = {}): Promise<Values> => ({
    node,
    ...cluster.credentials,
    machineConfig: await cluster.config(type),
    timeouts: TIMEOUTS,
    ...more,
  });

  describe("that is deleted", () => {
    it("calls nobody without onDestroy.reset", async () => {
      await cluster.controlPlanes(PLANE);
      await made.up(await argsFor(PLANE, "controlplane", { onDestroy: { graceful: true } }));
      cluster.nodes.forget();
      await made.destroy();
      assert.deepEqual(cluster.nodes.calls, []);
    });

    it("resets the node with it, gracefully unless the user says otherwise, and wipes what Talos keeps", async () => {
      const partitions = ["STATE", "EPHEMERAL"];
      for (const [onDestroy, expected] of [
        [{ reset: true }, { graceful: true, reboot: false, partitions }],
        [
          { reset: true, graceful: false, reboot: true },
          { graceful: false, reboot: true, partitions },
        ],
      ] as const) {
        const [plane] = await cluster.controlPlanes(PLANE, "10.0.0.3");
        const apply = cluster.apply();
        await apply.up(await argsFor(PLANE, "controlplane", { onDestroy }));
        await apply.destroy();
        assert.deepEqual(plane!.resets, [expected]);
      }
    });

    it("never resets the last member of etcd", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      await made.up(await argsFor(PLANE, "controlplane", { onDestroy: { reset: true } }));
      assert.equal(
        await failureOf(() => made.destroy()),
        `onDestroy.reset: node ${PLANE}: is the last member of etcd, and resetting it would lose the cluster; set onDestroy.reset to false, or delete the machine itself (ERR_NODE_UNSUPPORTED)`,
      );
      assert.deepEqual(plane!.resets, []);
    });

    it("resets one control plane after the other, and never the last one, however many are deleted at once", async () => {
      const hosts = [PLANE, "10.0.0.3", "10.0.0.4"];
      const planes = await cluster.controlPlanes(...hosts);
      const etcd = planes[0]!.etcd!;
      const sizes: number[] = [];
      cluster.nodes.before = (_, call) => {
        if (call === "reset") sizes.push(etcd.members.length);
      };
      const applied = hosts.map(() => cluster.apply());
      const args = await Promise.all(
        hosts.map((host) => argsFor(host, "controlplane", { onDestroy: { reset: true } })),
      );
      for (const [index, apply] of applied.entries()) await apply.up(args[index]!);
      const results = await Promise.allSettled(applied.map((apply) => apply.destroy()));
      // Which of them come first is not theirs to say.
      const kept = hosts.filter((_, index) => results[index]!.status === "rejected");
      assert.equal(kept.length, 1);
      assert.deepEqual(sizes, [3, 2]);
      assert.deepEqual(
        etcd.members.map(({ host }) => host),
        kept,
      );
    });

    it("resets none beside the restart of another one, although the two know different stages of a rotation", async () => {
      const [plane, peer] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
      const leaving = cluster.apply();
      await leaving.up(await argsFor("10.0.0.3", "controlplane", { onDestroy: { reset: true } }));
      await cluster.rotate("accept");
      plane!.needsReboot = true;
      const order: string[] = [];
      cluster.nodes.before = (node, call) => {
        if (/^(?:reset|applyConfiguration auto)$/.test(call)) order.push(`${node.host} at ${cluster.nodes.now}`);
      };
      await Promise.all([
        made.up(await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] })),
        new Promise((resolve) => setImmediate(resolve)).then(() => leaving.destroy()),
      ]);
      assert.equal(peer!.resets.length, 1);
      assert.equal(order.length, 2, order.join());
      assert.ok(plane!.bootedAt > 0);
    });

    it("resets no control plane while another one is not well", async () => {
      const [plane, , peer] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
      await made.up(await argsFor(PLANE, "controlplane", { onDestroy: { reset: true } }));
      peer!.apiServerReady = false;
      assert.equal(
        await failureOf(() => made.destroy()),
        `node ${PLANE}: is not reset, because the API server on node-4 is not Ready; mend that control plane first (ERR_NODE_BUSY)`,
      );
      assert.deepEqual(plane!.resets, []);
    });

    it("resets a control plane that is not well itself", async () => {
      const [plane] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
      await made.up(await argsFor(PLANE, "controlplane", { onDestroy: { reset: true } }));
      plane!.apiServerReady = false;
      await made.destroy();
      assert.equal(plane!.resets.length, 1);
    });

    it("reports a reset node that is still a member of etcd", async () => {
      const [plane] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
      await made.up(await argsFor(PLANE, "controlplane", { onDestroy: { reset: true } }));
      plane!.staysMember = true;
      assert.match(
        await failureOf(() => made.destroy()),
        /^node 10\.0\.0\.2: was reset, and it is still the member [0-9a-f]{16} of etcd; .* \(ERR_NODE_BUSY\)$/,
      );
    });

    it("lets a control plane that runs as a container leave etcd by itself, and names no partition to it", async () => {
      const [plane, peer] = await cluster.controlPlanes(PLANE, "10.0.0.3");
      await made.up(await argsFor(PLANE, "controlplane", { onDestroy: { reset: true } }));
      plane!.isContainer = true;
      await made.destroy();
      assert.deepEqual(plane!.resets, [{ graceful: true, reboot: false, partitions: [] }]);
      assert.deepEqual(
        peer!.etcd!.members.map(({ host }) => host),
        ["10.0.0.3"],
      );
    });

    it("resets no control plane whose members of etcd cannot be asked for", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      await made.up(await argsFor(PLANE, "controlplane", { onDestroy: { reset: true } }));
      plane!.failsAlways("etcdMembers", { status: 14, text: "Connection dropped" });
      assert.match(await failureOf(() => made.destroy()), /list the members of etcd: Connection dropped; /);
      assert.deepEqual(plane!.resets, []);
    });
  });
});
