import assert from "node:assert/strict";
import { join } from "node:path";

import { Cluster } from "../interop/support/cluster";
import { needJudge, type Node, startNode, stopNodes } from "../interop/support/judge";
import { repository } from "../architecture/support/markdown";
import { needsPulumi, Project, type PulumiCli, Running } from "./support";

const program = (node: Node, rotation: string): string => `
import * as talos from "pulumi-talos-pki";
import { readFileSync } from "node:fs";
const secrets = new talos.TalosSecrets("prod", {
  talosVersion: "v1.13", secretsYaml: readFileSync(process.env["SECRETS_YAML"], "utf8"),
  nodes: [{ address: "${node.endpoint}", machineType: "controlplane" }],
  ${rotation}
}, { protect: false });
const config = new talos.MachineConfig("cp", {
  secrets, clusterName: "interop", clusterEndpoint: "https://127.0.0.1:6443", machineType: "controlplane",
});
new talos.ConfigurationApply("cp", {
  node: "${node.endpoint}", secrets, machineConfig: config.machineConfig, applyMode: "no_reboot",
  timeouts: { create: "60s", update: "60s" },
});
export const stage = secrets.rotationStatus.apply(({ os }) => os.stage);
`;

/** The command line as it is installed. */
const CLI = join(repository, "dist", "provider", "cli", "main.js");

describe("talos-pki rotation run, with the real Pulumi and a real apid", function () {
  this.timeout(600_000);
  needJudge();
  let cli: PulumiCli;
  before(function () {
    cli = needsPulumi(this);
  });
  after(stopNodes);

  it("takes the OS CA through all stages, and ends with the code of what it found", async () => {
    const cluster = await Cluster.make();
    const node = await startNode({ config: cluster.config("controlplane"), type: "controlplane" });
    const project = await Project.create({ cli, env: { SECRETS_YAML: cluster.secretsYaml } });
    const folder = project.programFolder;
    const rotationRun = (): Running["ended"] => {
      const up = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"];
      const args = [CLI, "rotation", "run", "--stack", project.stack, "--cwd", folder];
      return new Running(process.execPath, [...args, "--", ...up, "--stack", project.stack], {
        cwd: folder,
        env: project.env,
      }).ended;
    };
    try {
      project.writeProgram({ program: program(node, "") });
      const first = await rotationRun();
      assert.equal(first.code, 0, first.stdout + first.stderr);

      project.writeProgram({ program: program(node, 'rotation: { os: { id: "r", stage: "auto" } },') });
      const { code, stdout, stderr } = await rotationRun();
      assert.equal(code, 0, stdout + stderr);
      const stages = [...stdout.matchAll(/^prod: OS CA, rotation "r" at stage (\w+)$/gm)].map(([, stage]) => stage);
      assert.deepEqual(stages, ["accept", "swap", "finish"]);
      assert.match(stdout, /every rotation is at finish\n$/);
      assert.deepEqual(await project.outputs(), { stage: "finish" });
      project.assertNoSecrets([cluster.bundle.certs.os.key]);

      project.writeProgram({ program: "throw new Error('broken');" });
      const broken = await rotationRun();
      assert.equal(broken.code, 3);
      assert.match(broken.stderr, /talos-pki: pulumi failed with exit code \d+; /);
    } finally {
      await project.remove();
    }
  });
});
