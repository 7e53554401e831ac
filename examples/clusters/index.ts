// Several Talos clusters in one program. Nothing is shared between them.
import { Cluster, type ClusterArgs } from "./cluster";

const wanted: Record<string, ClusterArgs> = {
  production: { talosVersion: "v1.13", controlPlanes: ["10.0.0.2", "10.0.0.3", "10.0.0.4"] },
  staging: { talosVersion: "v1.13", controlPlanes: ["10.1.0.2"] },
  // Its nodes are not upgraded yet.
  legacy: { talosVersion: "v1.9", controlPlanes: ["10.2.0.2"] },
};

/** Everything of each cluster, by name: `pulumi stack output clusters --show-secrets`. */
export const clusters = Object.fromEntries(
  Object.entries(wanted).map(([name, args]) => [name, new Cluster(name, args)]),
);
