import { strict as assert } from "node:assert";
import { join } from "node:path";

import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import type { CertificateAndKey } from "../../../provider/core/secrets/types";
import { assertNoSecrets, Project, repository, secretsIn } from "../../e2e/support";
import type { Operation, Outcome, PulumiCli } from "../../e2e/support";
import { LINGER } from "../../e2e/support/life";
import { Folder, loopbackAddress, run, startNode } from "../../interop/support/judge";
import type { Node } from "../../interop/support/judge";

import { clientOf, type Client, type Target } from "./apiCall";
import { AFTER, Examiner, type NodeFacts } from "./nodeFacts";
import { Prober } from "./prober";
import { rotationProgram, type RotationInput, type RotationOutputs } from "./rotationProgram";

const CLI = join(repository, "dist", "provider", "cli", "main.js");

interface CliNode {
  readonly node: string;
  readonly gaps: readonly string[];
}

/** What the command line tool says of a rotation: what each node lacks, and whether the next stage is safe. */
export interface CliVerdict {
  readonly code: number;
  readonly safe: boolean;
  readonly next: string | undefined;
  readonly gaps: Readonly<Record<string, readonly string[]>>;
}

export type NodeName = "cp1" | "cp2" | "w1";

interface Version {
  readonly client: Client;
  /** Path of the talosconfig. */
  readonly talosconfig: string;
  readonly outputs: RotationOutputs;
}

/** Two control planes and a worker of a Pulumi stack, and a prober that never leaves them alone. */
export class Rehearsal {
  readonly folder = new Folder();
  readonly secrets = new Set<string>();
  readonly nodes = new Map<NodeName, Node>();
  /** Ups that went through since the cluster stands. */
  ups = 0;
  prober!: Prober;
  /** What the person at the keyboard holds. */
  held!: Version;
  private examiner: Examiner | undefined;
  private count = 0;
  private readonly said: string[] = [];

  private constructor(
    readonly project: Project,
    private readonly addresses: Readonly<Record<NodeName, string>>,
    private readonly calls: number,
  ) {}

  /** @param calls how many calls each client makes at least in every situation */
  static async create(cli: PulumiCli, calls: number): Promise<Rehearsal> {
    const addresses = { cp1: loopbackAddress(), cp2: loopbackAddress(), w1: loopbackAddress() };
    const project = await Project.create({ cli });
    const rehearsal = new Rehearsal(project, addresses, calls);
    rehearsal.write();
    rehearsal.held = await rehearsal.up();
    rehearsal.ups = 0;
    await rehearsal.startNodes();
    rehearsal.prober = new Prober(rehearsal.targets(), [rehearsal.held.client]);
    return rehearsal;
  }

  private async startNodes(): Promise<void> {
    const { controlplane, worker } = this.configs(this.held.outputs);
    const place = (name: NodeName): { ip: string; hostname: string; hostNet: true } => ({
      ip: this.addresses[name],
      hostname: name,
      hostNet: true,
    });
    for (const name of ["cp1", "cp2"] as const) {
      this.nodes.set(name, await startNode({ config: controlplane, type: "controlplane", ...place(name) }));
    }
    const trustd = [...this.nodes.values()].flatMap((node) => node.trustd ?? []);
    this.nodes.set("w1", await startNode({ config: worker, type: "worker", trustd, ...place("w1") }));
  }

  /** Each node itself, and each through each control plane: nodes must trust each other, too. */
  private targets(): Target[] {
    const all = [...this.nodes.values()];
    const proxies = (["cp1", "cp2"] as const).map((name) => this.node(name));
    return [
      ...all.map(({ endpoint }) => ({ endpoint })),
      ...proxies.flatMap((proxy) =>
        all.filter((node) => node !== proxy).map((node) => ({ endpoint: proxy.endpoint, via: node.ip })),
      ),
    ];
  }

  node(name: NodeName): Node {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  }

  /** Edits the program. */
  write(rotation?: RotationInput, workerSANs: readonly string[] = []): void {
    const { cp1, cp2, w1 } = this.addresses;
    const program = rotationProgram({ endpoints: [cp1, cp2], workers: [w1], rotation, workerSANs });
    this.project.writeProgram({ program });
  }

  /** One `pulumi up` of the program as it stands, which must go through; answers what it brought. */
  async up(): Promise<Version> {
    const outcome = await this.project.up();
    assert.equal(outcome.code, 0, outcome.output);
    this.ups += 1;
    secretsIn(await this.project.decryptedState()).forEach((secret) => this.secrets.add(secret));
    const outputs = (await this.project.outputs({ secrets: true })) as unknown as RotationOutputs;
    this.count += 1;
    const name = `talosconfig-${this.count}`;
    const talosconfig = this.folder.write(name, outputs.talosconfig);
    return { client: clientOf(name, outputs.talosconfig), talosconfig, outputs };
  }

  /** Starts an up, kills pulumi with -9 when `moment` shows in its output, and makes the next one possible. */
  async killedUp(moment: RegExp): Promise<Outcome> {
    // An up that is nearly over would be over before the signal comes.
    const operation: Operation = this.project.start("up", { env: { [LINGER]: "10000" } });
    const reached = await operation.running.until(moment);
    const outcome = await operation.kill("pulumi");
    assert.ok(reached, `the up was over before ${String(moment)}: ${outcome.output}`);
    assert.equal(outcome.signal, "SIGKILL", outcome.output);
    await this.project.unlock();
    return outcome;
  }

