import assert from "node:assert/strict";

import { needsPulumi, Project, type PulumiCli, secretsIn } from "../e2e/support";
import { Folder } from "../interop/support/files";
import { kubernetesGet } from "../nodes/support/kubernetes";
import { closeRealNodes, type NodeAddress, needRealNodes, RealNodes } from "../nodes/support/realNodes";

const NAMES = ["cp1", "cp2", "w1"] as const;
/** What Pulumi, its program and this package may add to what Talos and Kubernetes take themselves, seconds. */
const OWN_SHARE = 3;

interface Nodes {
  readonly items: readonly { readonly status: { readonly conditions: readonly { type: string; status: string }[] } }[];
}

describe("three machines in maintenance mode", function () {
  this.timeout(900_000);
  needRealNodes();

  let cli: PulumiCli;
  let project: Project | undefined;
  const took = { byHand: 0, byPulumi: 0 };

  before(function () {
    cli = needsPulumi(this);
  });

  afterEach(async () => {
    await project?.remove();
    project = undefined;
    await closeRealNodes();
  });

  const machines = async (): Promise<{ nodes: RealNodes; started: readonly NodeAddress[] }> => {
    const nodes = await RealNodes.create();
    const started = await Promise.all(NAMES.map((name) => nodes.start(name)));
    for (const { name, address } of started) await nodes.untilInMaintenance(name, address);
    return { nodes, started };
  };
  const isReady = async (kubeconfig: string): Promise<boolean> => {
    const { items } = (await kubernetesGet(kubeconfig, "/api/v1/nodes")) as Nodes;
    const ready = items.filter(({ status }) =>
      status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
    );
    return ready.length === NAMES.length;
  };

  it("become a cluster by hand, with talosctl", async () => {
    const { nodes, started } = await machines();
    const folder = new Folder();
    const talosconfig = folder.at("talosconfig");
    const patch = folder.write("patch.yaml", nodes.machinePatch);
    const [first = { name: "", address: "", addresses: [] }, second] = started;
    const run = async (address: string, args: readonly string[], client?: string): Promise<string> => {
      const { code, stdout, stderr } = await nodes.talosctl(["-e", address, "-n", address, ...args], client);
      assert.equal(code, 0, `talosctl ${args.join(" ")}: ${stdout}${stderr}`);
      return stdout;
    };
    const begin = Date.now();
    const made = ["--config-patch", `@${patch}`, "--with-docs=false", "--with-examples=false", "-o", folder.path];
    const generated = await nodes.talosctl([
      "gen",
      "config",
      "real",
      `https://${first.address}:6443`,
      "--force",
      ...made,
    ]);
    assert.equal(generated.code, 0, generated.stderr);
    for (const { name, address } of started) {
      const file = folder.at(name === "w1" ? "worker.yaml" : "controlplane.yaml");
      await run(address, ["apply-config", "--insecure", "--file", file]);
    }
    await nodes.waitFor("bootstrap", () => run(first.address, ["bootstrap"], talosconfig));
    await nodes.waitFor("etcd", async () =>
      /^HEALTH +OK/m.test(await run(first.address, ["service", "etcd"], talosconfig)),
    );
    const kubeconfig = await run(first.address, ["kubeconfig", "-"], talosconfig);
    const patience = { timeout: 600_000 };
    await nodes.waitFor("every kubelet to be Ready", () => isReady(kubeconfig), patience);
    const other = kubeconfig.replaceAll(`${first.address}:6443`, `${second?.address ?? ""}:6443`);
    await nodes.waitFor("the API server of the second control plane", () => isReady(other), patience);
    took.byHand = (Date.now() - begin) / 1000;
    console.log(`      by hand: ${took.byHand.toFixed(1)} s`);
  });

  it("become the same by examples/cluster in one up, in at most 3 s more", async () => {
    const { nodes, started } = await machines();
    project = await Project.create({ cli, folder: "examples/cluster" });
    for (const { name, address } of started) {
      const path = name === "w1" ? "workers[0]" : `controlPlanes[${name === "cp1" ? 0 : 1}]`;
      for (const [field, value] of [
        ["address", address],
        ["fingerprint", nodes.fingerprint(name)],
      ] as const) {
        const set = await project.pulumi(["config", "set", "--path", `${path}.${field}`, value]);
        assert.equal(set.code, 0, set.stderr);
      }
    }
    await project.config("patch", nodes.machinePatch);
    const begin = Date.now();
    const up = await project.up();
    took.byPulumi = (Date.now() - begin) / 1000;
    assert.equal(up.code, 0, up.output);
    console.log(`      by Pulumi: ${took.byPulumi.toFixed(1)} s`);
    const outputs = await project.outputs({ secrets: true });
    assert.ok(await isReady(String(outputs["kubeconfig"])));
    const again = await project.preview({ args: ["--expect-no-changes"] });
    assert.equal(again.code, 0, again.output);
    project.assertNoSecrets(secretsIn(await project.decryptedState()));
    assert.ok(took.byPulumi - took.byHand < OWN_SHARE, JSON.stringify(took));
  });
});
