import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { KUBERNETES_PKI_FILES } from "../../provider/core/secrets/kubernetesPki";
import { needsPulumi, Project, type PulumiCli, repository, secretsIn } from "./support";
import { clusterProgram, START, stepsOf } from "./support/clusterProgram";

const vector = (path: string): string => readFileSync(join(repository, "test", "vectors", path), "utf8");
const bundle = vector("bundles/v1.13.yaml");
const pki = Object.fromEntries(KUBERNETES_PKI_FILES.map((name) => [`pki/${name}`, vector(`pki/${name}`)]));
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Each way to adopt, what makes it, and what must stand in the bundle then. */
const WAYS: Readonly<Record<string, { args: object; holds: readonly string[]; files?: Record<string, string> }>> = {
  secretsYaml: { args: { secretsYaml: bundle }, holds: [bundle] },
  controlPlaneConfig: { args: { controlPlaneConfig: vector("out/base-v1.13/controlplane.yaml") }, holds: [bundle] },
  kubernetesPkiDirectory: {
    args: { kubernetesPkiDirectory: "pki", bootstrapToken: "abcdef.0123456789abcdef" },
    holds: ["abcdef.0123456789abcdef", ...Object.values(pki).map(base64)],
    files: pki,
  },
};

describe("An adoption under the real Pulumi", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  let project: Project | undefined;

  before(function () {
    cli = needsPulumi(this);
  });

  afterEach(async () => {
    await project?.remove();
    project = undefined;
  });

  for (const [way, { args, holds, files = {} }] of Object.entries(WAYS)) {
    it(`by ${way} takes over what is there, and the input may go without a change`, async () => {
      const own = way === "kubernetesPkiDirectory" ? {} : { serviceAccount: {} };
      project = await Project.create({ cli, program: clusterProgram({ secrets: { ...own, ...args } }), files });
      const up = await project.up({ now: START });
      assert.equal(up.code, 0, up.output);
      const adopted = await project.outputs({ secrets: true });
      holds.forEach((part) => {
        assert.ok(String(adopted["bundle"]).includes(part));
      });

      const again = await project.preview({ now: START, args: ["--expect-no-changes"] });
      assert.equal(again.code, 0, again.output);
      project.writeProgram({ program: clusterProgram({ secrets: own }) });
      const without = await project.preview({ now: START, args: ["--expect-no-changes", "--diff"] });
      assert.deepEqual([without.code, without.changes], [0, { same: 8 }], without.output);
      assert.deepEqual(stepsOf(await project.up({ now: START })), []);
      assert.deepEqual(await project.outputs({ secrets: true }), adopted);

      const secrets = secretsIn(await project.decryptedState());
      // The folder of the program holds the PKI in clear, as its user put it there.
      project.assertNoSecrets(secrets);
    });
  }
});
