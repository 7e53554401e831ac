import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";

import fc from "fast-check";

import { needsPulumi, type PulumiCli } from "../e2e/support";
import { needJudge, stopNodes } from "../interop/support/judge";
import { LiveRig } from "./support/liveRig";

/** Kills in all; TALOS_PKI_LIVE_FAULTS=50 is the long run. */
const KILLS = Number(process.env["TALOS_PKI_LIVE_FAULTS"] ?? 8);
/** The same moments come again with the same seed. */
const SEED = Number(process.env["TALOS_PKI_SEED"] ?? 20261128);

const ENTRIES = [
  ["dynamic resources", ""],
  ["the plugin", "/plugin"],
] as const;

describe("pulumi or its provider that dies with kill -9 while it configures nodes", function () {
  this.timeout(3_600_000);
  needJudge();
  let cli: PulumiCli;
  let rig: LiveRig | undefined;

  before(function () {
    cli = needsPulumi(this);
  });

  afterEach(async () => {
    await rig?.end();
    rig = undefined;
    await stopNodes();
  });

  for (const [what, entry] of ENTRIES) {
    const kills = Math.ceil(KILLS / ENTRIES.length);
    it(`with ${what} completes in the next up, ${kills} times of ${kills}, and does nothing twice`, async () => {
      const made: LiveRig = await LiveRig.create(cli, entry);
      rig = made;
      await made.next();
      const { seconds: usual } = await made.succeed();
      const moments = fc.sample(
        fc.tuple(
          fc.double({ min: 0.1, max: 1, noNaN: true }),
          fc.constantFrom("all" as const, "pulumi" as const, "providers" as const),
        ),
        { numRuns: kills, seed: SEED },
      );
      const seen = { unapplied: 0, between: 0, bootstrapped: 0 };
      for (const [share, victim] of moments) {
        await made.next();
        const operation = made.project.start("up");
        await delay(usual * share * 1000);
        await operation.kill(victim);
        // A provider that outlives its pulumi may end what it has begun.
        if (victim === "pulumi") await delay(500);
        const left = made.counts();
        await made.project.unlock();
        await made.succeed();
        const after = made.counts();
        const moment = `killed ${victim} at ${share.toFixed(3)} of ${usual} s: ${JSON.stringify({ left, after })}`;
        assert.deepEqual(after, { applied: [1, 1], bootstrapped: 1 }, moment);
        await made.assertLive();
        const quiet = await made.project.preview({ args: ["--expect-no-changes"] });
        assert.equal(quiet.code, 0, `${moment}\n${quiet.output}`);
        if (left.applied[0] === 0) seen.unapplied += 1;
        else if (left.bootstrapped === 0) seen.between += 1;
        else seen.bootstrapped += 1;
        if (KILLS > 8) process.stdout.write(`      ${moment}\n`);
      }
      process.stdout.write(`      moments: ${JSON.stringify(seen)}\n`);
      made.assertNoSecrets();
    });
  }
});
