import assert from "node:assert/strict";

import { AUTHENTICATION_CONFIG_MAP } from "../../../provider/core/nodes/authenticationTrust";
import { parseCertificates } from "../../../provider/core/x509/certificate";
import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import { STAGED, type StagedName } from "../../../provider/core/secrets/inventory";
import type { SecretsBundle } from "../../../provider/core/secrets/types";
import type { PulumiCli } from "../../e2e/support";

import { Audience } from "./audience";
import {
  etcdClientOf,
  frontProxyOf,
  type Holders,
  issuingCA,
  signerOf,
  tokenFrom,
  whoKnows,
  whyRejected,
} from "./holders";
import { NodeStack, type StackNode, type StackSettings, startNode } from "./nodeStack";
import { RealNodes } from "./realNodes";
import { type ApiClient, apiClientOf, callApi } from "./writers";

export type Stages = Readonly<Record<StagedName, string>>;

/** Output `rotationStatus` of one CA or key. */
export interface RotationStatus {
  readonly stage?: string;
  readonly issuing: string;
  readonly accepted: readonly string[];
}

type Status = Readonly<Record<StagedName, RotationStatus>>;

/** Updates that follow each other while clients call. */
export interface Course {
  /** What the program says in each update that is not as usual; the last one is repeated until nothing is left to do. */
  readonly steps: readonly Partial<StackSettings>[];
  /** Requests of the clients that try every API server, at least. */
  readonly requests: number;
  /**
   * What goes wrong before an update; the program says what it says in that update. The answer is whether an update has
   * come to its end all the same: then what it hands out is handed over, and this is asked again.
   */
  readonly disturb?: (stages: Stages) => Promise<boolean | undefined>;
}

/** What the updates have shown. */
export interface Seen {
  readonly updates: number;
  readonly stages: Stages;
  /** By control plane. */
  readonly reboots: readonly number[];
  /** Who held what before the first update, and after each. */
  readonly holders: readonly Holders[];
}

const MOST_UPDATES = 12;
/** Of an explicit stage; then the update is to be run again. */
const IS_EARLY = /ERR_ROTATION_NOT_PROPAGATED/;

/** A cluster of real nodes that goes through rotations, while clients of all kinds call it. */
export class RotatedCluster {
  private audience: Audience | undefined;

  private constructor(
    readonly nodes: RealNodes,
    readonly stack: NodeStack,
    private usual: StackSettings,
  ) {}

  /** Brings machines to a healthy cluster: control planes and a worker. */
  static async create(cli: PulumiCli, count: number): Promise<RotatedCluster> {
    const nodes = await RealNodes.create();
    const names = [...Array.from({ length: count }, (_, index) => `cp${index + 1}`), "w1"];
    const list: StackNode[] = [];
    for (const name of names) list.push(await startNode(nodes, name));
    const settings: StackSettings = { nodes: list, level: "kubernetes" };
    const stack = await NodeStack.create(cli, nodes, settings);
    await stack.up();
    return new RotatedCluster(nodes, stack, settings);
  }

  /** What the program says when nothing rotates. */
  get settings(): StackSettings {
    return this.usual;
  }

  /** Every node, control planes first. */
  get addresses(): readonly string[] {
    return [...this.planes, ...this.addressesOf("worker")];
  }

  get planes(): readonly string[] {
    return this.addressesOf("controlplane");
  }

  /** A new machine, which the program has from its next update on. */
  async join(name: string): Promise<StackNode> {
    const node = await startNode(this.nodes, name);
    this.usual = { ...this.usual, nodes: [...this.usual.nodes, node] };
    return node;
  }

  /** Updates until there is nothing more to do, after which old credentials are worth nothing. */
  async rotate(rotation: object, requests: number, disturb?: Course["disturb"]): Promise<Seen> {
    const seen = await this.run({
      steps: [{ rotation }],
      requests,
      ...(disturb === undefined ? {} : { disturb }),
    });
    await this.assertTrustIsNew();
    await this.assertRejected(seen.holders[0]!, "all" in rotation ? STAGED : namesIn(rotation));
    return seen;
  }

