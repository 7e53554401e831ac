import { strict as assert } from "node:assert";

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";

import { parse } from "yaml";

import { Cluster } from "./support/cluster";
import { loopbackAddress, mustRun, needJudge, run, startNode, stopNodes, tools } from "./support/judge";
import type { Node } from "./support/judge";

describe("two control planes and a worker with our configs", function () {
  this.timeout(120_000);
  needJudge();

  const nodes: Node[] = [];
  let cluster: Cluster;
  let admin: string;

  before("start them", async () => {
    cluster = await Cluster.make();
    admin = await cluster.client("admin");
    const place = { hostNet: true } as const;
    const controlPlane = { config: cluster.config("controlplane"), type: "controlplane" } as const;
    for (const hostname of ["cp1", "cp2"]) {
      nodes.push(await startNode({ ...controlPlane, ...place, ip: loopbackAddress(), hostname }));
    }
    const trustd = nodes.flatMap((node) => node.trustd ?? []);
    const worker = { config: cluster.config("worker"), type: "worker", trustd } as const;
    nodes.push(await startNode({ ...worker, ...place, ip: loopbackAddress(), hostname: "w1" }));
  });

  after("stop them", stopNodes);

  const versionOfAll = (talosconfig: string): string[] => {
    const [first] = nodes;
    const all = nodes.map((node) => node.ip).join(",");
    return ["--talosconfig", talosconfig, "-e", first?.ip ?? "", "-n", all, "version", "--short"];
  };

  it("are reached by our client through the first of them", async () => {
    const { stdout } = await mustRun(tools().talosctl, versionOfAll(admin));
    for (const node of nodes) assert.match(stdout, new RegExp(`NODE:\\s+${node.ip}\\s`));
  });

  it("are rotated by talosctl rotate-ca, which our old client does not survive", async () => {
    const [first, second, worker] = nodes.map((node) => node.ip);
    const fresh = cluster.folder.at("rotated");
    await mustRun(tools().talosctl, [
      ...["--talosconfig", admin, "-e", first ?? "", "-n", first ?? ""],
      ...["rotate-ca", "--kubernetes=false", "--dry-run=false", "-o", fresh],
      ...["--control-plane-nodes", `${first},${second}`, "--worker-nodes", worker ?? ""],
    ]);
    await mustRun(tools().talosctl, versionOfAll(fresh));
    assert.notEqual((await run(tools().talosctl, versionOfAll(admin))).code, 0);
    const { contexts } = parse(readFileSync(fresh, "utf8")) as { contexts: Record<string, { ca: string }> };
    const [context] = Object.values(contexts);
    const authority = new X509Certificate(Buffer.from(context?.ca ?? "", "base64"));
    for (const node of nodes) assert.ok((await node.serverCertificate()).verify(authority.publicKey), node.ip);
  });
});
