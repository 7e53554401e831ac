import assert from "node:assert/strict";
import { needsPulumi, Project, secretsIn, type Outcome, type PulumiCli } from "./support";
import { clusterProgram, diffOf, saidOf, type Settings, START, stepsOf } from "./support/clusterProgram";

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
    project = await Project.create({ cli, program: clusterProgram(settings) });
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

    const again = await owner.preview({ now: "2027-06-01T00:00:00Z", args: ["--expect-no-changes"] });
    assert.deepEqual([again.code, again.changes, saidOf(again)], [0, { same: 8 }, []], again.output);
    const refreshed = await owner.refresh({ now: START });
    assert.deepEqual([refreshed.code, stepsOf(refreshed).filter((step) => !step.startsWith("refresh"))], [0, []]);

    owner.writeProgram({ program: clusterProgram({ client: { roles: ["os:reader", "os:operator"] } }) });
    const preview = await owner.preview({ now: "2027-02-01T00:00:00Z", args: ["--diff"] });
    assert.deepEqual(stepsOf(preview), ["update client"], preview.output);
    assert.deepEqual(diffOf(preview, "client"), ["issuedAt", "roles"]);
    assert.match(preview.stdout, /~ issuedAt: "2027-01-01T00:00:00Z" => "2027-02-01T00:00:00Z"/);
    assert.deepEqual(saidOf(preview), ['ClientConfiguration "client": will be reissued: roles changed']);
    assert.deepEqual(stepsOf(await owner.up({ now: "2027-02-01T00:00:00Z" })), ["update client"]);
    const reissued = await owner.outputs();
    assert.notEqual(reissued["fingerprint"], first["fingerprint"]);
    assert.deepEqual(reissued["roles"], ["os:operator", "os:reader"]);

    owner.writeProgram({
      program: clusterProgram({ client: { roles: ["os:operator", "os:reader"], endpoints: ["10.0.0.9"] } }),
    });
    const moved = await owner.up({ now: "2027-03-01T00:00:00Z" });
    assert.deepEqual([stepsOf(moved), diffOf(moved, "client")], [["update client"], ["endpoints"]], moved.output);
    assert.equal((await owner.outputs())["fingerprint"], reissued["fingerprint"]);
    assert.match(String((await owner.outputs({ secrets: true }))["talosconfig"]), /endpoints:\n\s+- 10\.0\.0\.9\n/);

    await assertNoSecrets(owner);
    const worker = (await owner.decryptedState()).deployment.resources.find(({ urn }) => urn.endsWith("::worker"));
    assert.doesNotMatch(JSON.stringify(worker), /PRIVATE KEY|UFJJVkFURSBLRVk|FJJVkFURSBLRVkt/);
    assert.match(JSON.stringify(worker), /machineType":"worker/);
    const providers = owner.resources().flatMap(({ inputs }) => inputs?.["__provider"] ?? []);
    assert.equal(providers.length, 7);
    assert.ok(providers.every((text) => typeof text === "string" && text.length <= 150));

    const destroyed = await owner.destroy();
    assert.deepEqual([destroyed.code, destroyed.changes, owner.resources()], [0, { delete: 8 }, []], destroyed.output);
  });

  it("are renewed by the clock, with the reason in the preview, and after their end too", async () => {
    const owner = await deploy();
    const first = await owner.outputs();
    const late = "2027-12-12T00:00:00Z";
    assert.equal((await owner.refresh({ now: late })).code, 0);
    const due = owner.resources().find(({ urn }) => urn.endsWith("::client"));
    assert.equal(due?.outputs?.["readyForRenewal"], true);

    const preview = await owner.preview({ now: late, args: ["--diff"] });
    assert.deepEqual(stepsOf(preview), ["update client", "update kubeconfig", "update node"], preview.output);
    assert.match(preview.stdout, /~ issuedAt: "2027-01-01T00:00:00Z" => "2027-12-12T00:00:00Z"/);
    const reason = "will be reissued: expires in 20 days, inside the renewal window of 30 days";
    assert.deepEqual(saidOf(preview).sort(), [
      `ClientConfiguration "client": ${reason}`,
      `Kubeconfig "kubeconfig": ${reason}`,
      `NodeCertificate "node": ${reason}`,
    ]);
    assert.notEqual((await owner.preview({ now: late, args: ["--expect-no-changes"] })).code, 0);
    assert.deepEqual(stepsOf(await owner.up({ now: late })), stepsOf(preview));
    const renewed = await owner.outputs();
    assert.equal(renewed["notAfter"], "2028-12-11T00:00:00Z");
    assert.equal(renewed["ready"], false);
    for (const name of ["fingerprint", "node", "kube"]) assert.notEqual(renewed[name], first[name]);
    assert.equal(renewed["workerHash"], first["workerHash"]);

    const over = "2030-06-01T00:00:00Z";
    const up = await owner.up({ now: over });
    assert.deepEqual(stepsOf(up), ["update client", "update kubeconfig", "update node"], up.output);
    assert.match(saidOf(up).join("\n"), /ClientConfiguration "client": will be reissued: expired 537 days ago/);
    assert.equal((await owner.preview({ now: over, args: ["--expect-no-changes"] })).code, 0);
    await assertNoSecrets(owner);
  });

  it("are frozen by ignoreChanges and replaced by replaceOnChanges", async () => {
    const owner = await deploy();
    const late = "2027-12-12T00:00:00Z";
    owner.writeProgram({ program: clusterProgram({ clientOptions: { ignoreChanges: ["issuedAt"] } }) });
    const frozen = await owner.preview({ now: late });
    assert.deepEqual(stepsOf(frozen), ["update kubeconfig", "update node"], frozen.output);
    assert.ok(
      saidOf(frozen).includes(
        'ClientConfiguration "client": expires in 20 days, inside the renewal window of 30 days, but its issuedAt is pinned; remove it to renew',
      ),
    );

    const replaced = ["create-replacement client", "delete-replaced client", "replace client"];
    const ofClient = (outcome: Outcome): string[] => stepsOf(outcome).filter((step) => step.endsWith(" client"));
    owner.writeProgram({ program: clusterProgram({ clientOptions: { replaceOnChanges: ["issuedAt"] } }) });
    const before = await owner.outputs();
    const up = await owner.up({ now: late });
    assert.deepEqual(ofClient(up), replaced, up.output);
    const after = await owner.outputs();
    assert.notEqual(after["fingerprint"], before["fingerprint"]);
    assert.equal(after["notAfter"], "2028-12-11T00:00:00Z");

    const options = { replaceOnChanges: ["roles"] };
    owner.writeProgram({ program: clusterProgram({ client: { roles: ["os:reader"] }, clientOptions: options }) });
    assert.deepEqual(ofClient(await owner.up({ now: late })), replaced);
    assert.equal((await owner.preview({ now: late, args: ["--expect-no-changes"] })).code, 0);
  });

  it("may be renamed with an alias: nothing changes", async () => {
    const owner = await deploy();
    const names = Object.fromEntries(
      ["secrets", "client", "node", "kubeconfig", "accepted", "controlplane", "worker"].map((name) => [
        name,
        `new-${name}`,
      ]),
    );
    owner.writeProgram({ program: clusterProgram({ names }) });
    for (const command of ["preview", "up", "preview"] as const) {
      const outcome = await owner[command]({
        now: START,
        ...(command === "preview" ? { args: ["--expect-no-changes"] } : {}),
      });
      assert.deepEqual([outcome.code, outcome.changes], [0, { same: 8 }], outcome.output);
    }
    const renewed = await owner.preview({ now: "2027-12-12T00:00:00Z", args: ["--diff"] });
    assert.match(saidOf(renewed).join("\n"), /ClientConfiguration "new-client": will be reissued/);
    assert.doesNotMatch(renewed.stdout, /__resourceName/);
  });

  it("reject bad input in preview, under the name of the resource, before anything changes", async () => {
    project = await Project.create({
      cli,
      program: clusterProgram({
        worker: { clusterEndpoint: "http://10.0.0.1:6443", configPatches: ["machine:\n  colour: red\n"] },
      }),
    });
    const first = await project.preview({ now: START });
    assert.notEqual(first.code, 0);
    assert.deepEqual(
      first.diagnostics
        .filter(({ urn }) => urn?.endsWith("::worker"))
        .map(({ message }) => message.replace(/^.*has a problem: /, "")),
      [
        'clusterEndpoint: the control plane endpoint URL should have scheme https://; try "https://10.0.0.1:6443"',
        'configPatches[0]: line 2: unknown key "machine.colour"; correct the patch',
      ],
      first.output,
    );

    project.writeProgram({ program: clusterProgram() });
    assert.equal((await project.up({ now: START })).code, 0);
    const before = await project.outputs();
    project.writeProgram({
      program: clusterProgram({ client: { roles: ["os:king"], validityPeriodHours: -1, endpoint: "x" } }),
    });
    for (const outcome of [await project.preview({ now: START }), await project.up({ now: START })]) {
      assert.notEqual(outcome.code, 0);
      const said = saidOf(outcome).join("\n");
      assert.match(
        said,
        /'client' has a problem: endpoint: is not a property of this resource; did you mean endpoints\?/,
      );
      assert.match(said, /'client' has a problem: roles\[0\]: is "os:king"; must be one of "os:admin", /);
      assert.match(said, /'client' has a problem: validityPeriodHours: is -1; must be a whole number of hours/);
    }
    assert.deepEqual(await project.outputs(), before);

    project.writeProgram({ program: clusterProgram({ secrets: { rotation: { os: { id: "r", stage: "swap" } } } }) });
    const illegal = await project.preview({ now: START });
    assert.notEqual(illegal.code, 0);
    const message =
      'TalosSecrets "secrets": rotation.os: no rotation is under way, so "r" cannot begin with stage "swap"; begin with stage "accept"';
    // Once while it runs and once in the diagnostics, as every error.
    assert.equal(illegal.output.split(message).length - 1, 2, illegal.output);
    assert.doesNotMatch(illegal.output, /\n\s+at /);
    await assertNoSecrets(project);
  });

  it("leave no half state when a create fails, and the next up completes", async () => {
    project = await Project.create({ cli, program: clusterProgram({ secrets: { kubernetesPkiDirectory: "pki" } }) });
    const failed = await project.up({ now: START });
    assert.notEqual(failed.code, 0);
    assert.match(saidOf(failed).join("\n"), /kubernetesPkiDirectory: pki: there is no such folder/);
    // A CA that depends on nothing may have been noted before.
    const made = project.resources().filter(({ type }) => /talos-pki:(?!AcceptedCA)/.test(type));
    assert.deepEqual(
      made.map(({ urn }) => urn),
      [],
    );
    // Known only once it runs: the CA that signs has not begun yet.
    project.writeProgram({ program: clusterProgram() });
    assert.equal((await project.up({ now: START })).code, 0);
    project.writeProgram({ program: clusterProgram({ client: { issuedAt: START, roles: ["os:reader"] } }) });
    const clock = await project.up({ now: "2026-12-01T00:00:00Z" });
    assert.notEqual(clock.code, 0);
    assert.match(saidOf(clock).join("\n"), /the clock shows 2026-12-01T00:00:00Z, before 2027-01-01T00:00:00Z/);
    assert.equal((await project.up({ now: START })).code, 0);
    assert.deepEqual((await project.outputs())["roles"], ["os:reader"]);
  });
});
