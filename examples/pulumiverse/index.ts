// Servers at a cloud boot with our machine configs as user data; @pulumiverse/talos applies later changes to them.
import * as hcloud from "@pulumi/hcloud";
import * as talos from "@pulumiverse/talos";
import { ClientConfiguration, MachineConfig, TalosSecrets } from "pulumi-talos-pki";

const clusterName = "demo";
const clusterEndpoint = "https://demo.example.com:6443";

const secrets = new TalosSecrets(clusterName, { talosVersion: "v1.13" });
const cluster = { secrets, clusterName, clusterEndpoint };
const controlPlane = new MachineConfig("controlplane", { ...cluster, machineType: "controlplane" });
const worker = new MachineConfig("worker", { ...cluster, machineType: "worker" });
const admin = new ClientConfiguration("admin", { secrets, clusterName, endpoints: ["demo.example.com"] });

/** A server of the cloud. Its user data counts at the first boot only: a later change must not replace the server. */
function server(name: string, config: MachineConfig): hcloud.Server {
  return new hcloud.Server(
    name,
    { serverType: "cx23", image: "talos-v1.13", userData: config.machineConfig },
    { ignoreChanges: ["userData"] },
  );
}

/** The config as it shall be now, on a node that runs. */
function apply(name: string, node: hcloud.Server, config: MachineConfig, after: talos.machine.ConfigurationApply[]) {
  return new talos.machine.ConfigurationApply(
    name,
    {
      clientConfiguration: admin.clientConfiguration,
      machineConfigurationInput: config.machineConfig,
      node: node.ipv4Address,
    },
    { dependsOn: after },
  );
}

const first = server("controlplane-1", controlPlane);
const second = server("worker-1", worker);

// Control planes before workers: a worker asks for its certificate again only when its own config changes.
const controlPlaneApplied = apply("controlplane-1", first, controlPlane, []);
apply("worker-1", second, worker, [controlPlaneApplied]);

new talos.machine.Bootstrap(
  "bootstrap",
  { clientConfiguration: admin.clientConfiguration, node: first.ipv4Address },
  { dependsOn: [controlPlaneApplied] },
);

/** Who would rather have @pulumiverse/talos write the config can feed it our secrets. */
export const theirConfig = talos.machine.getConfigurationOutput({
  clusterName,
  clusterEndpoint,
  machineType: "worker",
  machineSecrets: secrets.machineSecrets,
  talosVersion: "v1.13",
}).machineConfiguration;

export const talosconfig = admin.talosconfig;
