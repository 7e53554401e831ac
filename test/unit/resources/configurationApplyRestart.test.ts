import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import type { Managed } from "../support/engine";
import { failureOf } from "../support/errors";
import { LiveCluster, TIMEOUTS } from "../support/liveCluster";

const PLANE = "10.0.0.2";
const PEERS = ["10.0.0.3", "10.0.0.4"];
const crt = Buffer.from("another CA").toString("base64");
const AGGREGATOR = `cluster: {aggregatorCA: {crt: ${crt}, key: ${crt}}}`;

describe("ConfigurationApply of a change for which the kubelet restarts", () => {
  let cluster: LiveCluster;
  let made: Managed;

  beforeEach(async () => {
    cluster = await LiveCluster.make();
    made = cluster.apply();
  });

  const argsFor = async (node: string, more: Values = {}): Promise<Values> => ({
    node,
    ...cluster.credentials,
    machineConfig: await cluster.config("controlplane"),
    timeouts: TIMEOUTS,
    ...more,
  });

  for (const applyMode of ["auto", "no_reboot"]) {
    it(`restarts it with applyMode ${applyMode}, and no machine`, async () => {
      const [plane] = await cluster.controlPlanes(PLANE, ...PEERS);
      await made.up(await argsFor(PLANE, { configPatches: [AGGREGATOR], applyMode }));
      assert.deepEqual(cluster.nodes.changes, [
        `${PLANE} applyConfiguration ${applyMode}`,
        `${PLANE} restartService kubelet`,
      ]);
      assert.deepEqual([made.outputs["appliedMode"], made.outputs["pendingRestart"]], ["no_reboot", undefined]);
      assert.equal(plane!.bootedAt, 0);
    });
  }

  it("restarts nothing with a staged config", async () => {
    await cluster.controlPlanes(PLANE);
    await made.up(await argsFor(PLANE, { configPatches: [AGGREGATOR], applyMode: "staged" }));
    assert.deepEqual(cluster.nodes.changes, [`${PLANE} applyConfiguration staged`]);
  });

  it("restarts nothing before etcd is bootstrapped", async () => {
    await cluster.nodes.add(PLANE, { config: await cluster.config() });
    await made.up(await argsFor(PLANE, { configPatches: [AGGREGATOR] }));
    assert.deepEqual(cluster.nodes.changes, [`${PLANE} applyConfiguration auto`]);
  });

  it("waits until every other API server is Ready", async () => {
    const [, peer] = await cluster.controlPlanes(PLANE, ...PEERS);
    peer!.apiServerReady = false;
    const args = await argsFor(PLANE, { configPatches: [AGGREGATOR] });
    assert.match(await failureOf(() => made.up(args)), /is not restarted, because the API server .* is not Ready/);
    assert.deepEqual(cluster.nodes.changes, []);
  });

  it("waits for an API server of which the kubelet tells nothing yet, or that is older than its secrets", async () => {
    const [plane] = await cluster.controlPlanes(PLANE, ...PEERS);
    cluster.nodes.before = (node, call) => {
      if (node !== plane || call !== "restartService kubelet") return;
      plane.hidesPods = true;
      plane.secretsWrittenAt = cluster.nodes.now + 4000;
    };
    const seen: string[] = [];
    const sleep = cluster.nodes.sleep.bind(cluster.nodes);
    cluster.nodes.sleep = async (milliseconds, signal) => {
      await sleep(milliseconds, signal);
      plane!.hidesPods = cluster.nodes.now < 2000;
      // The pod restarts once more, with the secrets that were written last.
      if (cluster.nodes.now > 8000) plane!.kubeletSince = cluster.nodes.now;
      seen.push(`${cluster.nodes.now}`);
    };
    await made.up(await argsFor(PLANE, { configPatches: [AGGREGATOR] }));
    assert.ok(cluster.nodes.now > 8000, seen.join(", "));
    assert.equal(made.outputs["pendingRestart"], undefined);
  });

  it("starts a kubelet that failed to start, because Talos restarted it at the same time", async () => {
    const [plane] = await cluster.controlPlanes(PLANE, ...PEERS);
    let restarts = 0;
    cluster.nodes.before = (node, call) => {
      if (node !== plane || call !== "restartService kubelet") return;
      restarts += 1;
      if (restarts === 1) plane.unwell["kubelet"] = "Failed";
      else delete plane.unwell["kubelet"];
    };
    await made.up(await argsFor(PLANE, { configPatches: [AGGREGATOR] }));
    assert.equal(restarts, 2);
    assert.equal(made.outputs["pendingRestart"], undefined);
  });

  it("starts a kubelet that has failed since, where an update was killed after the config was taken", async () => {
    const [plane] = await cluster.controlPlanes(PLANE, ...PEERS);
    const done = cluster.nodes.changes.length;
    plane!.unwell["kubelet"] = "Failed";
    cluster.nodes.before = (node, call) => {
      if (node === plane && call === "restartService kubelet") delete plane.unwell["kubelet"];
    };
    await made.up(await argsFor(PLANE, { triggers: { attempt: "2" } }));
    assert.deepEqual(cluster.nodes.changes.slice(done), [`${PLANE} restartService kubelet`]);
    await made.up(await argsFor(PLANE, { triggers: { attempt: "3" } }));
    assert.equal(cluster.nodes.changes.length, done + 1);
  });

  it("keeps a restart that was not seen, and the next update does it", async () => {
    const [plane] = await cluster.controlPlanes(PLANE, ...PEERS);
    plane!.ignoresRestarts = true;
    const args = await argsFor(PLANE, { configPatches: [AGGREGATOR] });
    assert.match(await failureOf(() => made.up(args)), /its kubelet has not restarted yet/);
    assert.equal(made.outputs["pendingRestart"], "kubelet");
    plane!.ignoresRestarts = false;
    const done = cluster.nodes.changes.length;
    await made.up(args);
    assert.deepEqual(cluster.nodes.changes.slice(done), [`${PLANE} restartService kubelet`]);
    assert.equal(made.outputs["pendingRestart"], undefined);
  });
});
