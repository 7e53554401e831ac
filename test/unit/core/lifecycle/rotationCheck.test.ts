import assert from "node:assert/strict";

import {
  completion,
  describeLateNodes,
  judgeRotation,
  lateNodes,
  partyName,
} from "../../../../provider/core/lifecycle/rotationCheck";
import {
  type Component,
  type ComponentObservation,
  type NodeObservation,
  type PlaceObservation,
  PROOFS,
  tokenGrace,
} from "../../../../provider/core/lifecycle/rotationProofs";
import type { StagedName } from "../../../../provider/core/secrets/inventory";

const node = (more: Partial<PlaceObservation> = {}): NodeObservation => ({
  node: "10.0.0.2:50000",
  places: [{ place: "talosAPI", serves: "issuing", trusts: { issuing: true, other: true }, ...more }],
  components: [],
});

describe("The judgement on the nodes of a rotation", () => {
  it("calls the next stage safe when every node is through", () => {
    for (const [stage, next, back] of [
      ["accept", "swap", "abort"],
      ["swap", "finish", "accept"],
    ] as const) {
      const verdict = judgeRotation("os", stage, [node(), node()]);
      assert.deepEqual([verdict.safe, verdict.next, verdict.back], [true, next, back]);
    }
  });

  it("knows no next stage at rest, and says when nobody could try whether the old CA is out", () => {
    for (const stage of ["none", "finish", "abort"] as const) {
      const { nodes, ...verdict } = judgeRotation("os", stage, [node({ trusts: { issuing: true } })]);
      assert.deepEqual(verdict, { safe: true, untried: stage === "finish" });
      assert.equal(judgeRotation("os", stage, [node({ trusts: { issuing: true, retired: false } })]).untried, false);
      assert.equal(nodes[0]?.through, true);
    }
  });

  const gaps: [name: string, stage: "accept" | "swap" | "finish", observation: NodeObservation, gaps: string[]][] = [
    [
      "missed accept",
      "accept",
      node({ trusts: { issuing: true, other: false } }),
      ["does not let clients of the new CA in"],
    ],
    ["swapped already", "accept", node({ serves: "other" }), ["serves a certificate of the new CA, not of the old CA"]],
    ["missed swap", "swap", node({ serves: "other" }), ["serves a certificate of the old CA, not of the new CA"]],
    [
      "let go of the old too early",
      "swap",
      node({ trusts: { issuing: true, other: false } }),
      ["does not let clients of the old CA in"],
    ],
    [
      "missed finish",
      "finish",
      node({ trusts: { issuing: true, retired: true } }),
      ["still lets clients of the old CA in"],
    ],
    [
      "never finished at all",
      "finish",
      node({ serves: "retired", trusts: { issuing: false, retired: true } }),
      [
        "serves a certificate of the old CA, not of the CA",
        "does not let clients of the CA in",
        "still lets clients of the old CA in",
      ],
    ],
    [
      "is of another cluster",
      "accept",
      node({ serves: "stranger", trusts: { issuing: false, other: false } }),
      [
        "serves a certificate of another CA, not of the old CA",
        "does not let clients of the old CA in",
        "does not let clients of the new CA in",
      ],
    ],
    [
      "could not be tried",
      "accept",
      node({ trusts: { issuing: true } }),
      ["nobody could knock as a client of the new CA"],
    ],
    [
      "is away",
      "swap",
      {
        node: "a",
        places: [{ place: "talosAPI", trusts: {}, reason: "nobody listens there" }],
        components: [],
      },
      ["cannot be reached: nobody listens there"],
    ],
  ];
  for (const [name, stage, observation, expected] of gaps) {
    it(`finds the node that ${name}`, () => {
      const verdict = judgeRotation("os", stage, [node({ trusts: { issuing: true, other: true } }), observation]);
      assert.equal(verdict.safe, false);
      assert.deepEqual(verdict.nodes[1]?.gaps, expected);
    });
  }

  it("is not safe without a single node", () => {
    assert.equal(judgeRotation("os", "accept", []).safe, false);
  });

  it("calls the CAs what people call them", () => {
    assert.deepEqual(
      (["none", "accept", "swap"] as const).map((stage) => [partyName(stage, "issuing"), partyName(stage, "other")]),
      [
        ["the CA", "the CA"],
        ["the old CA", "the new CA"],
        ["the new CA", "the old CA"],
      ],
    );
  });

  it("asks of each authority what it has to show at a stage", () => {
    const missing = (authority: StagedName, stage: "accept" | "swap" | "finish"): readonly string[] =>
      judgeRotation(authority, stage, [{ node: "a", machineType: "controlplane", places: [], components: [] }])
        .nodes[0]!.gaps;
    const restart = (...names: readonly Component[]): string =>
      `nobody could tell whether ${names.join(" and ")} ${names.length === 1 ? "runs" : "run"} with the config`;
    for (const stage of ["accept", "swap", "finish"] as const) {
      assert.deepEqual(missing("os", stage), ["cannot be reached"]);
      assert.deepEqual(missing("kubernetes", stage), [
        "API server: cannot be reached",
        "kubelet: cannot be reached",
        restart("kube-apiserver", "kube-controller-manager", "kube-scheduler"),
      ]);
      const etcd = ["etcd (2379): cannot be reached", "etcd's peers (2380): cannot be reached"];
      const restarts = stage === "swap" ? [] : [restart("etcd", "kube-apiserver")];
      assert.deepEqual(missing("etcd", stage), [...etcd, ...restarts]);
      assert.deepEqual(missing("aggregator", stage), ["cannot be reached", restart("kube-apiserver")]);
      assert.deepEqual(missing("serviceAccount", stage), [
        "cannot be reached",
        restart("kube-apiserver", "kube-controller-manager"),
      ]);
    }
  });

  const shows = (authority: StagedName, ...components: readonly ComponentObservation[]): NodeObservation => ({
    node: "a",
    machineType: "controlplane",
    places: PROOFS[authority].places.map((place) => ({
      place,
      ...(place === "kubelet" ? {} : { serves: "issuing" as const }),
      trusts: { issuing: true, other: true },
    })),
    components,
  });

  it("does not call a program restarted because what it shows is right already", () => {
    const early = shows("aggregator", {
      component: "kube-apiserver",
      isCurrent: false,
      reason: "its pod is of before",
    });
    const { safe, nodes } = judgeRotation("aggregator", "accept", [early]);
    assert.equal(safe, false);
    assert.deepEqual(nodes[0]!.gaps, ["kube-apiserver does not run with the config yet: its pod is of before"]);
    const late = lateNodes("swap", judgeRotation("aggregator", "accept", [early]));
    assert.match(
      describeLateNodes("aggregator", "accept", late, 3),
      /^1 of 3 nodes has not completed accept: a kube-apiserver does not run with the config yet: its pod is of before \(it calls extension API servers with a certificate of the old CA, and accepts the old CA and the new CA\)$/,
    );
  });

  it("needs a whole start of etcd at accept and at finish, and none at swap", () => {
    const current = (["etcd", "kube-apiserver"] as const).map((component) => ({ component, isCurrent: true }));
    const stale = current.map((one) => ({ ...one, isCurrent: one.component !== "etcd" }));
    for (const stage of ["accept", "finish"] as const) {
      assert.equal(judgeRotation("etcd", stage, [shows("etcd", ...current)]).safe, true);
      assert.deepEqual(judgeRotation("etcd", stage, [shows("etcd", ...stale)]).nodes[0]!.gaps, [
        "etcd does not run with the config yet",
      ]);
    }
    assert.equal(judgeRotation("etcd", "swap", [shows("etcd", ...stale)]).safe, true);
    assert.equal(judgeRotation("etcd", "finish", [shows("etcd", ...current)]).untried, false);
  });

  it("asks a worker only for what a worker has, and is not safe on workers alone where they have nothing", () => {
    const worker: NodeObservation = { node: "w", machineType: "worker", places: [], components: [] };
    for (const authority of ["etcd", "aggregator", "serviceAccount"] as const) {
      const { safe, nodes } = judgeRotation(authority, "accept", [worker]);
      assert.deepEqual([safe, nodes[0]!.concerned, nodes[0]!.through, nodes[0]!.gaps], [false, false, true, []]);
    }
    assert.deepEqual(judgeRotation("kubernetes", "accept", [worker]).nodes[0]!.gaps, ["kubelet: cannot be reached"]);
  });

  it("lets a worker, whose kubelet does not show who issues, go back from swap once it can be reached", () => {
    const worker = (trusts: NodeObservation["places"][number]["trusts"]): NodeObservation => ({
      node: "w",
      machineType: "worker",
      places: [{ place: "kubelet", trusts }],
      components: [],
    });
    const late = (observed: NodeObservation, hasIssued: boolean): number =>
      lateNodes("abort", judgeRotation("kubernetes", "accept", [observed]), hasIssued).length;
    const [on, off] = [worker({ issuing: true, other: true }), worker({})];
    assert.deepEqual([late(on, true), late(on, false)], [0, 0]);
    // It may have a certificate of the CA that is about to go, if that has issued any.
    assert.deepEqual([late(off, true), late(off, false)], [1, 0]);
  });

  it("speaks of keys where there is no CA", () => {
    const late: NodeObservation = {
      node: "a",
      machineType: "controlplane",
      places: [{ place: "tokens", serves: "other", trusts: { issuing: false, other: true } }],
      components: PROOFS.serviceAccount.restarts.swap!.map((component) => ({ component, isCurrent: true })),
    };
    const verdict = judgeRotation("serviceAccount", "swap", [late]);
    assert.equal(
      describeLateNodes("serviceAccount", "swap", lateNodes("finish", verdict), 1),
      "1 of 1 node has not completed swap: a signs tokens with the old key, not with the new key, and does not accept tokens of the new key (it signs tokens with the old key, and accepts the old key)",
    );
    assert.equal(completion("none", "have", "serviceAccount"), "sign tokens with the key");
  });

  it("lets tokens be renewed from the start of the API server that started last", () => {
    const server = (name: string, since?: string): NodeObservation => ({
      node: name,
      machineType: "controlplane",
      places: [],
      components: [{ component: "kube-apiserver", ...(since === undefined ? {} : { since: new Date(since) }) }],
    });
    const worker: NodeObservation = { node: "w", machineType: "worker", places: [], components: [] };
    const [first, second] = [server("a", "2027-01-01T10:00:00Z"), server("b", "2027-01-01T10:05:00Z")];
    assert.deepEqual(tokenGrace([first, second, worker], 70 * 60_000), {
      unknown: [],
      until: new Date("2027-01-01T11:15:00Z"),
    });
    assert.deepEqual(tokenGrace([first, server("c")], 0).unknown, ["c"]);
  });
});
