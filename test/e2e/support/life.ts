import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";

import fc from "fast-check";

import { secretsIn } from "./leaks";
import type { Outcome } from "./operation";
import type { Victim } from "./processes";
import { Project, type ProjectOptions } from "./project";

/** Environment variable: milliseconds that the program stays awake at its end. */
export const LINGER = "TEST_LINGER_MS";

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
setTimeout(() => {}, Number(process.env.${LINGER} ?? 0));
`;

/** One `up` in the life of a stack. */
export interface LifeStep {
  readonly title: string;
  /** The text of the input `rotation`. */
  readonly rotation: string;
  readonly now: string;
  /** The stage that the OS CA is at afterwards. */
  readonly stage?: string;
}

/** The life of a stack. */
export const LIFE: readonly LifeStep[] = [
  { title: "creation", rotation: "undefined", now: "2026-12-01T00:00:00Z" },
  { title: "renewal", rotation: "undefined", now: "2027-01-08T00:00:00Z" },
  ...["accept", "swap", "finish"].map((stage) => ({
    title: `rotation at ${stage}`,
    rotation: `{ os: { id: "2027", stage: "${stage}" } }`,
    now: "2027-01-08T01:00:00Z",
    stage,
  })),
];

/** When something of an `up` dies: a share of its usual time, and what. */
interface Moment {
  readonly share: number;
  readonly victim: Victim;
}

/** Moments at random; the same come again with the same seed. */
const momentsOf = (count: number, seed: number, victims: readonly Victim[]): readonly Moment[] =>
  fc.sample(fc.record({ share: fc.double({ min: 0.05, max: 1, noNaN: true }), victim: fc.constantFrom(...victims) }), {
    numRuns: count,
    seed,
  });

/** Where a rotation of the OS CA stands, by fingerprints. */
interface OsStatus {
  readonly stage: string;
  readonly issuing: string;
  readonly accepted: readonly string[];
}

interface LifeOutputs {
  readonly status: { readonly os: OsStatus };
  readonly trust: { readonly os: string };
  readonly issuer: string;
  readonly clientTrust: string;
  readonly notBefore: string;
}

/** What a kill has left. */
export interface Remains {
  /** A lock, which the next `up` would be rejected for. */
  readonly locked: boolean;
  /** The state has the secrets, or the stage, that the step was for. */
  readonly advanced: boolean;
}

type Authorities = Readonly<Record<"kubernetes" | "etcd" | "aggregator", { readonly fingerprint: string }>>;

/** A stack that is created, renewed and rotated, and what must hold at each step. */
export class StackLife {
  private constructor(readonly project: Project) {}

  static async begin(options: Omit<ProjectOptions, "program">): Promise<StackLife> {
    return new StackLife(await Project.create({ ...options, program: program("undefined") }));
  }

  private secrets(): Readonly<Record<string, unknown>> | undefined {
    return this.project.resources().find((resource) => resource.type.endsWith(":TalosSecrets"))?.outputs;
  }

  /** What the state says of the OS CA, if the secrets are in it at all. */
  status(): OsStatus | undefined {
    return (this.secrets()?.["rotationStatus"] as { os: OsStatus } | undefined)?.os;
  }

  /** The CAs that no step rotates, by fingerprint. */
  private others(): readonly string[] | undefined {
    const authorities = this.secrets()?.["certificateAuthorities"] as Authorities | undefined;
    return (
      authorities && [authorities.kubernetes, authorities.etcd, authorities.aggregator].map((ca) => ca.fingerprint)
    );
  }

  /** One step that nothing disturbs, and a preview after it that shows no change. */
  async go(step: LifeStep): Promise<Outcome> {
    this.project.writeProgram({ program: program(step.rotation) });
    const before = { status: this.status(), others: this.others() };
    const up = await this.project.up({ now: step.now });
    assert.equal(up.code, 0, up.output);
    await this.assertAfter(step, before);
    return up;
  }

  /** One step that dies after a share of its usual time (seconds), and is run again to its end. */
  async dieAndGoOn(step: LifeStep, { share, victim }: Moment, usual: number): Promise<Remains> {
    this.project.writeProgram({ program: program(step.rotation) });
    const before = { status: this.status(), others: this.others() };
    const operation = this.project.start("up", { now: step.now });
    await delay(usual * share * 1000);
    await operation.kill(victim);
    const locked = this.project.files().some(({ where }) => where.includes(".pulumi/locks/"));
    await this.project.unlock();
    const left = { status: this.status(), others: this.others() };

    const again = await this.project.up({ now: step.now });
    assert.equal(again.code, 0, again.output);
    const os = await this.assertAfter(step, before);
    // Whatever the state held when it died is what goes on: no second CA.
    if (left.status !== undefined && left.status.stage === os.stage) assert.deepEqual(os, left.status);
    if (left.others !== undefined) assert.deepEqual(this.others(), left.others);
    return { locked, advanced: JSON.stringify(left.status) !== JSON.stringify(before.status) };
  }

  private async assertAfter(
    { stage, now }: LifeStep,
    before: { readonly status: OsStatus | undefined; readonly others: readonly string[] | undefined },
  ): Promise<OsStatus> {
    const stack = this.project.resources().find((resource) => resource.type === "pulumi:pulumi:Stack");
    const outputs = stack?.outputs as unknown as LifeOutputs;
    const { os } = outputs.status;
    if (stage !== undefined) assert.equal(os.stage, stage);
    if (before.status !== undefined && stage !== "swap") assert.equal(os.issuing, before.status.issuing);
    if (before.status !== undefined && stage === "swap")
      assert.deepEqual([os.issuing, os.accepted], [before.status.accepted[0], [before.status.issuing]]);
    if (before.others !== undefined) assert.deepEqual(this.others(), before.others);
    // Dependents have followed.
    assert.equal(outputs.issuer, os.issuing);
    assert.equal(outputs.clientTrust, outputs.trust.os);
    const quiet = await this.project.preview({ now, args: ["--expect-no-changes"] });
    assert.equal(quiet.code, 0, quiet.output);
    return os;
  }
}

/** Kills one `up` of each step of as many lives as it takes; answers what each kill has left. */
export async function dieManyTimes(
  kills: number,
  { seed, victims }: { readonly seed: number; readonly victims: readonly Victim[] },
  begin: () => Promise<StackLife>,
): Promise<readonly Remains[]> {
  const lives = Math.ceil(kills / LIFE.length);
  const moments = momentsOf(lives * LIFE.length, seed, victims);
  const rehearsal = await begin();
  const { seconds: usual } = await rehearsal.project.up();
  await rehearsal.project.remove();
  const remains: Remains[] = [];
  for (let number = 0; number < lives; number += 1) {
    const life = await begin();
    try {
      for (const [index, step] of LIFE.entries()) {
        const moment = moments[number * LIFE.length + index]!;
        const left = await life.dieAndGoOn(step, moment, usual).catch((error: unknown) => {
          throw new Error(`seed ${seed}, life ${number}, ${step.title}: ${JSON.stringify(moment)}`, { cause: error });
        });
        remains.push(left);
      }
      life.project.assertNoSecrets(secretsIn(await life.project.decryptedState()));
    } finally {
      await life.project.remove();
    }
  }
  return remains;
}
