import assert from "node:assert/strict";

import { needsPulumi, type Outcome, Project, type PulumiCli, secretsIn } from "./support";
import { PLUGIN_PROJECT } from "./support/languages";

const PROGRAM = `const { TalosCluster } = require("pulumi-talos-pki");`;
const OPTIONS = `clusterName: "prod", clusterEndpoint: "https://10.0.0.2:6443", serviceAccount: { algorithm: "ecdsa-p256" }`;

/** A cluster without nodes, with what a program exports of it. */
const cluster = (options = "", opts = "{ protect: false }"): string => `${PROGRAM}
const cluster = new TalosCluster("prod", { ${OPTIONS}, ${options} }, ${opts});
const { talosconfig, talosconfigs, kubeconfig, controlPlaneConfig, workerConfig, rotationStatus, health } = cluster;
Object.assign(exports, { talosconfig, talosconfigs, kubeconfig, controlPlaneConfig, workerConfig, rotationStatus, health });
`;

/** The same of pieces, as programs were written before there was a component. */
const pieces = (entry: "" | "/plugin" = ""): string => `
const talos = require("pulumi-talos-pki${entry}");
const secrets = new talos.TalosSecrets("prod", { serviceAccount: { algorithm: "ecdsa-p256" } }, { protect: false });
const cluster = { secrets, clusterName: "prod", clusterEndpoint: "https://10.0.0.2:6443" };
new talos.MachineConfig("cp", { ...cluster, machineType: "controlplane", kubeSpan: true });
new talos.MachineConfig("worker", { ...cluster, machineType: "worker", kubeSpan: true });
new talos.ClientConfiguration("me", { secrets, clusterName: "prod", endpoints: ["10.0.0.2"] });
new talos.Kubeconfig("me", cluster);
`;

const MOVED = `kubeSpan: true, clients: { admin: { endpoints: ["10.0.0.2"] } },
  aliases: { secrets: "prod", controlplane: "cp", worker: "worker", "client-admin": "me", kubeconfig: "me" }`;

describe("TalosCluster under the real Pulumi", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  let project: Project;

  before(function () {
    cli = needsPulumi(this);
  });

  afterEach(async () => {
    await (project as Project | undefined)?.remove();
  });

  const start = async (program: string): Promise<void> => {
    project = await Project.create({ cli, program, files: { "Pulumi.yaml": PLUGIN_PROJECT } });
  };
  const succeed = (outcome: Outcome): Outcome => {
    assert.equal(outcome.code, 0, outcome.output);
    return outcome;
  };

  it("without nodes makes PKI and configs, changes nothing afterwards, and is destroyed", async () => {
    await start(cluster());
    assert.deepEqual(succeed(await project.up()).changes, { create: 7 });
    const outputs = await project.outputs({ secrets: true });
    assert.match(String(outputs["controlPlaneConfig"]), /type: controlplane/);
    assert.match(String(outputs["workerConfig"]), /type: worker/);
    assert.match(String(outputs["talosconfig"]), /context: prod/);
    assert.match(String(outputs["kubeconfig"]), /server: https:\/\/10\.0\.0\.2:6443/);
    assert.deepEqual(Object.keys(outputs["talosconfigs"] as object), ["admin"]);
    assert.deepEqual(outputs["health"], []);
    const shown = await project.outputs();
    for (const name of ["talosconfig", "talosconfigs", "kubeconfig", "controlPlaneConfig", "workerConfig"])
      assert.equal(shown[name], "[secret]");
    project.assertNoSecrets(secretsIn(await project.decryptedState()));

    succeed(await project.preview({ args: ["--expect-no-changes"] }));
    succeed(await project.up({ args: ["--expect-no-changes"] }));
    succeed(await project.destroy());
  });

  it("protects its secrets unless told otherwise", async () => {
    await start(cluster("", "{}"));
    succeed(await project.up());
    const destroyed = await project.destroy();
    assert.notEqual(destroyed.code, 0);
    assert.match(destroyed.output, /prod-secrets/);
    const kept = project.resources().filter(({ type }) => type.includes("talos-pki"));
    assert.ok(kept.some(({ urn }) => urn.endsWith("::prod-secrets")));
  });

  for (const [from, to] of [
    ["", ""],
    ["/plugin", "/plugin"],
    ["", "/plugin"],
  ] as const) {
    const title = (entry: string): string => `pulumi-talos-pki${entry}`;
    it(`takes over what a stack had of ${title(from)} in ${title(to)}, without a change`, async () => {
      await start(pieces(from));
      assert.deepEqual(succeed(await project.up()).changes, { create: 6 });
      project.writeProgram({ program: cluster(MOVED).replace('pulumi-talos-pki"', `pulumi-talos-pki${to}"`) });
      const preview = succeed(await project.preview({ args: ["--diff"] }));
      // The component is new, and nothing else.
      assert.deepEqual(preview.changes, { create: 1, same: 6 }, preview.output);
      assert.deepEqual(succeed(await project.up()).changes, { create: 1, same: 6 });
      succeed(await project.preview({ args: ["--expect-no-changes"] }));
      // Once moved, the aliases are not needed any more.
      project.writeProgram({
        program: cluster(MOVED.replace(/aliases.*/, "")).replace('pulumi-talos-pki"', `pulumi-talos-pki${to}"`),
      });
      succeed(await project.preview({ args: ["--expect-no-changes"] }));
      succeed(await project.destroy());
    });
  }

  it("is rejected in preview with every problem at once", async () => {
    await start(cluster(`controlPlaneNodes: [{ address: "10.0.0.2" }, { address: "10.0.0.2" }], maxParallel: 0`));
    const { code, output } = await project.preview();
    assert.notEqual(code, 0);
    assert.match(output, /controlPlaneNodes\[1\]\.address: is the address of controlPlaneNodes\[0\] too/);
    assert.match(output, /maxParallel: must be a plain whole number/);
    assert.doesNotMatch(output, /at .*component\.js/);
  });
});
