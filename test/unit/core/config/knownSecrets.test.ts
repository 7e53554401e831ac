import assert from "node:assert/strict";

import fc from "fast-check";

import { KnownSecrets } from "../../../../provider/core/config/knownSecrets";

describe("Known secrets", () => {
  it("are found where a search for each one finds them", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 6, maxLength: 12 });
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 40 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), text, (words, within) => {
        const isIn = words.some((value) => value.length >= 8 && within.includes(value));
        assert.equal(new KnownSecrets(words).areIn(within), isIn);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  it("are told apart where they begin alike", () => {
    const tail = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(tail, { maxLength: 12 }), tail, tail, (tails, before, after) => {
        const [values, within] = [tails.map((text) => `password${text}`), `${before}password${after}`];
        const isIn = values.some((value) => within.includes(value));
        assert.equal(new KnownSecrets(values).areIn(within), isIn);
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });
});
