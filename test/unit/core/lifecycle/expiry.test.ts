import { strict as assert } from "node:assert";

import { type ExpiryItem, expiryReport } from "../../../../provider/core/lifecycle/expiry";

const DAY = 86_400;
const now = new Date("2026-11-22T12:00:00Z");
const after = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const item = (name: string, left: number, life = 365 * DAY, more: Partial<ExpiryItem> = {}): ExpiryItem => ({
  name,
  subject: `CN=${name}`,
  fingerprint: "00",
  notBefore: after(left - life),
  notAfter: after(left),
  ...more,
});
const thresholds = { now, warnSeconds: 30 * DAY, criticalSeconds: 7 * DAY };
const states = (items: readonly ExpiryItem[], more: object = {}): string[] =>
  expiryReport(items, { ...thresholds, ...more }).rows.map(({ name, state }) => `${name} ${state}`);

describe("An expiry report", () => {
  it("lists the nearest end first, with a verdict for each", () => {
    const items = [item("far", 100 * DAY), item("gone", -1), item("near", 20 * DAY), item("here", 3 * DAY)];
    assert.deepEqual(states(items), ["gone expired", "here critical", "near warning", "far ok"]);
  });

  it("takes the threshold itself for reached", () => {
    assert.deepEqual(states([item("w+", 30 * DAY + 1), item("w", 30 * DAY), item("c", 7 * DAY), item("e", 0)]), [
      "e critical",
      "c critical",
      "w warning",
      "w+ ok",
    ]);
  });

  it("is as grave as its gravest row, and well when there is nothing", () => {
    assert.equal(expiryReport([item("a", 100 * DAY), item("b", DAY)], thresholds).state, "critical");
    assert.deepEqual(expiryReport([], thresholds), { now: "2026-11-22T12:00:00Z", rows: [], state: "ok" });
  });

  it("measures what lives short by its own life when asked to", () => {
    const day = [item("fresh", DAY, DAY), item("third", DAY / 3, DAY), item("tenth", DAY / 10, DAY)];
    assert.deepEqual(states(day), ["tenth critical", "third critical", "fresh critical"]);
    assert.deepEqual(states(day, { relative: true }), ["tenth critical", "third warning", "fresh ok"]);
    assert.deepEqual(states([item("year", 29 * DAY)], { relative: true }), ["year warning"]);
  });

  it("tells what the next update renews", () => {
    const due = item("due", 20 * DAY, 365 * DAY, { renewalTime: now });
    const [row] = expiryReport([due], thresholds).rows;
    assert.deepEqual(row, {
      name: "due",
      subject: "CN=due",
      fingerprint: "00",
      notBefore: "2025-12-12T12:00:00Z",
      notAfter: "2026-12-12T12:00:00Z",
      renewalTime: "2026-11-22T12:00:00Z",
      secondsLeft: 20 * DAY,
      state: "warning",
      readyForRenewal: true,
    });
  });

  it("rejects thresholds that make no sense, all at once", () => {
    assert.throws(() => expiryReport([], { now, warnSeconds: -1, criticalSeconds: NaN }), {
      code: "ERR_DURATION_INVALID",
      message: "warnSeconds: is -1; must be seconds, 0 or more\ncriticalSeconds: is NaN; must be seconds, 0 or more",
    });
    assert.throws(() => expiryReport([], { now, warnSeconds: 1, criticalSeconds: 2 }), {
      code: "ERR_DURATION_INVALID",
      message: "criticalSeconds: is more than warnSeconds; must be a critical time nearer to the end",
    });
  });
});
