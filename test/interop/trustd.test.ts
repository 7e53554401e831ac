import { strict as assert } from "node:assert";

import { X509Certificate } from "node:crypto";

import { Cluster } from "./support/cluster";
import { assertAccepted, assertProblem, judgeCsr, needJudge, startNode, startTrustd, stopNodes } from "./support/judge";
import type { Node } from "./support/judge";

describe("a real trustd on our control plane config", function () {
  this.timeout(60_000);
  needJudge();

  let cluster: Cluster;
  let trustd: Node;
  let endpoint: string;

  before("start it", async () => {
    cluster = await Cluster.make();
    trustd = await startTrustd(cluster.config("controlplane"));
    endpoint = trustd.trustd ?? "";
  });

  after("stop it", stopNodes);

  it("signs what a worker with our config asks for", async () => {
    const verdict = await judgeCsr({ endpoint, config: cluster.config("worker") });
    assertAccepted(verdict);
    assert.equal(verdict.facts["subject"], "CN=judge-worker");
  });

  it("gives a worker no role", async () => {
    assertAccepted(await judgeCsr({ endpoint, config: cluster.config("worker"), org: "os:admin" }));
  });

  it("rejects another token", async () => {
    const token = "aaaaaa.bbbbbbbbbbbbbbbb";
    assertProblem(
      await judgeCsr({ endpoint, config: cluster.config("worker"), token, timeout: "2s" }),
      /code = Unauthenticated desc = invalid token/,
    );
  });

  it("is rejected by a worker of another cluster", async () => {
    const other = await Cluster.make();
    assertProblem(
      await judgeCsr({ endpoint, config: other.config("worker"), timeout: "2s" }),
      /certificate signed by unknown authority/,
    );
  });

  it("gives a worker's apid a certificate that our client trusts", async () => {
    const worker = await startNode({
      config: cluster.config("worker"),
      type: "worker",
      trustd: endpoint,
      hostname: "w1",
    });
    try {
      const outcome = await worker.talosctl(["version"], await cluster.client("admin"));
      assert.equal(outcome.code, 0, outcome.stderr);
      const certificate = await worker.serverCertificate();
      assert.equal(certificate.subject, "CN=w1");
      assert.ok(certificate.verify(new X509Certificate(cluster.bundle.certs.os.crt).publicKey));
    } finally {
      await worker.stop();
    }
  });
});
