import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

import { needsPulumi, type Outcome, Project, type PulumiCli, secretsIn, skipOptional } from "../e2e/support";
import { Folder } from "../interop/support/files";
import { closeRealNodes, needRealNodes, RealNodes } from "../nodes/support/realNodes";

/** What the plugin 0.8.1 writes into a config unless it is told otherwise. */
const VERSIONS = { kubernetesVersion: "1.36.0", installImage: "ghcr.io/siderolabs/installer:v1.13.0" };
const NAMES = ["cp1", "w1"] as const;
const KINDS = ["controlplane", "worker"] as const;
const PATCH = "machine: { sysctls: { vm.swappiness: '10' } }";

/** The folder of the real plugin of @pulumiverse/talos, which no package registry has. */
function needsPulumiverse(context: Mocha.Context): string {
  const path = process.env["TALOS_PKI_PULUMIVERSE"];
  return path === undefined || !existsSync(path)
    ? skipOptional(context, "TALOS_PKI_PULUMIVERSE names no pulumi-resource-talos")
    : dirname(path);
}

/** A program as the users of @pulumiverse/talos have it, without their SDK: its classes and functions are these tokens. */
const OLD_PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const config = new pulumi.Config();
const [controlPlane, worker] = config.requireObject("addresses");
const configPatches = config.requireObject("patches");
class Resource extends pulumi.CustomResource {
  constructor(kind, name, args, outputs = [], options = {}) {
    super("talos:" + kind, name, { ...Object.fromEntries(outputs.map((output) => [output, undefined])), ...args }, options);
  }
}
const invoke = (token, args) => pulumi.runtime.invokeOutput("talos:" + token, args);
const cluster = { clusterName: "prod", clusterEndpoint: "https://" + controlPlane + ":6443", talosVersion: "v1.13" };
const secrets = new Resource(
  "machine/secrets:Secrets", "secrets", { talosVersion: "v1.13" }, ["machineSecrets", "clientConfiguration"],
);
const { machineSecrets, clientConfiguration } = secrets;
const apply = (machineType, node) => {
  const written = invoke("machine/getConfiguration:getConfiguration", { ...cluster, machineType, machineSecrets });
  return new Resource("machine/configurationApply:ConfigurationApply", machineType, {
    clientConfiguration, node, configPatches,
    machineConfigurationInput: written.apply((answer) => answer.machineConfiguration),
  });
};
const first = apply("controlplane", controlPlane);
apply("worker", worker);
new Resource("machine/bootstrap:Bootstrap", "bootstrap", { clientConfiguration, node: controlPlane }, [], { dependsOn: first });
exports.talosconfig = invoke("client/getConfiguration:getConfiguration", {
  clusterName: "prod", clientConfiguration, endpoints: [controlPlane],
}).apply((answer) => answer.talosConfig);
`;

const NEW_PROGRAM = `
const { readFileSync } = require("node:fs");
const pulumi = require("@pulumi/pulumi");
const { TalosCluster } = require("pulumi-talos-pki");
const config = new pulumi.Config();
const cluster = new TalosCluster("prod", {
  ...config.requireObject("cluster"),
  secretsYaml: pulumi.secret(readFileSync("old.json", "utf8")),
});
exports.secretsYaml = cluster.secretsYaml;
exports.talosconfig = cluster.talosconfig;
exports.kubeconfig = cluster.kubeconfig;
exports.controlplane = cluster.controlPlaneConfig;
exports.worker = cluster.workerConfig;
`;

describe("a cluster of the real @pulumiverse/talos on real nodes", function () {
  this.timeout(900_000);
  needRealNodes();

  const folder = new Folder();
  const addresses: string[] = [];
  let cli: PulumiCli;
  let nodes: RealNodes;
  let [old, moved]: Project[] = [];
  let patches: readonly string[];
  let oldTalosconfig: string;

  const succeed = (outcome: Outcome): Outcome => {
    assert.equal(outcome.code, 0, outcome.output);
    return outcome;
  };
  const cluster = (more: object = {}): string =>
    JSON.stringify({
      clusterName: "prod",
      clusterEndpoint: `https://${addresses[0]!}:6443`,
      talosVersion: "v1.13",
      configPatches: patches,
      ...more,
    });
  const ask = async (talosconfig: string, node: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await nodes.talosctl(["-n", node, ...args], talosconfig);
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  };
  /** Which config each node has, by the number that Talos gives to each change, and since when its kubelet runs. */
  const untouched = async (): Promise<string[]> =>
    Promise.all(
      addresses.map(async (node) =>
        [
          /version: .*/.exec(await ask(oldTalosconfig, node, "get", "machineconfig", "v1alpha1", "-o", "yaml"))?.[0],
          /PID \d+/.exec(await ask(oldTalosconfig, node, "service", "kubelet"))?.[0],
        ].join(", "),
      ),
    );
  /** The lines of a dry run that differ, of each kind of node. */
  const dryRun = async (): Promise<string[]> => {
    const outputs = await moved!.outputs({ secrets: true });
    const answers = await Promise.all(
      KINDS.map((kind, at) => {
        const file = folder.write(`${kind}.yaml`, String(outputs[kind]));
        return ask(oldTalosconfig, addresses[at]!, "apply-config", "--file", file, "--dry-run");
      }),
    );
    return answers.flatMap((answer) => answer.split("\n").filter((line) => /^[-+N]/.test(line)));
  };

  before(async function () {
    cli = needsPulumi(this);
    const path = [needsPulumiverse(this), ...cli.folders, process.env["PATH"] ?? ""];
    nodes = await RealNodes.create();
    patches = [nodes.machinePatch, PATCH];
    for (const name of NAMES) {
      const { address } = await nodes.start(name);
      await nodes.untilInMaintenance(name, address);
      addresses.push(address);
    }
    old = await Project.create({ cli, name: "old", program: OLD_PROGRAM, env: { PATH: path.join(delimiter) } });
    await old.config("addresses", JSON.stringify(addresses));
    await old.config("patches", JSON.stringify(patches));
    succeed(await old.up());
    oldTalosconfig = folder.write("old-talosconfig", String((await old.outputs({ secrets: true }))["talosconfig"]));
    await nodes.waitFor("the kubelets", async () => {
      const told = await Promise.all(
        addresses.map((node) => nodes.talosctl(["-n", node, "service", "kubelet"], oldTalosconfig)),
      );
      return told.every(({ stdout }) => /Running/.test(stdout)) || undefined;
    });
  });

  after(async () => {
    await old?.remove();
    await moved?.remove();
    folder.remove();
    await closeRealNodes();
  });

  it("is read from the export of its stack, and only the versions of its release differ", async () => {
    moved = await Project.create({ cli, name: "moved", program: NEW_PROGRAM });
    const file = join(moved.programFolder, "old.json");
    const { code, stderr } = await old!.pulumi(["stack", "export", "--show-secrets", "--file", file]);
    assert.equal(code, 0, stderr);
    await moved.config("cluster", cluster());
    assert.equal(succeed(await moved.up()).changes["create"], 7);
    const differing = await dryRun();
    assert.ok(differing.length > 0);
    assert.deepEqual(
      differing.filter((line) => !/image: |^(---|\+\+\+) [ab]$/.test(line)),
      [],
    );
  });

  it("has the same configs, once the versions are named", async () => {
    await moved!.config("cluster", cluster(VERSIONS));
    succeed(await moved!.up());
    assert.deepEqual(await dryRun(), ["No changes.", "No changes."]);
  });

  it("moves in with its nodes, which are sent nothing, and changes nothing afterwards", async () => {
    const before = await untouched();
    const [controlPlane, worker] = addresses.map((address) => [{ address }]);
    await moved!.config("cluster", cluster({ ...VERSIONS, controlPlaneNodes: controlPlane, workerNodes: worker }));
    const up = succeed(await moved!.up());
    assert.equal(up.changes["create"], 4);
    assert.deepEqual(await untouched(), before);
    succeed(await moved!.up({ args: ["--refresh", "--expect-no-changes"] }));
    moved!.assertNoSecrets(secretsIn(await moved!.decryptedState()));
  });

  it("is forgotten by its old stack, and served to the clients of both", async () => {
    const forgotten = await old!.pulumi(["stack", "rm", "--force", "--yes", old!.stack]);
    assert.equal(forgotten.code, 0, forgotten.stderr);
    const outputs = await moved!.outputs({ secrets: true });
    const talosconfig = folder.write("talosconfig", String(outputs["talosconfig"]));
    for (const client of [oldTalosconfig, talosconfig])
      assert.match(await ask(client, addresses[0]!, "version"), /Tag:\s+v1\.13/);
    succeed(await moved!.up({ args: ["--expect-no-changes"] }));
  });
});
