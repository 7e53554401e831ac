import assert from "node:assert/strict";

import { addHours, formatHours, hoursProblems, parseHours } from "../../../provider/core/duration";
import { createEnvironment, formatTime, parseTime, wholeSeconds } from "../../../provider/core/environment";
import { refuses, told } from "../support/errors";

describe("A lifetime", () => {
  it("is whole hours, or a Go duration of whole seconds", () => {
    const read = [1, 8760, "8760h", "90m", "1h30m", "3600s", "0.5h", "36000ms", "1h0m1s", "+1h", ".5h"].map((value) =>
      parseHours(value, ""),
    );
    assert.deepEqual(read, [1, 8760, 8760, 1.5, 1.5, 1, 0.5, 0.01, 3601 / 3600, 1, 0.5]);
  });

  const expected =
    'must be a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"';
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

  it("goes into a Go duration and back, and from a time to its end", () => {
    for (const hours of [1, 8760, 1.5, 3601 / 3600, 0.01]) assert.equal(parseHours(formatHours(hours), ""), hours);
    assert.equal(addHours(new Date("2026-01-01T00:00:00Z"), 1.5).toISOString(), "2026-01-01T01:30:00.000Z");
  });

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

  it("is read from RFC 3339 of any offset, and only on days that there are", () => {
    const read = (text: string): string | undefined => parseTime(text)?.toISOString();
    assert.equal(read("2026-01-01T00:00:00Z"), "2026-01-01T00:00:00.000Z");
    assert.equal(read("2028-02-29T23:59:59.5-01:30"), "2028-03-01T01:29:59.500Z");
    for (const text of [
      "2026-02-31T00:00:00Z",
      "2026-02-29T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-13-01T00:00:00Z",
      "2026-00-01T00:00:00Z",
      "2026-01-00T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:60:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01T00:00:00",
      "2026-01-01T00:00:00+24:00",
      "2026-01-01 00:00:00Z",
      "2026-01-01",
      "",
    ])
      assert.equal(read(text), undefined, text);
  });

  it("and chance come from what is given", () => {
    const crypto = { getRandomValues: (array: Uint8Array) => array.fill(7), subtle: {} } as never;
    const environment = createEnvironment(crypto, () => new Date(0));
    assert.equal(environment.now().getTime(), 0);
    assert.deepEqual(environment.randomBytes(3), Uint8Array.of(7, 7, 7));
  });
});
