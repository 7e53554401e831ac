import assert from "node:assert/strict";

import { assertNoSecrets, needsPulumi, secretsIn } from "./support";
import { Fleet } from "./support/fleet";

/** More by TALOS_PKI_FLEET; it was tried with 50. */
const COUNT = Number(process.env["TALOS_PKI_FLEET"] ?? "3");

describe("the example fleet", function () {
  this.timeout(300_000 + COUNT * 30_000);
  let fleet: Fleet;

  before(function () {
    fleet = Fleet.create(needsPulumi(this));
  });

  after(() => {
    // There is none if the suite was skipped.
    (fleet as Fleet | undefined)?.remove();
  });

  it(`makes ${COUNT} stacks, each with CAs of its own, and the second time changes none`, async () => {
    const first = await fleet.run("--count", String(COUNT), "--parallel", "2");
    assert.equal(first.code, 0, first.output);
    assert.equal(first.lines.filter((line) => /^\[\d+\/\d+\] site-\d+: create 5 in /.test(line)).length, COUNT);
    assert.ok(first.lines.includes(`${COUNT} stacks: ${COUNT} changed, 0 failed`), first.output);
    assert.match(first.output, /^the first talosconfig ends \d{4}-\d\d-\d\dT/m);
    const authorities = fleet.authorities();
    assert.equal(authorities.size, COUNT);
    assert.equal(new Set(authorities.values()).size, COUNT);

    const second = await fleet.run("--count", String(COUNT), "--parallel", "2");
    assert.equal(second.code, 0, second.output);
    assert.ok(second.lines.includes(`${COUNT} stacks: 0 changed, 0 failed`), second.output);
  });

  it("goes on with the others when one fails, and says which and why", async () => {
    const mixed = await fleet.run("site-001", "no such name!", "site-002");
    assert.equal(mixed.code, 1, mixed.output);
    assert.ok(mixed.lines.includes("3 stacks: 0 changed, 1 failed"), mixed.output);
    assert.match(mixed.output, /^no such name!: FAILED after [\d.]+ s: \S/m);
  });

  it("shows no secret and leaves none in clear", async () => {
    const { output } = await fleet.run("site-001");
    const state = fleet.states().get("site-001")!;
    assertNoSecrets(
      [
        { where: "output", text: output },
        { where: "state", text: state },
      ],
      secretsIn(await fleet.decrypted("site-001")),
    );
  });
});