  /** Goes through updates while clients of all kinds call; none of them may notice. */
  async run({ steps, requests, disturb }: Course): Promise<Seen> {
    const begin = Date.now();
    const held = [await this.holders()];
    const reboots = new Map<string, number>();
    let boots = await this.bootTimes();
    const audience = new Audience(this.planes, this.addresses, held[0]!);
    this.audience = audience;
    const handOver = async (): Promise<void> => {
      held.push(await this.holders());
      await audience.handOver(held.at(-2)!, held.at(-1)!);
    };
    for (let isDue = true, updates = 0; isDue; updates += 1) {
      assert.ok(updates < MOST_UPDATES, `still due after ${updates} updates`);
      const step = steps[Math.min(updates, steps.length - 1)];
      const write = (): void => {
        this.stack.write({ ...this.settings, ...step });
      };
      for (let isWhole = disturb !== undefined; isWhole;) {
        write();
        isWhole = (await disturb?.(this.storedStages())) === true;
        if (isWhole) await handOver();
      }
      write();
      const { seconds, output } = await this.update();
      await handOver();
      const now = await this.bootTimes();
      for (const [address, time] of now) {
        const isAnother = (boots.get(address) ?? time) !== time;
        reboots.set(address, (reboots.get(address) ?? 0) + (isAnother ? 1 : 0));
      }
      boots = now;
      await this.report(`update ${updates + 1}: ${seconds.toFixed(0)} s`, output);
      await this.assertSigner();
      const isLast = updates + 1 >= steps.length;
      isDue = !isLast || (await this.stack.project.preview({ args: ["--expect-no-changes"] })).code !== 0;
    }
    await audience.until(requests);
    const [seconds, updates] = [(Date.now() - begin) / 1000, held.length - 1];
    const seen = { updates, stages: await this.stages(), reboots: [...reboots.values()], holders: held };
    const told = JSON.stringify({ totals: audience.totals, reboots: seen.reboots });
    console.log(`      ${seconds.toFixed(0)} s, ${updates} updates; ${told}`);
    await audience.end();
    if (this.planes.length >= 3) audience.assertUndisturbed();
    audience.assertNobodyRejected();
    return seen;
  }

  /** The output `rotationStatus` of the last update. */
  async status(): Promise<Status> {
    return (await this.stack.output("rotation")) as Status;
  }

  /** The secrets of the last update. */
  async bundle(): Promise<SecretsBundle> {
    return parseSecretsBundle(String(await this.stack.output("secretsYaml")), { now: new Date() }).bundle;
  }

  /** Talos's own verdict. */
  async assertHealthy(): Promise<void> {
    const [endpoint] = this.planes;
    const lists = ["--control-plane-nodes", this.planes.join(), "--worker-nodes", this.addressesOf("worker").join()];
    const args = ["-e", endpoint!, "-n", endpoint!, "health", ...lists, "--wait-timeout", "4m"];
    const talosconfig = await this.stack.talosconfig();
    const { code, stdout, stderr } = await this.nodes.talosctl(args, talosconfig, { timeout: 300_000 });
    assert.equal(code, 0, `${stdout}${stderr}`);
  }

  /** Every node concerned lets them in, as clients who know the servers of now. */
  async assertAdmitted(who: Partial<Holders>, names: readonly StagedName[]): Promise<void> {
    for (const { name, address, reason } of await this.receptions(who, names))
      assert.equal(reason, undefined, `${name} at ${address}`);
  }

  /** Every node concerned rejects them. */
  async assertRejected(who: Partial<Holders>, names: readonly StagedName[]): Promise<void> {
    for (const { name, address, reason } of await this.receptions(who, names))
      assert.match(reason ?? "let in", /^401|alert|unknown ca|SELF_SIGNED|VERIFY|signature/i, `${name} at ${address}`);
  }

  async endProbes(): Promise<void> {
    await this.audience?.end();
  }

  async remove(): Promise<void> {
    await this.endProbes();
    await this.stack.remove();
  }

