import { strict as assert } from "node:assert";

import { describeRotation } from "./support/describeRotation";

/** Moments in which pulumi dies: the secrets are being made, they are in the state, and so is a dependent. */
const MOMENTS = [
  { title: "while it updates the secrets", line: /TalosSecrets prod updating/, secretsAreKept: false },
  { title: "when it has updated the secrets", line: /TalosSecrets prod updated/, secretsAreKept: true },
  { title: "when it has updated the talosconfig", line: /ClientConfiguration admin updated/, secretsAreKept: true },
];

const ORDER = ["cp1", "cp2", "w1"] as const;

describeRotation("a rotation in which pulumi is killed with -9 in every stage", (begin) => {
  for (const { title, line, secretsAreKept } of MOMENTS) {
    it(`refuses nobody when it dies ${title} and the stage is run again`, async () => {
      const rehearsal = await begin(70);
      for (const stage of ["accept", "swap", "finish"] as const) {
        rehearsal.prober.hold(rehearsal.held.client);
        rehearsal.write({ id: "2026-11", stage });
        await rehearsal.killedUp(line);
        const left = rehearsal.status();
        if (secretsAreKept) assert.equal(left.stage, stage);
        const next = await rehearsal.up();
        assert.equal(next.outputs.rotationStatus.os.stage, stage);
        // What the state held at the kill is what the stage goes on with: no authority is made twice.
        if (left.stage === stage) assert.deepEqual(next.outputs.rotationStatus.os, left);
        await rehearsal.meet(next);
        await rehearsal.bring(next, ORDER);
      }
      assert.ok(rehearsal.kills >= 2, `only ${rehearsal.kills} of 3 ups were killed in time`);
      await rehearsal.assertUndisturbed(2000);
    }).retries(2);
  }
});
