import assert from "node:assert/strict";

import { AUTHENTICATION_CONFIG_MAP } from "../../../provider/core/nodes/authenticationTrust";
import { parseCertificates } from "../../../provider/core/x509/certificate";
import type { Values } from "../../../provider/engine/values";
import { QUICK } from "../support/cluster";
import type { Managed } from "../support/engine";
import type { FakeNode } from "../support/fakeNode";
import { LiveCluster, TIMEOUTS } from "../support/liveCluster";

const HOSTS = ["10.0.0.2", "10.0.0.3", "10.0.0.4"];

describe("ConfigurationApply of a config that drops a CA of clients of Kubernetes", () => {
  let cluster: LiveCluster;
  let planes: FakeNode[];
  let made: Managed[];

  /** The next stage of both CAs, in the state only. */
  const stage = (name: "accept" | "swap" | "finish"): Promise<unknown> => {
    const step = { id: "r", stage: name };
    return cluster.secrets.up({ ...QUICK, rotation: { kubernetes: step, aggregator: step } });
  };
  const applyTo = async (index: number, more: Values = {}): Promise<void> => {
    const machineConfig = await cluster.config();
    cluster.nodes.now += 1000;
    await made[index]!.up({ node: HOSTS[index]!, ...cluster.credentials, machineConfig, timeouts: TIMEOUTS, ...more });
  };
  const deletions = (): string[] =>
    cluster.nodes.changes.filter((call) => call.endsWith(`DELETE ${AUTHENTICATION_CONFIG_MAP}`));
  const reports = (index: number): string => made[index]!.reports.join("\n");
  const listed = (): number[] =>
    Object.values(cluster.nodes.authentication ?? {}).map((text) => parseCertificates(text, "").length);

  /** Every control plane has the config of swap, and the ConfigMap has the CAs of it. */
  beforeEach(async () => {
    cluster = await LiveCluster.make();
    planes = await cluster.controlPlanes(...HOSTS);
    made = HOSTS.map(() => cluster.apply());
    await stage("accept");
    await stage("swap");
    for (const index of HOSTS.keys()) await applyTo(index);
    cluster.nodes.writeAuthentication();
    assert.deepEqual(listed(), [2, 2]);
    assert.deepEqual(deletions(), []);
  });

  it("deletes the ConfigMap after each proof, and the last one leaves it right", async () => {
    await stage("finish");
    for (const index of HOSTS.keys()) {
      await applyTo(index);
      assert.equal(deletions().length, index + 1);
      const isLast = index === HOSTS.length - 1;
      assert.deepEqual(listed(), isLast ? [1, 1] : [2, 2]);
      const words =
        /which still had Kubernetes CA [0-9a-f]{12}, aggregator CA [0-9a-f]{12}; API servers have written it/;
      assert.match(reports(index), words);
      assert.equal(/of control planes that do not have the config yet/.test(reports(index)), !isLast);
    }
    const { changes } = cluster.nodes;
    assert.ok(changes.lastIndexOf(`${HOSTS[2]!} restartService kubelet`) < changes.length - 1);
    assert.match(changes.at(-1)!, /DELETE/);
  });

  it("leaves it alone where it has no CA too many, or does not exist", async () => {
    await stage("finish");
    await applyTo(0);
    for (const index of [1, 2]) await planes[index]!.run(await cluster.config());
    cluster.nodes.writeAuthentication();
    await applyTo(1);
    cluster.nodes.authentication = undefined;
    await applyTo(2);
    assert.equal(deletions().length, 1);
  });

  it("does not ask for a change that drops none", async () => {
    cluster.nodes.forget();
    await applyTo(0, { configPatches: ["machine: {sysctls: {a: b}}"] });
    assert.ok(!cluster.nodes.calls.some((call) => call.endsWith(AUTHENTICATION_CONFIG_MAP)));
  });

  it("goes on where an update was killed after the config was taken", async () => {
    await stage("finish");
    for (const plane of planes) await plane.run(await cluster.config());
    for (const index of HOSTS.keys()) await applyTo(index);
    assert.deepEqual([deletions().length, listed()], [1, [1, 1]]);
  });

  it("succeeds where the API server cannot be asked, and says what is to be done", async () => {
    await stage("finish");
    for (const [index, status] of [503, 403].entries()) {
      cluster.nodes.authenticationStatus = status;
      await applyTo(index);
      assert.match(reports(index), new RegExp(`may still have CAs .* answers ${status}; delete it by hand`));
    }
    assert.deepEqual(deletions(), []);
  });

  it("asks the API server of the endpoint where the node is called through one", async () => {
    await stage("finish");
    await applyTo(0, { endpoint: HOSTS[1]! });
    assert.deepEqual(deletions(), [`${HOSTS[1]!} request DELETE ${AUTHENTICATION_CONFIG_MAP}`]);
  });
});
