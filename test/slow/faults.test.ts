import { strict as assert } from "node:assert";
import { setTimeout } from "node:timers/promises";

import fc from "fast-check";

import { needsPulumi, Project, type PulumiCli, secretsIn } from "../e2e/support";

/** Kills in all; a longer run sets more. */
const KILLS = Number(process.env["TALOS_PKI_FAULTS"] ?? 50);
/** The same moments come again with the same seed. */
const SEED = Number(process.env["TALOS_PKI_SEED"] ?? 20261122);

const program = (rotation: string): string => `
const { ClientConfiguration, MachineConfig, TalosSecrets } = require("pulumi-talos-pki");
const secrets = new TalosSecrets("prod", {
  talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" }, rotation: ${rotation},
}, { protect: false });
const client = new ClientConfiguration("admin", { secrets, clusterName: "prod", validityPeriodHours: 1000 });
const config = new MachineConfig("controlplane", {
  secrets, clusterName: "prod", clusterEndpoint: "https://10.0.0.10:6443", machineType: "controlplane",
});
exports.status = secrets.rotationStatus;
exports.trust = secrets.trust;
exports.issuer = client.issuerFingerprint;
exports.clientTrust = client.caCertificatesPem;
exports.notBefore = client.notBefore;
exports.config = config.machineConfig;
`;

interface Step {
  readonly title: string;
  readonly rotation: string;
  readonly now: string;
}

/** The life of a stack: each step dies at some moment and is run again. */
const STEPS: readonly Step[] = [
  { title: "creation", rotation: "undefined", now: "2026-12-01T00:00:00Z" },
  { title: "renewal", rotation: "undefined", now: "2027-01-08T00:00:00Z" },
  ...["accept", "swap", "finish"].map((stage) => ({
    title: `rotation at ${stage}`,
    rotation: `{ os: { id: "2027", stage: "${stage}" } }`,
    now: "2027-01-08T01:00:00Z",
  })),
];

interface Status {
  readonly stage: string;
  readonly issuing: string;
  readonly accepted: readonly string[];
}

interface Outputs {
  readonly status: { readonly os: Status };
  readonly trust: { readonly os: string };
  readonly issuer: string;
  readonly clientTrust: string;
  readonly notBefore: string;
}

/** What the state says of the OS CA, if the secrets are in it at all. */
function statusOf(project: Project): Status | undefined {
  const secrets = project.resources().find((resource) => resource.type.endsWith(":TalosSecrets"));
  const status = secrets?.outputs?.["rotationStatus"] as { os: Status } | undefined;
  return status?.os;
}

/** Runs one step with a kill after `share` of its usual time (seconds), then again to its end. */
async function dieAndGoOn(
  project: Project,
  step: Step,
  share: number,
  usual: number,
  victim: "all" | "providers",
): Promise<void> {
  project.writeProgram({ program: program(step.rotation) });
  const before = statusOf(project);
  const operation = project.start("up", { now: step.now });
  await setTimeout(usual * share * 1000);
  await operation.kill(victim);
  await project.unlock();
  const left = statusOf(project);

  const again = await project.up({ now: step.now });
  assert.equal(again.code, 0, again.output);
  const outputs = (await project.outputs()) as unknown as Outputs;
  const { os } = outputs.status;
  const stage = /stage: "(\w+)"/.exec(step.rotation)?.[1];
  if (stage !== undefined) assert.equal(os.stage, stage);
  // Whatever the state held when it died is what goes on: no second CA.
  if (left !== undefined && left.stage === os.stage) assert.deepEqual(os, left);
  if (before !== undefined && stage !== "swap") assert.equal(os.issuing, before.issuing);
  if (before !== undefined && stage === "swap")
    assert.deepEqual([os.issuing, os.accepted], [before.accepted[0], [before.issuing]]);
  // Dependents have followed.
  assert.equal(outputs.issuer, os.issuing);
  assert.equal(outputs.clientTrust, outputs.trust.os);
  const quiet = await project.preview({ now: step.now, args: ["--expect-no-changes"] });
  assert.equal(quiet.code, 0, quiet.output);
}

describe("pulumi that dies with kill -9 at any moment", function () {
  this.timeout(3_600_000);
  let cli: PulumiCli;
  before(function () {
    cli = needsPulumi(this);
  });

  it(`loses no secret, makes no second CA and goes on, ${KILLS} times of ${KILLS}`, async () => {
    const lives = Math.ceil(KILLS / STEPS.length);
    const moments = fc.sample(
      fc.tuple(fc.double({ min: 0.05, max: 1, noNaN: true }), fc.constantFrom("all" as const, "providers" as const)),
      {
        numRuns: lives * STEPS.length,
        seed: SEED,
      },
    );
    const rehearsal = await Project.create({ cli, program: program("undefined") });
    const { seconds: usual } = await rehearsal.up();
    await rehearsal.remove();
    let kills = 0;
    for (let life = 0; life < lives; life++) {
      const project = await Project.create({ cli, program: program("undefined") });
      try {
        for (const [index, step] of STEPS.entries()) {
          const [share, victim] = moments[life * STEPS.length + index]!;
          await dieAndGoOn(project, step, share, usual, victim).catch((error: unknown) => {
            throw new Error(`seed ${SEED}, life ${life}, ${step.title}, ${victim} killed at ${share}`, {
              cause: error,
            });
          });
          kills += 1;
        }
        project.assertNoSecrets(secretsIn(await project.decryptedState()));
      } finally {
        await project.remove();
      }
    }
    assert.ok(kills >= KILLS);
  });
});

describe("a stack in trouble", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  before(function () {
    cli = needsPulumi(this);
  });

  it("shows no secret and changes nothing when the passphrase is wrong", async () => {
    const project = await Project.create({ cli, program: program("undefined") });
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
    const project = await Project.create({ cli, program: program("undefined") });
    try {
      const both = await Promise.all([project.up(), project.up()]);
      // Pulumi writes its lock and looks for others after that: both may see each other and give way.
      const refused = both.filter(({ code }) => code !== 0);
      for (const { output } of refused) assert.match(output, /currently locked|\.pulumi\/locks\//);
      const made = statusOf(project);
      assert.equal(made === undefined, refused.length === both.length);
      const again = await project.up();
      assert.equal(again.code, 0, again.output);
      if (made !== undefined) assert.deepEqual(statusOf(project), made);
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
