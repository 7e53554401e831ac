import * as pulumi from "@pulumi/pulumi";
import { ClientConfiguration, Kubeconfig, MachineConfig, TalosSecrets } from "pulumi-talos-pki";

export interface ClusterArgs {
  /** Addresses of the control planes. */
  controlPlanes: string[];
  /** Version contract. */
  talosVersion: string;
}

/** One cluster: its PKI, what its nodes get, and what its people get. */
export class Cluster extends pulumi.ComponentResource {
  readonly controlPlaneConfig: pulumi.Output<string>;
  readonly workerConfig: pulumi.Output<string>;
  readonly talosconfig: pulumi.Output<string>;
  /** For those who only look. */
  readonly readerTalosconfig: pulumi.Output<string>;
  readonly kubeconfig: pulumi.Output<string>;
  readonly osCaFingerprint: pulumi.Output<string>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("examples:clusters:Cluster", name, {}, opts);
    const child = { parent: this };
    const { controlPlanes, talosVersion } = args;
    // A try-out may be destroyed. Leave `protect` out for a real cluster.
    const secrets = new TalosSecrets(name, { talosVersion }, { ...child, protect: false });
    const cluster = { secrets, clusterName: name, clusterEndpoint: `https://${name}.example.com:6443` };

    const config = (machineType: "controlplane" | "worker"): pulumi.Output<string> =>
      new MachineConfig(`${name}-${machineType}`, { ...cluster, machineType }, child).machineConfig;
    const client = (role: "admin" | "reader"): pulumi.Output<string> =>
      new ClientConfiguration(
        `${name}-${role}`,
        { secrets, clusterName: name, endpoints: controlPlanes, roles: [`os:${role}`] },
        child,
      ).talosconfig;

    this.controlPlaneConfig = config("controlplane");
    this.workerConfig = config("worker");
    this.talosconfig = client("admin");
    this.readerTalosconfig = client("reader");
    this.kubeconfig = new Kubeconfig(name, cluster, child).kubeconfig;
    this.osCaFingerprint = secrets.certificateAuthorities.apply(({ os }) => os.fingerprint);
    this.registerOutputs();
  }
}
