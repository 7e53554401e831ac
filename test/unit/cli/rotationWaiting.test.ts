import assert from "node:assert/strict";

import { waitingRotations } from "../../../provider/cli/rotationWaiting";
import { STAGED } from "../../../provider/core/secrets/inventory";
import { now } from "./support";

/** The service account key at swap, which an API server signs with since ten minutes. */
const reasonWith = (tokenGracePeriod: string | undefined, all = false): string => {
  const since = new Date(now.getTime() - 10 * 60_000);
  const components = [{ component: "kube-apiserver", isCurrent: true, since }] as const;
  const shown = { node: "10.0.0.2", machineType: "controlplane", places: [], components } as const;
  const node = { ...shown, concerned: true, through: true, gaps: [] };
  const requested = { id: "r", stage: "auto" } as const;
  const verdict = { safe: true, untried: false, nodes: [node] };
  const judged = STAGED.map((authority) => {
    const position = authority === "serviceAccount" ? ("swap" as const) : ("finish" as const);
    return { authority, id: "r", position, requested, verdict };
  });
  const period = tokenGracePeriod === undefined ? {} : { tokenGracePeriod };
  const known = { resource: "prod", nodes: [], rotations: judged, ...period, ...(all ? { all: requested } : {}) };
  const [waiting, ...more] = waitingRotations({ known, judged }, now);
  assert.equal(more.length, 0);
  return waiting!.reason;
};

describe("What a rotation of the service account key waits for", () => {
  it("is its tokens, for as long as the program says", () => {
    for (const period of [undefined, "70m", "1h10m"])
      assert.match(
        reasonWith(period),
        /^stays at swap; tokens of the old key may be in use until 2026-11-22T21:00:00Z$/,
      );
    assert.match(reasonWith("10m1s"), /until 2026-11-22T20:00:01Z$/);
    for (const period of ["0s", "0", "10m", "1500ms"])
      assert.equal(reasonWith(period), "stays at swap; every node is through");
  });

  it("is the same in a rotation of all", () => {
    const before = "stays before step 5 of 5 (service account key at swap); ";
    assert.equal(
      reasonWith("70m", true),
      `${before}service account key: tokens of the old key may be in use until 2026-11-22T21:00:00Z`,
    );
    assert.equal(reasonWith("0s", true), `${before}every node is through`);
  });
});
