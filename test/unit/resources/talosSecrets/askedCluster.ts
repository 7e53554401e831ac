import type { Values } from "../../../../provider/engine/values";
import { QUICK } from "../../support/cluster";
import type { FakeNode } from "../../support/fakeNode";
import { LiveCluster } from "../../support/liveCluster";
import { statusOf } from "./support";

export const HOSTS = ["10.0.0.2", "10.0.0.3", "10.0.0.5"] as const;
export const NODES: readonly Values[] = [
  // Control planes are named first all the same.
  { address: "10.0.0.5", machineType: "worker" },
  { address: "10.0.0.2", machineType: "controlplane" },
  { address: "10.0.0.3:50000", machineType: "controlplane" },
];
export const REMEDY = (config: string): string =>
  `apply the ${config} there (control planes first, then workers; a worker asks for its certificate only when its own config changes), or leave out of nodes what is gone for good`;

export const args = (stage?: string, nodes: readonly Values[] | undefined = NODES, id = "r"): Values => ({
  ...QUICK,
  ...(nodes.length === 0 ? {} : { nodes }),
  ...(stage === undefined ? {} : { rotation: { os: { id, stage } } }),
});

/** Two control planes and a worker that have the configs of the state, and a state that knows of them. */
export async function makeCluster(): Promise<{ cluster: LiveCluster; nodes: Readonly<Record<string, FakeNode>> }> {
  const cluster = await LiveCluster.make();
  await cluster.controlPlanes("10.0.0.2", "10.0.0.3");
  await cluster.nodes.add("10.0.0.5", { config: await cluster.config("worker") });
  await cluster.secrets.up(args());
  cluster.nodes.forget();
  return { cluster, nodes: Object.fromEntries(cluster.nodes.machines) };
}

/** Brings the config of the state onto nodes. */
export async function apply(cluster: LiveCluster, ...hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    const type = host === "10.0.0.5" ? "worker" : "controlplane";
    await cluster.nodes.machines.get(host)!.run(await cluster.config(type));
  }
}

/** Goes to swap, and brings the config of each stage onto every node. */
export async function swapAll(cluster: LiveCluster): Promise<void> {
  for (const stage of ["accept", "swap"]) {
    await cluster.secrets.up(args(stage));
    await apply(cluster, ...HOSTS);
  }
}

export const stageOf = ({ secrets }: LiveCluster): unknown => statusOf(secrets)["stage"];
