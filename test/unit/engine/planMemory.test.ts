import assert from "node:assert/strict";

import { PlanMemory } from "../../../provider/engine/planMemory";

describe("The memory of plans", () => {
  const plan = (name: string): { name: string; exists: boolean; isSame: boolean } => ({
    name,
    exists: false,
    isSame: false,
  });

  it("has a plan until it is taken, by inputs in any order", () => {
    const memory = new PlanMemory<{ name: string }>();
    memory.remember({ a: 1, b: 2 }, plan("first"));
    assert.equal(memory.peek({ b: 2, a: 1 })?.name, "first");
    assert.equal(memory.take({ b: 2, a: 1 })?.name, "first");
    assert.deepEqual([memory.peek({ a: 1, b: 2 }), memory.take({ a: 1, b: 2 })], [undefined, undefined]);
  });

  it("forgets the oldest, so that a preview of many resources keeps few secrets in memory", () => {
    const memory = new PlanMemory<{ name: string }>();
    const has = (index: number): boolean => memory.peek({ index }) !== undefined;
    const all = Array.from({ length: 1_000 }, (_, index) => index);
    for (const index of all) memory.remember({ index }, plan(`${index}`));
    assert.deepEqual(all.filter(has), all.slice(-64));
  });
});
