import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";

import { needsPulumi, type Outcome, Project, type PulumiCli, repository, secretsIn } from "./support";
import { needsLanguage, pathWith, YAML_CLUSTER, yamlProject } from "./support/languages";

const YAML = (more: object = {}): string =>
  yamlProject(
    {
      before: { type: "talos-pki:TalosSecrets", options: { protect: false } },
      cluster: {
        ...YAML_CLUSTER,
        properties: {
          ...YAML_CLUSTER.properties,
          clients: { ci: { roles: ["os:reader"] } },
          configPatches: ["machine: { sysctls: { vm.swappiness: '10' } }"],
          ...more,
        },
      },
    },
    Object.fromEntries(
      ["talosconfig", "talosconfigs", "controlPlaneConfig", "rotationStatus", "health"].map((name) => [
        name,
        `\${cluster.${name}}`,
      ]),
    ),
  );

const PYTHON = `import pulumi
import pulumi_talos_pki as talos

cluster = talos.TalosCluster(
    "cluster",
    cluster_name="prod",
    cluster_endpoint="https://10.0.0.2:6443",
    service_account={"algorithm": "ecdsa-p256"},
    clients={"ci": {"roles": ["os:reader"]}},
    opts=pulumi.ResourceOptions(protect=False),
)
pulumi.export("talosconfigs", cluster.talosconfigs)
pulumi.export("worker_config", cluster.worker_config)
`;

const KINDS = [
  "ClientConfiguration::cluster-client-admin",
  "ClientConfiguration::cluster-client-ci",
  "Kubeconfig::cluster-kubeconfig",
  "MachineConfig::cluster-controlplane",
  "MachineConfig::cluster-worker",
  "TalosSecrets::cluster-secrets",
].map((name) => `talos-pki:index:TalosCluster$talos-pki:index:${name}`);

const succeed = (outcome: Outcome): Outcome => {
  assert.equal(outcome.code, 0, outcome.output);
  return outcome;
};

const childrenOf = (project: Project): string[] =>
  project
    .resources()
    .flatMap(({ urn }) => (urn.includes("TalosCluster$") ? [urn.split("::").slice(2).join("::")] : []))
    .sort();

describe("TalosCluster in YAML", function () {
  this.timeout(600_000);
  let cli: PulumiCli;
  let folders: readonly string[];
  let project: Project;

  before(function () {
    cli = needsPulumi(this);
    folders = needsLanguage(this, "yaml");
  });

  afterEach(async () => {
    await (project as Project | undefined)?.remove();
  });

  const start = async (text: string): Promise<void> => {
    project = await Project.create({ cli, files: { "Pulumi.yaml": text }, env: { PATH: pathWith(cli, folders) } });
  };

  it("makes PKI and configs, protects the secrets, and changes nothing afterwards", async () => {
    await start(YAML());
    succeed(await project.up());
    assert.deepEqual(childrenOf(project), KINDS);
    const isProtected = (): boolean[] =>
      project.resources().flatMap(({ urn, protect }) => (urn.endsWith("::cluster-secrets") ? [protect === true] : []));
    assert.deepEqual(isProtected(), [true]);
    const outputs = await project.outputs({ secrets: true });
    assert.deepEqual(Object.keys(outputs["talosconfigs"] as object).sort(), ["admin", "ci"]);
    assert.match(String(outputs["controlPlaneConfig"]), /vm\.swappiness/);
    assert.deepEqual(outputs["health"], []);
    const shown = await project.outputs();
    for (const name of ["talosconfig", "talosconfigs", "controlPlaneConfig"]) assert.equal(shown[name], "[secret]");
    project.assertNoSecrets(secretsIn(await project.decryptedState()));
    succeed(await project.preview({ args: ["--expect-no-changes"] }));

    // Pulumi's YAML sends no protect but true.
    const unprotected = await project.pulumi(["state", "unprotect", "--all", "--yes"]);
    assert.equal(unprotected.code, 0, unprotected.stderr);
    succeed(await project.destroy());
  });

  it("is rejected in preview with every problem at once", async () => {
    await start(
      YAML({
        controlPlaneNodes: [{ address: "${before.fingerprint}" }, { address: "10.0.0.2" }, { address: "10.0.0.2" }],
        maxParallel: 0,
      }),
    );
    const { code, output } = await project.preview();
    assert.notEqual(code, 0);
    // A name that is unknown Pulumi's YAML rejects by itself.
    for (const problem of [
      "controlPlaneNodes[0].name: is required where address is an Output",
      "controlPlaneNodes[2]",
      "maxParallel: must be a plain whole number",
    ])
      assert.ok(output.includes(problem), `${problem}\n${output}`);
  });

  it("names the resource that failed, and says in words that the component is not complete", async () => {
    const controlPlaneNodes = [{ address: "127.0.0.1:1" }];
    await start(YAML({ controlPlaneNodes, timeouts: { connect: "1s", create: "1s" } }));
    const { code, output } = await project.up();
    assert.notEqual(code, 0);
    assert.match(output, /node 127\.0\.0\.1:1: cannot connect: .*\(ERR_NODE_UNREACHABLE\)/);
    assert.match(
      output,
      /resource 'cluster' has a problem: is not complete, because a resource of this update has failed/,
    );
    assert.doesNotMatch(output, /client connection is closing/);
  });

  it("previews the example, with every node", async () => {
    project = await Project.create({
      cli,
      folder: "examples/talos-cluster-yaml",
      env: { PATH: pathWith(cli, folders) },
    });
    const { output } = succeed(await project.preview());
    for (const name of ["demo-apply-10.0.0.2", "demo-apply-10.0.0.5", "demo-bootstrap", "demo-health"])
      assert.ok(output.includes(name), output);
  });

  it("in a preview takes an address that is not known yet for a node that has a name", async () => {
    await start(YAML({ controlPlaneNodes: [{ address: "${before.fingerprint}", name: "cp1" }] }));
    const preview = succeed(await project.preview());
    assert.ok(preview.output.includes("cluster-apply-cp1"), preview.output);
    assert.ok(preview.output.includes("cluster-health"), preview.output);
  });
});

