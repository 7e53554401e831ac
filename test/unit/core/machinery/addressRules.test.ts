import assert from "node:assert/strict";

import { generateMachineConfig } from "../../../../provider/core/config/machineConfig";
import type { MachineConfigOptions } from "../../../../provider/core/config/machineConfigOptions";
import { describeProblem, PkiError } from "../../../../provider/core/errors";
import { readVectorBundle } from "../../vectors/vectors";

const OPTIONS: MachineConfigOptions = {
  secrets: readVectorBundle("bundles/v1.13.yaml"),
  clusterName: "alpha",
  clusterEndpoint: "https://10.0.0.1:6443",
  machineType: "controlplane",
  talosVersion: "v1.13",
};

function problemsOf(options: Partial<MachineConfigOptions>): string[] {
  try {
    generateMachineConfig({ ...OPTIONS, ...options });
  } catch (error) {
    assert.ok(error instanceof PkiError);
    return error.problems.map((problem) => `${problem.code} ${describeProblem(problem)}`);
  }
  return [];
}

describe("addresses in the patches of a machine config", () => {
  const inInterface = (rest: object): object => ({
    machine: { network: { interfaces: [{ interface: "eth0", ...rest }] } },
  });
  const cidr = "holds something else than a CIDR; must be one like 10.244.0.0/16";
  const address = "an address is neither a CIDR nor an IP address; must be one like 10.0.0.2/24";
  const subnet = "a subnet is neither a CIDR nor an IP address; must be one like 10.0.0.0/8 or !10.0.0.0/8";
  // What talosctl validate (1.13.0) takes and rejects of each.
  const SUBNETS = ["!10.0.0.0/8", "10.0.0.1", "!10.0.0.1", "fe80::1%eth0", "10.0.0.1/8", "fd00::/8"];
  const NO_SUBNETS = ["", "!", "!!10.0.0.0/8", "10.0.0.0/08", "1.2.3.4/99", "300.0.0.0/8", "x"];
  const ADDRESSES = ["10.0.0.1", "10.0.0.0/08", "10.0.0.1/8", "fd00::1/64"];
  const NO_ADDRESSES = ["!10.0.0.0/8", "fe80::1%eth0", "1.2.3.4/99", "x"];
  const CIDRS = ["10.0.0.0/08", "10.0.0.1/8", "::/0"];
  const NO_CIDRS = ["10.0.0.1", "!10.0.0.0/8", "1.2.3.4/99", "x"];
  const node = (texts: string[]): object => ({
    apiVersion: "v1alpha1",
    kind: "KubeNodeConfig",
    nodeIP: { validSubnets: texts },
  });
  const rows: [string, string, readonly string[], readonly string[], (text: string) => object, string?][] = [
    [
      "machine.kubelet.nodeIP.validSubnets",
      subnet,
      SUBNETS,
      NO_SUBNETS,
      (text) => ({ machine: { kubelet: { nodeIP: { validSubnets: [text] } } } }),
    ],
    [
      "cluster.etcd.advertisedSubnets",
      subnet,
      SUBNETS,
      NO_SUBNETS,
      (text) => ({ cluster: { etcd: { advertisedSubnets: [text] } } }),
    ],
    [
      "cluster.etcd.listenSubnets",
      subnet,
      SUBNETS,
      NO_SUBNETS,
      (text) => ({ cluster: { etcd: { listenSubnets: [text] } } }),
    ],
    [
      "cluster.etcd.subnet",
      subnet,
      ["", ...SUBNETS],
      NO_SUBNETS.slice(1),
      (text) => ({ cluster: { etcd: { subnet: text } } }),
    ],
    [
      "machine.network.interfaces.addresses",
      address,
      ADDRESSES,
      ["", ...NO_ADDRESSES],
      (text) => inInterface({ addresses: [text] }),
    ],
    [
      "machine.network.interfaces.cidr",
      address,
      ["", ...ADDRESSES],
      NO_ADDRESSES,
      (text) => inInterface({ cidr: text }),
    ],
    [
      "machine.network.interfaces.vlans.addresses",
      address,
      ADDRESSES,
      ["", ...NO_ADDRESSES],
      (text) => inInterface({ vlans: [{ vlanId: 5, addresses: [text] }] }),
    ],
    [
      "machine.network.interfaces.routes.network",
      cidr,
      ["", ...CIDRS],
      NO_CIDRS,
      (text) => inInterface({ routes: [{ network: text, gateway: "10.0.0.1" }] }),
    ],
    [
      "machine.network.interfaces.wireguard.peers.allowedIPs",
      cidr,
      CIDRS,
      ["", ...NO_CIDRS],
      (text) => inInterface({ wireguard: { peers: [{ allowedIPs: [text] }] } }),
    ],
    ["KubeNodeConfig.nodeIP.validSubnets", subnet, SUBNETS, NO_SUBNETS, (text) => node([text]), "v1.14"],
  ];
  for (const [place, message, good, bad, patch, talosVersion = "v1.13"] of rows) {
    it(`takes and rejects what talosctl does in ${place}`, () => {
      for (const text of good) assert.deepEqual(problemsOf({ talosVersion, configPatches: [patch(text)] }), [], text);
      for (const text of bad) {
        const found = problemsOf({ talosVersion, configPatches: [patch(text)] });
        assert.deepEqual(
          found.map((problem) => problem.replace(/\[\d+\]/g, "")),
          [`ERR_PATCH_INVALID configPatches.${place.replace("KubeNodeConfig.", "")}: ${message}`],
          text,
        );
      }
    });
  }

  it("are told by patch and line, each of them", () => {
    const patch = "cluster:\n  network:\n    podSubnets:\n      - 10.0.0.0/8\n      - foo\n      - 10.0.0.0/33\n";
    assert.deepEqual(problemsOf({ configPatches: ["machine: {}", patch] }), [
      `ERR_PATCH_INVALID configPatches[1]: line 5: cluster.network.podSubnets: ${cidr}`,
      `ERR_PATCH_INVALID configPatches[1]: line 6: cluster.network.podSubnets: ${cidr}`,
    ]);
  });

  it("are seen in what a JSON patch makes too", () => {
    const patch = [{ op: "add", path: "/cluster/etcd/listenSubnets", value: ["foo"] }];
    assert.deepEqual(problemsOf({ talosVersion: "v1.11", configPatches: [patch] }), [
      `ERR_CONFIG_INVALID configPatches[0][0]: cluster.etcd.listenSubnets[0]: ${subnet}`,
    ]);
  });
});
