import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import type { Managed } from "../support/engine";
import { failureOf } from "../support/errors";
import type { FakeNode } from "../support/fakeNode";
import { LiveCluster } from "../support/liveCluster";

const NODE = "10.0.0.2";
const OTHER = "10.0.0.3";
const timeouts = { connect: "5s", create: "30s" };

describe("Bootstrap", () => {
  let cluster: LiveCluster;
  let made: Managed;
  let args: Values;
  let node: FakeNode;
  let other: FakeNode;

  beforeEach(async () => {
    cluster = await LiveCluster.make();
    made = cluster.bootstrap();
    const config = await cluster.config();
    node = await cluster.nodes.add(NODE, { config });
    other = await cluster.nodes.add(OTHER, { config });
    args = { node: NODE, ...cluster.credentials, controlPlaneNodes: [NODE, OTHER], timeouts };
  });

  afterEach(() => {
    cluster.assertNoConnections();
  });

  it("starts etcd once, and outputs its members", async () => {
    await made.up(args);
    const { id, hostname, peerUrls } = node.member();
    assert.deepEqual(made.outputs["members"], [{ id, hostname, peerUrls }]);
    assert.deepEqual(cluster.nodes.changes, [`${NODE} bootstrap`]);
    assert.deepEqual(made.reports, [`node ${NODE} has started etcd`]);
  });

  it("starts nothing in a second update, whatever has changed, and says so", async () => {
    await made.up(args);
    cluster.nodes.forget();
    const { op } = await made.up({ ...args, node: OTHER, controlPlaneNodes: [OTHER] });
    assert.equal(op, "update");
    assert.deepEqual(cluster.nodes.calls, []);
  });

  it("is done where the node runs etcd already", async () => {
    node.etcd = { members: [node, other], alarms: [] };
    await made.up(args);
    assert.deepEqual(cluster.nodes.changes, []);
    assert.equal((made.outputs["members"] as unknown[]).length, 2);
    assert.deepEqual(made.reports, [`node ${NODE} has etcd already: nothing was started`]);
  });

  it("takes AlreadyExists for success", async () => {
    node.fails("bootstrap", { status: 6, text: "etcd data directory is not empty", takesEffect: true });
    await made.up(args);
    assert.equal((made.outputs["members"] as unknown[]).length, 1);
  });

  it("succeeds where the answer was lost and etcd has started", async () => {
    node.fails("bootstrap", { status: 14, text: "Connection dropped", takesEffect: true });
    await made.up(args);
    assert.deepEqual(cluster.nodes.changes, [`${NODE} bootstrap`]);
  });

  it("is rejected where another control plane has members", async () => {
    other.etcd = { members: [other], alarms: [] };
    assert.equal(
      await failureOf(() => made.up(args)),
      `controlPlaneNodes: node ${NODE}: is not bootstrapped, because etcd runs already on ${OTHER} with the members node-3; a new control plane joins by itself once it has its config (ERR_ALREADY_BOOTSTRAPPED)`,
    );
    assert.deepEqual(cluster.nodes.changes, []);
  });

  it("is rejected where another control plane cannot be reached", async () => {
    cluster.nodes.machines.delete(OTHER);
    assert.match(
      await failureOf(() => made.up(args)),
      /^node 10\.0\.0\.3: cannot connect: .* \(ERR_NODE_UNREACHABLE\)$/,
    );
    assert.deepEqual(cluster.nodes.changes, []);
  });

  it("is rejected where the etcd of another control plane does not answer", async () => {
    other.etcd = { members: [other], alarms: [] };
    other.failsAlways("etcdMembers", { status: 14, text: "Connection dropped" });
    assert.match(await failureOf(() => made.up(args)), /cannot list the members of etcd: .* \(ERR_NODE_UNREACHABLE\)$/);
    assert.deepEqual(cluster.nodes.changes, []);
  });

  it("is rejected where the etcd of another control plane has failed", async () => {
    other.unwell["etcd"] = "Failed";
    assert.equal(
      await failureOf(() => made.up(args)),
      "controlPlaneNodes: node 10.0.0.3: its etcd is Failed and cannot be asked for its members; mend it, or take the node out of controlPlaneNodes (ERR_NODE_BUSY)",
    );
    assert.deepEqual(cluster.nodes.changes, []);
  });

  it("reports at the end of its time what etcd does", async () => {
    node.unwell["etcd"] = "Preparing";
    assert.equal(
      await failureOf(() => made.up(args)),
      `node ${NODE}: etcd has not started: etcd is Preparing; look at the node's log of etcd, and run the update again (ERR_NODE_TIMEOUT)`,
    );
  });

  it("ends when the user cancels", async () => {
    node.unwell["etcd"] = "Preparing";
    const abort = new AbortController();
    made.signal = abort.signal;
    cluster.nodes.before = (_, call) => {
      if (call === "bootstrap") abort.abort();
    };
    assert.match(await failureOf(() => made.up(args)), /was cancelled; .* \(ERR_NODE_TIMEOUT\)$|\(ERR_NODE_[A-Z]+\)$/);
  });

  it("calls nobody in a preview, a refresh and a destroy", async () => {
    await made.preview(args);
    assert.deepEqual(cluster.nodes.calls, []);
    await made.up(args);
    cluster.nodes.forget();
    await made.refresh();
    await made.destroy();
    assert.deepEqual(cluster.nodes.calls, []);
  });
});
