import { strict as assert } from "node:assert";

import { generateMachineConfig } from "../../provider/core/config/machineConfig";
import { parseSecretsBundle } from "../../provider/core/secrets/codec";
import { clear, FakeStack, type Outcome, talosPki } from "../unit/cli/support";

import { clusterEndpoint, clusterName } from "./support/cluster";
import { Folder, loopbackAddress, needJudge, type Node, startNode } from "./support/judge";

/** A cluster of real apids whose PKI lives in a stack, and the commands of talos-pki against it. */
class LiveCluster {
  readonly folder = new Folder();
  readonly stack = new FakeStack(() => new Date());
  readonly nodes: Node[] = [];
  talosconfig = "";
  #outputs: Record<string, unknown> = {};

  /** One `pulumi up`. */
  async up(stage?: string): Promise<void> {
    const rotation = stage === undefined ? {} : { rotation: { os: { id: "r1", stage } } };
    this.#outputs = await this.stack.up("TalosSecrets", "prod", { talosVersion: "v1.13", ...rotation });
    const client = await this.stack.up("ClientConfiguration", "admin", {
      secrets: clear(this.#outputs, "secrets"),
      clusterName,
    });
    this.talosconfig = String(clear(client, "talosconfig"));
  }

  config(machineType: "controlplane" | "worker"): string {
    const { bundle } = parseSecretsBundle(String(clear(this.#outputs, "secretsYaml")), { now: new Date() });
    const { os, kubernetes } = clear(this.#outputs, "acceptedCAs") as { os: string[]; kubernetes: string[] };
    const options = { secrets: bundle, clusterName, clusterEndpoint, machineType, talosVersion: "v1.13" };
    const { machineConfig } = generateMachineConfig({ ...options, acceptedCAs: os, kubernetesAcceptedCAs: kubernetes });
    return this.folder.write(`${machineType}.yaml`, machineConfig);
  }

  async start(machineType: "controlplane" | "worker", trustd?: string): Promise<Node> {
    const node = await startNode({
      config: this.config(machineType),
      type: machineType,
      ip: loopbackAddress(),
      ...(trustd === undefined ? {} : { trustd }),
    });
    this.nodes.push(node);
    return node;
  }

  /** Brings the config of the present stage onto a node. */
  async apply(node: Node, machineType: "controlplane" | "worker", talosconfig = this.talosconfig): Promise<void> {
    await node.applyConfig(this.config(machineType), this.folder.write("talosconfig", talosconfig));
  }

  run(args: readonly string[], files: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const given = { talosconfig: this.talosconfig, export: this.stack.export(true), ...files };
    return talosPki(args, { now: new Date(), files: given });
  }

  /** `talos-pki rotation status`, its verdicts by node, and whether it calls the next stage safe. */
  async status(
    files: Readonly<Record<string, string>> = {},
    more: readonly string[] = [],
  ): Promise<[number, string[]]> {
    const nodes = this.nodes.map(({ endpoint }) => endpoint).join(",");
    const args = ["rotation", "status", "export", "--talosconfig", "talosconfig", "--nodes", nodes, "--json", ...more];
    const { code, out, err } = await this.run(args, files);
    assert.equal(err, "");
    const verdict = JSON.parse(out) as { nodes: { through: boolean; gaps: string[] }[] };
    return [code, verdict.nodes.map(({ through, gaps }) => (through ? "through" : gaps.join("; ")))];
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

describe("talos-pki against real apids", function () {
  this.timeout(120_000);
  needJudge();
  let cluster: LiveCluster;
  beforeEach(async () => {
    cluster = new LiveCluster();
    await cluster.up();
  });
  afterEach(() => cluster.stop());

  it("inspects and verifies a node, with and without a client", async () => {
    const node = await cluster.start("controlplane");
    const { endpoint } = node;
    const asClient = await cluster.run(["inspect", endpoint, "--talosconfig", "talosconfig", "--json"]);
    const inspection = JSON.parse(asClient.out) as { facts: object; certificates: { kind: string; issuer: object }[] };
    assert.deepEqual(inspection.facts, { "shown to it": "O=os:admin, CN=talosctl-client", client: "is let in" });
    assert.deepEqual(
      inspection.certificates.map(({ kind, issuer }) => ({ kind, issuer })),
      [{ kind: "server", issuer: { subject: "O=talos", authority: "os" } }],
    );
    const stranger = await cluster.run(["inspect", endpoint]);
    assert.equal(stranger.code, 0);
    assert.match(stranger.out, /client: is not let in: it asks for a client certificate/);

    const verified = await cluster.run(["verify", endpoint, "--talosconfig", "talosconfig"]);
    assert.equal(verified.code, 0);
    assert.match(verified.out, /^ok .*: a server, by O=talos; 2[34] hours left\n$/);
  });

  it("says that a node is of another cluster than the client, and does not ask it further", async () => {
    const node = await cluster.start("controlplane");
    const other = new LiveCluster();
    await other.up();
    const { code, out } = await cluster.run(["verify", node.endpoint, "--talosconfig", "other"], {
      other: other.talosconfig,
    });
    assert.equal(code, 1);
    assert.match(out, /is signed by another CA of the same name, O=talos \[ERR_AUTHORITY_UNKNOWN\]/);
    assert.doesNotMatch(out, /context "interop"/);
  });

  it("follows a rotation through its stages and finds the node that missed one", async () => {
    const controlPlane = await cluster.start("controlplane");
    const worker = await cluster.start("worker", controlPlane.trustd);
    assert.deepEqual(await cluster.status(), [0, ["through", "through"]]);

    const before = cluster.talosconfig;
    await cluster.up("accept");
    const missed = "does not let clients of the new CA in";
    assert.deepEqual(await cluster.status(), [1, [missed, missed]]);
    await cluster.apply(controlPlane, "controlplane");
    assert.deepEqual(await cluster.status(), [1, ["through", missed]]);
    await cluster.apply(worker, "worker");
    await settled(() => cluster.status(), [0, ["through", "through"]]);

    await cluster.up("swap");
    const old = "serves a certificate of the old CA, not of the new CA";
    assert.deepEqual(await cluster.status(), [1, [old, old]]);
    await cluster.apply(controlPlane, "controlplane");
    await settled(() => cluster.status(), [1, ["through", old]]);
    await cluster.apply(worker, "worker");
    await settled(() => cluster.status(), [0, ["through", "through"]]);

    await cluster.up("finish");
    const knock = ["--talosconfig", "before"];
    const stillIn = "still lets clients of the old CA in";
    assert.deepEqual(await cluster.status({ before }, knock), [1, [stillIn, stillIn]]);
    await cluster.apply(controlPlane, "controlplane");
    await cluster.apply(worker, "worker");
    await settled(() => cluster.status({ before }, knock), [0, ["through", "through"]]);
  });

  it("does not call a stage safe when nobody could knock for the new CA, or a node is away", async () => {
    const node = await cluster.start("controlplane");
    await cluster.up("accept");
    await cluster.apply(node, "controlplane");
    const unknown = "nobody could knock as a client of the new CA";
    assert.deepEqual(await cluster.status({ export: cluster.stack.export(false) }), [1, [unknown]]);
    await node.stop();
    assert.deepEqual(await cluster.status(), [1, ["cannot be reached: nobody listens there"]]);
  });
});

/** Nodes take a new PKI into use a moment after the config. */
async function settled<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const seen = await look();
    try {
      assert.deepEqual(seen, wanted);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