  /** An update that succeeds; one of an explicit stage as soon as the nodes allow it. */
  private async update(): Promise<Awaited<ReturnType<NodeStack["up"]>>> {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const outcome = await this.stack.project.up();
      if (!IS_EARLY.test(outcome.output)) {
        assert.equal(outcome.code, 0, outcome.output);
        return outcome;
      }
      console.log(`      pulumi up, too early: ${outcome.seconds.toFixed(1)} s`);
    }
    return this.stack.up();
  }

  /** What the last update hands out, and a token that a pod would have got just now. */
  async holders(): Promise<Holders> {
    const kubernetes = apiClientOf(String(await this.stack.output("kubeconfig")));
    const bundle = await this.bundle();
    const aggregator = await frontProxyOf(issuingCA(bundle, "aggregator"), kubernetes.ca);
    const token = await this.nodes.waitFor("a token of a pod", () => this.token(kubernetes), { timeout: 120_000 });
    const serviceAccount: ApiClient = { ca: kubernetes.ca, headers: { authorization: `Bearer ${token}` } };
    const etcd = await etcdClientOf(issuingCA(bundle, "etcd"));
    return { os: await this.stack.client("talos"), kubernetes, aggregator, serviceAccount, etcd };
  }

  private async token(client: ApiClient): Promise<string | undefined> {
    for (const address of this.planes) {
      const token = await tokenFrom(address, client);
      if (token !== undefined) return token;
    }
    return undefined;
  }

  /** A token that any API server signs now is signed with the key that the state says. */
  private async assertSigner(): Promise<void> {
    const client = apiClientOf(String(await this.stack.output("kubeconfig")));
    const { serviceAccount } = await this.status();
    for (const address of this.planes) {
      const token = await this.nodes.waitFor(`a token from ${address}`, () => tokenFrom(address, client));
      assert.equal(signerOf(token), serviceAccount.issuing, address);
    }
  }

  private async stages(): Promise<Stages> {
    return stagesOf(await this.status());
  }

  /** Those in the state, also after an update that has not come to its end. */
  private storedStages(): Stages {
    const found = this.stack.project.resources().find(({ type }) => type.endsWith(":TalosSecrets"));
    return stagesOf(found?.outputs?.["rotationStatus"] as Status);
  }

  private async bootTimes(): Promise<ReadonlyMap<string, string>> {
    const talosconfig = await this.stack.talosconfig();
    const times = this.planes.map(
      async (address) => [address, await this.stack.bootTime(address, talosconfig)] as const,
    );
    return new Map(await Promise.all(times));
  }

  private addressesOf(type: StackNode["machineType"]): readonly string[] {
    return this.usual.nodes.flatMap(({ machineType, address }) => (machineType === type ? [address] : []));
  }

  private async report(what: string, output: string): Promise<void> {
    const stages = await this.stages();
    const told = /has not completed|stays at|waits before|ConfigMap/;
    const lines = output.split("\n").filter((line) => told.test(line) && !line.includes("pulumi:pulumi:Stack"));
    const talosconfig = await this.stack.talosconfig();
    const status = await this.stack.talosctl(this.planes[0]!, ["etcd", "status"], talosconfig);
    console.log(`      ${what}: ${JSON.stringify(stages)}; etcd: ${status.split("\n")[1]?.replace(/\s+/g, " ") ?? ""}`);
    for (const line of lines.slice(0, 10)) console.log(`        ${line.trim()}`);
    for (const fortune of this.audience?.fortunes() ?? []) console.log(`        ${JSON.stringify(fortune)}`);
  }

  /** Extension API servers are told of the CAs that issue, and of no other one. */
  private async assertTrustIsNew(): Promise<void> {
    const client = apiClientOf(String(await this.stack.output("kubeconfig")));
    const { text } = await callApi(this.planes[0]!, client, AUTHENTICATION_CONFIG_MAP);
    const { data } = JSON.parse(text) as { readonly data: Readonly<Record<string, string>> };
    const listed = (key: string): string[] => parseCertificates(data[key]!, key).map(({ fingerprint }) => fingerprint);
    const { kubernetes, aggregator } = await this.status();
    assert.deepEqual(listed("client-ca-file"), [kubernetes.issuing]);
    assert.deepEqual(listed("requestheader-client-ca-file"), [aggregator.issuing]);
  }

  /** How each node concerned receives them. */
  private async receptions(who: Partial<Holders>, names: readonly StagedName[]): Promise<readonly Reception[]> {
    const { ca } = apiClientOf(String(await this.stack.output("kubeconfig")));
    const knowing = whoKnows(who, ca, issuingCA(await this.bundle(), "etcd").certificatePem);
    const calls = names.flatMap((name) =>
      (name === "os" ? this.addresses : this.planes).map(async (address) => ({
        name,
        address,
        reason: await whyRejected(knowing, name, address),
      })),
    );
    return Promise.all(calls);
  }
}

interface Reception {
  readonly name: StagedName;
  readonly address: string;
  /** Why they are rejected; `undefined` for those who are let in. */
  readonly reason: string | undefined;
}

const namesIn = (rotation: object): StagedName[] => STAGED.filter((name) => name in rotation);

const stagesOf = (status: Status): Stages =>
  Object.fromEntries(STAGED.map((name) => [name, status[name].stage ?? "none"])) as Record<StagedName, string>;
