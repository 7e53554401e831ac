import { strict as assert } from "node:assert";

import { nodeConfigHash } from "../../../provider/core/nodes/nodeConfig";
import { Project, secretsIn } from "../../e2e/support";
import type { Outcome, PulumiCli } from "../../e2e/support";
import { PLUGIN_PROJECT } from "../../e2e/support/languages";
import { Folder, loopbackAddress, startNode, type Node } from "../../interop/support/judge";

import { liveProgram, type LiveProgramOptions } from "./liveProgram";

type Outputs = Readonly<Record<"controlplane" | "worker" | "talosconfig", string>>;

/** A control plane and a worker, real apid and trustd, and the stack that configures them. */
export class LiveRig {
  private readonly folder = new Folder();
  private readonly addresses = { controlPlane: loopbackAddress(), worker: loopbackAddress() };
  private readonly secrets = new Set<string>();
  private nodes: Readonly<Record<"controlPlane" | "worker", Node>> | undefined;
  private generation = 0;
  private outputs!: Outputs;

  private constructor(
    readonly project: Project,
    private readonly entry: LiveProgramOptions["entry"],
  ) {}

  /** A stack whose secrets and configs are made, with no node yet. */
  static async create(cli: PulumiCli, entry: LiveProgramOptions["entry"] = ""): Promise<LiveRig> {
    const files = entry === "" ? {} : { files: { "Pulumi.yaml": PLUGIN_PROJECT } };
    const project = await Project.create({ cli, ...files });
    const rig = new LiveRig(project, entry);
    rig.write();
    await rig.succeed();
    rig.outputs = (await project.outputs({ secrets: true })) as unknown as Outputs;
    return rig;
  }

  private write(options: Partial<LiveProgramOptions> = {}): void {
    this.project.writeProgram({ program: liveProgram({ entry: this.entry, ...this.addresses, ...options }) });
  }

  /** Starts both nodes anew, with an etcd that was never bootstrapped, and writes a program with another config. */
  async next(options: Partial<LiveProgramOptions> = {}): Promise<void> {
    await this.stopNodes();
    this.generation += 1;
    const { controlplane, worker } = this.outputs;
    const file = (name: string, text: string): string => this.folder.write(`${name}.yaml`, text);
    const place = { hostNet: true, applyTime: "100ms" } as const;
    const { addresses } = this;
    const config = file("controlplane", controlplane);
    const first = { config, type: "controlplane", ip: addresses.controlPlane, hostname: "cp1", ...place } as const;
    const controlPlane = await startNode(first);
    const second = { config: file("worker", worker), type: "worker", ip: addresses.worker, hostname: "w1" } as const;
    this.nodes = { controlPlane, worker: await startNode({ ...second, ...place, trustd: controlPlane.trustd! }) };
    this.write({ generation: this.generation, ...options });
  }

  node(name: "controlPlane" | "worker"): Node {
    if (this.nodes === undefined) throw new Error("no node runs");
    return this.nodes[name];
  }

  /** One `pulumi up` that must go through. */
  async succeed(): Promise<Outcome> {
    const outcome = await this.project.up();
    assert.equal(outcome.code, 0, outcome.output);
    secretsIn(await this.project.decryptedState()).forEach((secret) => this.secrets.add(secret));
    return outcome;
  }

  /** How often both nodes took a config, and how often etcd was bootstrapped. */
  counts(): { readonly applied: readonly [number, number]; readonly bootstrapped: number } {
    const [first, second] = [this.node("controlPlane"), this.node("worker")];
    const applied = [first.calls("ApplyConfiguration"), second.calls("ApplyConfiguration")] as const;
    return { applied, bootstrapped: first.calls("Bootstrap") };
  }

  /** Each node has the config that the state says it has. */
  async assertLive(): Promise<void> {
    const talosconfig = this.folder.write("talosconfig", this.outputs.talosconfig);
    for (const [name, node] of [
      ["cp1", this.node("controlPlane")],
      ["w1", this.node("worker")],
    ] as const) {
      const args = ["get", "machineconfig", "v1alpha1", "-o", "jsonpath={.spec}"];
      const { code, stdout, stderr } = await node.talosctl(args, talosconfig);
      assert.equal(code, 0, stderr);
      const stored = this.project.resources().find(({ urn }) => urn.endsWith(`ConfigurationApply::${name}`));
      assert.equal(nodeConfigHash(stdout), stored?.outputs?.["configHash"], name);
    }
  }

  assertNoSecrets(): void {
    this.project.assertNoSecrets([...this.secrets]);
  }

  private async stopNodes(): Promise<void> {
    if (this.nodes !== undefined) await Promise.all(Object.values(this.nodes).map((node) => node.stop()));
    this.nodes = undefined;
  }

  async end(): Promise<void> {
    await this.stopNodes();
    await this.project.remove();
  }
}
