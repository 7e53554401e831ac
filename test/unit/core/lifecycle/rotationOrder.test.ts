import assert from "node:assert/strict";

import { describeProblem } from "../../../../provider/core/errors";
import { AUTHORITIES, describeApply, unsupportedReason } from "../../../../provider/core/lifecycle/authorities";
import { planRotation, type RotationState } from "../../../../provider/core/lifecycle/rotation";
import {
  MAY_LAG,
  type OrderStep,
  planRotationOrder,
  ROTATION_ORDER,
  type RotationStates,
} from "../../../../provider/core/lifecycle/rotationOrder";
import { STAGED, type StagedName } from "../../../../provider/core/secrets/inventory";
import { parseTalosVersion, SUPPORTED_TALOS_VERSIONS } from "../../../../provider/core/talosVersion";

const PATH = "rotation.all";
const at = (position: RotationState["position"], id = "r", spentIds: string[] = []): RotationState => ({
  position,
  spentIds,
  ...(position === "none" ? {} : { id }),
});
const states = (given: Partial<RotationStates> = {}): RotationStates => ({
  os: at("none"),
  kubernetes: at("none"),
  etcd: at("none"),
  aggregator: at("none"),
  serviceAccount: at("none"),
  ...given,
});

/** One update: every CA that moves does so by the rules of single ones. */
function up(before: RotationStates, stage: "auto" | "abort", id = "r", without: readonly StagedName[] = []) {
  const { requests, moving, problems } = planRotationOrder(before, { id, stage }, PATH);
  assert.deepEqual(problems, []);
  const after = STAGED.map((name) => {
    const plan = planRotation(before[name], requests[name], `rotation.${name}`);
    assert.deepEqual(plan.problems, [], name);
    assert.equal(plan.action !== "none", moving.includes(name), name);
    return [name, without.includes(name) ? before[name] : plan.state] as const;
  });
  return { after: Object.fromEntries(after) as unknown as RotationStates, moving };
}

const plan = (before: RotationStates): OrderStep | undefined =>
  planRotationOrder(before, { id: "r", stage: "auto" }, PATH).step;

const positions = (all: RotationStates): string[] => STAGED.map((name) => all[name].position);

