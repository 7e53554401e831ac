import assert from "node:assert/strict";

import { describeRotations } from "../../../provider/cli/rotationTable";
import { styleOf } from "../../../provider/cli/style";
import { judgeRotation } from "../../../provider/core/lifecycle/rotationCheck";
import type { PlaceObservation } from "../../../provider/core/lifecycle/rotationProofs";

interface Shown {
  readonly authority?: "os" | "kubernetes";
  readonly position?: "accept" | "finish";
}

const conclusionOf = (
  shown: Partial<PlaceObservation>,
  { authority = "kubernetes", position = "accept" }: Shown = {},
): string => {
  const places = [{ place: authority === "os" ? ("talosAPI" as const) : ("kubelet" as const), trusts: {}, ...shown }];
  const observation = { node: "10.0.0.5", machineType: "worker", places, components: [] } as const;
  const rotation = { authority, position, id: "r" } as const;
  const judged = [{ ...rotation, verdict: judgeRotation(authority, position, [observation]) }];
  const text = describeRotations(
    { resource: "prod", nodes: [], rotations: [rotation] },
    judged,
    styleOf({ colours: false }),
  );
  return text.trimEnd().split("\n").at(-1)!;
};

describe("the table of rotations", () => {
  it("tells a node that only needs time from one that needs its config", () => {
    assert.match(
      conclusionOf({ reason: "it answers HTTP 500", isSettling: true }),
      /^not safe: 1 of 1 node is not through; wait a minute until every server there is ready, and ask again; /,
    );
    assert.match(
      conclusionOf({ reason: "connect ETIMEDOUT" }),
      /^not safe: 1 of 1 node is not through; apply the machine config of this stage there /,
    );
  });

  it("says with what an old CA can be tried, where that helps", () => {
    const end = (authority: "os" | "kubernetes"): string =>
      conclusionOf({ serves: "issuing", trusts: { issuing: true } }, { authority, position: "finish" });
    assert.match(end("os"), /the old one is out could not be tried: give an old talosconfig too, or see that every/);
    assert.match(
      end("kubernetes"),
      /the old one is out could not be tried everywhere: see that every node has its config$/,
    );
  });
});
