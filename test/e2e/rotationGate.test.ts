import assert from "node:assert/strict";

import { needsPulumi, Project, type PulumiCli } from "./support";

/** Nobody listens there: each node is late. */
const nodes = (...ports: readonly number[]): string =>
  JSON.stringify(ports.map((port) => ({ address: `127.0.0.1:${port}`, machineType: "controlplane" })));

const program = (rotation: string, list: string): string => `
import * as talos from "pulumi-talos-pki";
const secrets = new talos.TalosSecrets("prod", {
  serviceAccount: { algorithm: "ecdsa-p256" }, nodes: ${list}, ${rotation}
}, { protect: false });
export const stage = secrets.rotationStatus.apply(({ os }) => os.stage);
`;
const rotate = (stage: string): string => `rotation: { os: { id: "r", stage: "${stage}" } }`;
const WAITS = /rotation\.os "r": none -> accept, if all of 127\.0\.0\.1:1, 127\.0\.0\.1:2 serve and accept the CA: /;
const LATE = /2 of 2 nodes do not use the CA of the state: 127\.0\.0\.1:1 cannot be reached: nobody listens there; /;

describe("A rotation that asks nodes, under the real Pulumi", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  before(function () {
    cli = needsPulumi(this);
  });

  it("is due as long as auto has not finished it, waits with a warning, and is rejected by stage", async () => {
    const project = await Project.create({ cli });
    const change = (rotation: string, list: string): void => {
      project.writeProgram({ program: program(rotation, list) });
    };
    const same = { args: ["--expect-no-changes"] };
    try {
      change("", nodes(1));
      assert.equal((await project.up()).code, 0);
      // A change of nodes alone is none.
      change("", nodes(1, 2));
      const none = await project.up(same);
      assert.equal(none.code, 0, none.output);

      change(rotate("auto"), nodes(1, 2));
      for (let up = 0; up < 2; up += 1) {
        const preview = await project.preview(same);
        assert.notEqual(preview.code, 0);
        assert.match(preview.output, WAITS);
        const waiting = await project.up();
        assert.equal(waiting.code, 0, waiting.output);
        assert.match(
          waiting.output,
          /rotation\.os: does not begin yet, because 2 of 2 nodes do not use the CA of the state: /,
        );
        assert.deepEqual(await project.outputs(), { stage: "none" });
      }

      change(rotate("accept"), nodes(1, 2));
      const rejected = await project.up();
      assert.notEqual(rejected.code, 0);
      assert.match(rejected.output, LATE);
      assert.match(rejected.output, /then run the update again \(ERR_ROTATION_NOT_PROPAGATED\)/);
      assert.deepEqual(await project.outputs(), { stage: "none" });
    } finally {
      await project.remove();
    }
  });
});
