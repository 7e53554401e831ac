import assert from "node:assert/strict";

import { STAGED } from "../../../provider/core/secrets/inventory";
import { RotatingConfigs } from "../support/rotation";
import { talosPki } from "./support";

describe("A config in the middle of a rotation of all five, to talos-pki", function () {
  this.timeout(120_000);
  for (const talosVersion of ["v1.13", "v1.14"]) {
    it(`is whole, and shows both of each, ${talosVersion}`, async () => {
      const stack = await RotatingConfigs.create(talosVersion, {}, STAGED);
      const before = stack.machineConfig("controlplane");
      await stack.up(talosVersion, "accept");
      const after = stack.machineConfig("controlplane");
      const files = { "before.yaml": before, "after.yaml": after };
      const run = (...args: string[]): ReturnType<typeof talosPki> => talosPki(args, { files });
      const status = stack.secrets.outputs["rotationStatus"] as Record<string, { issuing: string; next: string }>;

      const verified = await run("verify", "after.yaml");
      assert.deepEqual([verified.code, verified.out.match(/^ok/gm)?.length], [0, 8]);
      const { out: inspected } = await run("inspect", "after.yaml");
      const { out: ending } = await run("expiry", "after.yaml");
      assert.equal(ending.match(/^ok /gm)?.length, 8);
      const { out: changes } = await run("diff", "before.yaml", "after.yaml");
      for (const name of ["os", "kubernetes", "etcd", "aggregator", "serviceAccount"])
        for (const fingerprint of [status[name]!.issuing, status[name]!.next])
          assert.ok(inspected.includes(fingerprint), `${name} ${fingerprint}`);
      for (const name of ["etcd", "aggregator", "serviceAccount"]) {
        const { issuing, next } = status[name]!;
        assert.match(changes, new RegExp(`\\+ .*${issuing}, accepts ${next} too$`, "m"), name);
      }
      for (const { out, err } of [
        verified,
        await run("inspect", "after.yaml"),
        await run("diff", "before.yaml", "after.yaml"),
      ])
        assert.doesNotMatch(out + err, /PRIVATE|MC4CAQ|MHcCAQ/);
    });
  }
});
