import { Config } from "@pulumi/pulumi";
import { type ClusterNodeArgs, type RotationArgs, TalosCluster, type TalosClusterArgs } from "pulumi-talos-pki";

const config = new Config();
const args: TalosClusterArgs = {
  clusterName: "demo",
  talosVersion: config.get("talosVersion") ?? "v1.13",
  clusterEndpoint: config.get("clusterEndpoint") ?? "https://10.0.0.10:6443",
  controlPlaneNodes: config.getObject<ClusterNodeArgs[]>("controlPlaneNodes") ?? [],
  workerNodes: config.getObject<ClusterNodeArgs[]>("workerNodes") ?? [],
  configPatches: config.getObject<string[]>("configPatches") ?? [],
  rotation: config.getObject<RotationArgs>("rotation") ?? {},
};
// A try-out may be destroyed. Leave `protect` out for a real cluster.
export const { talosconfig, kubeconfig, health } = new TalosCluster("demo", args, { protect: false });
