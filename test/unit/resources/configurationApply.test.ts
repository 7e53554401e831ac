import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import { dependent } from "../support/cluster";
import type { Managed } from "../support/engine";
import { failureOf } from "../support/errors";
import type { FakeNode } from "../support/fakeNode";
import { pinOf } from "../support/fakeNodes";
import { LiveCluster } from "../support/liveCluster";

const NODE = "10.0.0.2";
/** Short enough for a test to see the end of a wait. */
const timeouts = { connect: "5s", create: "60s", update: "60s", delete: "30s" };

describe("ConfigurationApply", () => {
  let cluster: LiveCluster;
  let config: string;
  let made: Managed;
  let args: Values;

  beforeEach(async () => {
    cluster = await LiveCluster.make();
    config = await cluster.config();
    made = cluster.apply();
    args = { node: NODE, ...cluster.credentials, machineConfig: config, timeouts };
  });

  afterEach(() => {
    assert.equal(cluster.nodes.open.size, 0, "a connection is left open");
  });

  const SYSCTL = "machine: {sysctls: {a: b}}";

  describe("at first contact, without maintenance", () => {
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
