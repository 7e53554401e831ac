import assert from "node:assert/strict";

import { nodeConfigHash, readNodeConfig, withoutSecrets } from "../../../../provider/core/nodes/nodeConfig";
import { formatNodeAddress, readNodeAddress, shortNodeAddress } from "../../../../provider/core/nodes/nodeAddress";
import { osTrustGaps } from "../../../../provider/core/nodes/osTrust";
import { refuses } from "../../support/errors";
import { vector } from "../../support/fixed";

const VERSIONS = ["v1.6", "v1.9", "v1.12", "v1.13", "v1.14"];

describe("The machine config of a node", () => {
  for (const version of VERSIONS) {
    it(`is read in the layout of ${version}, that of a worker too`, () => {
      const plane = readNodeConfig(vector(`out/base-${version}/controlplane.yaml`), "machineConfig");
      const worker = readNodeConfig(vector(`out/base-${version}/worker.yaml`), "machineConfig");
      assert.deepEqual([plane.machineType, worker.machineType], ["controlplane", "worker"]);
      assert.deepEqual([plane.clusterHost, worker.clusterHost], ["10.20.30.40", "10.20.30.40"]);
      assert.equal(plane.os.issuing?.fingerprint, worker.os.issuing?.fingerprint);
      assert.equal(plane.os.issuing?.fingerprint, worker.os.issuing?.fingerprint);
      assert.notEqual(plane.hash, worker.hash);
    });
  }

  it("has the same hash whatever its comments, order and newlines", () => {
    assert.equal(nodeConfigHash("a: 1 # one\nb: {c: 2, d: 3}\n"), nodeConfigHash("{b: {d: 3, c: 2}, a: 1}"));
    assert.equal(nodeConfigHash("a: 1\n---\nkind: X\n"), nodeConfigHash("kind: X\n---\na: 1\n"));
    assert.notEqual(nodeConfigHash("a: 1\n"), nodeConfigHash("a: 2\n"));
    assert.notEqual(nodeConfigHash("a: [1, 2]\n"), nodeConfigHash("a: [2, 1]\n"));
  });

  it("must be one of a control plane or worker", () => {
    refuses(
      () => readNodeConfig("machine: {}\n", "machineConfig"),
      "ERR_CONFIG_INVALID",
      "machineConfig: holds no machine config (machine.type is missing); must be the config of a controlplane or worker",
    );
  });

  it("is kept out of a node's words, however the node quotes it", () => {
    const config = "machine: {type: worker, token: abcdef.0123456789abcdef}\n";
    for (const words of ["abcdef.0123456789abcdef", '"abcdef.0123456789abcdef"', "`abcdef....`"]) {
      assert.ok(!withoutSecrets(`bad ${words}`, config).includes("abcdef."), words);
    }
    assert.equal(withoutSecrets("machine.type is worker", config), "machine.type is worker");
  });
});

describe("The OS CAs of a node", () => {
  const { os } = readNodeConfig(vector("out/base-v1.13/controlplane.yaml"), "");
  const { os: other } = readNodeConfig(vector("out/base-v1.6/controlplane.yaml"), "");
  const [own, foreign] = [os.issuing!, other.issuing!];
  const short = (certificate: typeof own): string => certificate.fingerprint.slice(0, 12);

  it("have no gap where the node shows those of its config", () => {
    assert.deepEqual(osTrustGaps({ issuing: own, accepted: [foreign] }, { server: own, accepted: [foreign, own] }), []);
  });

  it("have a gap for each that is served, missing or left over", () => {
    assert.deepEqual(osTrustGaps({ issuing: own, accepted: [] }, { server: foreign, accepted: [foreign] }), [
      `serves a certificate of another CA than ${short(own)}`,
      `does not accept clients of CA ${short(own)} yet`,
      `still accepts clients of CA ${short(foreign)}`,
    ]);
    assert.deepEqual(osTrustGaps({ issuing: own, accepted: [] }, { server: undefined, accepted: [own] }), [
      "serves no certificate yet",
    ]);
  });
});

describe("The address of a node", () => {
  for (const [text, host, port, short] of [
    ["10.0.0.2", "10.0.0.2", 50_000, "10.0.0.2"],
    ["10.0.0.2:50001", "10.0.0.2", 50_001, "10.0.0.2:50001"],
    ["[fd00::2]", "fd00::2", 50_000, "fd00::2"],
    ["[fd00::2]:443", "fd00::2", 443, "[fd00::2]:443"],
    ["node-1.example.org", "node-1.example.org", 50_000, "node-1.example.org"],
    ["https://node-1", "node-1", 443, "node-1:443"],
  ] as const) {
    it(`is read: ${text}`, () => {
      const address = readNodeAddress(text)!;
      assert.deepEqual(address, { host, port });
      assert.equal(shortNodeAddress(address), short);
      assert.deepEqual(readNodeAddress(formatNodeAddress(address)), address);
    });
  }
});
