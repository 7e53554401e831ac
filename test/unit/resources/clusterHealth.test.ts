import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import type { Managed } from "../support/engine";
import { failureOf } from "../support/errors";
import type { FakeNode } from "../support/fakeNode";
import { LiveCluster } from "../support/liveCluster";

const PLANES = ["10.0.0.2", "10.0.0.3", "10.0.0.4"];
const WORKER = "10.0.0.8";
const timeouts = { connect: "5s", create: "6s", update: "6s" };

describe("ClusterHealth", () => {
  let cluster: LiveCluster;
  let made: Managed;
  let args: Values;
  let planes: FakeNode[];
  let worker: FakeNode;

  beforeEach(async () => {
    cluster = await LiveCluster.make();
    made = cluster.health();
    planes = await cluster.controlPlanes(...PLANES);
    worker = await cluster.nodes.add(WORKER, { config: await cluster.config("worker") });
    args = { controlPlaneNodes: PLANES, workerNodes: [WORKER], ...cluster.credentials, timeouts };
  });

  afterEach(() => {
    cluster.assertNoConnections();
  });

  const checksOf = (): string[] =>
    (made.outputs["checks"] as { name: string; node?: string; ok: boolean }[]).map(
      ({ name, node = "", ok }) => `${name} ${node} ${String(ok)}`,
    );

  it("checks services at level talos", async () => {
    for (const plane of planes) plane.etcd = undefined;
    await made.up({ ...args, level: "talos" });
    assert.deepEqual(
      checksOf(),
      [...PLANES, WORKER].map((node) => `services ${node} true`),
    );
  });

  it("checks etcd too by default", async () => {
    await made.up(args);
    assert.deepEqual(checksOf().slice(4), [...PLANES.map((node) => `etcd ${node} true`), "etcd members  true"]);
  });

  it("asks a member of etcd that is no control plane of the program any more, as it leaves after the check", async () => {
    const rest = [PLANES[0], PLANES[1]];
    await made.up({ ...args, controlPlaneNodes: rest });
    assert.deepEqual(checksOf().slice(3), [...PLANES.map((node) => `etcd ${node} true`), "etcd members  true"]);
  });

  it("checks the API server of every control plane, the cluster endpoint and every kubelet at level kubernetes", async () => {
    await made.up({ ...args, level: "kubernetes", clusterEndpoint: "https://10.0.0.2:6443" });
    assert.deepEqual(checksOf().slice(8), [
      ...PLANES.map((node) => `API server ${node} true`),
      "cluster endpoint 10.0.0.2:6443 true",
      ...[...PLANES, WORKER].map((node) => `kubelet ${node} true`),
    ]);
  });

  it("is content with a kubelet that serves where there is no CNI", async () => {
    worker.kubernetes = { ready: false, message: "container runtime network not ready: cni plugin not initialized" };
    await made.up({ ...args, level: "kubernetes" });
    worker.kubeletServes = false;
    assert.match(
      await failureOf(() => made.up({ ...args, level: "kubernetes", triggers: { a: "1" } })),
      /kubelet on 10\.0\.0\.8: its kubelet does not serve: nobody listens there; look at these nodes \(ERR_NODE_TIMEOUT\)$/,
    );
  });

  const GAPS: Readonly<Record<string, [() => void, string, Values?]>> = {
    "a service that is not well": [
      () => (worker.unwell["kubelet"] = "Failed"),
      "services on 10.0.0.8: kubelet is Failed",
    ],
    "an alarm of etcd": [
      () => (planes[0]!.etcd!.alarms = ["NOSPACE"]),
      PLANES.map((node) => `etcd on ${node}: etcd has raised NOSPACE`).join("; "),
    ],
    "an etcd without a leader": [
      () => (planes[1]!.knowsLeader = false),
      "etcd on 10.0.0.3: etcd has no leader; etcd members: control planes name different leaders",
    ],
    "a member that learns": [() => (planes[2]!.isLearner = true), "etcd on 10.0.0.4: etcd's member is still a learner"],
    "an etcd of its own": [
      () => (planes[2]!.etcd = { members: [planes[2]!], alarms: [] }),
      "etcd members: control planes know different members",
    ],
    "a member that is gone for good": [
      () => {
        args = { ...args, controlPlaneNodes: PLANES.slice(0, 2) };
        cluster.nodes.machines.delete(PLANES[2]!);
      },
      "etcd on 10.0.0.4: node 10.0.0.4: cannot connect: there is no way to it; look whether the machine is on and its address is right (ERR_NODE_UNREACHABLE); etcd members: 3 members (node-2, node-3, node-4), and 2 control planes",
    ],
    "an API server that is not ready": [
      () => (planes[1]!.readyz = 500),
      "API server on 10.0.0.3: the API server answers 500",
      { level: "kubernetes" },
    ],
    "a kubelet that is not Ready": [
      () => (worker.kubernetes = { ready: false, message: "PLEG is not healthy" }),
      "kubelet on 10.0.0.8: node node-10.0.0.8 is not Ready: PLEG is not healthy",
      { level: "kubernetes" },
    ],
    "a node that Kubernetes does not know": [
      () => (worker.kubernetes = undefined),
      "kubelet on 10.0.0.8: no node of Kubernetes has this address",
      { level: "kubernetes" },
    ],
  };

  for (const [what, [spoil, message, more = {}]] of Object.entries(GAPS)) {
    it(`waits for ${what}, and names it at the end`, async () => {
      spoil();
      const level = more["level"] === undefined ? "etcd" : "kubernetes";
      assert.equal(
        await failureOf(() => made.up({ ...args, ...more })),
        `the cluster is not healthy at level ${level}: ${message}; look at these nodes (ERR_NODE_TIMEOUT)`,
      );
      assert.ok(cluster.nodes.now >= 5000);
    });
  }

  it("succeeds as soon as all holds, and reports meanwhile what it waits for", async () => {
    worker.unwell["kubelet"] = "Preparing";
    cluster.nodes.before = () => {
      if (cluster.nodes.now > 15_000) delete worker.unwell["kubelet"];
    };
    await made.up({ ...args, timeouts: { create: "30s" } });
    assert.equal(made.said.length, 1);
    assert.match(
      made.said[0]!,
      /^waits for the cluster to be healthy \(1\d s\): services on 10\.0\.0\.8: kubelet is Preparing$/,
    );
  });

  it("waits for a node that is not reached, and names the cause", async () => {
    cluster.nodes.machines.delete(WORKER);
    assert.match(
      await failureOf(() => made.up(args)),
      /services on 10\.0\.0\.8: node 10\.0\.0\.8: cannot connect: there is no way to it; .* \(ERR_NODE_TIMEOUT\)$/,
    );
  });

  it("asks nobody in a preview, a refresh and a destroy, and again only after a change", async () => {
    await made.preview(args);
    assert.deepEqual(cluster.nodes.calls, []);
    await made.up(args);
    cluster.nodes.forget();
    await made.up(args);
    await made.refresh();
    await made.twin().destroy();
    assert.deepEqual(cluster.nodes.calls, []);
    await made.up({ ...args, triggers: { a: "1" } });
    assert.notEqual(cluster.nodes.calls.length, 0);
  });

  it("rejects a cluster without control planes in preview", async () => {
    const { problems } = await made.preview({ ...args, controlPlaneNodes: [] });
    assert.deepEqual(problems, ["ERR_INPUT_MISSING controlPlaneNodes: is empty; must name the control planes"]);
  });

  it("ends when the user cancels", async () => {
    const abort = new AbortController();
    made.signal = abort.signal;
    worker.unwell["kubelet"] = "Failed";
    cluster.nodes.before = () => {
      if (cluster.nodes.now > 3000) abort.abort();
    };
    assert.equal(
      await failureOf(() => made.up(args)),
      "waiting for the cluster to be healthy was cancelled; the next update goes on (ERR_NODE_TIMEOUT)",
    );
  });
});
