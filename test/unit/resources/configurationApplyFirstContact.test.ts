import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import type { Managed } from "../support/engine";
import { failureOf } from "../support/errors";
import type { FakeNode } from "../support/fakeNode";
import { pinOf } from "../support/fakeNodes";
import { LiveCluster, NODE, SYSCTL } from "../support/liveCluster";

describe("ConfigurationApply at first contact", () => {
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

  describe("without maintenance", () => {
    it("sends nothing to a machine in maintenance mode, and names its fingerprint", async () => {
      const node = await cluster.nodes.add(NODE);
      const message = await failureOf(() => made.up(args));
      const pin = pinOf(node.server);
      assert.equal(
        message,
        `node ${NODE}: cannot connect: it says that it is in maintenance mode, and nothing proves which machine it is; its public key has the fingerprint ${pin}; compare the fingerprint with the one on the node's console, and configure it as maintenance.fingerprint (ERR_NODE_MAINTENANCE)`,
      );
      assert.deepEqual([...new Set(cluster.nodes.calls)], [`${NODE} connect`]);
      assert.ok(cluster.nodes.now >= 4000 && cluster.nodes.now <= 5000, `after ${cluster.nodes.now} ms`);
    });

    it("sends nothing to a node of another cluster, and shows its fingerprint too", async () => {
      const other = await cluster.other();
      const node = await cluster.nodes.add(NODE, { config: await other.config() });
      const message = await failureOf(() => made.up(args));
      assert.equal(
        message,
        `node ${NODE}: cannot connect: its certificate is not from a CA of the cluster; its public key has the fingerprint ${pinOf(node.server)}; give it a config of this cluster, or the address of the right machine; if it is a new machine, compare the fingerprint with the one on its console, and configure it as maintenance.fingerprint (ERR_NODE_UNTRUSTED)`,
      );
      assert.deepEqual([...new Set(cluster.nodes.calls)], [`${NODE} connect`]);
    });

    it("reports a node that is off, and one that does not answer, each by its code", async () => {
      assert.match(await failureOf(() => made.up(args)), /there is no way to it; .* \(ERR_NODE_UNREACHABLE\)$/);
      const node = await cluster.nodes.add(NODE, { config });
      node.failsAlways("connect", { network: "TIMEOUT", text: "" });
      assert.match(await failureOf(() => made.up(args)), /no answer in time; .* \(ERR_NODE_TIMEOUT\)$/);
    });
  });

  describe("of a machine in maintenance mode", () => {
    let node: FakeNode;
    beforeEach(async () => {
      node = await cluster.nodes.add(NODE);
    });

    it("is taken with the right pin, and proved as a node of the cluster", async () => {
      await made.up({ ...args, maintenance: { fingerprint: pinOf(node.server) } });
      const { appliedMode, talosVersion, configHash, liveHash, serverCertificate, pendingRestart } = made.outputs;
      assert.deepEqual([appliedMode, talosVersion, liveHash], ["reboot", "v1.13.0", configHash]);
      assert.equal((serverCertificate as Values)["fingerprint"], node.server.fingerprint);
      assert.equal((serverCertificate as Values)["issuerFingerprint"], node.accepted[0]?.fingerprint);
      assert.equal(pendingRestart, undefined);
      assert.deepEqual(cluster.nodes.changes, [`${NODE} applyConfiguration auto`]);
      assert.deepEqual(cluster.nodes.sentUnverified, []);
      assert.deepEqual(made.reports, [
        `node ${NODE}, verified by its fingerprint, has taken its first config, and runs with it`,
      ]);
    });

    it("is waited for while it leaves that mode, and still refuses what an administrator may read", async () => {
      const refusal = { status: 7, text: "not authorized" };
      node.fails("machineConfig", refusal, refusal, refusal);
      await made.up({ ...args, maintenance: { fingerprint: pinOf(node.server) } });
      assert.equal(made.outputs["liveHash"], made.outputs["configHash"]);
      assert.deepEqual(cluster.nodes.changes, [`${NODE} applyConfiguration auto`]);
    });

    it("is an error, and goes on from there, where it refuses for good", async () => {
      node.failsAlways("machineConfig", { status: 7, text: "not authorized" });
      const maintenance = { fingerprint: pinOf(node.server) };
      assert.match(await failureOf(() => made.up({ ...args, maintenance })), /not authorized; .*\(ERR_ROLE_MISSING\)$/);
      node.failsAlways("machineConfig");
      await made.up({ ...args, maintenance });
      assert.deepEqual(cluster.nodes.changes, [`${NODE} applyConfiguration auto`]);
    });

    it("gets nothing with a wrong pin", async () => {
      const fingerprint = `${"A".repeat(43)}=`;
      const message = await failureOf(() => made.up({ ...args, maintenance: { fingerprint } }));
      assert.match(message, /it serves another key than the pinned one; its public key has the fingerprint .{44}; /);
      assert.match(message, /\(ERR_NODE_FINGERPRINT\)$/);
      assert.deepEqual([...new Set(cluster.nodes.calls)], [`${NODE} connect`]);
    });

    it("is rejected in preview with a pin that no key can have", async () => {
      const { problems } = await made.preview({ ...args, maintenance: { fingerprint: "abc" } });
      assert.deepEqual(problems, [
        'ERR_INPUT_INVALID maintenance.fingerprint: "abc" is no fingerprint; must be base64 of a SHA-256 (44 characters), as the console of the machine shows it',
      ]);
    });

    it("is taken unverified once, with a warning", async () => {
      const { notices } = await made.up({ ...args, maintenance: { allowUnverified: true } });
      assert.match(notices.join("\n"), /whoever answers at the address .* set maintenance\.fingerprint to verify it/);
      assert.ok(cluster.nodes.sentUnverified.includes(config));
      assert.match(made.reports.at(-1)!, /^node .*, verified by nobody, has taken its first config, and runs with it$/);
    });

    it("is not taken unverified again once the resource has proved the node", async () => {
      const maintenance = { allowUnverified: true };
      await made.up({ ...args, maintenance });
      await cluster.nodes.add(NODE);
      cluster.nodes.sentUnverified.length = 0;
      const change = { ...args, maintenance, configPatches: [SYSCTL] };
      assert.deepEqual((await made.preview(change)).notices, []);
      assert.match(await failureOf(() => made.up(change)), /\(ERR_NODE_MAINTENANCE\)$/);
      assert.deepEqual(cluster.nodes.sentUnverified, []);
    });

    for (const [what, change] of [
      ["triggers", { triggers: { machine: "2" } }],
      ["node", { node: "10.0.0.9" }],
    ] as const) {
      it(`is taken unverified once more after a change of ${what}`, async () => {
        const maintenance = { allowUnverified: true };
        await made.up({ ...args, maintenance });
        await cluster.nodes.add("node" in change ? change.node : NODE);
        cluster.nodes.sentUnverified.length = 0;
        const { notices } = await made.up({ ...args, maintenance, ...change });
        assert.match(notices.join("\n"), /whoever answers at the address/);
        assert.ok(cluster.nodes.sentUnverified.includes(config));
        cluster.nodes.forget();
        await made.up({ ...args, maintenance, ...change });
        assert.deepEqual(cluster.nodes.calls, []);
      });
    }

    it("is called directly, although there is an endpoint", async () => {
      await cluster.controlPlanes("10.0.0.3");
      const maintenance = { fingerprint: pinOf(node.server) };
      await made.up({ ...args, endpoint: "10.0.0.3", maintenance });
      assert.deepEqual(cluster.nodes.changes, [`${NODE} applyConfiguration auto`]);
    });

    it("is not called directly where the endpoint is the one that fails", async () => {
      const [endpoint] = await cluster.controlPlanes("10.0.0.3");
      const maintenance = { allowUnverified: true };
      const through = { ...args, endpoint: "10.0.0.3", maintenance };
      endpoint!.failsAlways("connect", { network: "ECONNREFUSED", text: "" });
      assert.match(
        await failureOf(() => made.up(through)),
        /^node 10\.0\.0\.2 through 10\.0\.0\.3: cannot connect: nobody listens there; .* \(ERR_NODE_UNREACHABLE\)$/,
      );
      await cluster.nodes.add("10.0.0.3", { config: await (await cluster.other()).config() });
      assert.match(await failureOf(() => made.up(through)), /\(ERR_NODE_UNTRUSTED\)$/);
      assert.deepEqual(cluster.nodes.sentUnverified, []);
      assert.deepEqual(cluster.nodes.changes, []);
    });

    it("takes no staged config up to v1.12, and says so", async () => {
      const old = await cluster.nodes.add(NODE, { version: "v1.12.0" });
      const maintenance = { fingerprint: pinOf(old.server) };
      const message = await failureOf(() => made.up({ ...args, applyMode: "staged", maintenance }));
      assert.match(message, /not supported in maintenance mode; .* \(ERR_NODE_UNSUPPORTED\)$/);
    });
  });
});
