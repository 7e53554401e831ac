// A rotation of the cluster's CAs, driven by the stack's config: one `pulumi up` for each stage.
import * as pulumi from "@pulumi/pulumi";
import {
  ClientConfiguration,
  Kubeconfig,
  MachineConfig,
  type StagedRotationArgs,
  TalosSecrets,
} from "pulumi-talos-pki";

const clusterName = "demo";
const clusterEndpoint = "https://10.0.0.10:6443";

const config = new pulumi.Config("rotation");
/** A name for this rotation; absent before the first one. */
const id = config.get("id");
/** Which CAs rotate: `["os"]`, `["kubernetes"]` or both. */
const authorities = config.getObject<("os" | "kubernetes")[]>("authorities") ?? ["os"];

function rotationOf(rotationId: string): Partial<Record<"os" | "kubernetes", StagedRotationArgs>> {
  const stage = config.require("stage", { allowedValues: ["accept", "swap", "finish", "abort"] });
  return Object.fromEntries(authorities.map((name) => [name, { id: rotationId, stage }]));
}

const secrets = new TalosSecrets(
  clusterName,
  { talosVersion: "v1.13", ...(id === undefined ? {} : { rotation: rotationOf(id) }) },
  // A try-out may be destroyed. Leave `protect` out for a real cluster.
  { protect: false },
);
const cluster = { secrets, clusterName, clusterEndpoint };
const controlPlane = new MachineConfig("controlplane", { ...cluster, machineType: "controlplane" });
const worker = new MachineConfig("worker", { ...cluster, machineType: "worker" });
const admin = new ClientConfiguration("admin", { secrets, clusterName, endpoints: ["10.0.0.10"] });
const kubernetesAdmin = new Kubeconfig("admin", cluster);

export const controlPlaneConfig = controlPlane.machineConfig;
export const workerConfig = worker.machineConfig;
export const talosconfig = admin.talosconfig;
export const kubeconfig = kubernetesAdmin.kubeconfig;
/** Where each rotation stands, by fingerprint, and what to do next. */
export const rotationStatus = secrets.rotationStatus;
/** Who issued the admin's certificate. */
export const adminIssuer = admin.issuerFingerprint;
export const next = secrets.rotationStatus.apply((status) =>
  authorities.map((name) => `${name}: ${status[name].todo}`),
);
