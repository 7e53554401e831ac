import assert from "node:assert/strict";

import { canonical } from "../../../../provider/core/canonical";
import {
  assertClock,
  describeSpan,
  type IssuedState,
  planRenewal,
  type RenewalPlan,
  type RenewalRequest,
  renewalTime,
} from "../../../../provider/core/lifecycle/renewal";
import { refuses } from "../../support/errors";

const at = (time: string): Date => new Date(time);
const HOUR = 3_600_000;
const issuedAt = at("2026-01-01T00:00:00Z");
const year = { notBefore: issuedAt, notAfter: at("2027-01-01T00:00:00Z") };
const due = (hours: number, early?: number): string =>
  renewalTime({ notBefore: issuedAt, notAfter: new Date(issuedAt.getTime() + hours * HOUR) }, early).toISOString();

describe("The renewal time", () => {
  it("is 720 hours before the end of what lives long, a third of its life before that of what lives short", () => {
    assert.equal(due(8760), "2026-12-02T00:00:00.000Z");
    assert.equal(due(2160), "2026-03-02T00:00:00.000Z");
    assert.equal(due(1080), "2026-01-31T00:00:00.000Z");
    assert.equal(due(24), "2026-01-01T16:00:00.000Z");
    assert.equal(due(1), "2026-01-01T00:40:00.000Z");
  });

  it("is as early as is asked for", () => {
    assert.equal(due(8760, 24), "2026-12-31T00:00:00.000Z");
    assert.equal(due(8760, 8759), "2026-01-01T01:00:00.000Z");
    assert.equal(due(1, 0.5), "2026-01-01T00:30:00.000Z");
  });

  it("shrinks to the last third of a life that turned out no longer than the window", () => {
    assert.equal(due(24, 24), "2026-01-01T16:00:00.000Z");
    assert.equal(due(24, 720), "2026-01-01T16:00:00.000Z");
  });

  it("is a whole second, never before the window", () => {
    assert.equal(due(1 / 3600), "2026-01-01T00:00:01.000Z");
  });
});

const issued: IssuedState = {
  ...year,
  issuedAt,
  issuer: "old",
  parts: { roles: ["os:admin"], validityPeriodHours: 8760, rotationTriggers: { b: 1, a: [1] } },
};
const issuer = { fingerprint: "old", notAfter: at("2036-01-01T00:00:00Z") };
const plan = (now: string, request: Partial<RenewalRequest> = {}): RenewalPlan =>
  planRenewal(issued, { issuer, parts: issued.parts, ...request }, at(now));

