import assert from "node:assert/strict";

import { problemsOf } from "../../support/engine";
import { apply, args, HOSTS, makeCluster, NODES, REMEDY, stageOf, swapAll } from "./askedCluster";
import { makeAuthority, pem, statusOf } from "./support";

describe("TalosSecrets with nodes", () => {
  it("go through the stages once every node has completed the one before, and ask each of them", async () => {
    const { cluster } = await makeCluster();
    for (const stage of ["accept", "swap", "finish"]) {
      cluster.nodes.forget();
      await cluster.secrets.up(args(stage));
      assert.equal(stageOf(cluster), stage);
      for (const host of HOSTS) {
        assert.ok(cluster.nodes.calls.includes(`${host} resource ApiCertificates`), host);
        assert.ok(cluster.nodes.calls.includes(`${host} shakeHands 50000`), host);
      }
      assert.deepEqual(cluster.nodes.changes, []);
      await apply(cluster, ...HOSTS);
    }
    assert.equal(cluster.nodes.open.size, 0);
    assert.deepEqual(cluster.nodes.sentUnverified, []);
    cluster.nodes.forget();
    await cluster.secrets.up(args("accept", NODES, "second"));
    assert.equal(stageOf(cluster), "accept");
  });

  it("name in the preview whom they will ask, and ask nobody there", async () => {
    const { cluster } = await makeCluster();
    const { notices } = await cluster.secrets.preview(args("accept"));
    assert.match(
      notices[0]!,
      /^rotation\.os "r": none -> accept, if all of 10\.0\.0\.2, 10\.0\.0\.3, 10\.0\.0\.5 serve and accept the CA: issuing stays /,
    );
    await cluster.secrets.up(args("accept"));
    cluster.nodes.forget();
    const more = [NODES[1]!, { address: "10.0.0.9", machineType: "worker" }];
    const next = await cluster.secrets.preview(args("swap", more));
    assert.match(
      next.notices[0]!,
      /^rotation\.os "r": accept -> swap, if 10\.0\.0\.2 has completed accept: issuing will/,
    );
    assert.equal(next.notices[1], "nodes: 10.0.0.9 is not asked, as it was not in nodes at the last update");
    const back = await cluster.secrets.preview(args("abort"));
    assert.match(
      back.notices[0]!,
      /accept -> abort, if none of 10\.0\.0\.2, 10\.0\.0\.3, 10\.0\.0\.5 serves the new CA: /,
    );
    assert.deepEqual(cluster.nodes.calls, []);
  });

  it("reject an explicit stage while a node is late, and change nothing", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("accept"));
    await apply(cluster, "10.0.0.2", "10.0.0.5");
    const { outputs } = cluster.secrets;
    assert.deepEqual(await problemsOf(() => cluster.secrets.up(args("swap"))), [
      `ERR_ROTATION_NOT_PROPAGATED rotation.os.stage: cannot go from accept to swap, because 1 of 3 nodes has not completed accept: 10.0.0.3 does not let clients of the new CA in (it serves the old CA, and accepts the old CA); ${REMEDY("machine config of stage accept")}; then run the update again`,
    ]);
    assert.equal(cluster.secrets.outputs, outputs);
    await apply(cluster, "10.0.0.3");
    await cluster.secrets.up(args("swap"));
    assert.equal(stageOf(cluster), "swap");
  });

  it("count a node that is off, in maintenance mode or of another cluster as late", async () => {
    const { cluster, nodes } = await makeCluster();
    await cluster.secrets.up(args("accept"));
    await apply(cluster, ...HOSTS);
    nodes["10.0.0.2"]!.failsAlways("connect", { network: "ECONNREFUSED", text: "" });
    nodes["10.0.0.2"]!.failsAlways("shakeHands", { network: "ECONNREFUSED", text: "" });
    cluster.nodes.machines.delete("10.0.0.3");
    await cluster.nodes.add("10.0.0.3");
    const other = await cluster.other();
    await nodes["10.0.0.5"]!.run(await other.config("controlplane"));
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(args("swap")));
    assert.match(
      problem,
      /3 of 3 nodes have not completed accept: 10\.0\.0\.2 cannot be reached: nobody listens there; /,
    );
    assert.match(problem, /; 10\.0\.0\.3 serves a certificate of another CA, not of the old CA/);
    assert.match(problem, /; 10\.0\.0\.5 serves a certificate of another CA, not of the old CA \(/);
    assert.deepEqual(cluster.nodes.sentUnverified, []);
  });

  it("count a node as late whose certificates cannot be read", async () => {
    const { cluster, nodes } = await makeCluster();
    nodes["10.0.0.2"]!.failsAlways("resource", { status: 4, text: "deadline" });
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(args("accept")));
    assert.match(
      problem,
      /1 of 3 nodes does not use the CA of the state: 10\.0\.0\.2 cannot be asked: node 10\.0\.0\.2: /,
    );
  });

  it("reach a node that has missed a stage as a client of the other CA", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("accept"));
    await apply(cluster, ...HOSTS);
    await cluster.secrets.up(args("swap"));
    await apply(cluster, "10.0.0.2", "10.0.0.5");
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(args("finish")));
    assert.match(
      problem,
      /1 of 3 nodes has not completed swap: 10\.0\.0\.3 serves a certificate of the old CA, not of the new CA \(it serves the old CA, and accepts the new CA and the old CA\)/,
    );
    assert.ok(cluster.nodes.calls.includes("10.0.0.3 resource ApiCertificates"));
  });

  it("go back from swap without asking, and drop the new CA unless a node serves it", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("accept"));
    await apply(cluster, ...HOSTS);
    await cluster.secrets.up(args("swap"));
    await apply(cluster, ...HOSTS);
    cluster.nodes.forget();
    await cluster.secrets.up(args("accept"));
    assert.deepEqual(cluster.nodes.calls, []);
    await apply(cluster, "10.0.0.2", "10.0.0.3");
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(args("abort")));
    assert.match(
      problem,
      /cannot go from accept to abort, because 1 of 3 nodes has not completed accept: 10\.0\.0\.5 serves a certificate of the new CA, not of the old CA /,
    );
    await apply(cluster, "10.0.0.5");
    await cluster.secrets.up(args("abort"));
    assert.equal(stageOf(cluster), "abort");
  });

  it("drop the new CA although a node is off", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("accept"));
    cluster.nodes.machines.delete("10.0.0.3");
    await cluster.secrets.up(args("abort"));
    assert.equal(stageOf(cluster), "abort");
  });

  it("keep the new CA while a node is off that may have a certificate of it", async () => {
    const { cluster } = await makeCluster();
    await swapAll(cluster);
    await cluster.secrets.up(args("accept"));
    await apply(cluster, "10.0.0.2", "10.0.0.5");
    const off = cluster.nodes.machines.get("10.0.0.3")!;
    cluster.nodes.machines.delete("10.0.0.3");
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(args("abort")));
    assert.match(problem, /1 of 3 nodes has not completed accept: 10\.0\.0\.3 cannot be reached/);
    cluster.nodes.machines.set("10.0.0.3", off);
    await apply(cluster, "10.0.0.3");
    await cluster.secrets.up(args("abort"));
    assert.equal(stageOf(cluster), "abort");
  });

  it("take over only a CA that every node uses already", async () => {
    const { cluster } = await makeCluster();
    const next = pem(await makeAuthority());
    const rest = args();
    const taking = { ...rest, rotation: { os: { id: "elsewhere", stage: "finish", ...next } } };
    const before = cluster.secrets.outputs;
    const behind = cluster.secrets.twin();
    const [line = ""] = (await cluster.secrets.preview(taking)).notices;
    assert.match(line, /none -> finish, if all of 10\.0\.0\.2, 10\.0\.0\.3, 10\.0\.0\.5 use it already: /);
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(taking));
    assert.match(problem, /cannot go from none to finish, because 3 of 3 nodes do not use the CA that is taken over: /);
    assert.match(
      problem,
      /take over what every node uses already; to replace the CA begin a rotation with stage "accept"/,
    );
    assert.deepEqual(cluster.secrets.outputs, before);
    // Somebody else rotates to it.
    for (const stage of ["accept", "swap", "finish"]) {
      await cluster.secrets.up({ ...rest, rotation: { os: { id: "r", stage, ...next } } });
      await apply(cluster, ...HOSTS);
    }
    await behind.up(taking);
    assert.equal(statusOf(behind)["stage"], "finish");
    assert.equal(statusOf(behind)["issuing"], statusOf(cluster.secrets)["issuing"]);
  });

  it("do not begin before a node has let go of the last rotation's old CA", async () => {
    const { cluster } = await makeCluster();
    await swapAll(cluster);
    await cluster.secrets.up(args("finish"));
    await apply(cluster, "10.0.0.2", "10.0.0.3");
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(args("accept", NODES, "next")));
    assert.match(
      problem,
      /cannot go from finish to accept, because 1 of 3 nodes has not completed finish: 10\.0\.0\.5 still lets clients of the old CA in/,
    );
    assert.match(problem, /apply the present machine config there/);
    await apply(cluster, "10.0.0.5");
    await cluster.secrets.up(args("accept", NODES, "next"));
  });

  it("ask a node through its endpoint where it has one, without a handshake of its own", async () => {
    const { cluster } = await makeCluster();
    const nodes = [NODES[1]!, { address: "10.0.0.5", endpoint: "10.0.0.2", machineType: "worker" }];
    await cluster.secrets.up(args(undefined, nodes));
    await cluster.secrets.up(args("accept", nodes));
    await apply(cluster, "10.0.0.2");
    cluster.nodes.forget();
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(args("swap", nodes)));
    assert.match(problem, /1 of 2 nodes has not completed accept: 10\.0\.0\.5 does not let clients of the new CA in/);
    assert.ok(!cluster.nodes.calls.includes("10.0.0.5 shakeHands 50000"));
    assert.ok(cluster.nodes.calls.includes("10.0.0.5 resource ApiCertificates"));
  });

  it("see no change where nodes alone change, and do not ask one that the last update did not have", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("accept"));
    await apply(cluster, ...HOSTS);
    cluster.nodes.forget();
    const late = { address: "10.0.0.7", machineType: "worker" };
    for (const nodes of [[...NODES, late], [], NODES]) {
      const { op, notices } = await cluster.secrets.up(args("accept", nodes));
      assert.deepEqual([op, notices], ["same", []]);
    }
    assert.equal(cluster.nodes.calls.length, 0);
    // Not there, and asked by nobody: its first config comes after this update.
    await cluster.secrets.up(args("swap", [...NODES, late]));
    assert.equal(stageOf(cluster), "swap");
    assert.ok(!cluster.nodes.calls.some((call) => call.startsWith("10.0.0.7 ")));
    await apply(cluster, ...HOSTS);
    const [problem = ""] = await problemsOf(() => cluster.secrets.up(args("finish", [...NODES, late])));
    assert.match(problem, /1 of 4 nodes has not completed swap: 10\.0\.0\.7 cannot be reached: /);
  });

  it("reject an address that is none", async () => {
    const { cluster } = await makeCluster();
    const { problems } = await cluster.secrets.preview(args("accept", [{ address: "a b", machineType: "worker" }]));
    assert.match(problems[0]!, /^ERR_ENDPOINT_INVALID nodes\[0\]\.address: "a b" is no address; must be /);
  });
});
