import assert from "node:assert/strict";

import fc from "fast-check";

import type { Values } from "../../../provider/engine/values";
import type { Managed } from "../support/engine";
import { failureOf } from "../support/errors";
import { authorityOf, BOOT_MS } from "../support/fakeNode";
import { LiveCluster, SYSCTL, TIMEOUTS } from "../support/liveCluster";

const PLANE = "10.0.0.2";
const WORKER = "10.0.0.8";
const LETTERS = Array.from("abcdefghijklmnopqrstuvwxyz0123456789");

describe("ConfigurationApply in a cluster", () => {
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

  describe("of a worker", () => {
    it("waits until the control plane has the CAs of the config", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      await cluster.nodes.add(WORKER, { config: await cluster.config("worker") });
      await cluster.rotate("accept");
      const late = await cluster.config();
      cluster.nodes.before = (node, call) => {
        if (node === plane && call.startsWith("resource") && cluster.nodes.now > 2000) void plane.run(late);
      };
      await made.up(await argsFor(WORKER, "worker"));
      const calls = cluster.nodes.calls;
      const applied = calls.indexOf(`${WORKER} applyConfiguration auto`);
      assert.ok(applied > calls.lastIndexOf(`${PLANE} resource ApiCertificates`));
      assert.ok(cluster.nodes.now > 2000);
    });

    it("goes on, and says so, where the control plane cannot be reached", async () => {
      await cluster.controlPlanes(PLANE);
      await cluster.nodes.add(WORKER, { config: await cluster.config("worker") });
      cluster.nodes.machines.delete(PLANE);
      await made.up(await argsFor(WORKER, "worker", { configPatches: [SYSCTL] }));
      assert.match(made.reports.join("\n"), /control plane 10\.0\.0\.2 was not seen with the CAs of this config: .*/);
      assert.deepEqual(cluster.nodes.changes, [`${WORKER} applyConfiguration auto`]);
    });

    it("asks for its certificate once more, by a passing name, where its proof fails on trust alone", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      const worker = await cluster.nodes.add(WORKER, { config: await cluster.config("worker") });
      for (const stage of ["accept", "swap"] as const) {
        await cluster.rotate(stage);
        await plane!.run(await cluster.config());
      }
      worker.ignoresTrust = 1;
      const args = await argsFor(WORKER, "worker");
      await made.up(args);
      assert.deepEqual(cluster.nodes.changes, [
        `${WORKER} applyConfiguration auto`,
        `${WORKER} applyConfiguration no_reboot`,
        `${WORKER} applyConfiguration no_reboot`,
      ]);
      assert.equal(worker.config, args["machineConfig"]);
      const { issuerFingerprint } = made.outputs["serverCertificate"] as Values;
      assert.equal(issuerFingerprint, authorityOf(plane!.config!).certificate.fingerprint);
    });

    it("asks once and no more, and is not proved while nobody signs for it", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      const worker = await cluster.nodes.add(WORKER, { config: await cluster.config("worker") });
      await cluster.rotate("accept");
      await plane!.run(await cluster.config());
      worker.ignoresTrust = 9;
      const message = await failureOf(async () => made.up(await argsFor(WORKER, "worker")));
      assert.match(message, /it does not accept clients of CA [0-9a-f]{12} yet; .* \(ERR_NODE_NOT_APPLIED\)$/);
      assert.equal(cluster.nodes.changes.length, 3);
    });

    it("is asked for nothing where something else is missing", async () => {
      await cluster.controlPlanes(PLANE);
      const worker = await cluster.nodes.add(WORKER, { config: await cluster.config("worker") });
      worker.needsReboot = true;
      worker.ignoresReboots = true;
      const message = await failureOf(async () =>
        made.up(await argsFor(WORKER, "worker", { configPatches: [SYSCTL] })),
      );
      assert.match(message, /it has not rebooted yet; .* \(ERR_NODE_NOT_APPLIED\)$/);
      assert.equal(cluster.nodes.changes.length, 1);
    });
  });

  describe("that restarts a control plane", () => {
    it("does so while every other one is well, and waits for the reboot", async () => {
      const [plane] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
      plane!.needsReboot = true;
      await made.up(await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] }));
      assert.equal(made.outputs["appliedMode"], "reboot");
      assert.ok(plane!.bootedAt > 0 && cluster.nodes.now >= plane!.bootedAt);
    });

    it("proves a reboot before etcd is bootstrapped, after which the node is booting as before", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      Object.assign(plane!, { etcd: undefined, stage: "booting", needsReboot: true });
      await made.up(await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] }));
      assert.deepEqual([made.outputs["appliedMode"], made.outputs["pendingRestart"]], ["reboot", undefined]);
    });

    for (const [what, spoil, why] of [
      ["an API server is not Ready", { apiServerReady: false }, "the API server on node-4 is not Ready"],
      ["etcd reports an error", { etcdErrors: ["NOSPACE"] }, "etcd on node-4 reports NOSPACE"],
      ["a member is a learner", { isLearner: true }, "etcd's member node-4 is still a learner"],
    ] as const) {
      it(`restarts nothing while ${what} elsewhere`, async () => {
        const [plane, , peer] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
        plane!.needsReboot = true;
        Object.assign(peer!, spoil);
        assert.equal(
          await failureOf(async () => made.up(await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] }))),
          `node ${PLANE}: is not restarted, because ${why}; mend that control plane first (ERR_NODE_BUSY)`,
        );
        assert.deepEqual(cluster.nodes.changes, []);
      });
    }

    it("leaves a config that somebody tries on the node alone while it may not restart it", async () => {
      const [plane, , peer] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
      plane!.needsReboot = true;
      plane!.tries = true;
      peer!.apiServerReady = false;
      await failureOf(async () => made.up(await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] })));
      assert.ok(plane!.tries);
    });

    it("quotes no diff of a config whose change the node takes in no mode without a reboot", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      plane!.needsReboot = true;
      const args = await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL], applyMode: "no_reboot" });
      assert.match(await failureOf(() => made.up(args)), /: the change needs a reboot; use applyMode "auto", /);
    });

    describe("for another etcd CA", () => {
      const ca = Buffer.from("another CA").toString("base64");
      const change = { configPatches: [`cluster: {etcd: {ca: {crt: ${ca}, key: ${ca}}}}`] };

      for (const [version, calls] of [
        ["v1.13.0", [`${PLANE} applyConfiguration reboot`]],
        ["v1.14.0", [`${PLANE} applyConfiguration auto`, `${PLANE} reboot`]],
      ] as const) {
        it(`reboots with ${version}, in the way that this version has`, async () => {
          const plane = await cluster.nodes.add(PLANE, { config: await cluster.config(), version });
          await made.up(await argsFor(PLANE, "controlplane", change));
          assert.deepEqual(cluster.nodes.changes, calls);
          assert.deepEqual([made.outputs["appliedMode"], made.outputs["pendingRestart"]], ["reboot", undefined]);
          assert.ok(plane.bootedAt > 0 && cluster.nodes.now >= plane.bootedAt);
        });
      }

      for (const applyMode of ["no_reboot", "staged"]) {
        it(`is rejected with applyMode ${applyMode} before the node hears of it`, async () => {
          await cluster.controlPlanes(PLANE);
          assert.equal(
            await failureOf(async () => made.up(await argsFor(PLANE, "controlplane", { ...change, applyMode }))),
            `applyMode: node ${PLANE}: the etcd CA of the config differs from that of the node, which must reboot to take it; use applyMode "auto" in place of "${applyMode}" (ERR_CONFIG_REJECTED)`,
          );
          assert.deepEqual(cluster.nodes.changes, []);
        });
      }
    });

    for (const applyMode of ["no_reboot", "staged"]) {
      it(`keeps a restart that was not seen over a change to applyMode ${applyMode}, until it is seen`, async () => {
        const [plane] = await cluster.controlPlanes(PLANE);
        plane!.needsReboot = true;
        plane!.ignoresReboots = true;
        const args = await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] });
        await failureOf(() => made.up(args));
        await made.up({ ...args, applyMode });
        assert.equal(made.outputs["pendingRestart"], "reboot");
        assert.match(made.reports.join("\n"), /a restart of the node is still to be done/);
        plane!.ignoresReboots = false;
        await made.up(args);
        assert.equal(made.outputs["pendingRestart"], undefined);
        assert.ok(plane!.bootedAt > 0);
      });
    }

    it("restarts nothing while its members of etcd cannot be asked for", async () => {
      const [plane] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
      plane!.needsReboot = true;
      plane!.failsAlways("etcdMembers", { status: 14, text: "Connection dropped" });
      const message = await failureOf(async () =>
        made.up(await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] })),
      );
      assert.match(message, /\((?:ERR_NODE_BUSY|ERR_NODE_UNREACHABLE)\)$/);
      assert.deepEqual(cluster.nodes.changes, []);
    });

    it("restarts one after the other, however many are applied side by side", async () => {
      const hosts = [PLANE, "10.0.0.3", "10.0.0.4"];
      const planes = await cluster.controlPlanes(...hosts);
      for (const plane of planes) plane.needsReboot = true;
      const args = await Promise.all(hosts.map((host) => argsFor(host, "controlplane", { configPatches: [SYSCTL] })));
      await Promise.all(args.map((one) => cluster.apply().up(one)));
      const boots = planes.map(({ bootedAt }) => bootedAt).sort((one, other) => one - other);
      assert.ok(boots[0]! >= BOOT_MS, String(boots));
      assert.ok(boots[1]! - boots[0]! >= BOOT_MS && boots[2]! - boots[1]! >= BOOT_MS, String(boots));
    });

    it("keeps a restart that was not seen in the state, and the next update does it", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      plane!.needsReboot = true;
      plane!.ignoresReboots = true;
      const args = await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] });
      assert.match(await failureOf(() => made.up(args)), /it has not rebooted yet; .* \(ERR_NODE_NOT_APPLIED\)$/);
      assert.equal(made.outputs["pendingRestart"], "reboot");
      plane!.ignoresReboots = false;
      cluster.nodes.forget();
      assert.equal((await made.up(args)).op, "update");
      assert.deepEqual(cluster.nodes.changes, [`${PLANE} reboot`]);
      assert.equal(made.outputs["pendingRestart"], undefined);
      assert.ok(plane!.bootedAt > 0);
    });

    it("proves the reboot although the answer to the config was lost", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      plane!.needsReboot = true;
      plane!.ignoresReboots = true;
      cluster.nodes.before = (_, call) => {
        if (call !== "applyConfiguration auto") return;
        plane!.fails("applyConfiguration", { status: 14, text: "Connection dropped", takesEffect: true });
        cluster.nodes.before = undefined;
      };
      const args = await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] });
      assert.match(await failureOf(() => made.up(args)), /it has not rebooted yet; .* \(ERR_NODE_NOT_APPLIED\)$/);
    });

    it("reports a peer that is not well after the restart, and keeps what was applied", async () => {
      const [plane, , peer] = await cluster.controlPlanes(PLANE, "10.0.0.3", "10.0.0.4");
      plane!.needsReboot = true;
      cluster.nodes.before = () => {
        if (plane!.bootedAt > 0) peer!.apiServerReady = false;
      };
      const args = await argsFor(PLANE, "controlplane", { configPatches: [SYSCTL] });
      assert.equal(
        await failureOf(() => made.up(args)),
        `node ${PLANE}: has restarted, and the API server on node-4 is not Ready; mend that control plane before another one restarts (ERR_NODE_BUSY)`,
      );
      const { appliedMode, pendingRestart } = made.outputs;
      assert.deepEqual([appliedMode, pendingRestart], ["reboot", undefined]);
    });
  });

  describe("in a refresh", () => {
    it("shows a changed node as drift, which the next update mends", async () => {
      const [plane] = await cluster.controlPlanes(PLANE);
      const args = await argsFor(PLANE, "controlplane");
      await made.up(args);
      await plane!.run(await cluster.config("controlplane", { configPatches: [SYSCTL] }));
      await made.refresh();
      assert.deepEqual(made.reports, [
        `node ${PLANE} has another config than the one that was applied; the next update applies it again`,
      ]);
      const { op, changes } = await made.preview(args);
      assert.deepEqual([op, changes], ["update", []]);
      await made.up(args);
      assert.equal(plane!.config, args["machineConfig"]);
    });

    it("leaves a node that is off as it is, with a warning", async () => {
      await cluster.controlPlanes(PLANE);
      const args = await argsFor(PLANE, "controlplane");
      await made.up(args);
      const before = made.outputs;
      cluster.nodes.machines.clear();
      await made.refresh();
      assert.deepEqual(made.outputs, before);
      assert.match(made.reports.join("\n"), /there is no way to it; .* \(ERR_NODE_UNREACHABLE\)/);
      assert.equal((await made.preview(args)).op, "same");
    });

    it("reports a machine that was replaced, and sends nothing to it", async () => {
      await cluster.controlPlanes(PLANE);
      await made.up(await argsFor(PLANE, "controlplane", { maintenance: { allowUnverified: true } }));
      await cluster.nodes.add(PLANE);
      await made.refresh();
      assert.match(made.reports.join("\n"), /\(ERR_NODE_MAINTENANCE\)/);
      assert.deepEqual(cluster.nodes.sentUnverified, []);
    });
  });

  it("repeats no secret of a config that the node quotes", async () => {
    const [plane] = await cluster.controlPlanes(PLANE);
    const token = fc.string({
      unit: fc.constantFrom(...LETTERS),
      minLength: 12,
      maxLength: 40,
    });
    const quote = fc.constantFrom(
      (value: string) => value,
      (value: string) => JSON.stringify(value),
      // As yaml.v3 shortens what it cannot decode.
      (value: string) => `cannot unmarshal !!str \`${value.slice(0, 7)}...\` into int`,
    );
    await fc.assert(
      fc.asyncProperty(token, token, quote, async (first, second, quoted) => {
        const values = [first, `${first}${second}`, `${second}\n${first}`];
        const configPatches = [
          { machine: { registries: { config: { "r.example": { auth: { password: values[0], auth: values[1] } } } } } },
          { machine: { files: [{ path: "/a", op: "create", permissions: 0o600, content: values[2] }] } },
        ];
        plane!.rejects = () => values.map((value) => quoted(value)).join(", ");
        const apply = cluster.apply();
        const message = await failureOf(async () => apply.up(await argsFor(PLANE, "controlplane", { configPatches })));
        assert.match(message, /\(ERR_CONFIG_REJECTED\)$/);
        for (const part of [first, second]) {
          for (let at = 0; at + 7 <= part.length; at++) {
            assert.ok(!message.includes(part.slice(at, at + 7)), message);
          }
        }
      }),
      { numRuns: 8 },
    );
  });
});
