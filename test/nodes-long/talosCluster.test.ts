import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { needsPulumi, type Outcome, Project, repository, secretsIn } from "../e2e/support";
import { shownCertificate } from "../interop/support/node";
import { closeRealNodes, needRealNodes, RealNodes } from "../nodes/support/realNodes";

const EXAMPLE = "examples/talos-cluster";

interface Machine {
  readonly address: string;
  readonly maintenance?: { readonly fingerprint: string };
}

describe("TalosCluster on real nodes", function () {
  this.timeout(1_200_000);
  needRealNodes();

  let nodes: RealNodes;
  let project: Project;
  let controlPlanes: Machine[];
  let workers: Machine[];

  /** Starts a machine and reads the fingerprint that its console shows. */
  const machine = async (name: string): Promise<Machine> => {
    const { address } = await nodes.start(name, { resetWipes: true });
    const fingerprint = await nodes.waitFor(
      `${name} in maintenance mode`,
      async () => {
        const { publicKey } = await shownCertificate(`${address}:50000`);
        const spki = publicKey.export({ type: "spki", format: "der" });
        const shown = createHash("sha256").update(spki).digest("base64");
        return nodes.log(name).includes(`--cert-fingerprint '${shown}'`) ? shown : undefined;
      },
      { timeout: 180_000 },
    );
    return { address, maintenance: { fingerprint } };
  };

  const configure = async (more: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    const values = {
      clusterEndpoint: `https://${controlPlanes[0]!.address}:6443`,
      controlPlaneNodes: controlPlanes,
      workerNodes: workers,
      configPatches: [nodes.machinePatch],
      ...more,
    };
    for (const [name, value] of Object.entries(values))
      await project.config(name, typeof value === "string" ? value : JSON.stringify(value));
  };

  const succeed = (outcome: Outcome): Outcome => {
    assert.equal(outcome.code, 0, outcome.output);
    console.log(`      ${JSON.stringify(outcome.changes)}`);
    return outcome;
  };
  /** What became of the cluster's resources; providers and the stack are the engine's own. */
  const changed = ({ steps }: Outcome): string[] =>
    steps
      .flatMap(({ op, urn, name }) => (urn.includes("TalosCluster$") && op !== "same" ? [`${op} ${name}`] : []))
      .sort();

  before(async function () {
    const cli = needsPulumi(this);
    nodes = await RealNodes.create();
    project = await Project.create({ cli, folder: EXAMPLE });
    controlPlanes = [await machine("cp1"), await machine("cp2")];
    workers = [await machine("w1")];
  });

  after(async () => {
    await (project as Project | undefined)?.remove();
    await closeRealNodes();
  });

  it("takes at most 15 lines of program", () => {
    const lines = readFileSync(join(repository, EXAMPLE, "index.ts"), "utf8").split("\n");
    assert.ok(lines.filter((line) => line.trim() !== "").length <= 15);
  });

  it("brings three machines in maintenance mode to a healthy cluster in one up, and then changes nothing", async () => {
    await configure();
    const begin = Date.now();
    const up = succeed(await project.up());
    console.log(`      healthy after ${((Date.now() - begin) / 1000).toFixed(0)} s`);
    assert.equal(up.changes["create"], 12);
    const health = (await project.outputs())["health"] as { name: string; node?: string; ok: boolean }[];
    assert.ok(health.length > 0 && health.every(({ ok }) => ok));
    project.assertNoSecrets(secretsIn(await project.decryptedState()));
    succeed(await project.up({ args: ["--expect-no-changes"] }));
  });

  it("adds a worker, and changes nothing on the others", async () => {
    workers = [...workers, await machine("w2")];
    await configure();
    const up = succeed(await project.up());
    assert.deepEqual(changed(up), [`create demo-apply-${workers[1]!.address}`, "update demo-health"]);
  });

  it("changes a patch on one control plane after the other, then on the workers", async () => {
    await configure({ configPatches: [nodes.machinePatch, "machine: { sysctls: { vm.swappiness: '10' } }"] });
    const up = succeed(await project.up());
    const applied = up.steps
      .filter(({ op, urn }) => op === "update" && urn.includes("ConfigurationApply"))
      .map(({ urn }) => urn.split("::demo-apply-").pop()!);
    assert.deepEqual([...applied].sort(), [...controlPlanes, ...workers].map(({ address }) => address).sort());
  });

  it("takes a control plane away: it leaves etcd, is reset, and the next up changes nothing", async () => {
    const [first, second] = controlPlanes as [Machine, Machine];
    const reset = { onDestroy: { reset: true, reboot: true } };
    controlPlanes = [first, { ...second, ...reset }];
    const patches = { configPatches: [nodes.machinePatch, "machine: { sysctls: { vm.swappiness: '10' } }"] };
    await configure(patches);
    succeed(await project.up());
    controlPlanes = [first];
    await configure(patches);
    const up = succeed(await project.up());
    assert.ok(changed(up).includes(`delete demo-apply-${second.address}`), up.output);
    const talosconfig = join(project.folder, "talosconfig");
    const { talosconfig: text } = await project.outputs({ secrets: true });
    writeFileSync(talosconfig, String(text), { mode: 0o600 });
    const members = await nodes.talosctl(["-n", first.address, "etcd", "members"], talosconfig);
    assert.equal(members.code, 0, members.stderr);
    assert.match(members.stdout, /cp1/);
    assert.doesNotMatch(members.stdout, /cp2/);
    succeed(await project.up({ args: ["--expect-no-changes"] }));
  });

  it("is destroyed, and leaves the machines alone that it need not reset", async () => {
    succeed(await project.destroy());
    assert.ok(nodes.isRunning("cp1"));
  });
});