  private configs({ controlplane, worker }: RotationOutputs): { controlplane: string; worker: string } {
    this.count += 1;
    return {
      controlplane: this.folder.write(`controlplane-${this.count}.yaml`, controlplane),
      worker: this.folder.write(`worker-${this.count}.yaml`, worker),
    };
  }

  /** The next up with an edited program: until it is through, somebody holds the old talosconfig; then the old or the new. */
  async begin(rotation: RotationInput): Promise<Version> {
    this.prober.hold(this.held.client);
    this.write(rotation);
    const next = await this.up();
    await this.meet(next);
    return next;
  }

  /** Learns both CAs when they are in the state, and lets the prober hold both talosconfigs. */
  async meet(next: Version): Promise<void> {
    if (next.outputs.rotationStatus.os.stage === "accept") this.examiner = await examinerOf(next.outputs);
    this.prober.hold(this.held.client, next.client);
    await this.prober.more(this.calls);
  }

  /** Where the rotation stands by the state, also after an up that did not end. */
  status(): RotationOutputs["rotationStatus"]["os"] {
    const secrets = this.project.resources().find(({ type }) => type.endsWith(":TalosSecrets"));
    const { rotationStatus } = secrets?.outputs as unknown as RotationOutputs;
    return rotationStatus.os;
  }

  look(name: NodeName): Promise<NodeFacts> {
    return this.examined().look(this.node(name).endpoint);
  }

  /** `talos-pki rotation status`, with the stack's state, the talosconfig of the moment, and others to knock with. */
  async askCli(...others: readonly string[]): Promise<CliVerdict> {
    const state = JSON.stringify(await this.project.decryptedState());
    const talosconfigs = [this.held.talosconfig, ...others].flatMap((path) => ["--talosconfig", path]);
    const args = [CLI, "rotation", "status", ...talosconfigs, "--json"];
    const { code, stdout, stderr } = await run(process.execPath, args, state);
    assert.equal(stderr, "");
    this.said.push(stdout);
    const { nodes, ...verdict } = JSON.parse(stdout) as Omit<CliVerdict, "code" | "gaps"> & { nodes: CliNode[] };
    const nameOf = (address: string): string =>
      [...this.nodes].find(([, { endpoint }]) => endpoint === address)?.[0] ?? address;
    const gaps = Object.fromEntries(nodes.map(({ node, gaps: list }) => [nameOf(node), list]));
    return { code, safe: verdict.safe, next: verdict.next, gaps };
  }

  private examined(): Examiner {
    if (this.examiner === undefined) throw new Error("no rotation has begun");
    return this.examiner;
  }

  /** Brings the configs of an up onto a node with the real talosctl. */
  async apply(name: NodeName, version: Version, talosconfig = version.talosconfig): Promise<void> {
    const { controlplane, worker } = this.configs(version.outputs);
    await this.node(name).applyConfig(name === "w1" ? worker : controlplane, talosconfig);
  }

  /** Waits until a node shows what it must after a stage. */
  async wait(name: NodeName, facts: NodeFacts): Promise<void> {
    await this.examined().wait(this.node(name).endpoint, facts);
  }

  /** The whole of a stage: the up, then node after node, each waited for. */
  async stage(rotation: RotationInput, order: readonly NodeName[]): Promise<void> {
    await this.bring(await this.begin(rotation), order);
  }

  /** The second half of a stage: the nodes. */
  async bring(version: Version, order: readonly NodeName[]): Promise<void> {
    const stage = version.outputs.rotationStatus.os.stage as keyof typeof AFTER;
    for (const name of order) {
      await this.apply(name, version);
      await this.wait(name, AFTER[stage]);
      await this.prober.more(this.calls);
      await this.letsTalosctlIn(name, [this.held.talosconfig, version.talosconfig]);
    }
    await this.prober.more(this.calls);
    this.held = version;
  }

  /** The prober's client is not Talos's: the real one gets in, too. */
  private async letsTalosctlIn(name: NodeName, talosconfigs: readonly string[]): Promise<void> {
    for (const talosconfig of talosconfigs) {
      const { code, stderr } = await this.node(name).talosctl(["version", "--short"], talosconfig);
      assert.equal(code, 0, stderr);
    }
  }

  /** Nothing was rejected, every node was called all the time, and no key ever stood anywhere in clear. */
  async assertUndisturbed(calls = 0): Promise<void> {
    await this.prober.stop();
    assert.deepEqual(this.prober.refusals.slice(0, 5), []);
    assert.ok(this.prober.calls >= calls, `only ${this.prober.calls} calls`);
    assert.ok(this.prober.longestGap < 3000, `a node was not called for ${this.prober.longestGap} ms`);
    this.assertNoSecrets();
  }

  assertNoSecrets(): void {
    const said = this.said.map((text) => ({ where: "talos-pki rotation status", text }));
    assertNoSecrets([...this.project.texts(), ...said], [...this.secrets]);
  }

  async end(): Promise<void> {
    await this.prober.stop();
    await Promise.all([...this.nodes.values()].map((node) => node.stop()));
    await this.project.remove();
  }
}

async function examinerOf({ secretsYaml, rotationSecrets }: RotationOutputs): Promise<Examiner> {
  const other = rotationSecrets.os;
  if (other === undefined) throw new Error("the state holds no second CA");
  const next: CertificateAndKey = { crt: other.certificatePem, key: other.privateKeyPem };
  return Examiner.create(parseSecretsBundle(secretsYaml, { now: new Date() }).bundle.certs.os, next);
}
