import assert from "node:assert/strict";
import { join } from "node:path";

import { assertNoSecrets, Clone, filesBelow, needsPulumi, secretsIn } from "./support";

describe("the quickstart", function () {
  this.timeout(300_000);
  let clone: Clone;

  before(function () {
    clone = Clone.create({ env: { TALOS_PKI_PULUMI: needsPulumi(this).path } });
  });

  after(() => {
    // Not there if the suite was skipped.
    (clone as Clone | undefined)?.remove();
  });

  it("gives a cluster its PKI with one command, changes nothing the second time, and shows no secret", async () => {
    const first = await clone.run("npm start");
    assert.equal(first.code, 0, first.output);
    const names = ["clusterName", "talosconfigExpires", "osCaFingerprint", "kubernetesCaFingerprint"];
    names.forEach((name) => {
      assert.match(first.stdout, new RegExp(`^  ${name} +\\S`, "m"));
    });
    ["talosconfig", "controlPlaneConfig", "workerConfig"].forEach((name) => {
      assert.match(first.stdout, new RegExp(`stack output ${name} --show-secrets > `));
    });

    const second = await clone.run("npm start");
    assert.equal(second.code, 0, second.output);
    assert.match(second.stdout, /^Nothing changed: all \d+ resources are as the program says\.$/m);

    const { stdout } = await clone.run("npm run --silent pulumi -- stack export --show-secrets");
    const secrets = secretsIn(JSON.parse(stdout));
    assert.ok(secrets.some((secret) => Buffer.from(secret, "base64").includes("PRIVATE KEY")));
    const said = [first, second].map(({ output }, index) => ({ where: `npm start ${index + 1}`, text: output }));
    assertNoSecrets([...said, ...filesBelow(join(clone.folder, ".state", ".pulumi"))], secrets);
  });
});
