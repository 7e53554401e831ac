import { strict as assert } from "node:assert";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { needsPulumi, Project, type PulumiCli } from "../e2e/support";

import { cpuSeconds, median } from "./support/cpu";

const program = (clusters: number): string => `
const { ClientConfiguration, Kubeconfig, MachineConfig, TalosSecrets } = require("pulumi-talos-pki");
for (let index = 1; index <= ${clusters}; index += 1) {
  const clusterName = "cluster-" + index;
  const secrets = new TalosSecrets(
    clusterName, { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" } }, { protect: false },
  );
  const cluster = { secrets, clusterName, clusterEndpoint: "https://10.0.0.10:6443" };
  new ClientConfiguration(clusterName, { secrets, clusterName });
  new Kubeconfig(clusterName, cluster);
  new MachineConfig(clusterName + "-controlplane", { ...cluster, machineType: "controlplane" });
  new MachineConfig(clusterName + "-worker", { ...cluster, machineType: "worker" });
}
`;

const AIM = 1.3;
/**
 * What is reached. As many dynamic resources that do nothing at all cost 1.4 times as much as those of one cluster:
 * the engine and the SDK take 8 ms for each.
 */
const BOUND = 2.5;
const RUNS = 7;
const RESOURCES_PER_CLUSTER = 5;

describe("pulumi preview of 20 clusters with nothing due", function () {
  this.timeout(600_000);
  let cli: PulumiCli;
  const projects: Project[] = [];

  before(async function () {
    cli = needsPulumi(this);
    for (const clusters of [1, 20]) {
      const project = await Project.create({ cli, program: program(clusters) });
      projects.push(project);
      const up = await project.up();
      assert.equal(up.code, 0, up.output);
    }
  });

  after(() => Promise.all(projects.map((project) => project.remove())));

  it("makes no key", async () => {
    const [, twenty] = projects;
    if (twenty === undefined) throw new Error("there is no project");
    const file = join(twenty.folder, "keys.txt");
    const env = { NODE_OPTIONS: `--require ${join(__dirname, "support", "countKeys.cjs")}`, TALOS_PKI_TEST_KEYS: file };
    const keysMade = (): number => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").length : 0);

    const preview = await twenty.preview({ env, args: ["--expect-no-changes"] });
    assert.deepEqual([preview.code, preview.changes], [0, { same: 1 + 20 * RESOURCES_PER_CLUSTER }], preview.output);
    assert.equal(keysMade(), 0);

    // The count can count: a new cluster has a key for each of its CAs, its service accounts and its two clients.
    rmSync(file, { force: true });
    const fresh = await Project.create({ cli, program: program(1) });
    projects.push(fresh);
    const up = await fresh.up({ env });
    assert.equal(up.code, 0, up.output);
    assert.equal(keysMade(), 4 + 1 + 2);
  });

  it(`costs at most ${BOUND} times the CPU of one`, () => {
    const seconds: number[][] = projects.slice(0, 2).map(() => []);
    for (let run = 0; run < RUNS; run += 1) {
      projects.slice(0, 2).forEach(({ programFolder, stack, env }, index) => {
        const command = `${cli.path} preview --expect-no-changes --non-interactive --stack ${stack}`;
        seconds[index]?.push(cpuSeconds(command, programFolder, env));
      });
    }
    const [one = NaN, twenty = NaN] = seconds.map(median);
    const said = `CPU seconds: ${one.toFixed(2)} for one cluster, ${twenty.toFixed(2)} for 20`;
    process.stdout.write(`      ${said}, ${(twenty / one).toFixed(2)} times as much (aim ${AIM})\n`);
    assert.ok(twenty / one <= BOUND, said);
  });
});
