import { strict as assert } from "node:assert";

import { describeRotation } from "./support/describeRotation";

const ORDER = ["cp1", "cp2", "w1"] as const;

describeRotation("a rotation that goes back", (begin) => {
  it("rejects nobody when it is aborted, and leaves everything with the old CA", async () => {
    const rehearsal = await begin();
    const before = rehearsal.held.outputs;
    await rehearsal.stage({ id: "2026-11", stage: "accept" }, ORDER);
    await rehearsal.stage({ id: "2026-11", stage: "abort" }, ORDER);
    await rehearsal.assertUndisturbed(500);
    const after = rehearsal.held.outputs;
    assert.deepEqual(
      [after.controlplane, after.worker, after.talosconfig, after.secretsYaml],
      [before.controlplane, before.worker, before.talosconfig, before.secretsYaml],
    );
    assert.deepEqual(after.rotationSecrets, {});
  });

  it("rejects nobody from a half-done swap back to accept, forward, back and forward to the end", async () => {
    const rehearsal = await begin();
    await rehearsal.stage({ id: "2026-11", stage: "accept" }, ORDER);
    const swapped = await rehearsal.begin({ id: "2026-11", stage: "swap" });
    await rehearsal.apply("cp1", swapped);
    await rehearsal.wait("cp1", { trusts: { old: true, new: true }, serves: "new" });
    rehearsal.held = swapped;
    for (const stage of ["accept", "swap", "accept", "swap", "finish"] as const) {
      await rehearsal.stage({ id: "2026-11", stage }, ORDER);
    }
    await rehearsal.assertUndisturbed(2000);
  });
});
