import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";

import { needsPulumi, Project, repository, skipOrFail } from "../e2e/support";

const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
  readonly peerDependencies: { readonly "@pulumi/pulumi": string };
};
const lowest = manifest.peerDependencies["@pulumi/pulumi"].replace(/^\^/, "");

const PROGRAM = `
const { ClientConfiguration, MachineConfig, TalosSecrets } = require("pulumi-talos-pki");
const clusterName = "prod";
const serviceAccount = { algorithm: "ecdsa-p256" };
const secrets = new TalosSecrets(clusterName, { talosVersion: "v1.13", serviceAccount });
new ClientConfiguration("ops", { secrets, clusterName });
new MachineConfig("node", { secrets, clusterName, clusterEndpoint: "https://10.0.0.2:6443", machineType: "worker" });
exports.pulumi = require("@pulumi/pulumi/package.json").version;
`;

/** Runs npm as a user does: without what the npm that runs these tests has set. */
function npm(cwd: string, ...args: readonly string[]): { code: number | null; stdout: string; stderr: string } {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/.test(name)));
  const { status, stdout, stderr } = spawnSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
    env,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

describe("the package, packed from a clone in which nothing is compiled", function () {
  this.timeout(600_000);
  let clone: string;
  let tarball: string;

  before(() => {
    const base = join(repository, ".build", "package");
    mkdirSync(base, { recursive: true });
    clone = mkdtempSync(join(base, "c-"));
    const left = new Set([".git", ".build", ".state", "dist", "node_modules", "test", "examples"]);
    for (const name of readdirSync(repository).filter((path) => !left.has(path))) {
      cpSync(join(repository, name), join(clone, name), {
        recursive: true,
        filter: (path) => !/^(node_modules|\.state)$/.test(basename(path)),
      });
    }
    symlinkSync(join(repository, "node_modules"), join(clone, "node_modules"), "dir");
    const { code, stdout, stderr } = npm(clone, "pack");
    assert.equal(code, 0, stderr);
    tarball = join(clone, stdout.trim().split("\n").pop() ?? "");
  });

  after(() => {
    rmSync(clone, { recursive: true, force: true, maxRetries: 5 });
  });

  it("holds what was compiled on the way", () => {
    const { stdout } = spawnSync("tar", ["-tzf", tarball], { encoding: "utf8" });
    for (const path of ["dist/sdk/index.js", "dist/sdk/index.d.ts", "dist/provider/cli/main.js"]) {
      assert.ok(stdout.split("\n").includes(`package/${path}`), path);
    }
  });

  it(`works with @pulumi/pulumi ${lowest}, the lowest version that it says it works with`, async function () {
    const project = await Project.create({ cli: needsPulumi(this), program: PROGRAM });
    try {
      // In place of the links to this repository's own: what a user has installed.
      rmSync(join(project.programFolder, "node_modules"), { recursive: true });
      const { code, stderr } = npm(project.programFolder, "install", tarball, `@pulumi/pulumi@${lowest}`);
      if (code !== 0) skipOrFail(this, `npm cannot install @pulumi/pulumi ${lowest}: ${stderr}`);
      const up = await project.up();
      assert.deepEqual([up.code, up.changes], [0, { create: 4 }], up.output);
      assert.equal((await project.outputs())["pulumi"], lowest);
      const preview = await project.preview({ args: ["--expect-no-changes"] });
      assert.deepEqual([preview.code, preview.changes], [0, { same: 4 }], preview.output);
    } finally {
      await project.remove();
    }
  });
});
