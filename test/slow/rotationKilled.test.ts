import { strict as assert } from "node:assert";

import { describeRotation } from "./support/describeRotation";

/**
 * Moments in which pulumi dies. It says "updated" before it writes the state (engine/update.go, OnResourceStepPost), so
 * that line alone does not tell what the state holds; a dependent begins only when the secrets are in it.
 */
const MOMENTS = [
  { title: "while it updates the secrets", line: /TalosSecrets prod updating/, secretsAreKept: false },
  { title: "when it says that it has updated the secrets", line: /TalosSecrets prod updated/, secretsAreKept: false },
  { title: "when it updates the talosconfig", line: /ClientConfiguration admin updating/, secretsAreKept: true },
  { title: "when all is done but the end", line: /MachineConfig worker updated/, secretsAreKept: true },
];

const ORDER = ["cp1", "cp2", "w1"] as const;

describeRotation("a rotation in which pulumi is killed with -9 in every stage", (begin) => {
  for (const { title, line, secretsAreKept } of MOMENTS) {
    it(`rejects nobody when it dies ${title} and the stage is run again`, async () => {
      const rehearsal = await begin(70);
      for (const stage of ["accept", "swap", "finish"] as const) {
        rehearsal.prober.hold(rehearsal.held.client);
        rehearsal.write({ id: "2026-11", stage });
        await rehearsal.killedUp(line);
        const left = rehearsal.status();
        if (secretsAreKept) assert.equal(left.stage, stage);
        const next = await rehearsal.up();
        assert.equal(next.outputs.rotationStatus.os.stage, stage);
        // What the state held at the kill is what the stage goes on with: no CA is made twice.
        if (left.stage === stage) assert.deepEqual(next.outputs.rotationStatus.os, left);
        await rehearsal.meet(next);
        await rehearsal.bring(next, ORDER);
      }
      await rehearsal.assertUndisturbed(2000);
    });
  }
});