describe("TalosCluster in Python", function () {
  this.timeout(600_000);
  let cli: PulumiCli;
  let folders: readonly string[];
  let project: Project;
  const sdk = join(repository, ".build", "python-sdk-cluster");
  const env = (): NodeJS.ProcessEnv => ({
    PATH: pathWith(cli, folders),
    PYTHONPATH: [join(sdk, "installed"), process.env["PYTHONPATH"] ?? ""].filter((path) => path !== "").join(delimiter),
    PYTHONDONTWRITEBYTECODE: "1",
  });

  before(function () {
    cli = needsPulumi(this);
    folders = needsLanguage(this, "python");
    // pip builds beside the sources.
    rmSync(sdk, { recursive: true, force: true });
    mkdirSync(sdk, { recursive: true });
    cpSync(join(repository, "sdk", "python"), join(sdk, "sources"), { recursive: true });
    const options = ["--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--no-index"];
    const pip = [...options, "--target", join(sdk, "installed"), join(sdk, "sources")];
    execFileSync(join(folders[0]!, "python"), ["-m", "pip", "install", ...pip], { stdio: "pipe" });
  });

  afterEach(async () => {
    await (project as Project | undefined)?.remove();
  });

  after(() => {
    rmSync(sdk, { recursive: true, force: true });
  });

  it("makes PKI and configs, changes nothing afterwards, and is destroyed", async () => {
    const files = { "Pulumi.yaml": "name: cluster\nruntime: python\n", "__main__.py": PYTHON };
    project = await Project.create({ cli, files, env: env() });
    succeed(await project.up());
    assert.deepEqual(childrenOf(project), KINDS);
    const outputs = await project.outputs({ secrets: true });
    assert.deepEqual(Object.keys(outputs["talosconfigs"] as object).sort(), ["admin", "ci"]);
    assert.match(String(outputs["worker_config"]), /type: worker/);
    succeed(await project.preview({ args: ["--expect-no-changes"] }));
    succeed(await project.destroy());
  });

  it("takes the nodes of the example from the stack's configuration, by the names that all languages have", async () => {
    project = await Project.create({ cli, folder: "examples/talos-cluster-python", env: env() });
    succeed(await project.up());
    const nodes = [{ address: "10.0.0.2", maintenance: { allowUnverified: true }, onDestroy: { reset: true } }];
    await project.config("controlPlaneNodes", JSON.stringify(nodes));
    const { output } = succeed(await project.preview());
    for (const name of ["demo-apply-10.0.0.2", "demo-bootstrap", "demo-health"])
      assert.ok(output.includes(name), output);
    assert.match(output, /maintenance\.allowUnverified: whoever answers at the address/);
    await project.config("controlPlaneNodes", "[]");
    succeed(await project.destroy());
  });
});
