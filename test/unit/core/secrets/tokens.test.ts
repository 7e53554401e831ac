import assert from "node:assert/strict";

import { generateSecret, generateToken, isBase64Of32Bytes, TOKEN_FORM } from "../../../../provider/core/secrets/tokens";
import { fixedBytes, fixedEnvironment, scriptedBytes, START } from "../../support/fixed";

const bytes = (size: number, from = 0): number[] => Array.from({ length: size }, (_, index) => from + index);

describe("A token", () => {
  it("is made of its bytes, each the remainder by 36", () => {
    const environment = fixedEnvironment(START, scriptedBytes(bytes(6), bytes(16, 30)));
    assert.equal(generateToken(environment), "012345.uvwxyz0123456789");
  });

  it("throws away bytes from 252 on, which would make the first characters likelier, and draws again", () => {
    const environment = fixedEnvironment(START, scriptedBytes([252, 253, 254, 255, 251, 36], bytes(6, 10), bytes(16)));
    assert.equal(generateToken(environment), "z0abcd.0123456789abcdef");
  });

  it("has every character equally often", () => {
    const counts = new Map<string, number>();
    const environment = fixedEnvironment(START, fixedBytes("uniform"));
    const rounds = 5000;
    for (let round = 0; round < rounds; round++) {
      const token = generateToken(environment);
      assert.match(token, TOKEN_FORM);
      for (const character of token.replace(".", "")) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const expected = (rounds * 22) / 36;
    assert.equal(counts.size, 36);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 35 degrees of freedom: above 66.6 once in a thousand; a plain remainder of 256 by 36 gives more than 400.
    assert.ok(chiSquare < 66.6, `chi square ${chiSquare}`);
  });
});

describe("A secret", () => {
  it("is 32 bytes in base64, of either alphabet, with padding", () => {
    const drawn = Array.from({ length: 32 }, () => 0xfb);
    const make = (alphabet: "standard" | "url"): string =>
      generateSecret(fixedEnvironment(START, scriptedBytes(drawn)), alphabet);
    assert.equal(make("standard"), `${"+/v7".repeat(10)}+/s=`);
    assert.equal(make("url"), `${"-_v7".repeat(10)}-_s=`);
  });

  it("is told from what is none", () => {
    assert.equal(isBase64Of32Bytes(`${"A".repeat(43)}=`), true);
    for (const text of ["", `${"A".repeat(42)}==`, "A".repeat(44), `${"-".repeat(43)}=`, `${"A".repeat(47)}=`])
      assert.equal(isBase64Of32Bytes(text), false, text);
  });
});