describe("A renewal", () => {
  it("that a changed input asks for tells of the clock as a reason, also where the CA's end would hinder the clock alone", () => {
    const { reasons, warnings } = plan("2026-12-20T00:00:00Z", {
      issuer: { fingerprint: "old", notAfter: issued.notAfter },
      parts: { ...issued.parts, roles: ["os:reader"] },
    });
    assert.deepEqual(reasons, ["roles changed", "expires in 12 days, inside the renewal window of 30 days"]);
    assert.deepEqual(warnings, []);
  });

  it("is not due while the certificate is fresh: the time of issuance stays", () => {
    for (const now of ["2026-01-01T00:00:00Z", "2026-12-01T23:59:59Z"])
      assert.deepEqual(plan(now), { issuedAt, reasons: [], warnings: [] });
  });

  it("is due from the first second of the window on, with its reason", () => {
    assert.deepEqual(plan("2026-12-02T00:00:00Z"), {
      issuedAt: at("2026-12-02T00:00:00Z"),
      reasons: ["expires in 30 days, inside the renewal window of 30 days"],
      warnings: [],
    });
    assert.deepEqual(plan("2026-12-12T00:00:00Z").reasons, [
      "expires in 20 days, inside the renewal window of 30 days",
    ]);
    assert.deepEqual(plan("2026-12-31T23:00:00Z").reasons, [
      "expires in 60 minutes, inside the renewal window of 30 days",
    ]);
  });

  it("is due when the certificate has expired, however long ago", () => {
    assert.deepEqual(plan("2027-01-01T00:00:00Z").reasons, ["expired 0 seconds ago"]);
    assert.deepEqual(plan("2029-01-01T00:00:00Z").reasons, ["expired 731 days ago"]);
  });

  it("is made due by a wider window, and put off by a narrower one", () => {
    assert.deepEqual(plan("2026-07-01T00:00:00Z", { earlyRenewalHours: 4800 }).reasons, [
      "expires in 184 days, inside the renewal window of 200 days",
    ]);
    assert.deepEqual(plan("2026-12-12T00:00:00Z", { earlyRenewalHours: 24 }).reasons, []);
    assert.deepEqual(plan("2026-07-01T00:00:00Z", { earlyRenewalHours: 24 }).reasons, []);
  });

  it("comes with every change of what is in the certificate, each named", () => {
    const parts = { roles: ["os:reader"], validityPeriodHours: 24, rotationTriggers: { a: [1], b: 1 } };
    assert.deepEqual(plan("2026-02-01T00:00:00Z", { parts }), {
      issuedAt: at("2026-02-01T00:00:00Z"),
      reasons: ["roles changed", "validityPeriodHours changed"],
      warnings: [],
    });
  });

  it("does not come of what a preview does not know", () => {
    assert.deepEqual(plan("2026-02-01T00:00:00Z", { parts: { validityPeriodHours: 8760 } }).reasons, []);
    const { issuer: _, ...unknown } = { issuer };
    assert.deepEqual(planRenewal(issued, { parts: issued.parts, ...unknown }, at("2026-02-01T00:00:00Z")).reasons, []);
  });

  it("comes with another CA", () => {
    const next = { fingerprint: "new", notAfter: issuer.notAfter };
    assert.deepEqual(plan("2026-02-01T00:00:00Z", { issuer: next }).reasons, ["issued by a CA that has been rotated"]);
  });

  it("tells every reason there is", () => {
    const next = { fingerprint: "new", notAfter: issuer.notAfter };
    assert.deepEqual(plan("2027-02-01T00:00:00Z", { issuer: next, parts: { roles: [] } }).reasons, [
      "roles changed",
      "issued by a CA that has been rotated",
      "expired 31 days ago",
    ]);
  });

  it("by the clock is held back while issuedAt is pinned, with a warning once it is due", () => {
    assert.deepEqual(plan("2026-02-01T00:00:00Z", { frozen: true }), { issuedAt, reasons: [], warnings: [] });
    assert.deepEqual(plan("2027-02-01T00:00:00Z", { frozen: true }), {
      issuedAt,
      reasons: [],
      warnings: ["expired 31 days ago, but its issuedAt is pinned; remove it to renew"],
    });
  });

  it("for another reason names the clock beside it, unless issuedAt is pinned", () => {
    const parts = { roles: [] };
    assert.deepEqual(plan("2027-02-01T00:00:00Z", { parts }).reasons, ["roles changed", "expired 31 days ago"]);
    const { reasons, warnings } = plan("2027-02-01T00:00:00Z", { parts, frozen: true });
    assert.deepEqual([reasons, warnings], [["roles changed"], []]);
  });

  it("by the clock is held back where another certificate would last no longer", () => {
    const ending = { fingerprint: "old", notAfter: year.notAfter };
    assert.deepEqual(plan("2026-12-12T00:00:00Z", { issuer: ending }), {
      issuedAt,
      reasons: [],
      warnings: [
        "expires in 20 days, inside the renewal window of 30 days, but its CA ends at the same time; rotate the CA",
      ],
    });
    const later = { fingerprint: "old", notAfter: at("2027-01-02T00:00:00Z") };
    assert.equal(plan("2026-12-12T00:00:00Z", { issuer: later }).reasons.length, 1);
  });

  it("by the clock is held back where the CA has expired, so that an old stack can still be updated", () => {
    const over = { fingerprint: "old", notAfter: at("2028-01-01T00:00:00Z") };
    assert.deepEqual(plan("2028-01-01T00:00:00Z", { issuer: over }), {
      issuedAt,
      reasons: [],
      warnings: ["expired 365 days ago, but its CA has expired too; rotate the CA"],
    });
  });

  it("is rejected when the clock is wrong by more than five minutes", () => {
    assert.deepEqual(plan("2025-12-31T23:55:00Z").reasons, []);
    refuses(
      () => plan("2025-12-31T23:54:59Z"),
      "ERR_CLOCK",
      "issuedAt: the clock shows 2025-12-31T23:54:59Z, before 2026-01-01T00:00:00Z, which has passed already; set the clock",
    );
    refuses(
      () => {
        assertClock(at("2025-01-01T00:00:00Z"), issuedAt, "secrets");
      },
      "ERR_CLOCK",
      "secrets: the clock shows 2025-01-01T00:00:00Z, before 2026-01-01T00:00:00Z, which has passed already; set the clock",
    );
  });
});

describe("A span of time", () => {
  it("is told in the largest unit that counts two or more", () => {
    const told = [0, 999, 1000, 119_000, 120_000, 7_199_000, 2 * HOUR, 47 * HOUR, 48 * HOUR, 8760 * HOUR].map(
      describeSpan,
    );
    assert.deepEqual(told, [
      "0 seconds",
      "0 seconds",
      "1 second",
      "119 seconds",
      "2 minutes",
      "119 minutes",
      "2 hours",
      "47 hours",
      "2 days",
      "365 days",
    ]);
  });
});

describe("The canonical form of a value", () => {
  it("does not depend on the order of keys, at any depth, but on that of lists", () => {
    assert.equal(canonical({ b: { d: 1, c: [1, 2] }, a: 0 }), canonical({ a: 0, b: { c: [1, 2], d: 1 } }));
    assert.notEqual(canonical([1, 2]), canonical([2, 1]));
    assert.notEqual(canonical({}), canonical(undefined));
    assert.notEqual(canonical(1), canonical("1"));
  });
});
