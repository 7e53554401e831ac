import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { generateMachineConfig } from "../../../../provider/core/config/machineConfig";
import type { MachineConfigOptions } from "../../../../provider/core/config/machineConfigOptions";
import { describeProblem, isWarning } from "../../../../provider/core/errors";
import { ConfigDocuments } from "../../../../provider/core/machinery/documents";
import { judgeMachineConfig, VALIDATION_RULES } from "../../../../provider/core/machinery/validation/judge";
import { WARNING_REASONS } from "../../../../provider/core/reasons";
import { parseYamlDocuments } from "../../../../provider/core/yaml/parser";
import { validationPage } from "../../../../tools/validationPage";
import { readVectorBundle } from "../../vectors/vectors";

const OPTIONS: MachineConfigOptions = {
  secrets: readVectorBundle("bundles/v1.13.yaml"),
  clusterName: "alpha",
  clusterEndpoint: "https://10.0.0.1:6443",
  machineType: "controlplane",
  talosVersion: "v1.13",
};

const warningsOf = (options: Partial<MachineConfigOptions>): string[] =>
  generateMachineConfig({ ...OPTIONS, ...options }).warnings.map(describeProblem);

describe("Talos's validation of patched configs", () => {
  const hostname = "machine:\n  network:\n    hostname: edge-03\n";

  for (const talosVersion of ["v1.12", "v1.13", "v1.14"]) {
    for (const machineType of ["controlplane", "worker"] as const) {
      it(`warns of a hostname that is given twice (${talosVersion}, ${machineType})`, () => {
        assert.deepEqual(warningsOf({ talosVersion, machineType, configPatches: [hostname] }), [
          "configPatches[0]: line 3: machine.network.hostname: cannot be set together with the document HostnameConfig; patch the document instead",
        ]);
      });
    }
  }

  it("says nothing of a hostname where there is no document of it", () => {
    assert.deepEqual(warningsOf({ talosVersion: "v1.11", configPatches: [hostname] }), []);
  });

  it("gives each warning its reason and its line, and no code", () => {
    const { warnings } = generateMachineConfig({ ...OPTIONS, talosVersion: "v1.13", configPatches: ["", hostname] });
    assert.equal(warnings.every(isWarning), true);
    assert.deepEqual(
      warnings.map(({ path, line, reason }) => ({ path, line, reason })),
      [{ path: "configPatches[1]", line: 3, reason: "config-conflict" }],
    );
  });

  it("names the patch that breaks a rule, among several", () => {
    const bond = { apiVersion: "v1alpha1", kind: "BondConfig", name: "bond0", links: ["eth0"], bondMode: "802.3ad" };
    assert.deepEqual(
      warningsOf({
        talosVersion: "v1.13",
        configPatches: [
          bond,
          { machine: { sysctls: { a: "b" } } },
          "apiVersion: v1alpha1\nkind: VLANConfig\nname: vlan5\nparent: bond0\n",
          { ...bond, addresses: [{ address: "0.0.0.0/0" }] },
          { machine: { ca: { $patch: "delete" } } },
        ],
      }),
      [
        "configPatches[4].machine.ca: an issuing CA or accepted CAs are required; do not remove machine.ca and machine.acceptedCAs",
        "configPatches[4].machine.ca: the issuing CA is required; do not remove it",
        "configPatches[3].addresses[0].address: BondConfig/bond0: must not be the unspecified address; use one like 10.0.0.1",
        "configPatches[2]: line 1: VLANConfig/vlan5.vlanID: must be from 1 to 4094; use a number in that range",
      ],
    );
  });

  it("finds the patch by trying where only the whole config shows it", () => {
    const discovery = { apiVersion: "v1alpha1", kind: "DiscoveryServiceConfig", name: "default", $patch: "delete" };
    assert.deepEqual(
      warningsOf({
        talosVersion: "v1.14",
        kubeSpan: true,
        configPatches: [{ machine: { sysctls: { a: "b" } } }, discovery, { machine: { sysctls: { c: "d" } } }],
      }),
      ["configPatches[1]: kubeSpan: KubeSpan requires cluster discovery to be enabled; turn it on"],
    );
  });

  it("names a JSON patch", () => {
    const patch = '[{"op": "add", "path": "/machine/nodeLabels/a b", "value": "c"}]';
    assert.deepEqual(warningsOf({ talosVersion: "v1.11", configPatches: [{}, patch] }), [
      "configPatches[1]: line 1: machine.nodeLabels: has a key that is not a name of Kubernetes; use one like example.org/name",
    ]);
  });

  it("knows what an older Talos cannot read", () => {
    const volume = { apiVersion: "v1alpha1", kind: "UserVolumeConfig", name: "data" };
    assert.deepEqual(warningsOf({ talosVersion: "v1.9", configPatches: [volume] }), [
      "configPatches[0]: UserVolumeConfig/data: needs Talos v1.10; remove the document",
    ]);
  });

  it("asks a container for what only that needs, and metal for a disk", () => {
    const { machineConfig } = generateMachineConfig({ ...OPTIONS, talosVersion: "v1.13", installDisk: "" });
    const { documents } = ConfigDocuments.read(
      parseYamlDocuments(machineConfig.replace("forwardKubeDNSToHost: true", "forwardKubeDNSToHost: false"), {
        path: "",
        code: "ERR_CONFIG_INVALID",
      }),
      "1.13",
    );
    const pathsIn = (mode: "metal" | "cloud" | "container"): string[] =>
      judgeMachineConfig(documents, { minor: 13, mode }).map(({ path }) => path);
    assert.deepEqual(pathsIn("metal"), ["machine.install.disk"]);
    assert.deepEqual(pathsIn("cloud"), []);
    assert.deepEqual(pathsIn("container"), ["machine.features.hostDNS.forwardKubeDNSToHost"]);
  });

  it("words every rule as a problem and a remedy, with a reason", () => {
    for (const { kind, path, problem, remedy, reason } of VALIDATION_RULES) {
      const place = `${kind}.${path}`;
      assert.match(problem, /^(?:[a-z]|KubeSpan)[^;]*[^.;]$/, place);
      assert.match(remedy, /^[^;]+[^.;]$/, place);
      assert.ok(reason in WARNING_REASONS, place);
    }
  });

  it("lists every rule on the page that npm run docs writes", () => {
    const page = readFileSync(join(resolve(__dirname, "..", "..", "..", ".."), "docs", "validation.md"), "utf8");
    assert.ok(page === validationPage(), "docs/validation.md is old; `npm run docs` writes it anew");
  });

  it("warns of an expression that Talos cannot check", () => {
    const volume = (match: string): object => ({
      apiVersion: "v1alpha1",
      kind: "UserVolumeConfig",
      name: "data",
      provisioning: { diskSelector: { match }, minSize: "10GiB" },
    });
    const warned = (match: string): boolean => warningsOf({ configPatches: [volume(match)] }).length > 0;
    for (const match of [
      "disk.size > 100u * GB && !system_disk",
      'glob("Samsung*", disk.model) || disk.transport in ["nvme", "sata"]',
      'disk.symlinks.exists(link, link.startsWith("/dev/disk/by-id/")) ? disk.rotational : true',
    ])
      assert.equal(warned(match), false, match);
    for (const match of ["disk.size", "disk.size > 100", "disk.sise > 1u", "disk.size >", "(true", "'a' == 1", "a.b"])
      assert.equal(warned(match), true, match);
    assert.match(
      warningsOf({ configPatches: [volume("disk.size > 100")] })[0]!,
      /must be a CEL expression that chooses/,
    );
  });

  it("knows no function, field or variable by a name that every object of JavaScript has", () => {
    const disk = (match: string): object => ({
      apiVersion: "v1alpha1",
      kind: "UserVolumeConfig",
      name: "data",
      provisioning: { diskSelector: { match }, minSize: "10GiB" },
    });
    for (const name of Object.getOwnPropertyNames(Object.prototype)) {
      for (const use of [`${name}()`, `${name}(disk)`, `${name}(1, 2)`, name, `.${name}`, `${name}{}`]) {
        assert.equal(warningsOf({ configPatches: [disk(`${use} == 1`)] }).length, 1, use);
        assert.equal(warningsOf({ configPatches: [disk(`disk.model.${use} == 1`)] }).length, 1, use);
        assert.equal(warningsOf({ configPatches: [disk(`disk.${use} == 1`)] }).length, 1, use);
      }
    }
  });

  it("checks deep and long expressions in time and without running out of stack", () => {
    const mapped = ".map(x, {x: x})".repeat(200);
    for (const match of [
      "(".repeat(50_000),
      "!".repeat(50_000),
      `${"1 + ".repeat(20_000)}1 > 0`,
      "[".repeat(200),
      `link.a${".a".repeat(20_000)}`,
      `true${" && true".repeat(10_000)}`,
      "x".repeat(200_000),
      `[1]${".filter(x, true)".repeat(200)}.size() > 0`,
      `[1]${".map(x, x)".repeat(200)} == [1]`,
      `[1]${mapped} == [1]${mapped}`,
      `[[1]${mapped}, [1]${mapped}].size() > 0`,
      ...[".a", ".?a", "[0]", "+1", "<1", ".f()"].map((part) =>
        Array.from({ length: 80 }).reduce<string>((inner) => `(${inner}${part.repeat(240)})`, "1"),
      ),
      `${"[1].exists(x, ".repeat(90)}true${")".repeat(90)}`,
    ]) {
      const link = { apiVersion: "v1alpha1", kind: "LinkAliasConfig", name: "net0", selector: { match } };
      warningsOf({ configPatches: [link] });
    }
  });

  it("does work in proportion to the documents of a config", () => {
    const lookups = (count: number): number => {
      const documents = Array.from(
        { length: count },
        (_, index) => `apiVersion: v1alpha1\nkind: LinkConfig\nname: eth${index}\n`,
      );
      const { documents: read } = ConfigDocuments.read(
        parseYamlDocuments(documents.join("---\n"), { path: "", code: "ERR_CONFIG_INVALID" }),
        "1.13",
      );
      let gets = 0;
      for (const { value } of read) {
        const get = value.get.bind(value);
        Object.assign(value, { get: (key: string) => ((gets += 1), get(key)) });
      }
      judgeMachineConfig(read, { minor: 13, mode: "metal" });
      return gets;
    };
    assert.ok(lookups(800) <= 2.2 * lookups(400), `${lookups(400)} lookups of 400, ${lookups(800)} of 800 documents`);
  });
});
