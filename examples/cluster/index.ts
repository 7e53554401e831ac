// A whole cluster: its PKI, the machine configs, and the nodes that get them. Without addresses it makes the PKI alone.
import * as pulumi from "@pulumi/pulumi";
import {
  Bootstrap,
  ClientConfiguration,
  ClusterHealth,
  ConfigurationApply,
  Kubeconfig,
  MachineConfig,
  TalosSecrets,
} from "pulumi-talos-pki";

/** A machine, as the stack's configuration names it. */
interface Machine {
  address: string;
  /** Fingerprint on its console in maintenance mode; not needed for a node that has its config. */
  fingerprint?: string;
}

const config = new pulumi.Config();
const controlPlanes = config.getObject<Machine[]>("controlPlanes") ?? [];
const workers = config.getObject<Machine[]>("workers") ?? [];
const [first] = controlPlanes;
const controlPlaneNodes = controlPlanes.map(({ address }) => address);
const workerNodes = workers.map(({ address }) => address);

const clusterName = config.get("clusterName") ?? "demo";
const clusterEndpoint = config.get("clusterEndpoint") ?? `https://${first?.address ?? "10.0.0.10"}:6443`;

// A try-out may be destroyed. Leave `protect` out for a real cluster.
const secrets = new TalosSecrets(
  clusterName,
  {
    talosVersion: config.get("talosVersion") ?? "v1.13",
    // A rotation asks them before each stage.
    nodes: [
      ...controlPlaneNodes.map((address) => ({ address, machineType: "controlplane" as const })),
      ...workerNodes.map((address) => ({ address, machineType: "worker" as const })),
    ],
  },
  { protect: false },
);
const patch = config.get("patch");
const cluster = { secrets, clusterName, clusterEndpoint, configPatches: patch === undefined ? [] : [patch] };
const controlPlane = new MachineConfig("controlplane", { ...cluster, machineType: "controlplane" });
const worker = new MachineConfig("worker", { ...cluster, machineType: "worker" });

/** Gives a machine its config, once everything in `after` is done. */
function apply({ address, fingerprint }: Machine, machineConfig: MachineConfig, after: pulumi.Resource[]) {
  const maintenance = fingerprint === undefined ? {} : { maintenance: { fingerprint } };
  const args = { node: address, secrets, machineConfig, ...maintenance };
  return new ConfigurationApply(address, args, { dependsOn: after });
}

// One control plane after the other.
const applied: ConfigurationApply[] = [];
for (const machine of controlPlanes) applied.push(apply(machine, controlPlane, applied.slice(-1)));

// Workers get their certificates from control planes.
const joined = workers.map((machine) => apply(machine, worker, applied.slice(-1)));

// The other control planes are asked first, so they must have their configs.
const etcd =
  first === undefined
    ? []
    : [new Bootstrap("etcd", { node: first.address, secrets, controlPlaneNodes }, { dependsOn: applied })];

const health =
  first === undefined
    ? []
    : [
        new ClusterHealth(
          "health",
          { secrets, controlPlaneNodes, workerNodes, clusterEndpoint, level: "kubernetes" },
          { dependsOn: [...etcd, ...joined] },
        ),
      ];

export const talosconfig = new ClientConfiguration("admin", {
  secrets,
  clusterName,
  endpoints: controlPlaneNodes,
  nodes: controlPlaneNodes,
}).talosconfig;

// Nobody gets a kubeconfig before the API server answers.
export const kubeconfig = new Kubeconfig("admin", { secrets, clusterName, clusterEndpoint }, { dependsOn: health })
  .kubeconfig;

/** Fingerprint of the certificate that each node served when its config was proved. */
export const served = Object.fromEntries(
  [...applied, ...joined].map((node, index) => [
    [...controlPlaneNodes, ...workerNodes][index] ?? "",
    node.serverCertificate.apply((certificate) => certificate?.fingerprint),
  ]),
);
export const checks = health.map((made) => made.checks);
