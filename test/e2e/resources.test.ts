import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { needsPulumi, Project, secretsIn, type Outcome, type PulumiCli, repository } from "./support";

const START = "2026-01-01T00:00:00Z";

/** What a test says of the program that it runs. */
interface Settings {
  /** Arguments and options of TalosSecrets; `false`: there is none. */
  readonly secrets?: object;
  readonly client?: object;
  readonly clientOptions?: object;
  readonly worker?: object;
  readonly names?: Readonly<Record<string, string>>;
}

/** A cluster's program: everything that this package makes, with what a test says of it. */
const program = ({ secrets = {}, client = {}, clientOptions = {}, worker = {}, names = {} }: Settings = {}): string => `
const pulumi = require("@pulumi/pulumi");
const { TalosSecrets, ClientConfiguration, MachineConfig, NodeCertificate, Kubeconfig, AcceptedCA } = require("pulumi-talos-pki");
const names = ${JSON.stringify(names)};
const named = name => names[name] ?? name;
const aliases = name => names[name] === undefined ? {} : { aliases: [{ name }] };
const cluster = { clusterName: "prod", clusterEndpoint: "https://10.0.0.1:6443" };
const secrets = new TalosSecrets(named("secrets"), { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" }, ...${JSON.stringify(secrets)} }, { protect: false, ...aliases("secrets") });
const client = new ClientConfiguration(named("client"), { secrets, clusterName: "prod", endpoints: ["10.0.0.2"], ...${JSON.stringify(client)} }, { ...${JSON.stringify(clientOptions)}, ...aliases("client") });
const node = new NodeCertificate(named("node"), { secrets, ipAddresses: ["10.0.0.2"], validityPeriodHours: 8760 }, aliases("node"));
const kubeconfig = new Kubeconfig(named("kubeconfig"), { secrets, ...cluster }, aliases("kubeconfig"));
const accepted = new AcceptedCA(named("accepted"), { certificatePem: ${JSON.stringify(readFileSync(join(repository, "test", "vectors", "pki", "ca.crt"), "utf8"))} }, aliases("accepted"));
const controlplane = new MachineConfig(named("controlplane"), { secrets, ...cluster, machineType: "controlplane", acceptedCAs: [accepted] }, aliases("controlplane"));
const worker = new MachineConfig(named("worker"), { secrets, ...cluster, machineType: pulumi.output("worker"), ...${JSON.stringify(worker)} }, aliases("worker"));
Object.assign(exports, {
  fingerprint: client.fingerprint, issuer: client.issuerFingerprint, notAfter: client.notAfter, ready: client.readyForRenewal, issued: client.issuedAt,
  certificate: client.clientCertificatePem, trusted: client.caCertificatesPem, roles: client.roles, talosconfig: client.talosconfig,
  authorities: secrets.certificateAuthorities, rotation: secrets.rotationStatus, bundle: secrets.secretsYaml,
  controlplane: controlplane.machineConfig, worker: worker.machineConfig, workerHash: worker.configHash,
  node: node.fingerprint, nodeReady: node.readyForRenewal, kube: kubeconfig.fingerprint, kubeIssuer: kubeconfig.issuerFingerprint,
});
`;

const stepsOf = ({ steps }: Outcome): string[] =>
  steps.filter(({ op, type }) => op !== "same" && type !== "pulumi:pulumi:Stack").map(({ op, name }) => `${op} ${name}`).sort();
const saidOf = ({ diagnostics }: Outcome): string[] =>
  diagnostics.flatMap(({ message }) => message.split("\n")).filter((line) => !line.includes(": audit: "));
const diffOf = ({ steps }: Outcome, resource: string): readonly string[] =>
  steps.find(({ name, op }) => name === resource && op !== "same")?.diffs ?? [];

