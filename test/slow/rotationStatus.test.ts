import { strict as assert } from "node:assert";

import { describeRotation } from "./support/describeRotation";
import { AFTER } from "./support/nodeFacts";
import type { NodeName } from "./support/rehearsal";

const ORDER = ["cp1", "cp2", "w1"] as const;

describeRotation("talos-pki rotation status", (begin) => {
  it("says after every stage, by exit code too, that the next one is safe, and before that who is not through", async () => {
    const rehearsal = await begin();
    const atRest = await rehearsal.askCli();
    assert.deepEqual([atRest.code, atRest.safe, atRest.next], [0, true, undefined]);
    const next = { accept: "swap", swap: "finish" } as const;
    const gap = {
      accept: "does not let clients of the new CA in",
      swap: "serves a certificate of the old CA, not of the new CA",
    };
    const before = rehearsal.held.talosconfig;
    for (const stage of ["accept", "swap"] as const) {
      const version = await rehearsal.begin({ id: "2026-11", stage });
      const { code, safe, gaps } = await rehearsal.askCli();
      assert.deepEqual([code, safe], [1, false]);
      assert.deepEqual(gaps, { cp1: [gap[stage]], cp2: [gap[stage]], w1: [gap[stage]] });
      await rehearsal.bring(version, ORDER);
      const through = await rehearsal.askCli();
      assert.deepEqual([through.code, through.safe, through.next], [0, true, next[stage]]);
    }
    const finished = await rehearsal.begin({ id: "2026-11", stage: "finish" });
    // The state holds the old CA's key no more: somebody must come with an old talosconfig.
    const late = await rehearsal.askCli(before);
    const still = ["still lets clients of the old CA in"];
    assert.deepEqual([late.code, late.gaps], [1, { cp1: still, cp2: still, w1: still }]);
    await rehearsal.bring(finished, ORDER);
    const done = await rehearsal.askCli(before);
    assert.deepEqual([done.code, done.safe, done.next], [0, true, undefined]);
    await rehearsal.assertUndisturbed(1000);
  });

  for (const missed of ["cp2", "w1"] as const satisfies NodeName[]) {
    it(`finds that ${missed} has missed accept, and that swap is not safe`, async () => {
      const rehearsal = await begin();
      const accepted = await rehearsal.begin({ id: "2026-11", stage: "accept" });
      for (const name of (["cp1", "cp2", "w1"] as const).filter((each) => each !== missed)) {
        await rehearsal.apply(name, accepted);
        // With a control plane behind, a worker may have asked that one's trustd.
        if (name !== "w1") await rehearsal.wait(name, AFTER.accept);
      }
      const behind = await rehearsal.askCli();
      assert.deepEqual([behind.code, behind.safe, behind.next], [1, false, "swap"]);
      assert.deepEqual(behind.gaps[missed], ["does not let clients of the new CA in"]);
      assert.deepEqual(behind.gaps["cp1"], []);

      await rehearsal.apply(missed, accepted);
      await rehearsal.wait(missed, AFTER.accept);
      if (!(await rehearsal.look("w1")).trusts.new) await rehearsal.apply("w1", accepted);
      await rehearsal.wait("w1", AFTER.accept);
      const { code, safe } = await rehearsal.askCli();
      assert.deepEqual([code, safe], [0, true]);
      await rehearsal.assertUndisturbed(100);
    });
  }
});
