import { strict as assert } from "node:assert";

import { startNode, type Node } from "../interop/support/judge";

import { describeRotation } from "./support/describeRotation";
import type { NodeName } from "./support/rehearsal";

/** The real talosctl does not get in. */
async function refuses(node: Node, talosconfig: string): Promise<string> {
  const { code, stderr } = await node.talosctl(["version"], talosconfig);
  assert.notEqual(code, 0, `${node.ip} lets ${talosconfig} in`);
  return stderr;
}

describeRotation("the OS CA of two control planes and a worker, rotated by pulumi up", (begin) => {
  for (const order of [
    ["cp1", "cp2", "w1"],
    ["cp2", "cp1", "w1"],
  ] as const satisfies NodeName[][]) {
    it(`rejects nobody in three ups, with the configs applied in the order ${order.join(", ")}`, async () => {
      const rehearsal = await begin(70);
      const before = rehearsal.held;
      await rehearsal.stage({ id: "2026-11", stage: "accept" }, order);
      const accepted = rehearsal.held;
      await rehearsal.stage({ id: "2026-11", stage: "swap" }, order);
      await rehearsal.stage({ id: "2026-11", stage: "finish" }, order);
      const after = rehearsal.held;
      assert.equal(rehearsal.ups, 3);
      await rehearsal.assertUndisturbed(2000);

      for (const name of order) {
        const node = rehearsal.node(name);
        const log = node.log().length;
        assert.match(await refuses(node, before.talosconfig), /certificate signed by unknown authority/);
        // This one trusts the new CA already, so it is the node that rejects.
        await refuses(node, accepted.talosconfig);
        assert.match(node.log().slice(log), /failed to verify (client )?certificate/);
      }
      const config = rehearsal.folder.write("before.yaml", before.outputs.controlplane);
      const old = await startNode({ config, type: "controlplane" });
      assert.match(await refuses(old, after.talosconfig), /certificate signed by unknown authority/);
    });
  }
});
