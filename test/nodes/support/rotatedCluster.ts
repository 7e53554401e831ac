import assert from "node:assert/strict";

import { createEnvironment } from "../../../provider/core/environment";
import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import { STAGED, type StagedName } from "../../../provider/core/secrets/inventory";
import { issueKubernetesClientCertificate } from "../../../provider/core/x509/kubernetesClientCertificate";
import { pkcs8Pem } from "../../../provider/core/x509/privateKey";
import type { PulumiCli } from "../../e2e/support";
import { callVersion, type Client } from "../../slow/support/apiCall";
import { Prober } from "../../slow/support/prober";

import { NodeStack, type StackSettings } from "./nodeStack";
import { RealNodes } from "./realNodes";
import { type ApiClient, apiClientOf, callApi, Caller, isKnown, write } from "./writers";

type Stages = Readonly<Record<StagedName, string>>;

/** What those hold who call the cluster at one time. */
interface Holders {
  readonly talos: Client;
  readonly kubernetes: ApiClient;
  readonly frontProxy: ApiClient;
  readonly pod: ApiClient;
}

/** What a rotation has shown. */
export interface Rotated {
  readonly updates: number;
  readonly stages: Stages;
  /** By control plane. */
  readonly reboots: readonly number[];
}

/** Reasons why a node that reboots cannot be called; any other refusal is one of a client. */
const AWAY = /ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ETIMEDOUT|no answer|connection was closed|socket disconnected/;
const MOST_UPDATES = 12;

/** A cluster of real nodes that goes through rotations, while clients of all kinds call it. */
export class RotatedCluster {
  private callers: readonly Caller[] = [];
  private probers: readonly Prober[] = [];

  private constructor(
    readonly nodes: RealNodes,
    readonly stack: NodeStack,
    readonly planes: readonly string[],
    readonly addresses: readonly string[],
    readonly settings: StackSettings,
  ) {}

  /** Brings machines to a healthy cluster: control planes and a worker. */
  static async create(cli: PulumiCli, count: number): Promise<RotatedCluster> {
    const nodes = await RealNodes.create();
    const names = [...Array.from({ length: count }, (_, index) => `cp${index + 1}`), "w1"];
    const addresses: string[] = [];
    for (const name of names) {
      const { address } = await nodes.start(name);
      await nodes.untilInMaintenance(name, address);
      addresses.push(address);
    }
    const settings: StackSettings = {
      nodes: names.map((name, index) => ({
        name,
        address: addresses[index]!,
        machineType: name === "w1" ? "worker" : "controlplane",
        maintenance: { fingerprint: nodes.fingerprint(name) },
      })),
      level: "kubernetes",
    };
    const stack = await NodeStack.create(cli, nodes, settings);
    await stack.up();
    return new RotatedCluster(nodes, stack, addresses.slice(0, count), addresses, settings);
  }

  /** Updates until there is nothing more to do. */
  async rotate(rotation: object, requests: number): Promise<Rotated> {
    const begin = Date.now();
    const [boots, old] = [await this.bootTimes(), await this.holders()];
    this.startProbes(old);
    this.stack.write({ ...this.settings, rotation });
    let updates = 0;
    const reboots = this.planes.map(() => 0);
    for (let before = old, last = boots; ;) {
      assert.ok(updates < MOST_UPDATES, `still due after ${updates} updates`);
      const outcome = await this.stack.up();
      updates += 1;
      const after = await this.holders();
      // Who has not fetched the new one yet still has the one from before.
      this.hold(before, after);
      await Promise.all(this.callers.map((caller) => caller.until(caller.total.requests + 10)));
      this.hold(after);
      before = after;
      const now = await this.bootTimes();
      now.forEach((time, index) => (reboots[index]! += time === last[index] ? 0 : 1));
      last = now;
      await this.report(`update ${updates}: ${outcome.seconds.toFixed(0)} s`, await this.stages(), outcome.output);
      if ((await this.stack.project.preview({ args: ["--expect-no-changes"] })).code === 0) break;
    }
    const seconds = (Date.now() - begin) / 1000;
    if (requests > 0) await this.callers[0]!.until(requests);
    const totals = this.callers.map(({ name, total }) => ({ name, ...total }));
    console.log(`      rotated in ${seconds.toFixed(0)} s, ${updates} updates; ${JSON.stringify({ totals, reboots })}`);
    await this.endProbes();
    if (this.planes.length >= 3) this.assertUndisturbed(totals);
    this.assertNobodyRejected();
    const stages = await this.stages();
    await this.assertOldRejected(old, "all" in rotation ? STAGED : Object.keys(rotation));
    return { updates, stages, reboots };
  }

  async endProbes(): Promise<void> {
    await Promise.all([...this.callers, ...this.probers].map((one) => one.stop()));
  }

  async remove(): Promise<void> {
    await this.endProbes();
    await this.stack.remove();
  }

  private startProbes(now: Holders): void {
    const each = this.planes;
    const caller = (name: string, addresses: readonly string[], pause: number): Caller =>
      new Caller({ name, attempt: write, addresses, pause }, [now.kubernetes]);
    this.callers = [
      caller("any", each, 100),
      ...each.map((address, index) => caller(`cp${index + 1}`, [address], 400)),
      new Caller({ name: "frontProxy", attempt: isKnown, addresses: each, pause: 400 }, [now.frontProxy]),
      new Caller({ name: "pod", attempt: isKnown, addresses: each, pause: 400 }, [now.pod]),
    ];
    this.probers = this.addresses.map((address) => new Prober([{ endpoint: `${address}:50000` }], [now.talos], 400));
  }

