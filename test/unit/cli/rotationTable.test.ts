import assert from "node:assert/strict";

import { describeRotations } from "../../../provider/cli/rotationTable";
import { styleOf } from "../../../provider/cli/style";
import { judgeRotation } from "../../../provider/core/lifecycle/rotationCheck";
import type { PlaceObservation } from "../../../provider/core/lifecycle/rotationProofs";

const conclusionOf = (kubelet: Omit<PlaceObservation, "place" | "trusts">): string => {
  const places = [{ place: "kubelet", trusts: {}, ...kubelet }] as const;
  const observation = { node: "10.0.0.5", machineType: "worker", places, components: [] } as const;
  const rotation = { authority: "kubernetes", position: "accept", id: "r" } as const;
  const judged = [{ ...rotation, verdict: judgeRotation("kubernetes", "accept", [observation]) }];
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
});
