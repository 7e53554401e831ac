// One data centre. Each stack of this project is another one, and its nodes accept the clients of its peers.
import * as pulumi from "@pulumi/pulumi";
import { AcceptedCA, ClientConfiguration, MachineConfig, TalosSecrets } from "pulumi-talos-pki";

const clusterName = pulumi.getStack();
const config = new pulumi.Config();
/** Full names of the peers' stacks, such as `organization/two-stacks/west`. */
const peers = config.getObject<string[]>("peers") ?? [];

// A try-out may be destroyed. Leave `protect` out for a real cluster.
const secrets = new TalosSecrets(clusterName, { talosVersion: "v1.13" }, { protect: false });

const acceptedCAs = peers.map((peer) => {
  const certificatePem = new pulumi.StackReference(peer).requireOutput("osTrust") as pulumi.Output<string>;
  return new AcceptedCA(peer.split("/").pop() ?? peer, { certificatePem });
});
const cluster = { secrets, clusterName, clusterEndpoint: `https://${clusterName}.example.com:6443`, acceptedCAs };
const controlPlane = new MachineConfig("controlplane", { ...cluster, machineType: "controlplane" });
const worker = new MachineConfig("worker", { ...cluster, machineType: "worker" });
const admin = new ClientConfiguration("admin", { secrets, clusterName });

/** What the peers read. It holds certificates only, so it is no secret. */
export const osTrust = secrets.trust.os;
export const accepted = acceptedCAs.map((authority) => authority.fingerprint);
export const osCaFingerprint = secrets.certificateAuthorities.apply(({ os }) => os.fingerprint);
export const controlPlaneConfig = controlPlane.machineConfig;
export const workerConfig = worker.machineConfig;
export const talosconfig = admin.talosconfig;
