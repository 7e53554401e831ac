import assert from "node:assert/strict";

import { parse } from "yaml";

import { type OperationOptions, type Outcome, Project, type PulumiCli, secretsIn } from "../../e2e/support";
import { Folder } from "../../interop/support/files";
import { type Client, clientOf } from "../../slow/support/apiCall";

import { kubernetesGet } from "./kubernetes";
import type { RealNodes } from "./realNodes";

/** A node of the program: inputs of its ConfigurationApply, beside those that all have. */
export interface StackNode {
  readonly name: string;
  readonly address: string;
  readonly machineType: "controlplane" | "worker";
  readonly maintenance?: { readonly fingerprint?: string; readonly allowUnverified?: boolean };
  readonly configPatches?: readonly object[];
  readonly applyMode?: "auto" | "no_reboot" | "reboot" | "staged";
  readonly onDestroy?: { readonly reset?: boolean; readonly graceful?: boolean; readonly reboot?: boolean };
  readonly timeouts?: Readonly<Record<string, string>>;
}

/** What the program says. */
export interface StackSettings {
  readonly nodes: readonly StackNode[];
  /** Patches of every machine config, beside that of the real nodes. */
  readonly configPatches?: readonly object[];
  readonly rotation?: object;
  /** Further inputs of the TalosSecrets. */
  readonly secrets?: object;
  /** No control plane waits for another one in the program. */
  readonly isUnordered?: boolean;
  readonly talosVersion?: string;
  /** In place of the newest that the contract knows. */
  readonly kubernetesVersion?: string;
  /** In place of the patch of the real nodes, which is for contracts up to v1.13. */
  readonly machinePatch?: string;
  /** How far ClusterHealth looks; without it there is neither a Bootstrap nor a ClusterHealth. */
  readonly level?: "etcd" | "kubernetes";
}

/** Control planes one after the other, then the workers, as docs/apply.md has it. */
const PROGRAM = `
const talos = require("pulumi-talos-pki");
const settings = require("./settings.json");
const { nodes, level, rotation, machinePatch, configPatches = [], talosVersion = "v1.13", kubernetesVersion } = settings;

const controlPlanes = nodes.filter(({ machineType }) => machineType === "controlplane");
const workers = nodes.filter(({ machineType }) => machineType === "worker");
const addresses = (list) => list.map(({ address }) => address);
const asked = nodes.map(({ address, machineType }) => ({ address, machineType }));
const clusterEndpoint = "https://" + controlPlanes[0].address + ":6443";

const given = { talosVersion, nodes: asked, rotation, ...settings.secrets };
const secrets = new talos.TalosSecrets("secrets", given, { protect: false });
const cluster = { secrets, clusterName: "real", clusterEndpoint, kubernetesVersion, configPatches: [machinePatch, ...configPatches] };
const configs = {
  controlplane: new talos.MachineConfig("controlplane", { ...cluster, machineType: "controlplane" }),
  worker: new talos.MachineConfig("worker", { ...cluster, machineType: "worker" }),
};
const apply = ({ name, address, machineType, ...rest }, dependsOn) =>
  new talos.ConfigurationApply(name, { ...rest, node: address, secrets, machineConfig: configs[machineType] }, { dependsOn });
const applied = [];
for (const node of controlPlanes) applied.push(apply(node, settings.isUnordered ? [] : applied.slice(-1)));
const joined = workers.map((node) => apply(node, applied));
exports.applied = Object.fromEntries([...applied, ...joined].map((made, index) => [
  [...controlPlanes, ...workers][index].name,
  { mode: made.appliedMode, certificate: made.serverCertificate, talosVersion: made.talosVersion },
]));
if (level !== undefined) {
  const [{ address }] = controlPlanes;
  const controlPlaneNodes = addresses(controlPlanes);
  const bootstrap = new talos.Bootstrap("bootstrap", { node: address, secrets, controlPlaneNodes }, { dependsOn: applied });
  const health = new talos.ClusterHealth(
    "health",
    { secrets, controlPlaneNodes, workerNodes: addresses(workers), clusterEndpoint, level, triggers: { rotation: secrets.rotationStatus } },
    { dependsOn: [bootstrap, ...joined] },
  );
  exports.members = bootstrap.members;
  exports.checks = health.checks;
}
exports.rotation = secrets.rotationStatus;
exports.secretsYaml = secrets.secretsYaml;
exports.rotationSecrets = secrets.rotationSecrets;
exports.talosconfig = new talos.ClientConfiguration("client", {
  secrets, clusterName: "real", endpoints: addresses(controlPlanes), nodes: addresses(nodes),
}).talosconfig;
exports.kubeconfig = new talos.Kubeconfig("kubeconfig", { secrets, clusterName: "real", clusterEndpoint }).kubeconfig;
`;