describe("The order in which all CAs rotate", () => {
  it("has each stage of each once, in its order", () => {
    for (const name of STAGED) {
      const stages = ROTATION_ORDER.flatMap((step) => step[name] ?? []);
      assert.deepEqual(stages, ["accept", "swap", "finish"], name);
    }
    assert.deepEqual(MAY_LAG, ["serviceAccount"]);
  });

  it("takes at most 6 updates, and reboots a control plane at most twice", () => {
    assert.ok(ROTATION_ORDER.length <= 6);
    const reboots = ROTATION_ORDER.filter((step) =>
      STAGED.some((name) => {
        const stage = step[name];
        return stage !== undefined && AUTHORITIES[name].restarts[stage] === "reboot";
      }),
    );
    assert.equal(reboots.length, 2);
  });

  it("leaves API servers alone until etcd has swapped, and a reboot alone with nothing else of theirs before its finish", () => {
    const swapped = ROTATION_ORDER.findIndex(({ etcd }) => etcd === "swap");
    for (const step of ROTATION_ORDER.slice(0, swapped + 1))
      assert.deepEqual([step.kubernetes, step.aggregator, step.serviceAccount], [undefined, undefined, undefined]);
  });

  it("tells which step an update takes, and until which one a CA stays that does not move", () => {
    const seen = [];
    for (let now = states(), step = plan(now); step !== undefined; step = plan(now)) {
      seen.push([step.number, step.of, ...step.resting.map(({ name, until }) => `${name} until ${until}`)]);
      now = up(now, "auto").after;
    }
    assert.deepEqual(seen, [
      [1, 5],
      [2, 5],
      [3, 5, "etcd until 5"],
      [4, 5, "etcd until 5"],
      [5, 5],
    ]);
    assert.equal(planRotationOrder(up(states(), "auto").after, { id: "r", stage: "abort" }, PATH).step, undefined);
  });

  it("is gone through by auto, each to its finish, and then nothing more is asked for", () => {
    let now = states();
    const walk = [positions(now)];
    for (let ups = 0; ups < 5; ups += 1) {
      now = up(now, "auto").after;
      walk.push(positions(now));
    }
    assert.deepEqual(walk, [
      ["none", "none", "none", "none", "none"],
      ["accept", "none", "accept", "none", "none"],
      ["swap", "none", "swap", "none", "none"],
      ["finish", "accept", "swap", "accept", "accept"],
      ["finish", "swap", "swap", "swap", "swap"],
      ["finish", "finish", "finish", "finish", "finish"],
    ]);
    assert.deepEqual(up(now, "auto").moving, []);
    for (const name of STAGED) assert.deepEqual(now[name].spentIds, ["r"]);
  });

  it("lets the service account key finish alone where its tokens are still in use: 6 updates", () => {
    let now = states();
    for (let ups = 0; ups < 4; ups += 1) now = up(now, "auto").after;
    now = up(now, "auto", "r", MAY_LAG).after;
    assert.deepEqual(positions(now), ["finish", "finish", "finish", "finish", "swap"]);
    const last = up(now, "auto");
    assert.deepEqual(last.moving, MAY_LAG);
    assert.deepEqual(new Set(positions(last.after)), new Set(["finish"]));
  });

  it("has a way back from every step, in at most two updates, and a way on from everywhere on that way but its end", () => {
    for (let done = 1; done <= 4; done += 1) {
      let now = states();
      for (let ups = 0; ups < done; ups += 1) now = up(now, "auto").after;
      const finished = STAGED.filter((name) => now[name].position === "finish");
      const first = up(now, "abort").after;
      // Whoever changes his mind goes on.
      if (STAGED.some((name) => ["accept", "swap"].includes(first[name].position))) {
        let again = first;
        for (let ups = 0; ups < 8; ups += 1)
          again =
            planRotationOrder(again, { id: "r", stage: "auto" }, PATH).problems.length > 0
              ? again
              : up(again, "auto").after;
        if (STAGED.every((name) => first[name].position !== "abort"))
          assert.deepEqual(new Set(positions(again)), new Set(["finish"]), `after ${done}`);
      }
      const back = up(first, "abort").after;
      for (const name of STAGED) {
        const expected = finished.includes(name) ? "finish" : now[name].position === "none" ? "none" : "abort";
        assert.equal(back[name].position, expected, `${name} after ${done}`);
      }
      assert.deepEqual(up(back, "abort").moving, []);
    }
  });

  it("begins only where no CA is under way, and with an id that none has used", () => {
    const told = (given: Partial<RotationStates>, stage: "auto" | "abort" = "auto"): string[] =>
      planRotationOrder(states(given), { id: "r", stage }, PATH).problems.map(describeProblem);
    assert.deepEqual(told({ kubernetes: at("swap", "k") }), [
      'rotation.all: rotation "k" of the Kubernetes CA is under way at stage "swap", so "r" cannot begin; finish or abort the one under way first',
    ]);
    const spent = (what: string): string[] => [
      `rotation.all: the id "r" is spent for ${what}; begin with an id that no CA has used`,
    ];
    assert.deepEqual(told({ os: at("finish", "r", ["r"]) }), spent("the OS CA"));
    assert.deepEqual(told({ etcd: at("finish", "r", ["r"]) }), spent("the etcd CA"));
    assert.deepEqual(told({ aggregator: at("finish", "x", ["r", "x"]) }), spent("the aggregator CA"));
    assert.deepEqual(told({ serviceAccount: at("abort", "r", ["r"]) }), spent("the service account key"));
    assert.deepEqual(told({}, "abort"), [
      'rotation.all: no rotation "r" is under way; leave it out, or set stage "auto"',
    ]);
    assert.deepEqual(told(Object.fromEntries(STAGED.map((name) => [name, at("finish", "r", ["r"])])), "abort"), [
      'rotation.all: rotation "r" is over and cannot be aborted; leave stage "auto"',
    ]);
    // One that a program has begun on its own is taken along.
    assert.deepEqual(told({ os: at("swap") }), []);
  });
});

describe("What rotates in stages", () => {
  it("does so from v1.7 on, and says why not before", () => {
    for (const version of SUPPORTED_TALOS_VERSIONS) {
      for (const name of STAGED) {
        const reason = unsupportedReason(name, parseTalosVersion(version));
        assert.equal(reason !== undefined, version === "v1.6", `${name} ${version}`);
      }
    }
    assert.equal(
      unsupportedReason("serviceAccount", parseTalosVersion("v1.6")),
      "the API servers of Talos v1.6 accept tokens of one key only, so that it cannot be rotated in stages; upgrade to v1.7 or later first",
    );
  });

  it("says how each stage gets to the nodes", () => {
    assert.equal(
      describeApply("os", "accept"),
      "apply the machine configs to every control plane, then to every worker",
    );
    assert.match(
      describeApply("etcd", "accept"),
      /one after the other, and reboot each after its apply, one at a time/,
    );
    assert.equal(
      describeApply("etcd", "swap"),
      "apply the machine configs to every control plane, one after the other",
    );
    assert.match(describeApply("aggregator", "finish"), /and restart the kubelet of each right after its apply$/);
  });
});
