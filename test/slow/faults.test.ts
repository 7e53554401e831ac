import { strict as assert } from "node:assert";

import { needsPulumi, Project, type PulumiCli, secretsIn } from "../e2e/support";
import { dieManyTimes, StackLife } from "../e2e/support/life";

/** Kills in all, each with the updates after it 18 s; TALOS_PKI_FAULTS=50 is the long run. */
const KILLS = Number(process.env["TALOS_PKI_FAULTS"] ?? 12);
/** The same moments come again with the same seed. */
const SEED = Number(process.env["TALOS_PKI_SEED"] ?? 20261122);

describe("pulumi that dies with kill -9 at any moment", function () {
  this.timeout(3_600_000);
  let cli: PulumiCli;
  before(function () {
    cli = needsPulumi(this);
  });

  it(`loses no secret, makes no second CA and goes on, ${KILLS} times of ${KILLS}`, async () => {
    const remains = await dieManyTimes(KILLS, { seed: SEED, victims: ["all", "providers"] }, () =>
      StackLife.begin({ cli }),
    );
    assert.ok(remains.length >= KILLS);
  });
});

describe("a stack in trouble", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  before(function () {
    cli = needsPulumi(this);
  });

  it("shows no secret and changes nothing when the passphrase is wrong", async () => {
    const { project } = await StackLife.begin({ cli });
    try {
      assert.equal((await project.up()).code, 0);
      const secrets = secretsIn(await project.decryptedState());
      const state = project.state();
      const wrong = await project.up({ env: { PULUMI_CONFIG_PASSPHRASE: "wrong" } });
      assert.notEqual(wrong.code, 0);
      assert.match(wrong.output, /incorrect passphrase/);
      assert.equal(project.state(), state);
      project.assertNoSecrets(secrets);
    } finally {
      await project.remove();
    }
  });

  it("lets at most one of two ups at once through, and the state is whole", async () => {
    const life = await StackLife.begin({ cli });
    const { project } = life;
    try {
      const both = await Promise.all([project.up(), project.up()]);
      // Pulumi writes its lock and looks for others after that: both may see each other and give way.
      const refused = both.filter(({ code }) => code !== 0);
      for (const { output } of refused) assert.match(output, /currently locked|\.pulumi\/locks\//);
      const made = life.status();
      assert.equal(made === undefined, refused.length === both.length);
      const again = await project.up();
      assert.equal(again.code, 0, again.output);
      if (made !== undefined) assert.deepEqual(life.status(), made);
      const quiet = await project.preview({ args: ["--expect-no-changes"] });
      assert.equal(quiet.code, 0, quiet.output);
      project.assertNoSecrets(secretsIn(await project.decryptedState()));
    } finally {
      await project.remove();
    }
  });

  it("makes twenty clusters side by side, each with CAs of its own", async () => {
    const clusters = `
const { TalosSecrets } = require("pulumi-talos-pki");
exports.fingerprints = [...Array(20).keys()].map((n) => new TalosSecrets("c" + n, {
  talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" },
}, { protect: false }).certificateAuthorities.apply((CAs) => Object.values(CAs).map((one) => one.fingerprint)));
`;
    const project = await Project.create({ cli, program: clusters });
    try {
      assert.equal((await project.up()).code, 0);
      const { fingerprints } = (await project.outputs()) as { fingerprints: string[][] };
      assert.equal(new Set(fingerprints.flat()).size, 80);
      project.assertNoSecrets(secretsIn(await project.decryptedState()));
    } finally {
      await project.remove();
    }
  });
});
