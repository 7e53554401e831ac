import assert from "node:assert/strict";

import fc from "fast-check";

import { describeProblem, PkiError } from "../../provider/core/errors";
import { readNodeConfig } from "../../provider/core/nodes/nodeConfig";
import type { FakeNode } from "../unit/support/fakeNode";
import { LiveCluster } from "../unit/support/liveCluster";
import { QUICK } from "../unit/support/cluster";

const HOSTS = ["10.0.0.2", "10.0.0.3", "10.0.0.5"] as const;
const NODES = HOSTS.map((address) => ({ address, machineType: address === "10.0.0.5" ? "worker" : "controlplane" }));
const STAGES = ["accept", "swap", "finish"] as const;

type Step =
  | { readonly kind: "up"; readonly stage: (typeof STAGES)[number] | "auto" }
  /** An apply of the config of the state; one that was made before an up may come after it. */
  | { readonly kind: "apply" | "fetch" | "applyFetched" | "off" | "on"; readonly host: (typeof HOSTS)[number] };

const host = fc.constantFrom(...HOSTS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("up" as const), stage: fc.constantFrom(...STAGES, "auto") }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("apply" as const), host }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("fetch", "applyFetched", "off", "on"), host }) },
);

interface Status {
  readonly stage: string;
  readonly issuing: string;
  readonly accepted: readonly string[];
}

/** What no gate's code has a part in: a node serves a certificate of this CA, and accepts clients of exactly these. */
function hasCompleted(node: FakeNode, { issuing, accepted }: Status): boolean {
  const wanted = [issuing, ...accepted].sort();
  const trusted = node.accepted.map(({ fingerprint }) => fingerprint).sort();
  const signer = node.accepted.find(({ fingerprint }) => fingerprint === issuing);
  return signer !== undefined && node.server.isSignedBy(signer) && JSON.stringify(wanted) === JSON.stringify(trusted);
}

describe("Whatever the order of ups and applies, and wherever they stop", function () {
  this.timeout(120_000);

  it("no stage begins before every node has completed the one before, and a node that is not late forbids none", async () => {
    const seen = { moves: 0, held: 0, rejected: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
        const cluster = await LiveCluster.make();
        await cluster.controlPlanes("10.0.0.2", "10.0.0.3");
        await cluster.nodes.add("10.0.0.5", { config: await cluster.config("worker") });
        await cluster.secrets.up({ ...QUICK, nodes: NODES });
        const nodes = new Map(cluster.nodes.machines);
        const fetched = new Map<string, string>();
        let id = 0;
        const status = (): Status => (cluster.secrets.outputs["rotationStatus"] as { os: Status }).os;
        const configFor = (name: string): Promise<string> =>
          cluster.config(name === "10.0.0.5" ? "worker" : "controlplane");

        for (const move of steps) {
          if (move.kind !== "up") {
            const node = nodes.get(move.host)!;
            const isOn = cluster.nodes.machines.has(move.host);
            if (move.kind === "off") cluster.nodes.machines.delete(move.host);
            if (move.kind === "on") cluster.nodes.machines.set(move.host, node);
            if (move.kind === "fetch") fetched.set(move.host, await configFor(move.host));
            if (move.kind === "apply" && isOn) await node.run(await configFor(move.host));
            const old = fetched.get(move.host);
            if (move.kind === "applyFetched" && isOn && old !== undefined) await node.run(old);
            continue;
          }
          const before = status();
          if (move.stage === "accept" || (move.stage === "auto" && before.stage === "finish")) {
            if (before.stage === "none" || before.stage === "finish") id += 1;
          }
          const reached = (name: string): boolean => cluster.nodes.machines.has(name);
          const isThrough = HOSTS.every((name) => reached(name) && hasCompleted(nodes.get(name)!, before));
          const rotation = { os: { id: `r${id}`, stage: move.stage } };
          const outcome = await cluster.secrets.up({ ...QUICK, nodes: NODES, rotation }).then(
            () => "done",
            (error: unknown) => {
              if (error instanceof PkiError) return error.problems.map(describeProblem).join("\n");
              // Moves that are rejected in the preview, whatever the nodes show.
              return "illegal";
            },
          );
          const after = status();
          const isBack = before.stage === "swap" && after.stage === "accept";
          if (after.stage !== before.stage && !isBack) {
            assert.ok(isThrough, `${before.stage} -> ${after.stage} with a late node`);
            seen.moves += 1;
          } else if (outcome !== "done" && outcome !== "illegal") {
            assert.match(outcome, /^rotation\.os\.stage: cannot go from /);
            assert.ok(!isThrough, outcome);
            seen.rejected += 1;
          } else if (
            cluster.secrets.reports.some((line) => /^rotation\.os: (?:stays at|does not begin yet)/.test(line))
          ) {
            if (move.stage === "auto" && outcome === "done") {
              assert.ok(!isThrough, cluster.secrets.reports.join("\n"));
              seen.held += 1;
            }
          }
        }
      }),
      { numRuns: 20 },
    );
    // The walk has been everywhere, or it proves nothing.
    for (const [what, count] of Object.entries(seen)) assert.ok(count >= 2, `${what}: ${count}`);
  });

  it("a node that has not the config of the state has not completed its stage: the check above can fail", async () => {
    const cluster = await LiveCluster.make();
    const [node] = await cluster.controlPlanes("10.0.0.2");
    const status = (): Status => (cluster.secrets.outputs["rotationStatus"] as { os: Status }).os;
    assert.equal(hasCompleted(node!, status()), true);
    await cluster.rotate("accept");
    assert.equal(hasCompleted(node!, status()), false);
    await node!.run(await cluster.config());
    assert.equal(hasCompleted(node!, status()), true);
    assert.equal(readNodeConfig(node!.config!, "").machineType, "controlplane");
  });
});
