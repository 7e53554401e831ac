import assert from "node:assert/strict";

import { type CAName, STAGED, type StagedName } from "../../provider/core/secrets/inventory";
import { needsPulumi } from "../e2e/support";
import { type KeyedCA, strangersOf } from "../nodes/support/holders";
import { closeRealNodes, needRealNodes } from "../nodes/support/realNodes";
import { type Course, RotatedCluster, type Seen } from "../nodes/support/rotatedCluster";

/** Requests of the clients that try every API server, at least. */
const REQUESTS = 2000;
const CAS = ["os", "kubernetes", "etcd", "aggregator"] as const;

/** Each of them at a stage, in one update. */
const each = (id: string, stage: string): Course["steps"][number] => ({
  rotation: Object.fromEntries(STAGED.map((name) => [name, { id, stage }])),
});
const all = (id: string, stage: string): Course["steps"][number] => ({
  rotation: { all: { id, stage, tokenGracePeriod: "0s" } },
});

describe("a rotation of three control planes and a worker that goes back", function () {
  this.timeout(3_000_000);
  needRealNodes();

  let cluster: RotatedCluster;

  before(async function () {
    cluster = await RotatedCluster.create(needsPulumi(this), 3);
  });

  afterEach(() => cluster.endProbes());

  after(async () => {
    await (cluster as RotatedCluster | undefined)?.remove();
    await closeRealNodes();
  });

  const issuing = async (): Promise<Readonly<Record<StagedName, string>>> => {
    const status = await cluster.status();
    return Object.fromEntries(STAGED.map((name) => [name, status[name].issuing])) as Record<StagedName, string>;
  };

  /** The cluster is that of before: what its CAs vouch for is worth what it was, and what the others do nothing. */
  const assertBack = async (before: Readonly<Record<StagedName, string>>, { stages, holders }: Seen): Promise<void> => {
    const back = STAGED.filter((name) => stages[name] === "abort");
    const now = await issuing();
    assert.deepEqual(
      back.map((name) => now[name]),
      back.map((name) => before[name]),
    );
    await cluster.assertAdmitted(holders[0]!, back);
    await cluster.assertAdmitted(holders.at(-1)!, STAGED);
    await cluster.assertHealthy();
    await cluster.stack.assertStill();
  };

  it("of every CA from accept, where no control plane waits for another in the program", async () => {
    const before = await issuing();
    let next: Record<CAName, KeyedCA> | undefined;
    const seen = await cluster.run({
      steps: [
        { ...each("early", "accept"), isUnordered: true },
        { ...each("early", "abort"), isUnordered: true },
      ],
      requests: REQUESTS,
      disturb: async ({ os }) => {
        if (os !== "accept") return undefined;
        next = (await cluster.stack.output("rotationSecrets")) as Record<CAName, KeyedCA>;
        await cluster.assertAdmitted(await strangersOf(next, await cluster.bundle()), CAS);
        return undefined;
      },
    });
    for (const name of STAGED) assert.equal(seen.stages[name], "abort", name);
    await assertBack(before, seen);
    await cluster.assertRejected(await strangersOf(next!, await cluster.bundle()), CAS);
  });

  it("of all from swap: what has finished stays, and every other CA goes back", async () => {
    const before = await issuing();
    const [on, back] = [all("half", "auto"), all("half", "abort")];
    const seen = await cluster.run({ steps: [on, on, on, on, back], requests: REQUESTS });
    const others = STAGED.filter((name) => name !== "os");
    assert.equal(seen.stages.os, "finish");
    for (const name of others) assert.equal(seen.stages[name], "abort", name);
    await assertBack(before, seen);
    // Those of the fourth update, when the new CAs issued.
    await cluster.assertRejected(seen.holders[4]!, others);
    await cluster.assertRejected(seen.holders[0]!, ["os"]);
  });

  it("of the OS CA from swap", async () => {
    const before = await issuing();
    const steps = ["accept", "swap", "accept", "abort"].map((stage) => ({ rotation: { os: { id: "os", stage } } }));
    const seen = await cluster.run({ steps, requests: REQUESTS });
    assert.equal(seen.stages.os, "abort");
    await assertBack(before, seen);
    await cluster.assertRejected(seen.holders[2]!, ["os"]);
  });

  it("has left no secret in plaintext", () => cluster.stack.assertNoLeaks());
});