/** A Pulumi stack over real nodes. */
export class NodeStack {
  readonly folder = new Folder();
  private versions = 0;

  private constructor(
    readonly nodes: RealNodes,
    readonly project: Project,
  ) {}

  static async create(cli: PulumiCli, nodes: RealNodes, settings: StackSettings): Promise<NodeStack> {
    const project = await Project.create({ cli, name: "nodes", ...programOf(nodes, settings) });
    return new NodeStack(nodes, project);
  }

  /** Replaces what the program says. */
  write(settings: StackSettings): void {
    this.project.writeProgram(programOf(this.nodes, settings));
  }

  /** An up that succeeds. */
  async up(options: OperationOptions = {}): Promise<Outcome> {
    const outcome = await this.project.up(options);
    assert.equal(outcome.code, 0, outcome.output);
    console.log(`      pulumi up: ${outcome.seconds.toFixed(1)} s`);
    return outcome;
  }

  /** An up that fails; its output is what is looked at. */
  async failingUp(): Promise<Outcome> {
    const outcome = await this.project.up();
    assert.notEqual(outcome.code, 0, outcome.output);
    console.log(`      pulumi up, rejected: ${outcome.seconds.toFixed(1)} s`);
    return outcome;
  }

  /** Neither an up nor a preview has anything to do, and a refresh finds no drift. */
  async assertStill(): Promise<void> {
    const preview = await this.project.preview({ args: ["--expect-no-changes"] });
    assert.equal(preview.code, 0, preview.output);
    const up = await this.up();
    assert.deepEqual(Object.keys(up.changes), ["same"], up.output);
    const refresh = await this.project.refresh({ args: ["--expect-no-changes"] });
    assert.equal(refresh.code, 0, refresh.output);
  }

  async output(name: string): Promise<unknown> {
    return (await this.project.outputs({ secrets: true }))[name];
  }

  /** A file with the talosconfig of the last up; an earlier file stays what it was. */
  async talosconfig(): Promise<string> {
    this.versions += 1;
    return this.folder.write(`talosconfig-${this.versions}`, String(await this.output("talosconfig")));
  }

  /** The client of the talosconfig of the last up. */
  async client(name: string): Promise<Client> {
    return clientOf(name, String(await this.output("talosconfig")));
  }

  /** Runs talosctl on one node as the client of the file; a failure is an error. */
  async talosctl(address: string, args: readonly string[], talosconfig: string): Promise<string> {
    const { code, stdout, stderr } = await this.nodes.talosctl(["-e", address, "-n", address, ...args], talosconfig);
    assert.equal(code, 0, `talosctl ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  }

  /** When the present run of a node began, RFC 3339: another time means another boot. */
  async bootTime(address: string, talosconfig: string): Promise<string> {
    const text = await this.talosctl(address, ["get", "machinestatus", "-o", "yaml"], talosconfig);
    return (parse(text) as { metadata: { created: string } }).metadata.created;
  }

  /** What the Kubernetes API says to the kubeconfig of the last up. */
  async kubernetes(path: string): Promise<unknown> {
    return kubernetesGet(String(await this.output("kubeconfig")), path);
  }

  /** Names of the nodes that Kubernetes has, and whether each is Ready. */
  async kubernetesNodes(): Promise<Readonly<Record<string, boolean>>> {
    const { items } = (await this.kubernetes("/api/v1/nodes")) as KubernetesNodes;
    return Object.fromEntries(
      items.map(({ metadata, status }) => [
        metadata.name,
        status.conditions.some(({ type, status: value }) => type === "Ready" && value === "True"),
      ]),
    );
  }

  /** No secret of the stack was printed, or is stored in plaintext. */
  async assertNoLeaks(): Promise<void> {
    this.project.assertNoSecrets(secretsIn(await this.project.decryptedState()));
  }

  async remove(): Promise<void> {
    await this.project.remove();
    this.folder.remove();
  }
}

interface KubernetesNodes {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** A new machine in maintenance mode, as the program has it: a worker where its name begins with w. */
export async function startNode(nodes: RealNodes, name: string): Promise<StackNode> {
  const { address } = await nodes.start(name);
  await nodes.untilInMaintenance(name, address);
  const machineType = name.startsWith("w") ? "worker" : "controlplane";
  return { name, address, machineType, maintenance: { fingerprint: nodes.fingerprint(name) } };
}

function programOf(nodes: RealNodes, settings: StackSettings): { program: string; files: Record<string, string> } {
  const content = JSON.stringify({ machinePatch: nodes.machinePatch, ...settings });
  return { program: PROGRAM, files: { "settings.json": content } };
}
