import assert from "node:assert/strict";

import { type Child, type PassedInputs, planCluster } from "../../../../provider/core/cluster";
import { describeProblem } from "../../../../provider/core/errors";
import { COMPONENTS } from "../../../../provider/resources";

const PASSED: PassedInputs = COMPONENTS.TalosCluster.passed;
const CLUSTER = { clusterName: "prod", clusterEndpoint: "https://10.0.0.10:6443" };
const nodes = (...addresses: readonly string[]): { address: string }[] => addresses.map((address) => ({ address }));
const machines = (count: number, from: number): { address: string }[] =>
  nodes(...Array.from({ length: count }, (_, index) => `10.0.0.${from + index}`));

const childrenOf = (inputs: object): readonly Child[] => planCluster({ ...CLUSTER, ...inputs }, PASSED).children;
const childOf = (inputs: object, key: string): Child => childrenOf(inputs).find((child) => child.key === key)!;
const afterOf = (inputs: object): Record<string, readonly string[]> =>
  Object.fromEntries(childrenOf(inputs).map(({ key, after }) => [key, after]));
const problemsOf = (inputs: object): string[] =>
  planCluster({ ...CLUSTER, ...inputs }, PASSED).problems.map(describeProblem);

/** What an Output looks like to a plan: an object that is no plain data. */
class Later {
  readonly isLater = true;
}

