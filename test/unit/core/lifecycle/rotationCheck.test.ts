import assert from "node:assert/strict";

import { judgeRotation, type NodeObservation, partyName } from "../../../../provider/core/lifecycle/rotationCheck";

const node = (more: Partial<NodeObservation> = {}): NodeObservation => ({
  node: "10.0.0.2:50000",
  serves: "issuing",
  trusts: { issuing: true, other: true },
  ...more,
});

describe("The judgement on the nodes of a rotation", () => {
  it("calls the next stage safe when every node is through", () => {
    for (const [stage, next, back] of [
      ["accept", "swap", "abort"],
      ["swap", "finish", "accept"],
    ] as const) {
      const verdict = judgeRotation(stage, [node(), node()]);
      assert.deepEqual([verdict.safe, verdict.next, verdict.back], [true, next, back]);
    }
  });

  it("knows no next stage at rest, and says when nobody could try whether the old CA is out", () => {
    for (const stage of ["none", "finish", "abort"] as const) {
      const { nodes, ...verdict } = judgeRotation(stage, [node({ trusts: { issuing: true } })]);
      assert.deepEqual(verdict, { safe: true, untried: stage === "finish" });
      assert.equal(judgeRotation(stage, [node({ trusts: { issuing: true, retired: false } })]).untried, false);
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
      { node: "a", trusts: {}, reason: "nobody listens there" },
      ["cannot be reached: nobody listens there"],
    ],
  ];
  for (const [name, stage, observation, expected] of gaps) {
    it(`finds the node that ${name}`, () => {
      const verdict = judgeRotation(stage, [node({ trusts: { issuing: true, other: true } }), observation]);
      assert.equal(verdict.safe, false);
      assert.deepEqual(verdict.nodes[1]?.gaps, expected);
    });
  }

  it("is not safe without a single node", () => {
    assert.equal(judgeRotation("accept", []).safe, false);
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
});
