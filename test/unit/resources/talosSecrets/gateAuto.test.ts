import assert from "node:assert/strict";

import { Managed } from "../../support/engine";
import { LiveCluster } from "../../support/liveCluster";
import { apply, args, HOSTS, makeCluster, NODES, REMEDY, stageOf } from "./askedCluster";
import { statusOf } from "./support";

describe("TalosSecrets with stage auto", () => {
  it("go one stage further with each update, and are due until they are at finish", async () => {
    const { cluster } = await makeCluster();
    const [lines, stages]: [string[], unknown[]] = [[], []];
    for (let up = 0; up < 4; up += 1) {
      const { op, notices } = await cluster.secrets.up(args("auto"));
      if (op === "update") lines.push(...notices);
      stages.push([op, stageOf(cluster)]);
      await apply(cluster, ...HOSTS);
    }
    assert.deepEqual(stages, [
      ["update", "accept"],
      ["update", "swap"],
      ["update", "finish"],
      ["same", "finish"],
    ]);
    assert.match(
      lines[1]!,
      /^rotation\.os "r": accept -> swap, if all of 10\.0\.0\.2, 10\.0\.0\.3, 10\.0\.0\.5 have completed accept: /,
    );
    assert.deepEqual(statusOf(cluster.secrets)["spentIds"], ["r"]);
    assert.equal((await cluster.secrets.preview(args())).op, "same");
  });

  it("stay where they are while a node is late, with a warning and the same outputs, and go on when it is not", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("auto"));
    assert.equal(
      statusOf(cluster.secrets)["todo"],
      'the next update goes to stage "swap" if every node has completed "accept" (set stage "abort" to go back); apply the machine configs to every control plane, then to every worker, unless ConfigurationApply or a TalosCluster does it',
    );
    await apply(cluster, "10.0.0.2", "10.0.0.5");
    const { outputs } = cluster.secrets;
    for (let up = 0; up < 2; up += 1) {
      assert.equal((await cluster.secrets.up(args("auto"))).op, "update");
      assert.deepEqual(cluster.secrets.outputs, outputs);
      assert.deepEqual(cluster.secrets.reports, [
        `rotation.os: stays at accept, because 1 of 3 nodes has not completed accept: 10.0.0.3 does not let clients of the new CA in (it serves the old CA, and accepts the old CA); ${REMEDY("machine config of stage accept")}; the next update asks again`,
      ]);
    }
    await apply(cluster, "10.0.0.3");
    await cluster.secrets.up(args("auto"));
    assert.deepEqual([stageOf(cluster), cluster.secrets.reports], ["swap", []]);
  });

  it("ask again while a kubelet says that it is not ready, and wait for the next update after a minute and a half", async () => {
    const { cluster, nodes } = await makeCluster();
    const rotation = { kubernetes: { id: "r", stage: "auto" } };
    await cluster.secrets.up({ ...args(), rotation });
    const { healthz } = nodes["10.0.0.5"]!;
    const ask = async (...statuses: readonly number[]): Promise<{ report: string; seconds: number }> => {
      healthz.push(...statuses);
      const begin = cluster.nodes.now;
      await cluster.secrets.up({ ...args(), rotation });
      return { report: cluster.secrets.reports.at(-1)!, seconds: (cluster.nodes.now - begin) / 1000 };
    };
    const settled = await ask(500, 500, 503, 503);
    assert.deepEqual(healthz, []);
    assert.doesNotMatch(settled.report, /not ready/);
    assert.ok(settled.seconds < 10, String(settled.seconds));
    const never = await ask(...Array.from({ length: 1000 }, () => 500));
    assert.match(never.report, /10\.0\.0\.5 kubelet: is not ready yet: it answers HTTP 500; /);
    assert.ok(never.seconds > 80 && never.seconds <= 90, String(never.seconds));
  });

  it("leave the rest of an update alone that a late node holds back", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("auto"));
    const token = { os: { id: "r", stage: "auto" }, trustdToken: { id: "t" } };
    await cluster.secrets.up({ ...args(), rotation: token });
    assert.deepEqual([stageOf(cluster), statusOf(cluster.secrets, "trustdToken")], ["accept", { id: "t" }]);
    assert.match(String(statusOf(cluster.secrets)["todo"]), /the next update goes to stage "swap"/);
  });

  it("do not go on under way while there is nobody to ask", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("accept", []));
    await apply(cluster, ...HOSTS);
    const { notices } = await cluster.secrets.up(args("auto"));
    assert.deepEqual(notices, [
      'rotation.os "r": stays at accept, as no node was in nodes at the last update; the next one asks',
    ]);
    assert.match(
      cluster.secrets.reports[0]!,
      /^rotation\.os: stays at accept, because no node was in nodes at the last/,
    );
    assert.equal(stageOf(cluster), "accept");
    await cluster.secrets.up(args("auto"));
    assert.equal(stageOf(cluster), "swap");
  });

  it("begin nothing at creation, and spend the id", async () => {
    const cluster = await LiveCluster.make();
    const { secrets: fresh } = cluster;
    const { definition, host } = fresh;
    const made = new Managed(definition, host);
    await made.up(args("auto"));
    assert.deepEqual([statusOf(made)["stage"], statusOf(made)["spentIds"]], ["finish", ["r"]]);
    assert.equal((await made.preview(args("auto"))).op, "same");
    assert.equal((await made.preview(args("auto", NODES, "next"))).op, "update");
  });

  it("need nodes, whatever rotates", async () => {
    const { cluster } = await makeCluster();
    const missing =
      'ERR_INPUT_MISSING nodes: is required where rotation.os.stage is "auto"; list every node of the cluster (of a TalosCluster: controlPlaneNodes and workerNodes)';
    assert.deepEqual((await cluster.secrets.preview(args("auto", []))).problems, [missing]);
    assert.deepEqual((await cluster.secrets.preview({ ...args("auto", []), nodes: [] })).problems, [missing]);
    for (const name of ["kubernetes", "etcd", "aggregator", "serviceAccount", "all"]) {
      const rotation = { [name]: { id: "k", stage: "auto", ...(name === "etcd" ? { allowDowntime: true } : {}) } };
      const missingFor = missing.replace("rotation.os", `rotation.${name}`);
      const { problems } = await cluster.secrets.preview({ ...args("auto", []), nodes: [], rotation });
      assert.equal(problems[0], missingFor);
    }
  });

  it("reject an id that is over, and another one while a rotation is under way", async () => {
    const { cluster } = await makeCluster();
    await cluster.secrets.up(args("auto"));
    assert.match((await cluster.secrets.preview(args("auto", NODES, "other"))).problems[0]!, /"other" cannot begin/);
    await cluster.secrets.up(args("abort"));
    assert.match((await cluster.secrets.preview(args("auto"))).problems[0]!, /"r" is over and its id is spent/);
  });
});
