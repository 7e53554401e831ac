import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { needsPulumi, Project, type Step } from "./support";
import { ENTRY_POINTS, FROZEN_AT, FROZEN_STACK, frozenFolder, frozenVersions, PROGRAM } from "./support/frozen";

const HOUR = 3_600_000;
const hoursLater = (hours: number): Date => new Date(new Date(FROZEN_AT).getTime() + hours * HOUR);

const RESOURCES = [
  "AcceptedCA",
  "ClientConfiguration",
  "Kubeconfig",
  "MachineConfig",
  "NodeCertificate",
  "TalosSecrets",
];

/** Kinds of the resources that a preview would change; not of providers, whose steps Pulumi does not count as changes. */
const changed = (steps: readonly Step[]): string[] =>
  steps
    .filter(({ op, type }) => op !== "same" && !type.startsWith("pulumi:providers:"))
    .map(({ type }) => type.split(":").at(-1) ?? type);

describe("a stack made by a released version", function () {
  this.timeout(300_000);

  it("is kept for every version, this one too", () => {
    const { version } = JSON.parse(readFileSync(join(frozenFolder, "..", "..", "package.json"), "utf8")) as {
      version: string;
    };
    assert.ok(frozenVersions().includes(`v${version}`), "npm run freeze makes it");
  });

  for (const version of frozenVersions()) {
    const folder = join(frozenFolder, version);
    const source = readFileSync(join(folder, PROGRAM), "utf8");

    for (const { serves, state, program } of ENTRY_POINTS) {
      describe(`${version}, with ${serves}`, () => {
        let project: Project;

        before(async function () {
          project = await Project.create({ cli: needsPulumi(this), ...FROZEN_STACK, program: program(source) });
          const imported = await project.pulumi(["stack", "import", "--file", join(folder, state)]);
          assert.equal(imported.code, 0, imported.stderr);
        });

        after(async () => {
          await (project as Project | undefined)?.remove();
        });

        it("holds every resource, one of them in the middle of a rotation", () => {
          const resources = project
            .resources()
            .filter(({ type }) => /^(pulumi-nodejs:dynamic\/)?talos-pki:/.test(type));
          assert.deepEqual([...new Set(resources.map(({ type }) => type.split(":").at(-1)))].sort(), RESOURCES);
          const kinds = new Set(resources.map(({ type }) => type.startsWith("pulumi-nodejs:dynamic/")));
          assert.deepEqual([...kinds], [serves === "dynamic resources"]);
          const stages = resources.flatMap(({ outputs }) => {
            const status = outputs?.["rotationStatus"] as { os: { stage: string } } | undefined;
            return status === undefined ? [] : [status.os.stage];
          });
          assert.deepEqual(stages.sort(), ["accept", "none"]);
        });

        it("shows an empty preview with this version, and stays as it is in an up", async () => {
          const preview = await project.preview({ now: hoursLater(1), args: ["--diff", "--expect-no-changes"] });
          assert.deepEqual([changed(preview.steps), preview.code], [[], 0], preview.output);
          const before = outputsOf(await project.decryptedState());
          const up = await project.up({ now: hoursLater(1) });
          assert.deepEqual([changed(up.steps), up.code], [[], 0], up.output);
          const after = outputsOf(await project.decryptedState());
          // A failure names resources and shows no secret of theirs.
          assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort());
          assert.deepEqual(
            [...after.keys()].filter((urn) => after.get(urn) !== before.get(urn)),
            [],
          );
        });

        it("has its certificates renewed when they are due", async () => {
          const preview = await project.preview({ now: hoursLater(200), args: ["--diff"] });
          assert.deepEqual([changed(preview.steps), preview.code], [["NodeCertificate"], 0], preview.output);
        });

        it("shows an empty preview through the plugin", async () => {
          const [, plugin] = ENTRY_POINTS;
          project.writeProgram({ program: plugin!.program(source) });
          const preview = await project.preview({ now: hoursLater(1), args: ["--diff", "--expect-no-changes"] });
          assert.deepEqual([changed(preview.steps), preview.code], [[], 0], preview.output);
          assert.deepEqual(preview.changes, { same: 14 }, preview.output);
        });
      });
    }
  }
});

type State = Awaited<ReturnType<Project["decryptedState"]>>;

/** What each resource of a stack says. */
const outputsOf = ({ deployment }: State): ReadonlyMap<string, string> =>
  new Map(deployment.resources.map(({ urn, outputs }) => [urn, JSON.stringify(outputs)]));
