import assert from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import * as dynamic from "../../../sdk";
import * as plugin from "../../../sdk/plugin";
import { type Registration, Registrations } from "./registrations";

const CLUSTER = { clusterName: "prod", clusterEndpoint: "https://10.0.0.2:6443" };
const NODES = { controlPlaneNodes: [{ address: "10.0.0.2" }], workerNodes: [{ address: "10.0.0.5" }] };
const COUNT = 9;

interface Aliased {
  getAliasesList(): { getUrn(): string; getSpec(): { getName(): string; getType(): string; getNoparent(): boolean } }[];
}

describe("TalosCluster", () => {
  const registrations = new Registrations();
  before(() => registrations.listen());
  beforeEach(() => {
    registrations.clear();
    registrations.answer("TalosSecrets", { secrets: { certs: {} }, rotationSecrets: {}, rotationStatus: {} });
    registrations.answer("MachineConfig", { machineConfig: "a: b", redactedConfig: "a: b", talosVersion: "v1.13" });
    registrations.answer("ClientConfiguration", { talosconfig: "context: prod" });
    registrations.answer("Kubeconfig", { kubeconfig: "kind: Config" });
    registrations.answer("ClusterHealth", { checks: [{ name: "etcd", ok: true }] });
  });

  async function childrenOf(
    make: () => pulumi.Resource,
    count = COUNT,
  ): Promise<Readonly<Record<string, Registration>>> {
    make();
    const made: Record<string, Registration> = {};
    for (let index = 0; index < count; index++) {
      const registration = await registrations.next();
      made[registration.name] = registration;
    }
    return made;
  }

  for (const [entry, { TalosCluster }, prefix] of [
    [".", dynamic, "pulumi-nodejs:dynamic/talos-pki:"],
    ["./plugin", plugin, "talos-pki:index:"],
  ] as const) {
    it(`of ${entry} makes its resources under their names, each of the same entry point`, async () => {
      const children = await childrenOf(() => new TalosCluster("prod", { ...CLUSTER, ...NODES }));
      assert.deepEqual(
        Object.fromEntries(Object.entries(children).map(([name, { type }]) => [name, type])),
        Object.fromEntries(
          [
            ["prod-secrets", "TalosSecrets"],
            ["prod-controlplane", "MachineConfig"],
            ["prod-worker", "MachineConfig"],
            ["prod-client-admin", "ClientConfiguration"],
            ["prod-apply-10.0.0.2", "ConfigurationApply"],
            ["prod-apply-10.0.0.5", "ConfigurationApply"],
            ["prod-bootstrap", "Bootstrap"],
            ["prod-health", "ClusterHealth"],
            ["prod-kubeconfig", "Kubeconfig"],
          ].map(([name, kind]) => [name, `${prefix}${kind}`]),
        ),
      );
      assert.deepEqual(children["prod-secrets"]!.inputs["nodes"], [
        { address: "10.0.0.2", machineType: "controlplane" },
        { address: "10.0.0.5", machineType: "worker" },
      ]);
      assert.equal(children["prod-apply-10.0.0.5"]!.inputs["node"], "10.0.0.5");
    });
  }

  it("gives out what its resources have", async () => {
    const cluster = new dynamic.TalosCluster("prod", {
      ...CLUSTER,
      ...NODES,
      clients: { ci: { roles: ["os:reader"] } },
    });
    const { talosconfigs, kubeconfig, controlPlaneConfig, health } = cluster;
    const known = await new Promise((resolve) =>
      pulumi.all([talosconfigs, kubeconfig, controlPlaneConfig, health]).apply(resolve),
    );
    assert.deepEqual(known, [
      { admin: "context: prod", ci: "context: prod" },
      "kind: Config",
      "a: b",
      [{ name: "etcd", ok: true }],
    ]);
  });

  it("waits in the order of its plan, and for what the whole component waits for", async () => {
    const before = new pulumi.ComponentResource("test:index:Machines", "machines");
    const children = await childrenOf(
      () => new dynamic.TalosCluster("prod", { ...CLUSTER, ...NODES }, { dependsOn: before }),
    );
    const namesOf = (name: string): string[] =>
      children[name]!.request.getDependenciesList().map((urn) => urn.split("::").pop()!);
    assert.ok(namesOf("prod-apply-10.0.0.5").includes("prod-apply-10.0.0.2"));
    assert.ok(namesOf("prod-bootstrap").includes("prod-apply-10.0.0.2"));
    assert.ok(namesOf("prod-kubeconfig").includes("prod-health"));
    assert.ok(!namesOf("prod-client-admin").includes("prod-apply-10.0.0.2"));
  });

  for (const [protect, expected] of [
    [undefined, true],
    [true, true],
    [false, false],
  ] as const) {
    it(`protects its secrets alone where protect is ${String(protect)}`, async () => {
      const opts = protect === undefined ? {} : { protect };
      const children = await childrenOf(() => new dynamic.TalosCluster("prod", { ...CLUSTER, ...NODES }, opts));
      for (const [name, { request }] of Object.entries(children))
        assert.equal(request.getProtect(), name === "prod-secrets" && expected, name);
    });
  }

  it("gives a resource the aliases of one that the stack had before", async () => {
    const urn = "urn:pulumi:dev::app::pulumi-nodejs:dynamic/talos-pki:MachineConfig::cp";
    const children = await childrenOf(
      () => new plugin.TalosCluster("prod", { ...CLUSTER, aliases: { secrets: "old", controlplane: urn } }),
      5,
    );
    const aliasesOf = (name: string) => (children[name]!.request as unknown as Aliased).getAliasesList();
    const specs = aliasesOf("prod-secrets").map((alias) => alias.getSpec());
    assert.deepEqual(
      specs.filter((spec) => spec.getName() === "old").map((spec) => [spec.getNoparent(), spec.getType()]),
      [
        [true, ""],
        [true, "pulumi-nodejs:dynamic/talos-pki:TalosSecrets"],
      ],
    );
    assert.ok(aliasesOf("prod-controlplane").some((alias) => alias.getUrn() === urn));
  });

  it("takes an Output as the address of a node that has a name", async () => {
    const workerNodes = [{ address: pulumi.output("10.0.0.5"), name: "w", installDisk: pulumi.output("/dev/vda") }];
    const children = await childrenOf(() => new dynamic.TalosCluster("prod", { ...CLUSTER, workerNodes }), 6);
    assert.equal(children["prod-apply-w"]!.inputs["node"], "10.0.0.5");
    assert.deepEqual(children["prod-apply-w"]!.inputs["configPatches"], [
      { machine: { install: { disk: "/dev/vda" } } },
    ]);
  });

  it("is rejected with every problem at once, and makes nothing", async () => {
    const controlPlaneNodes = [{ address: pulumi.output("10.0.0.2") }, { address: "" }];
    assert.throws(
      () => new dynamic.TalosCluster("prod", { ...CLUSTER, controlPlaneNodes, maxParallel: 0.5 }),
      (error: Error) => {
        assert.ok(pulumi.RunError.isInstance(error));
        assert.equal(
          error.message,
          [
            'TalosCluster "prod" is rejected:',
            "  controlPlaneNodes[0].name: is required where address is an Output; must be a plain text that stays the same when the address changes (ERR_INPUT_MISSING)",
            "  controlPlaneNodes[1].address: is empty; must be an IP address or DNS name, with or without a port, such as 10.0.0.2 or [fd00::2]:50000 (ERR_ENDPOINT_INVALID)",
            "  maxParallel: must be a plain whole number from 1 up (ERR_INPUT_INVALID)",
          ].join("\n"),
        );
        return true;
      },
    );
    await assert.rejects(registrations.next());
  });
});
