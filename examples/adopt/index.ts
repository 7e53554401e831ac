// A cluster that `talosctl gen secrets` made, adopted: from now on Pulumi owns the life of its PKI.
import * as pulumi from "@pulumi/pulumi";
import { ClientConfiguration, MachineConfig, TalosSecrets } from "pulumi-talos-pki";

const clusterName = "adopted";
const config = new pulumi.Config();

/**
 * The text of secrets.yaml, needed for the first `pulumi up` only. Once it is done the value can be removed from the
 * config: nothing changes by that.
 */
const secretsYaml = config.getSecret("secretsYaml");

const secrets = new TalosSecrets(
  clusterName,
  { talosVersion: "v1.13", ...(secretsYaml === undefined ? {} : { secretsYaml }) },
  // A try-out may be destroyed. Leave `protect` out for a real cluster.
  { protect: false },
);
const controlPlane = new MachineConfig("controlplane", {
  secrets,
  clusterName,
  clusterEndpoint: "https://10.0.0.10:6443",
  machineType: "controlplane",
});
const admin = new ClientConfiguration("admin", { secrets, clusterName, endpoints: ["10.0.0.10"] });

/** The way back: the file that talosctl reads. */
export const bundle = secrets.secretsYaml;
export const controlPlaneConfig = controlPlane.machineConfig;
export const talosconfig = admin.talosconfig;
/** Compare with `openssl x509 -fingerprint -sha256` of the CA that the nodes have. */
export const osCaFingerprint = secrets.certificateAuthorities.apply(({ os }) => os.fingerprint);