  private hold(...holders: readonly Holders[]): void {
    for (const caller of this.callers) {
      const kind = caller.name === "frontProxy" || caller.name === "pod" ? caller.name : "kubernetes";
      caller.hold(...holders.map((one) => one[kind]));
    }
    for (const prober of this.probers) prober.hold(...holders.map(({ talos }) => talos));
  }

  /** What the last update hands out, and a token that a pod would have got just now. */
  private async holders(): Promise<Holders> {
    const kubernetes = apiClientOf(String(await this.stack.output("kubeconfig")));
    const environment = createEnvironment(globalThis.crypto, () => new Date());
    const { bundle } = parseSecretsBundle(String(await this.stack.output("secretsYaml")), { now: new Date() });
    const { crt, key } = bundle.certs.k8sAggregator;
    const client = await issueKubernetesClientCertificate(
      {
        certificateAuthority: { certificatePem: crt, privateKeyPem: key },
        commonName: "front-proxy-client",
        organizations: [],
        algorithm: "ecdsa-p256",
      },
      environment,
    );
    const frontProxy: ApiClient = {
      ca: kubernetes.ca,
      cert: client.certificate.pem,
      key: pkcs8Pem(client.key),
      headers: { "X-Remote-User": "somebody" },
    };
    const token = await this.nodes.waitFor("a token of a pod", () => this.token(kubernetes), { timeout: 120_000 });
    const pod: ApiClient = { ca: kubernetes.ca, headers: { authorization: `Bearer ${token}` } };
    return { talos: await this.stack.client("talos"), kubernetes, frontProxy, pod };
  }

  private async token(client: ApiClient): Promise<string | undefined> {
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } };
    const path = "/api/v1/namespaces/default/serviceaccounts/default/token";
    for (const address of this.planes) {
      const { status, text } = await callApi(address, client, path, { method: "POST", body });
      if (status === 201) return (JSON.parse(text) as { status: { token: string } }).status.token;
    }
    return undefined;
  }

  private async stages(): Promise<Stages> {
    const status = (await this.stack.output("rotation")) as Readonly<
      Record<StagedName, { stage?: string } | undefined>
    >;
    return Object.fromEntries(STAGED.map((name) => [name, status[name]?.stage ?? "none"])) as Record<
      StagedName,
      string
    >;
  }

  private async bootTimes(): Promise<readonly string[]> {
    const talosconfig = await this.stack.talosconfig();
    return Promise.all(this.planes.map((address) => this.stack.bootTime(address, talosconfig)));
  }

  private async report(what: string, stages: Stages, output: string): Promise<void> {
    const warnings = output.split("\n").filter((line) => /warning|has not completed|stays at|waits/.test(line));
    const talosconfig = await this.stack.talosconfig();
    const status = await this.stack.talosctl(this.planes[0]!, ["etcd", "status"], talosconfig);
    console.log(`      ${what}: ${JSON.stringify(stages)}; etcd: ${status.split("\n")[1]?.replace(/\s+/g, " ") ?? ""}`);
    for (const line of warnings.slice(0, 10)) console.log(`        ${line.trim()}`);
    for (const caller of this.callers) console.log(`        ${JSON.stringify(caller.fortune())}`);
  }

  /** The client that tries every API server has got through each time, and so have those of the other kinds. */
  private assertUndisturbed(totals: readonly { readonly name: string; readonly failed: number }[]): void {
    const disturbed = totals.filter(({ name, failed }) => !name.startsWith("cp") && failed > 0);
    assert.deepEqual(disturbed, []);
  }

  /** A node that reboots is away; no node rejects a client. */
  private assertNobodyRejected(): void {
    const told = this.probers.map(({ calls, refusals, longestGap }) => ({ calls, away: refusals.length, longestGap }));
    console.log(`      talosctl: ${JSON.stringify(told)}`);
    const rejected = this.probers.flatMap(({ refusals }) => refusals.filter(({ reason }) => !AWAY.test(reason)));
    assert.deepEqual(rejected.slice(0, 5), []);
  }

  /** Those who hold what the CAs and keys that are out have issued. */
  private async assertOldRejected(old: Holders, rotated: readonly string[]): Promise<void> {
    const { kubernetes: now } = await this.holders();
    const known = async (client: ApiClient): Promise<readonly (string | undefined)[]> =>
      Promise.all(this.planes.map((address) => isKnown(address, { ...client, ca: now.ca })));
    const rejected = async (client: ApiClient): Promise<void> => {
      for (const reason of await known(client)) assert.match(reason ?? "known", /^401|alert/);
    };
    if (rotated.includes("kubernetes")) await rejected(old.kubernetes);
    if (rotated.includes("serviceAccount")) await rejected(old.pod);
    if (rotated.includes("aggregator")) await rejected(old.frontProxy);
    if (!rotated.includes("os")) return;
    const calls = this.addresses.map((address) => callVersion(old.talos, { endpoint: `${address}:50000` }));
    assert.ok((await Promise.all(calls)).every((reason) => reason !== undefined));
  }
}