describe("The plan of a cluster", () => {
  it("without nodes is PKI and configs alone", () => {
    for (const inputs of [{}, { controlPlaneNodes: [], workerNodes: [] }]) {
      assert.deepEqual(
        childrenOf(inputs).map(({ key, kind }) => [key, kind]),
        [
          ["secrets", "TalosSecrets"],
          ["controlplane", "MachineConfig"],
          ["worker", "MachineConfig"],
          ["client-admin", "ClientConfiguration"],
          ["kubeconfig", "Kubeconfig"],
        ],
      );
    }
    assert.deepEqual(planCluster({ ...CLUSTER }, PASSED).outputs["health"], { value: [] });
  });

  it("names the resources of a node by its name, else by its address", () => {
    const controlPlaneNodes = [
      { address: "10.0.0.2" },
      { address: new Later(), name: "cp-2" },
      { address: "cp3:50001" },
    ];
    assert.deepEqual(
      childrenOf({ controlPlaneNodes })
        .filter(({ kind }) => kind === "ConfigurationApply")
        .map(({ key }) => key),
      ["apply-10.0.0.2", "apply-cp-2", "apply-cp3:50001"],
    );
  });

  it("takes control planes one after the other, then starts etcd, and waits for all", () => {
    const after = afterOf({ controlPlaneNodes: machines(3, 2), workerNodes: machines(1, 5) });
    assert.deepEqual(after["apply-10.0.0.2"], []);
    assert.deepEqual(after["apply-10.0.0.3"], ["apply-10.0.0.2"]);
    assert.deepEqual(after["apply-10.0.0.4"], ["apply-10.0.0.3"]);
    assert.deepEqual(after["apply-10.0.0.5"], ["apply-10.0.0.4"]);
    assert.deepEqual(after["bootstrap"], ["apply-10.0.0.2", "apply-10.0.0.3", "apply-10.0.0.4"]);
    assert.deepEqual(after["health"], ["bootstrap", ...["2", "3", "4", "5"].map((host) => `apply-10.0.0.${host}`)]);
    assert.deepEqual(after["kubeconfig"], ["health"]);
    assert.deepEqual(after["client-admin"], []);
  });

  for (const maxParallel of [1, 2, 7, undefined]) {
    it(`has at most ${maxParallel ?? "five"} workers under way at a time`, () => {
      const after = afterOf({
        controlPlaneNodes: machines(3, 2),
        workerNodes: machines(20, 11),
        ...(maxParallel === undefined ? {} : { maxParallel }),
      });
      // As an engine would: whoever may begin, begins; of those under way the last ends first.
      const done = new Set(Object.keys(after).filter((key) => !/^apply-10\.0\.0\.[1-3]\d$/.test(key)));
      const waiting = Object.keys(after).filter((key) => !done.has(key));
      const running: string[] = [];
      let most = 0;
      while (waiting.length + running.length > 0) {
        for (const key of [...waiting].filter((key) => after[key]!.every((before) => done.has(before)))) {
          waiting.splice(waiting.indexOf(key), 1);
          running.push(key);
        }
        most = Math.max(most, running.length);
        done.add(running.pop()!);
      }
      assert.equal(most, maxParallel ?? 5);
      assert.ok(after["apply-10.0.0.11"]!.includes("apply-10.0.0.4"));
    });
  }

  it("closes the chain around a node that is taken away, and changes no input of the others' applies", () => {
    const before = { controlPlaneNodes: machines(3, 2), workerNodes: machines(4, 11), maxParallel: 2 };
    const later = {
      ...before,
      controlPlaneNodes: nodes("10.0.0.2", "10.0.0.4"),
      workerNodes: nodes("10.0.0.11", "10.0.0.13", "10.0.0.14"),
    };
    assert.deepEqual(childOf(later, "apply-10.0.0.4").after, ["apply-10.0.0.2"]);
    assert.deepEqual(childOf(later, "apply-10.0.0.14").after, ["apply-10.0.0.4", "apply-10.0.0.11"]);
    for (const { key, inputs } of childrenOf(later).filter(({ kind }) => kind === "ConfigurationApply"))
      assert.deepEqual(inputs, childOf(before, key).inputs, key);
  });

  it("passes every option of TalosSecrets and MachineConfig on, and no other", () => {
    const values = Object.fromEntries(
      [...PASSED.TalosSecrets, ...PASSED.MachineConfig].map((name) => [name, { name }]),
    );
    const valuesOf = (key: string): string[] =>
      Object.entries(childOf(values, key).inputs).flatMap(([name, input]) => {
        if (!("value" in input) || name in CLUSTER || name === "machineType") return [];
        assert.deepEqual(input.value, { name });
        return [name];
      });
    assert.deepEqual(valuesOf("secrets").sort(), [...PASSED.TalosSecrets].sort());
    for (const key of ["controlplane", "worker"])
      assert.deepEqual(valuesOf(key).sort(), [...PASSED.MachineConfig].sort());
    assert.ok(PASSED.TalosSecrets.includes("rotation") && PASSED.MachineConfig.includes("configPatches"));
    assert.deepEqual(problemsOf(values), []);
  });

  it("tells its secrets of the nodes, and a node of what is its own before what is the cluster's", () => {
    const address = new Later();
    const inputs = {
      controlPlaneNodes: [{ address: "10.0.0.2", onDestroy: { reset: false } }],
      workerNodes: [{ address, name: "w", maintenance: { allowUnverified: true }, configPatches: ["a: b"] }],
      onDestroy: { reset: true },
      timeouts: { create: "1m" },
    };
    assert.deepEqual(childOf(inputs, "secrets").inputs["nodes"], {
      value: [
        { address: "10.0.0.2", machineType: "controlplane" },
        { address, machineType: "worker" },
      ],
    });
    assert.deepEqual(childOf(inputs, "apply-10.0.0.2").inputs["onDestroy"], { value: { reset: false } });
    assert.deepEqual(childOf(inputs, "apply-w").inputs, {
      node: { value: address },
      secrets: { child: "secrets" },
      machineConfig: { child: "worker" },
      configPatches: { value: ["a: b"] },
      maintenance: { value: { allowUnverified: true } },
      onDestroy: { value: { reset: true } },
      timeouts: { value: { create: "1m" } },
    });
  });

  it("patches the disk of a node before its own patches, in the form of its version", () => {
    const { configPatches } = childOf(
      { workerNodes: [{ address: "10.0.0.5", installDisk: "/dev/vda", configPatches: ["a: b"] }] },
      "apply-10.0.0.5",
    ).inputs;
    assert.ok(configPatches !== undefined && "make" in configPatches);
    assert.deepEqual(configPatches.from[0], { child: "worker", output: "talosVersion" });
    assert.deepEqual(configPatches.make(["v1.13", "/dev/vda", ["a: b"]]), [
      { machine: { install: { disk: "/dev/vda" } } },
      "a: b",
    ]);
    assert.deepEqual(configPatches.make(["v1.14", "/dev/vda", []]), [
      {
        apiVersion: "v1alpha1",
        kind: "UnattendedInstallConfig",
        provisioning: { diskSelector: { match: 'disk.dev_path == "/dev/vda"' } },
      },
    ]);
    assert.deepEqual(configPatches.make(["v1.13", "", []]), [{ machine: { install: { disk: { $patch: "delete" } } } }]);
  });

  it("always has an administrator, and lets the program configure each client", () => {
    const inputs = {
      controlPlaneNodes: machines(1, 2),
      clients: { ci: { roles: ["os:reader"], nodes: ["10.0.0.9"] } },
    };
    assert.deepEqual(
      childrenOf(inputs)
        .filter(({ kind }) => kind === "ClientConfiguration")
        .map(({ key }) => key),
      ["client-admin", "client-ci"],
    );
    assert.deepEqual(childOf(inputs, "client-ci").inputs, {
      endpoints: { value: ["10.0.0.2"] },
      nodes: { value: ["10.0.0.9"] },
      roles: { value: ["os:reader"] },
      clusterName: { value: "prod" },
      secrets: { child: "secrets" },
    });
  });

  it("gives clients the ports of endpoints, and of nodes no more than the host", () => {
    const address = new Later();
    const nodesOf = (controlPlaneNodes: readonly object[]): Child["inputs"][string] =>
      childOf({ controlPlaneNodes }, "client-admin").inputs["nodes"]!;
    const inputs = { controlPlaneNodes: [{ address: "10.0.0.2:50001" }, { address: "[fd00::2]:50001" }] };
    assert.deepEqual(childOf(inputs, "client-admin").inputs["endpoints"], {
      value: ["10.0.0.2:50001", "[fd00::2]:50001"],
    });
    assert.deepEqual(nodesOf(inputs.controlPlaneNodes), { value: ["10.0.0.2", "fd00::2"] });
    const later = nodesOf([{ name: "one", address }, { address: "10.0.0.3:50001" }]);
    assert.ok("make" in later);
    assert.deepEqual(later.from, [{ value: address }, { value: "10.0.0.3:50001" }]);
    assert.deepEqual(later.make(["10.0.0.2:50001", "10.0.0.3:50001"]), ["10.0.0.2", "10.0.0.3"]);
  });

  it("takes the place of resources that a stack had before", () => {
    const inputs = { controlPlaneNodes: machines(1, 2), aliases: { secrets: "prod", "apply-10.0.0.2": "10.0.0.2" } };
    assert.equal(childOf(inputs, "secrets").formerly, "prod");
    assert.equal(childOf(inputs, "apply-10.0.0.2").formerly, "10.0.0.2");
    assert.equal(childOf(inputs, "worker").formerly, undefined);
  });

  it("reports every problem at once", () => {
    const problems = problemsOf({
      clusterNmae: "prod",
      controlPlaneNodes: [
        { address: new Later() },
        { address: "10.0.0.2" },
        { address: "10.0.0.2:50000", name: "other" },
        { address: "not an address" },
        { addres: "10.0.0.3" },
        "10.0.0.4",
      ],
      workerNodes: [
        { address: "10.0.0.5", name: "10.0.0.2" },
        { address: "10.0.0.6", name: new Later() },
      ],
      maxParallel: 0,
      clients: { ci: "os:reader" },
      aliases: { secret: "prod", worker: 7 },
    });
    assert.deepEqual(problems, [
      "clusterNmae: does not exist; look at the inputs of TalosCluster",
      "controlPlaneNodes[0].name: is required where address is an Output; must be a plain text that stays the same when the address changes",
      'controlPlaneNodes[3].address: "not an address" is no address; must be an IP address or DNS name, with or without a port, such as 10.0.0.2 or [fd00::2]:50000',
      "controlPlaneNodes[4].addres: does not exist; use one of address, name, maintenance, configPatches, installDisk, onDestroy",
      "controlPlaneNodes[4].address: is required; must be an IP address or DNS name",
      "controlPlaneNodes[5]: is not a node; must be an object with address",
      "workerNodes[1].name: is not a plain text; must be one, because the resources of the node bear it",
      "controlPlaneNodes[2].address: is the address of controlPlaneNodes[1] too; a machine is one node",
      'workerNodes[0].name: "10.0.0.2" is the name of controlPlaneNodes[1] too; must be its own',
      "maxParallel: must be a plain whole number from 1 up",
      "clients.ci: must be a plain object of options",
      "aliases.secret: is no resource of this cluster; use one of secrets, controlplane, worker, client-admin, client-ci, apply-10.0.0.2, apply-other, apply-10.0.0.2, bootstrap, health, kubeconfig",
      "aliases.worker: must be the name or the URN of a resource, as plain text",
    ]);
  });

  it("rejects a list that is an Output, and wants a name and an endpoint", () => {
    assert.deepEqual(planCluster({ controlPlaneNodes: new Later() }, PASSED).problems.map(describeProblem), [
      "clusterName: is required; must be a string",
      "clusterEndpoint: is required; must be a string",
      "controlPlaneNodes: is not a plain list; must be one, in which only the members of a node may be Outputs",
    ]);
  });
});
