import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

import { needsPulumi, Project, type ProjectOptions, repository, type PulumiCli } from "./support";

const MAKE = `const { TalosSecrets } = require("pulumi-talos-pki");
const serviceAccount = { algorithm: "ecdsa-p256" };
new TalosSecrets("prod", { talosVersion: "v1.13", serviceAccount }, { protect: false });
`;

describe("a program that has the package", function () {
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

  /** A project in which the package is installed in one folder only. */
  async function install(where: string, options: Omit<ProjectOptions, "cli">): Promise<Project> {
    project = await Project.create({ cli, ...options });
    rmSync(join(project.programFolder, "node_modules", "pulumi-talos-pki"));
    const target = join(project.programFolder, where, "node_modules", "pulumi-talos-pki");
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(repository, target, "dir");
    return project;
  }

  it("only from a package of components is told to depend on it itself, in preview", async () => {
    const component = "node_modules/our-clusters";
    const nested = await install(component, {
      program: `require("our-clusters");`,
      files: { [`${component}/package.json`]: `{ "name": "our-clusters" }`, [`${component}/index.js`]: MAKE },
    });
    const preview = await nested.preview();
    assert.notEqual(preview.code, 0);
    assert.match(
      preview.output,
      /pulumi-talos-pki cannot be found from \S+\/program, the folder of the Pulumi program/,
    );
    assert.match(preview.output, /make it a direct dependency of the program \(npm install pulumi-talos-pki\)/);
    assert.doesNotMatch(preview.output, /Cannot find module/);
  });

  it("where its main lies, below the project, may change its folder before it makes resources", async () => {
    const options = {
      files: {
        "Pulumi.yaml": "name: e2e\nruntime: nodejs\nmain: infra/\n",
        "infra/package.json": `{ "name": "infra" }`,
        "infra/index.js": `require("pulumi-talos-pki"); process.chdir("/"); ${MAKE}`,
      },
    };
    const below = await install("infra", options);
    const up = await below.up();
    assert.deepEqual([up.code, up.changes], [0, { create: 2 }], up.output);
    const preview = await below.preview({ args: ["--expect-no-changes"] });
    assert.deepEqual([preview.code, preview.changes], [0, { same: 2 }], preview.output);
  });
});
