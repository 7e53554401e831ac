import assert from "node:assert/strict";

import { hoursProblems, parseHours } from "../../../provider/core/duration";
import { createEnvironment, formatTime, wholeSeconds } from "../../../provider/core/environment";
import { refuses, told } from "../support/errors";

describe("A lifetime", () => {
  it("is whole hours, or a Go duration of whole seconds", () => {
    const read = [1, 8760, "8760h", "90m", "1h30m", "3600s", "0.5h", "36000ms", "1h0m1s"].map((value) =>
      parseHours(value, ""),
    );
    assert.deepEqual(read, [1, 8760, 8760, 1.5, 1.5, 1, 0.5, 0.01, 3601 / 3600]);
  });

  const expected =
    'expected a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"';
  for (const value of [
    0,
    -1,
    1.5,
    NaN,
    Infinity,
    1e9,
    "",
    "1",
    "1d",
    "h",
    "-1h",
    "0s",
    "1500ms",
    "1h ",
    "1 h",
    "1e3h",
    "9".repeat(99) + "h",
  ]) {
    it(`is not ${JSON.stringify(value)}`, () => {
      refuses(() => parseHours(value, "x"), "ERR_DURATION_INVALID", `x: is ${JSON.stringify(value)}; ${expected}`);
    });
  }

  it("is judged without an exception too", () => {
    assert.deepEqual(hoursProblems("1h", "x"), []);
    assert.deepEqual(told(hoursProblems(0, "x")), [`ERR_DURATION_INVALID x: is 0; ${expected}`]);
  });
});

describe("The time", () => {
  it("is told in whole seconds of UTC, cut and not rounded", () => {
    const time = new Date("2026-12-31T23:59:59.999Z");
    assert.equal(formatTime(time), "2026-12-31T23:59:59Z");
    assert.equal(wholeSeconds(time).toISOString(), "2026-12-31T23:59:59.000Z");
  });

  it("and chance come from what is given", () => {
    const crypto = { getRandomValues: (array: Uint8Array) => array.fill(7), subtle: {} } as never;
    const environment = createEnvironment(crypto, () => new Date(0));
    assert.equal(environment.now().getTime(), 0);
    assert.deepEqual(environment.randomBytes(3), Uint8Array.of(7, 7, 7));
  });
});
