import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import { Bootstrap } from "../../../provider/resources/bootstrap";
import { ClusterHealth } from "../../../provider/resources/clusterHealth";
import { ConfigurationApply } from "../../../provider/resources/configurationApply";
import { MachineConfig } from "../../../provider/resources/machineConfig";
import { makeSecrets, QUICK } from "./cluster";
import { Managed, type TestHost, testHost } from "./engine";
import type { FakeNode } from "./fakeNode";
import { FakeNodes } from "./fakeNodes";

export const CLUSTER = {
  clusterName: "prod",
  clusterEndpoint: "https://10.0.0.2:6443",
  kubernetesVersion: "1.36.0",
  installImage: "example.org/installer:1",
};

/** A machine where one is enough. */
export const NODE = "10.0.0.2";
/** Short enough for a test to see the end of a wait. */
export const TIMEOUTS = { connect: "5s", create: "60s", update: "60s", delete: "30s" };
export const SYSCTL = "machine: {sysctls: {a: b}}";

/** A cluster, and a ConfigurationApply of its control plane config to one node. */
export interface ApplyCase {
  readonly cluster: LiveCluster;
  readonly config: string;
  readonly made: Managed;
  readonly args: Values;
}

let base: Promise<Managed> | undefined;

/** A cluster's secrets, its configs and its machines; no two tests share them. */
export class LiveCluster {
  private constructor(
    readonly host: TestHost,
    readonly nodes: FakeNodes,
    readonly secrets: Managed,
  ) {}

  static async make(): Promise<LiveCluster> {
    const plain = testHost();
    // The secrets are made once; what a test does with them is its own.
    base ??= makeSecrets(plain);
    const nodes = await FakeNodes.make(plain.environment);
    const host = testHost(plain.now, nodes);
    return new LiveCluster(host, nodes, (await base).twin(host));
  }

  /** Another cluster, whose machines are on the same network. */
  async other(): Promise<LiveCluster> {
    return new LiveCluster(this.host, this.nodes, await makeSecrets(this.host));
  }

  /** What a resource takes of a TalosSecrets. */
  get credentials(): Values {
    const { secrets, rotationSecrets } = this.secrets.outputs;
    return { secrets: { secrets, ...(rotationSecrets === undefined ? {} : { rotationSecrets }) } };
  }

  /** One `pulumi up` of the secrets in a rotation of the OS CA. */
  async rotate(stage: "accept" | "swap" | "finish" | "abort"): Promise<void> {
    await this.secrets.up({ ...QUICK, rotation: { os: { id: "r", stage } } });
  }

  /** A machine config of the present secrets. */
  async config(machineType: "controlplane" | "worker" = "controlplane", more: Values = {}): Promise<string> {
    const made = new Managed(MachineConfig, this.host);
    await made.up({ ...CLUSTER, secrets: this.secrets.outputs["secrets"], machineType, ...more });
    return String(made.outputs["machineConfig"]);
  }

  /** For a ConfigurationApply to NODE, which is not there yet. */
  static async makeApplyCase(): Promise<ApplyCase> {
    const cluster = await LiveCluster.make();
    const config = await cluster.config();
    const args = { node: NODE, ...cluster.credentials, machineConfig: config, timeouts: TIMEOUTS };
    return { cluster, config, made: cluster.apply(), args };
  }

  assertNoConnections(): void {
    assert.equal(this.nodes.open.size, 0, "a connection is left open");
  }

  apply(): Managed {
    return new Managed(ConfigurationApply, this.host);
  }

  bootstrap(): Managed {
    return new Managed(Bootstrap, this.host);
  }

  health(): Managed {
    return new Managed(ClusterHealth, this.host);
  }

  /** Control planes that run, with etcd on all of them. */
  async controlPlanes(...hosts: readonly string[]): Promise<FakeNode[]> {
    const config = await this.config();
    const planes: FakeNode[] = [];
    for (const host of hosts) planes.push(await this.nodes.add(host, { config }));
    const etcd = { members: planes, alarms: [] };
    for (const plane of planes) plane.etcd = etcd;
    return planes;
  }
}
