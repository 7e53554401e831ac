// One Talos cluster: its CAs and secrets, an admin talosconfig, an admin kubeconfig and the machine configs.
import { ClientConfiguration, Kubeconfig, MachineConfig, TalosSecrets } from "pulumi-talos-pki";

export const clusterName = "demo";
const clusterEndpoint = "https://10.0.0.10:6443";

// A real cluster's keys should stay protected: leave `protect` out, then `pulumi destroy` refuses to lose them.
const secrets = new TalosSecrets(clusterName, { talosVersion: "v1.13" }, { protect: false });

const admin = new ClientConfiguration("admin", {
  secrets,
  clusterName,
  endpoints: ["10.0.0.10"],
  nodes: ["10.0.0.10"],
});
const cluster = { secrets, clusterName, clusterEndpoint };
const kubernetesAdmin = new Kubeconfig("admin", cluster);
const controlPlane = new MachineConfig("controlplane", { ...cluster, machineType: "controlplane" });
const worker = new MachineConfig("worker", { ...cluster, machineType: "worker" });

export const talosconfig = admin.talosconfig;
export const talosconfigExpires = admin.notAfter;
export const talosconfigRenewedFrom = admin.renewalTime;
export const kubeconfig = kubernetesAdmin.kubeconfig;
export const controlPlaneConfig = controlPlane.machineConfig;
export const workerConfig = worker.machineConfig;
export const secretsYaml = secrets.secretsYaml;
export const osCaFingerprint = secrets.certificateAuthorities.apply((authorities) => authorities.os.fingerprint);
export const osCaExpires = secrets.certificateAuthorities.apply((authorities) => authorities.os.notAfter);
export const kubernetesCaFingerprint = secrets.certificateAuthorities.apply(
  (authorities) => authorities.kubernetes.fingerprint,
);
