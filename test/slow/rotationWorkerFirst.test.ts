import { strict as assert } from "node:assert";

import { describeRotation } from "./support/describeRotation";
import { AFTER } from "./support/nodeFacts";

const CONTROL_PLANES = ["cp1", "cp2"] as const;
const IN_THE_DARK = ["does not let clients of the new CA in"];

describeRotation("a rotation whose configs reach the worker first", (begin) => {
  it("leaves the worker with trustd's old answer until its config changes, and the CLI says so", async () => {
    const rehearsal = await begin();
    const accepted = await rehearsal.begin({ id: "2026-11", stage: "accept" });
    await rehearsal.apply("w1", accepted);
    for (const name of CONTROL_PLANES) {
      await rehearsal.apply(name, accepted);
      await rehearsal.wait(name, AFTER.accept);
    }
    assert.deepEqual(await rehearsal.look("w1"), { trusts: { old: true, new: false }, serves: "old" });
    const dark = await rehearsal.askCli();
    assert.deepEqual(dark, { code: 1, safe: false, next: "swap", gaps: { cp1: [], cp2: [], w1: IN_THE_DARK } });

    rehearsal.write({ id: "2026-11", stage: "accept" }, ["w1.example.org"]);
    const changed = await rehearsal.up();
    await rehearsal.apply("w1", changed);
    await rehearsal.wait("w1", AFTER.accept);
    const light = await rehearsal.askCli();
    assert.deepEqual(light, { code: 0, safe: true, next: "swap", gaps: { cp1: [], cp2: [], w1: [] } });
    await rehearsal.assertUndisturbed(200);
  });

  it("makes the worker, and nobody else, reject calls when swap comes all the same", async () => {
    const rehearsal = await begin();
    const accepted = await rehearsal.begin({ id: "2026-11", stage: "accept" });
    for (const name of ["w1", ...CONTROL_PLANES] as const) await rehearsal.apply(name, accepted);
    for (const name of CONTROL_PLANES) await rehearsal.wait(name, AFTER.accept);
    assert.equal(rehearsal.prober.refusals.length, 0);
    rehearsal.held = accepted;

    const swapped = await rehearsal.begin({ id: "2026-11", stage: "swap" });
    for (const name of CONTROL_PLANES) {
      await rehearsal.apply(name, swapped);
      await rehearsal.wait(name, AFTER.swap);
    }
    await rehearsal.prober.more(25);
    // Only the old client still gets in there.
    await rehearsal.apply("w1", swapped, accepted.talosconfig);
    await rehearsal.wait("w1", AFTER.swap);
    const { refusals } = rehearsal.prober;
    const w1 = rehearsal.node("w1");
    assert.ok(refusals.length > 0);
    assert.deepEqual(
      refusals.filter(({ target }) => target.endpoint !== w1.endpoint && target.via !== w1.ip),
      [],
    );
    // The control planes come back to the worker when the pause that gRPC makes between attempts is over.
    await rehearsal.prober.quiet();
    rehearsal.assertNoSecrets();
  });
});
