import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import { QUICK } from "../support/cluster";
import type { Managed } from "../support/engine";
import { LiveCluster, TIMEOUTS } from "../support/liveCluster";

const HOSTS = ["10.0.0.2", "10.0.0.3"];

describe("ConfigurationApply of a config with another bootstrap token", () => {
  let cluster: LiveCluster;
  let made: Managed[];
  let old: string;

  const applyTo = async (index: number, more: Values = {}): Promise<void> => {
    const machineConfig = await cluster.config();
    cluster.nodes.now += 1000;
    await made[index]!.up({ node: HOSTS[index]!, ...cluster.credentials, machineConfig, timeouts: TIMEOUTS, ...more });
  };
  const deletions = (): string[] => cluster.nodes.changes.filter((call) => call.includes("DELETE"));
  const reports = (index: number): string => made[index]!.reports.join("\n");

  beforeEach(async () => {
    cluster = await LiveCluster.make();
    await cluster.controlPlanes(...HOSTS);
    made = HOSTS.map(() => cluster.apply());
    for (const index of HOSTS.keys()) await applyTo(index);
    const id = /^ {4}token: ([a-z0-9]{6})\./m.exec(
      (await cluster.config()).replace(/^machine:[^]*?^cluster:/m, "cluster:"),
    )?.[1];
    assert.ok(id);
    old = `/api/v1/namespaces/kube-system/secrets/bootstrap-token-${id}`;
    cluster.nodes.secrets.add(old);
    cluster.nodes.forget();
    await cluster.secrets.up({ ...QUICK, rotation: { bootstrapToken: { id: "incident" } } });
  });

  it("deletes the Secret of the old one, and says so without the token", async () => {
    await applyTo(0);
    assert.equal(cluster.nodes.secrets.size, 0);
    assert.match(reports(0), /deleted the Secret of the old bootstrap token: no machine joins by it/);
    assert.ok(!reports(0).includes(old.slice(-6)));
    await applyTo(1);
    assert.deepEqual(
      deletions(),
      HOSTS.map((host) => `${host} request DELETE ${old}`),
    );
    assert.doesNotMatch(reports(1), /bootstrap token/);
  });

  it("deletes it again where a control plane that was late has made it anew", async () => {
    await applyTo(0);
    cluster.nodes.secrets.add(old);
    await applyTo(1);
    assert.equal(cluster.nodes.secrets.size, 0);
  });

  it("touches none for another change, nor where the config takes effect at the next reboot only", async () => {
    await applyTo(0, { applyMode: "staged" });
    await applyTo(1);
    cluster.nodes.forget();
    await applyTo(1, { configPatches: ["machine: {sysctls: {a: b}}"] });
    assert.deepEqual(deletions(), []);
  });

  it("succeeds where the API server does not do it, and says what is to be done", async () => {
    cluster.nodes.secretStatus = 403;
    await applyTo(0);
    assert.match(reports(0), /may still join by the old bootstrap token: its API server answers 403 to DELETE; delete/);
  });
});
