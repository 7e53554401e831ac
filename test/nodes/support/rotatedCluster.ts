import assert from "node:assert/strict";

import { createEnvironment } from "../../../provider/core/environment";
import { AUTHENTICATION_CONFIG_MAP } from "../../../provider/core/nodes/authenticationTrust";
import { parseCertificates } from "../../../provider/core/x509/certificate";
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

/** How one side of TLS, or apid, rejects the other; any other reason is that a node which reboots is away. */
const REJECTED = /ALERT|CERT|VERIFY|SIGNED|gRPC status (?:7|16)\b/i;
const MOST_UPDATES = 12;
/** Clients that try every API server. */
const ANY = ["any 1", "any 2", "any 3"];

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
    await Promise.all(this.anyCallers.map((caller) => caller.until(requests / this.anyCallers.length)));
    const totals = this.callers.map(({ name, total }) => ({ name, ...total }));
    console.log(`      rotated in ${seconds.toFixed(0)} s, ${updates} updates; ${JSON.stringify({ totals, reboots })}`);
    await this.endProbes();
    if (this.planes.length >= 3) this.assertUndisturbed(totals);
    this.assertNobodyRejected();
    const stages = await this.stages();
    await this.assertTrustIsNew();
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

  private get anyCallers(): readonly Caller[] {
    return this.callers.filter(({ name }) => ANY.includes(name));
  }

  private startProbes(now: Holders): void {
    const each = this.planes;
    const caller = (name: string, addresses: readonly string[], pause: number): Caller =>
      new Caller({ name, attempt: write, addresses, pause }, [now.kubernetes]);
    this.callers = [
      ...ANY.map((name) => caller(name, each, 50)),
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
    const told = /has not completed|stays at|waits before|ConfigMap/;
    const lines = output.split("\n").filter((line) => told.test(line) && !line.includes("pulumi:pulumi:Stack"));
    const talosconfig = await this.stack.talosconfig();
    const status = await this.stack.talosctl(this.planes[0]!, ["etcd", "status"], talosconfig);
    console.log(`      ${what}: ${JSON.stringify(stages)}; etcd: ${status.split("\n")[1]?.replace(/\s+/g, " ") ?? ""}`);
    for (const line of lines.slice(0, 10)) console.log(`        ${line.trim()}`);
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
    const reasons = this.probers.flatMap(({ refusals }) => refusals.map(({ reason }) => reason));
    console.log(`      reasons: ${[...new Set(reasons)].slice(0, 12).join("; ").slice(0, 1500)}`);
    const rejected = this.probers.flatMap(({ refusals }) => refusals.filter(({ reason }) => REJECTED.test(reason)));
    assert.deepEqual(rejected.slice(0, 5), []);
  }

  /** Extension API servers are told of the CAs that issue, and of no other one. */
  private async assertTrustIsNew(): Promise<void> {
    const client = apiClientOf(String(await this.stack.output("kubeconfig")));
    const { text } = await callApi(this.planes[0]!, client, AUTHENTICATION_CONFIG_MAP);
    const { data } = JSON.parse(text) as { readonly data: Readonly<Record<string, string>> };
    const listed = (key: string): string[] => parseCertificates(data[key]!, key).map(({ fingerprint }) => fingerprint);
    const rotation = (await this.stack.output("rotation")) as Readonly<Record<string, { readonly issuing: string }>>;
    assert.deepEqual(listed("client-ca-file"), [rotation["kubernetes"]!.issuing]);
    assert.deepEqual(listed("requestheader-client-ca-file"), [rotation["aggregator"]!.issuing]);
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
