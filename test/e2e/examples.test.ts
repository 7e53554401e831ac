import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { parse } from "yaml";

import { needsPulumi, Project, type PulumiCli, repository, secretsIn } from "./support";

interface Authority {
  readonly crt: string;
  readonly key?: string;
}
interface Config {
  readonly machine: { readonly ca: Authority; readonly acceptedCAs?: readonly Authority[] };
}
interface Talosconfig {
  readonly context: string;
  readonly contexts: Readonly<Record<string, { readonly ca: string; readonly crt: string }>>;
}

/** The first document of a machine config. */
const configOf = (text: unknown): Config => parse(String(text).split(/^---$/m)[0] ?? "") as Config;
const textOf = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString("utf8");
const count = (pem: string): number => pem.split("-----BEGIN CERTIFICATE-----").length - 1;

describe("the examples", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  let project: Project | undefined;

  before(function () {
    cli = needsPulumi(this);
  });

  afterEach(async () => {
    await project?.remove();
    project = undefined;
  });

  async function open(name: string, stack?: string): Promise<Project> {
    project = await Project.create({ cli, folder: `examples/${name}`, ...(stack === undefined ? {} : { stack }) });
    return project;
  }

  async function up(example: Project, env: NodeJS.ProcessEnv = {}): Promise<Record<string, unknown>> {
    const outcome = await example.up({ env });
    assert.equal(outcome.code, 0, outcome.output);
    return example.outputs({ secrets: true });
  }

  async function assertStill(example: Project): Promise<void> {
    const again = await example.preview({ args: ["--expect-no-changes"] });
    assert.equal(again.code, 0, again.output);
  }

  async function assertNoLeaks(example: Project): Promise<void> {
    example.assertNoSecrets(secretsIn(await example.decryptedState()));
  }

  it("clusters: every cluster has CAs of its own, and a second preview changes nothing", async () => {
    const example = await open("clusters");
    const { clusters } = await up(example);
    const made = Object.values(clusters as Record<string, { osCaFingerprint: string; controlPlaneConfig: string }>);
    assert.equal(made.length, 3);
    assert.equal(new Set(made.map(({ osCaFingerprint }) => osCaFingerprint)).size, 3);
    assert.equal(new Set(made.map(({ controlPlaneConfig }) => configOf(controlPlaneConfig).machine.ca.key)).size, 3);
    await assertStill(example);
    await assertNoLeaks(example);
  });

  it("cluster: makes the PKI without machines, and calls none in a preview with them", async () => {
    const example = await open("cluster");
    const outputs = await up(example);
    assert.deepEqual([outputs["served"], outputs["checks"]], [{}, []]);
    await assertStill(example);
    await assertNoLeaks(example);

    // Addresses of nobody (RFC 5737): a call would fail.
    const machines = [
      ["controlPlanes[0].address", "192.0.2.2"],
      ["controlPlanes[1].address", "192.0.2.3"],
      ["workers[0].address", "192.0.2.5"],
    ];
    for (const [path = "", address = ""] of machines) {
      const set = await example.pulumi(["config", "set", "--path", path, address]);
      assert.equal(set.code, 0, set.stderr);
    }
    const preview = await example.preview();
    assert.equal(preview.code, 0, preview.output);
    assert.equal(preview.changes["create"], 5);
  });

  it("talos-cluster: makes the PKI without machines, and calls none in a preview with them", async () => {
    const example = await open("talos-cluster");
    const outputs = await up(example);
    assert.deepEqual(outputs["health"], []);
    await assertStill(example);
    await assertNoLeaks(example);

    // Addresses of nobody (RFC 5737): a call would fail.
    for (const [path = "", address = ""] of [
      ["controlPlaneNodes[0].address", "192.0.2.2"],
      ["controlPlaneNodes[1].address", "192.0.2.3"],
      ["workerNodes[0].address", "192.0.2.5"],
    ]) {
      const set = await example.pulumi(["config", "set", "--path", path, address]);
      assert.equal(set.code, 0, set.stderr);
    }
    const preview = await example.preview();
    assert.equal(preview.code, 0, preview.output);
    assert.equal(preview.changes["create"], 5);
  });

  it("two-datacentres: the nodes of each accept the other's CA, its certificate only", async () => {
    const example = await open("two-datacentres");
    const outputs = await up(example);
    const configs = { east: outputs["eastConfigs"], west: outputs["westConfigs"] } as Record<
      "east" | "west",
      { controlPlane: string; worker: string }
    >;
    for (const [here, there] of [
      ["east", "west"],
      ["west", "east"],
    ] as const) {
      const other = configOf(configs[there].controlPlane).machine.ca.crt;
      for (const config of Object.values(configs[here])) {
        assert.deepEqual(configOf(config).machine.acceptedCAs, [{ crt: other }]);
      }
    }
    const atWest = parse(String(outputs["eastAdminAtWest"])) as Talosconfig;
    const admin = parse(String(outputs["eastTalosconfig"])) as Talosconfig;
    assert.equal(atWest.contexts["east@west"]?.crt, admin.contexts["east"]?.crt);
    assert.equal(textOf(atWest.contexts["east@west"]?.ca), textOf(configOf(configs.west.controlPlane).machine.ca.crt));
    await assertStill(example);
    await assertNoLeaks(example);
  });

  it("two-stacks: each stack reads the other's certificates through a StackReference", async () => {
    const example = await open("two-stacks", "east");
    const inWest = { PULUMI_STACK: "west" };
    assert.equal((await example.pulumi(["stack", "init", "west", "--no-select"])).code, 0);
    const alone = await up(example);
    const west = await example.up({ env: inWest });
    assert.equal(west.code, 0, west.output);

    const peer = ["config", "set", "--path", "peers[0]", "organization/two-stacks/west", "--stack", "east"];
    assert.equal((await example.pulumi(peer)).code, 0);
    const together = await up(example);
    const { stdout } = await example.pulumi(["stack", "output", "osCaFingerprint"], inWest);
    assert.deepEqual(together["accepted"], [stdout.trim()]);
    const before = configOf(alone["workerConfig"]).machine;
    const { acceptedCAs, ...after } = configOf(together["workerConfig"]).machine;
    assert.deepEqual(after, before);
    assert.equal(acceptedCAs?.length, 1);
    assert.equal(together["talosconfig"], alone["talosconfig"]);
    await assertStill(example);
  });

  it("rotation: config alone drives the CA through accept, swap and finish", async () => {
    const example = await open("rotation");
    interface Status {
      readonly stage: string;
      readonly issuing: string;
      readonly accepted: readonly string[];
    }
    const stage = async (name: string): Promise<{ status: Status; issuer: unknown; trusted: number }> => {
      if (name !== "none") await example.config("rotation:stage", name);
      const outputs = await up(example);
      const talosconfig = parse(String(outputs["talosconfig"])) as Talosconfig;
      return {
        status: (outputs["rotationStatus"] as { os: Status }).os,
        issuer: outputs["adminIssuer"],
        trusted: count(textOf(talosconfig.contexts["demo"]?.ca)),
      };
    };
    const before = await stage("none");
    await example.config("rotation:id", "2026-11");
    const accept = await stage("accept");
    assert.deepEqual([accept.status.issuing, accept.issuer], [before.status.issuing, before.status.issuing]);
    assert.deepEqual([accept.status.accepted.length, accept.trusted], [1, 2]);

    const jump = await example.preview({ env: {}, args: ["--config", "rotation:stage=finish"] });
    assert.notEqual(jump.code, 0);
    assert.match(jump.output, /rotation\.os: stage "accept" cannot be followed by "finish"; must be "swap"/);

    const [next] = accept.status.accepted;
    const swap = await stage("swap");
    assert.deepEqual([swap.status.issuing, swap.issuer, swap.trusted], [next, next, 2]);
    const finish = await stage("finish");
    assert.deepEqual([finish.status.issuing, finish.issuer, finish.trusted], [next, next, 1]);
    assert.deepEqual(finish.status.accepted, []);
    await assertStill(example);
    await assertNoLeaks(example);
  });

  it("adopt: the state holds the very bundle, and the input can be removed afterwards", async () => {
    const example = await open("adopt");
    const bundle = readFileSync(join(repository, "test", "vectors", "bundles", "v1.13.yaml"), "utf8");
    await example.config("secretsYaml", bundle, true);
    const adopted = await up(example);
    assert.equal(adopted["bundle"], bundle);

    assert.equal((await example.pulumi(["config", "rm", "secretsYaml"])).code, 0);
    await assertStill(example);
    const without = await up(example);
    assert.deepEqual(without, adopted);
    await assertStill(example);
    await assertNoLeaks(example);
  });
});
