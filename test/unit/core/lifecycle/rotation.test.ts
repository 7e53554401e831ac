import assert from "node:assert/strict";

import {
  isUnderWay,
  nextStep,
  planRotation,
  ROTATION_STAGES,
  type RotationPosition,
  type RotationRequest,
  type RotationStage,
  type RotationState,
} from "../../../../provider/core/lifecycle/rotation";
import { told } from "../../support/errors";

const PATH = "rotation.os";
const POSITIONS: readonly RotationPosition[] = ["none", ...ROTATION_STAGES];
/** A state at a position: rotation "r" is under way or over, "old" is long over. */
const stateAt = (position: RotationPosition): RotationState =>
  position === "none"
    ? { position, spentIds: [] }
    : { position, id: "r", spentIds: isUnderWay(position) ? ["old"] : ["old", "r"] };
const request = (id: string, stage: RotationStage, bringsAuthority = false): RotationRequest => ({
  id,
  stage,
  bringsAuthority,
});

/** Every request that can be made: the id of the state, one never used, one that is spent, with and without PEM. */
const REQUESTS = ROTATION_STAGES.flatMap((stage) =>
  ["r", "new", "old"].flatMap((id) => [request(id, stage), request(id, stage, true)]),
);

const legal: Record<string, string> = {};
for (const position of ["none", "finish", "abort"]) {
  const spent = position === "none" ? [] : ["r"];
  for (const id of ["new", ...(position === "none" ? ["r", "old"] : [])]) {
    if (spent.includes(id)) continue;
    legal[`${position} -> accept ${id}`] = "begin";
    legal[`${position} -> accept ${id} with PEM`] = "begin";
    legal[`${position} -> finish ${id} with PEM`] = "takeOver";
  }
}
for (const pem of ["", " with PEM"]) {
  legal[`accept -> swap r${pem}`] = "swap";
  legal[`swap -> accept r${pem}`] = "unswap";
  legal[`swap -> finish r${pem}`] = "finish";
  legal[`accept -> abort r${pem}`] = "abort";
  // The same again is no move.
  for (const stage of ROTATION_STAGES) legal[`${stage} -> ${stage} r${pem}`] = "none";
}

const SPENT = (id: string): string =>
  `rotation "${id}" is over and its id is spent; begin another with a new id and stage "accept"`;

/** Why each illegal move is rejected. */
function reason(position: RotationPosition, { id, stage }: RotationRequest): string {
  if (isUnderWay(position)) {
    if (id !== "r")
      return `rotation "r" is under way at stage "${position}", so "${id}" cannot begin; finish or abort the one under way first`;
    return position === "accept"
      ? `stage "accept" cannot be followed by "${stage}"; must be "swap" (go on) or "abort" (go back)`
      : `stage "swap" cannot be followed by "${stage}"; must be "finish" (go on) or "accept" (go back)`;
  }
  if (position !== "none" && id !== "new") return SPENT(id);
  return stage === "finish"
    ? 'a rotation begins with stage "accept"; stage "finish" with a new id takes over a CA rotated elsewhere and needs its certificatePem and privateKeyPem'
    : `no rotation is under way, so "${id}" cannot begin with stage "${stage}"; begin with stage "accept"`;
}

describe("A staged rotation", () => {
  let refused = 0;
  for (const position of POSITIONS) {
    for (const asked of REQUESTS) {
      const move = `${position} -> ${asked.stage} ${asked.id}${asked.bringsAuthority ? " with PEM" : ""}`;
      const state = stateAt(position);
      const expected = legal[move];
      if (expected === undefined) {
        refused++;
        it(`rejects ${move}, with the way on`, () => {
          const plan = planRotation(state, asked, PATH);
          assert.deepEqual([plan.action, plan.state], ["none", state]);
          assert.deepEqual(told(plan.problems), [`ERR_ROTATION_ILLEGAL rotation.os: ${reason(position, asked)}`]);
        });
      } else {
        it(`allows ${move}: ${expected}`, () => {
          const plan = planRotation(state, asked, PATH);
          assert.deepEqual([plan.action, plan.problems], [expected, []]);
          if (expected === "none") return;
          assert.deepEqual([plan.state.position, plan.state.id], [asked.stage, asked.id]);
          const over = asked.stage === "finish" || asked.stage === "abort";
          assert.deepEqual(plan.state.spentIds, over ? [...state.spentIds, asked.id] : state.spentIds);
        });
      }
    }
  }

  it("has more illegal moves than legal ones in this table", () => {
    assert.equal(Object.keys(legal).length + refused, POSITIONS.length * REQUESTS.length);
    assert.ok(refused > Object.keys(legal).length);
  });

  it("cannot be dropped in the middle", () => {
    const dropped = (position: RotationPosition): string[] =>
      told(planRotation(stateAt(position), undefined, PATH).problems);
    assert.deepEqual(dropped("accept"), [
      'ERR_ROTATION_ILLEGAL rotation.os: rotation "r" is under way at stage "accept" and cannot be dropped; go on with stage "swap", or end it with stage "abort"',
    ]);
    assert.deepEqual(dropped("swap"), [
      'ERR_ROTATION_ILLEGAL rotation.os: rotation "r" is under way at stage "swap" and cannot be dropped; go on with stage "finish", or go back with stage "accept"',
    ]);
  });

  it("may be dropped before it begins and when it is over", () => {
    for (const position of ["none", "finish", "abort"] as const) {
      const state = stateAt(position);
      assert.deepEqual(planRotation(state, undefined, PATH), { action: "none", state, problems: [] });
    }
  });

  it("says at each stage what to do next", () => {
    const configs =
      "apply the machine configs to every control plane, then to every worker, unless ConfigurationApply or a TalosCluster does it";
    assert.deepEqual(
      POSITIONS.map((position) => nextStep(stateAt(position))),
      [
        "nothing is under way",
        `${configs}; when every node trusts both CAs, set stage "swap" (or "abort" to go back)`,
        `${configs}; when every node serves a certificate of the new CA, set stage "finish" (or "accept" to go back)`,
        `the old CA is out; ${configs}`,
        `nothing has been rotated; ${configs}`,
      ],
    );
  });

  it("says in a rotation of all which step moves a CA next", () => {
    const configs =
      "apply the machine configs to every control plane, one after the other, unless ConfigurationApply or a TalosCluster does it";
    const next = (order: { readonly restsUntil?: number }): string =>
      nextStep(stateAt("swap"), { isAutomatic: true, authority: "etcd", order });
    assert.equal(next({ restsUntil: 5 }), `stays at stage "swap" until step 5 of rotation.all; ${configs}`);
    assert.equal(
      next({}),
      `the next update goes to stage "finish" if every control plane has completed "swap" (set stage "abort" of rotation.all to go back); ${configs}`,
    );
  });
});
