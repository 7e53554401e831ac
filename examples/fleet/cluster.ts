import { ClientConfiguration, MachineConfig, TalosSecrets } from "pulumi-talos-pki";

/** The program of each stack: one cluster's PKI. Its outputs are the stack's. */
export function clusterProgram(clusterName: string): Record<string, unknown> {
  // A try-out may be destroyed. Leave `protect` out for real clusters.
  const secrets = new TalosSecrets(clusterName, { talosVersion: "v1.13" }, { protect: false });
  const cluster = { secrets, clusterName, clusterEndpoint: `https://${clusterName}.example.com:6443` };
  const admin = new ClientConfiguration("admin", { secrets, clusterName, endpoints: [`${clusterName}.example.com`] });
  return {
    osCaFingerprint: secrets.certificateAuthorities.apply(({ os }) => os.fingerprint),
    controlPlaneConfig: new MachineConfig("controlplane", { ...cluster, machineType: "controlplane" }).machineConfig,
    workerConfig: new MachineConfig("worker", { ...cluster, machineType: "worker" }).machineConfig,
    talosconfig: admin.talosconfig,
    talosconfigExpires: admin.notAfter,
  };
}