describe("The resources under the real Pulumi", function () {
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

  /** A project whose first `up` has made everything. */
  const deploy = async (settings: Settings = {}): Promise<Project> => {
    project = await Project.create({ cli, program: program(settings) });
    const up = await project.up({ now: START });
    assert.equal(up.code, 0, up.output);
    return project;
  };
  const assertNoSecrets = async (owner: Project): Promise<void> => {
    owner.assertNoSecrets(secretsIn(await owner.decryptedState()));
  };

  it("are made, left alone, changed in place and destroyed, and no key stands anywhere in clear", async () => {
    const owner = await deploy();
    const first = await owner.outputs();

    const again = await owner.preview({ now: "2026-06-01T00:00:00Z", args: ["--expect-no-changes"] });
    assert.deepEqual([again.code, again.changes, saidOf(again)], [0, { same: 8 }, []], again.output);
    const refreshed = await owner.refresh({ now: START });
    assert.deepEqual([refreshed.code, stepsOf(refreshed).filter((step) => !step.startsWith("refresh"))], [0, []]);

    owner.writeProgram({ program: program({ client: { roles: ["os:reader", "os:operator"] } }) });
    const preview = await owner.preview({ now: "2026-02-01T00:00:00Z", args: ["--diff"] });
    assert.deepEqual(stepsOf(preview), ["update client"], preview.output);
    assert.deepEqual(diffOf(preview, "client"), ["issuedAt", "roles"]);
    assert.match(preview.stdout, /~ issuedAt: "2026-01-01T00:00:00Z" => "2026-02-01T00:00:00Z"/);
    assert.deepEqual(saidOf(preview), ['ClientConfiguration "client": will be issued anew: roles changed']);
    assert.deepEqual(stepsOf(await owner.up({ now: "2026-02-01T00:00:00Z" })), ["update client"]);
    const reissued = await owner.outputs();
    assert.notEqual(reissued["fingerprint"], first["fingerprint"]);
    assert.deepEqual(reissued["roles"], ["os:operator", "os:reader"]);

    owner.writeProgram({ program: program({ client: { roles: ["os:operator", "os:reader"], endpoints: ["10.0.0.9"] } }) });
    const moved = await owner.up({ now: "2026-03-01T00:00:00Z" });
    assert.deepEqual([stepsOf(moved), diffOf(moved, "client")], [["update client"], ["endpoints"]], moved.output);
    assert.equal((await owner.outputs())["fingerprint"], reissued["fingerprint"]);
    assert.match(String((await owner.outputs({ secrets: true }))["talosconfig"]), /endpoints:\n\s+- 10\.0\.0\.9\n/);

    await assertNoSecrets(owner);
    const worker = (await owner.decryptedState()).deployment.resources.find(({ urn }) => urn.endsWith("::worker"));
    assert.doesNotMatch(JSON.stringify(worker), /PRIVATE KEY|UFJJVkFURSBLRVk|FJJVkFURSBLRVkt/);
    assert.match(JSON.stringify(worker), /machineType":"worker/);
    const providers = owner.resources().flatMap(({ inputs }) => inputs?.["__provider"] ?? []);
    assert.equal(providers.length, 7);
    providers.forEach((text) => assert.ok(String(text).length <= 150));

    const destroyed = await owner.destroy();
    assert.deepEqual([destroyed.code, destroyed.changes, owner.resources()], [0, { delete: 8 }, []], destroyed.output);
  });

  it("are renewed by the clock, with the reason in the preview, and after their end too", async () => {
    const owner = await deploy();
    const first = await owner.outputs();
    const late = "2026-12-12T00:00:00Z";
    assert.equal((await owner.refresh({ now: late })).code, 0);
    const due = owner.resources().find(({ urn }) => urn.endsWith("::client"));
    assert.equal(due?.outputs?.["readyForRenewal"], true);

    const preview = await owner.preview({ now: late, args: ["--diff"] });
    assert.deepEqual(stepsOf(preview), ["update client", "update kubeconfig", "update node"], preview.output);
    assert.match(preview.stdout, /~ issuedAt: "2026-01-01T00:00:00Z" => "2026-12-12T00:00:00Z"/);
    const reason = "will be issued anew: expires in 20 days, inside the renewal window of 30 days";
    assert.deepEqual(saidOf(preview).sort(), [
      `ClientConfiguration "client": ${reason}`,
      `Kubeconfig "kubeconfig": ${reason}`,
      `NodeCertificate "node": ${reason}`,
    ]);
    assert.notEqual((await owner.preview({ now: late, args: ["--expect-no-changes"] })).code, 0);
    assert.deepEqual(stepsOf(await owner.up({ now: late })), stepsOf(preview));
    const renewed = await owner.outputs();
    assert.equal(renewed["notAfter"], "2027-12-12T00:00:00Z");
    assert.equal(renewed["ready"], false);
    for (const name of ["fingerprint", "node", "kube"]) assert.notEqual(renewed[name], first[name]);
    assert.equal(renewed["workerHash"], first["workerHash"]);

    const over = "2029-06-01T00:00:00Z";
    const up = await owner.up({ now: over });
    assert.deepEqual(stepsOf(up), ["update client", "update kubeconfig", "update node"], up.output);
    assert.match(saidOf(up).join("\n"), /ClientConfiguration "client": will be issued anew: expired 537 days ago/);
    assert.equal((await owner.preview({ now: over, args: ["--expect-no-changes"] })).code, 0);
    await assertNoSecrets(owner);
  });

  it("are frozen by ignoreChanges and replaced by replaceOnChanges", async () => {
    const owner = await deploy();
    const late = "2026-12-12T00:00:00Z";
    owner.writeProgram({ program: program({ clientOptions: { ignoreChanges: ["issuedAt"] } }) });
    const frozen = await owner.preview({ now: late });
    assert.deepEqual(stepsOf(frozen), ["update kubeconfig", "update node"], frozen.output);
    assert.ok(
      saidOf(frozen).includes(
        'ClientConfiguration "client": expires in 20 days, inside the renewal window of 30 days, but its issuedAt is held fast; release it to renew',
      ),
    );

    const replaced = ["create-replacement client", "delete-replaced client", "replace client"];
    const ofClient = (outcome: Outcome): string[] => stepsOf(outcome).filter((step) => step.endsWith(" client"));
    owner.writeProgram({ program: program({ clientOptions: { replaceOnChanges: ["issuedAt"] } }) });
    const before = await owner.outputs();
    const up = await owner.up({ now: late });
    assert.deepEqual(ofClient(up), replaced, up.output);
    const after = await owner.outputs();
    assert.notEqual(after["fingerprint"], before["fingerprint"]);
    assert.equal(after["issued"], late);

    const options = { replaceOnChanges: ["roles"] };
    owner.writeProgram({ program: program({ client: { roles: ["os:reader"] }, clientOptions: options }) });
    assert.deepEqual(ofClient(await owner.up({ now: late })), replaced);
    assert.equal((await owner.preview({ now: late, args: ["--expect-no-changes"] })).code, 0);
  });

  it("may be renamed with an alias: nothing changes", async () => {
    const owner = await deploy();
    const names = Object.fromEntries(
      ["secrets", "client", "node", "kubeconfig", "accepted", "controlplane", "worker"].map((name) => [name, `new-${name}`]),
    );
    owner.writeProgram({ program: program({ names }) });
    for (const command of ["preview", "up", "preview"] as const) {
      const outcome = await owner[command]({ now: START, ...(command === "preview" ? { args: ["--expect-no-changes"] } : {}) });
      assert.deepEqual([outcome.code, outcome.changes], [0, { same: 8 }], outcome.output);
    }
    const renewed = await owner.preview({ now: "2026-12-12T00:00:00Z", args: ["--diff"] });
    assert.match(saidOf(renewed).join("\n"), /ClientConfiguration "new-client": will be issued anew/);
    assert.doesNotMatch(renewed.stdout, /__resourceName/);
  });

  it("refuse bad input in preview, under the name of the resource, before anything changes", async () => {
    project = await Project.create({
      cli,
      program: program({ worker: { clusterEndpoint: "http://10.0.0.1:6443", configPatches: ["machine:\n  colour: red\n"] } }),
    });
    const first = await project.preview({ now: START });
    assert.notEqual(first.code, 0);
    assert.deepEqual(
      first.diagnostics.filter(({ urn }) => urn?.endsWith("::worker")).map(({ message }) => message.replace(/^.*has a problem: /, "")),
      [
        'clusterEndpoint: the control plane endpoint URL should have scheme https://; try "https://10.0.0.1:6443"',
        'configPatches[0]: line 2: unknown key "machine.colour"; expected a patch that Talos takes',
      ],
      first.output,
    );

    project.writeProgram({ program: program() });
    assert.equal((await project.up({ now: START })).code, 0);
    const state = project.state();
    const before = await project.outputs();
    project.writeProgram({
      program: program({ client: { roles: ["os:king"], validityPeriodHours: -1, endpoint: "x" } }),
    });
    for (const outcome of [await project.preview({ now: START }), await project.up({ now: START })]) {
      assert.notEqual(outcome.code, 0);
      const said = saidOf(outcome).join("\n");
      assert.match(said, /'client' has a problem: endpoint: is no property of this resource; did you mean endpoints\?/);
      assert.match(said, /'client' has a problem: roles\[0\]: is "os:king"; expected one of "os:admin", /);
      assert.match(said, /'client' has a problem: validityPeriodHours: is -1; expected a whole number of hours/);
    }
    assert.deepEqual(await project.outputs(), before);

    project.writeProgram({ program: program({ secrets: { rotation: { os: { id: "r", stage: "swap" } } } }) });
    const illegal = await project.preview({ now: START });
    assert.notEqual(illegal.code, 0);
    const message =
      'TalosSecrets "secrets": rotation.os: no rotation is under way, so "r" cannot begin with stage "swap"; begin with stage "accept"';
    assert.equal(illegal.output.split(message).length, 2, illegal.output);
    assert.doesNotMatch(illegal.output, /\n\s+at /);
    assert.equal(state.includes("talosVersion"), true);
    await assertNoSecrets(project);
  });

  it("leave no half state when a create fails, and the next up completes", async () => {
    project = await Project.create({ cli, program: program({ secrets: { kubernetesPkiDirectory: "pki" } }) });
    const failed = await project.up({ now: START });
    assert.notEqual(failed.code, 0);
    assert.match(saidOf(failed).join("\n"), /kubernetesPkiDirectory\/ca\.crt: the file is missing/);
    assert.deepEqual(
      project.resources().filter(({ type }) => type.includes("talos-pki")),
      [],
    );
    // Known only once it runs: the authority that signs has not begun yet.
    project.writeProgram({ program: program() });
    assert.equal((await project.up({ now: START })).code, 0);
    project.writeProgram({ program: program({ client: { issuedAt: START, roles: ["os:reader"] } }) });
    const clock = await project.up({ now: "2025-06-01T00:00:00Z" });
    assert.notEqual(clock.code, 0);
    assert.match(saidOf(clock).join("\n"), /the clock shows 2025-06-01T00:00:00Z, before 2026-01-01T00:00:00Z/);
    assert.equal((await project.up({ now: START })).code, 0);
    assert.deepEqual((await project.outputs())["roles"], ["os:reader"]);
  });
});
