import type { DefinitionData } from "../definitions";
import { minimalExample } from "./minimalExample";

/** A program of one resource, in each language that shows it best. */
export interface Example {
  readonly title: string;
  readonly typescript: string;
  readonly python: string;
  readonly yaml: string;
}

/** Written examples by resource. */
const EXAMPLES: Readonly<Record<string, Example>> = {
  TalosSecrets: {
    title: "The secrets of a cluster",
    typescript: `import { TalosSecrets } from "pulumi-talos-pki/plugin";

const secrets = new TalosSecrets("prod", { talosVersion: "v1.13" });
`,
    python: `import pulumi_talos_pki as talos

secrets = talos.TalosSecrets("prod", talos_version="v1.13")
`,
    yaml: `resources:
  secrets:
    type: talos-pki:TalosSecrets
    properties:
      talosVersion: v1.13
    options:
      protect: true
`,
  },
  ClientConfiguration: {
    title: "A talosconfig for an administrator",
    typescript: `import { ClientConfiguration, TalosSecrets } from "pulumi-talos-pki/plugin";

const secrets = new TalosSecrets("prod");
const admin = new ClientConfiguration("admin", { secrets, clusterName: "prod", endpoints: ["10.0.0.2"] });
export const talosconfig = admin.talosconfig;
`,
    python: `import pulumi
import pulumi_talos_pki as talos

secrets = talos.TalosSecrets("prod")
admin = talos.ClientConfiguration(
    "admin", secrets=secrets.secrets, cluster_name="prod", endpoints=["10.0.0.2"]
)
pulumi.export("talosconfig", admin.talosconfig)
`,
    yaml: `resources:
  secrets:
    type: talos-pki:TalosSecrets
  admin:
    type: talos-pki:ClientConfiguration
    properties:
      secrets: \${secrets.secrets}
      clusterName: prod
      endpoints: [10.0.0.2]
outputs:
  talosconfig: \${admin.talosconfig}
`,
  },
  MachineConfig: {
    title: "The machine config of the control planes",
    typescript: `import { MachineConfig, TalosSecrets } from "pulumi-talos-pki/plugin";

const secrets = new TalosSecrets("prod");
const controlPlane = new MachineConfig("controlplane", {
  secrets,
  clusterName: "prod",
  clusterEndpoint: "https://10.0.0.10:6443",
  machineType: "controlplane",
});
`,
    python: `import pulumi_talos_pki as talos

secrets = talos.TalosSecrets("prod")
control_plane = talos.MachineConfig(
    "controlplane",
    secrets=secrets.secrets,
    cluster_name="prod",
    cluster_endpoint="https://10.0.0.10:6443",
    machine_type="controlplane",
)
`,
    yaml: `resources:
  secrets:
    type: talos-pki:TalosSecrets
  controlPlane:
    type: talos-pki:MachineConfig
    properties:
      secrets: \${secrets.secrets}
      clusterName: prod
      clusterEndpoint: https://10.0.0.10:6443
      machineType: controlplane
`,
  },
  AcceptedCA: {
    title: "The CA of another data centre",
    typescript: `import * as fs from "node:fs";
import { AcceptedCA } from "pulumi-talos-pki/plugin";

const west = new AcceptedCA("west", { certificatePem: fs.readFileSync("west.crt", "utf8") });
`,
    python: `from pathlib import Path

import pulumi_talos_pki as talos

west = talos.AcceptedCA("west", certificate_pem=Path("west.crt").read_text())
`,
    yaml: `resources:
  west:
    type: talos-pki:AcceptedCA
    properties:
      certificatePem:
        fn::readFile: west.crt
`,
  },
  NodeCertificate: {
    title: "A server certificate for a day",
    typescript: `import { NodeCertificate, TalosSecrets } from "pulumi-talos-pki/plugin";

const secrets = new TalosSecrets("prod");
const node = new NodeCertificate("node-1", { secrets, ipAddresses: ["10.0.0.2"], dnsNames: ["node-1"] });
`,
    python: `import pulumi_talos_pki as talos

secrets = talos.TalosSecrets("prod")
node = talos.NodeCertificate(
    "node-1", secrets=secrets.secrets, ip_addresses=["10.0.0.2"], dns_names=["node-1"]
)
`,
    yaml: `resources:
  secrets:
    type: talos-pki:TalosSecrets
  node:
    type: talos-pki:NodeCertificate
    properties:
      secrets: \${secrets.secrets}
      ipAddresses: [10.0.0.2]
      dnsNames: [node-1]
`,
  },
  Kubeconfig: {
    title: "An admin kubeconfig",
    typescript: `import { Kubeconfig, TalosSecrets } from "pulumi-talos-pki/plugin";

const secrets = new TalosSecrets("prod");
const admin = new Kubeconfig("admin", { secrets, clusterName: "prod", clusterEndpoint: "https://10.0.0.10:6443" });
export const kubeconfig = admin.kubeconfig;
`,
    python: `import pulumi
import pulumi_talos_pki as talos

secrets = talos.TalosSecrets("prod")
admin = talos.Kubeconfig(
    "admin",
    secrets=secrets.secrets,
    cluster_name="prod",
    cluster_endpoint="https://10.0.0.10:6443",
)
pulumi.export("kubeconfig", admin.kubeconfig)
`,
    yaml: `resources:
  secrets:
    type: talos-pki:TalosSecrets
  admin:
    type: talos-pki:Kubeconfig
    properties:
      secrets: \${secrets.secrets}
      clusterName: prod
      clusterEndpoint: https://10.0.0.10:6443
outputs:
  kubeconfig: \${admin.kubeconfig}
`,
  },
  ConfigurationApply: {
    title: "A control plane that is new",
    typescript: `import { ConfigurationApply, MachineConfig, TalosSecrets } from "pulumi-talos-pki/plugin";

const secrets = new TalosSecrets("prod");
const controlPlane = new MachineConfig("controlplane", {
  secrets,
  clusterName: "prod",
  clusterEndpoint: "https://10.0.0.10:6443",
  machineType: "controlplane",
});
const node = new ConfigurationApply("cp-1", {
  node: "10.0.0.2",
  secrets,
  machineConfig: controlPlane,
  maintenance: { fingerprint: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" },
});
`,
    python: `import pulumi_talos_pki as talos

secrets = talos.TalosSecrets("prod")
control_plane = talos.MachineConfig(
    "controlplane",
    secrets=secrets.secrets,
    cluster_name="prod",
    cluster_endpoint="https://10.0.0.10:6443",
    machine_type="controlplane",
)
node = talos.ConfigurationApply(
    "cp-1",
    node="10.0.0.2",
    secrets=secrets.secrets,
    rotation_secrets=secrets.rotation_secrets,
    machine_config=control_plane.machine_config,
    maintenance={"fingerprint": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
)
`,
    yaml: `resources:
  secrets:
    type: talos-pki:TalosSecrets
  controlPlane:
    type: talos-pki:MachineConfig
    properties:
      secrets: \${secrets.secrets}
      clusterName: prod
      clusterEndpoint: https://10.0.0.10:6443
      machineType: controlplane
  node:
    type: talos-pki:ConfigurationApply
    properties:
      node: 10.0.0.2
      secrets: \${secrets.secrets}
      rotationSecrets: \${secrets.rotationSecrets}
      machineConfig: \${controlPlane.machineConfig}
      maintenance:
        fingerprint: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
`,
  },
  Bootstrap: {
    title: "The first control plane of a cluster",
    typescript: `import { Bootstrap, TalosSecrets } from "pulumi-talos-pki/plugin";

const secrets = new TalosSecrets("prod");
const etcd = new Bootstrap("etcd", { node: "10.0.0.2", secrets, controlPlaneNodes: ["10.0.0.2", "10.0.0.3", "10.0.0.4"] });
`,
    python: `import pulumi_talos_pki as talos

secrets = talos.TalosSecrets("prod")
etcd = talos.Bootstrap(
    "etcd",
    node="10.0.0.2",
    secrets=secrets.secrets,
    control_plane_nodes=["10.0.0.2", "10.0.0.3", "10.0.0.4"],
)
`,
    yaml: `resources:
  secrets:
    type: talos-pki:TalosSecrets
  etcd:
    type: talos-pki:Bootstrap
    properties:
      node: 10.0.0.2
      secrets: \${secrets.secrets}
      controlPlaneNodes: [10.0.0.2, 10.0.0.3, 10.0.0.4]
`,
  },
  ClusterHealth: {
    title: "A cluster whose Kubernetes works",
    typescript: `import { ClusterHealth, TalosSecrets } from "pulumi-talos-pki/plugin";

const secrets = new TalosSecrets("prod");
const health = new ClusterHealth("health", { secrets, controlPlaneNodes: ["10.0.0.2"], level: "kubernetes" });
`,
    python: `import pulumi_talos_pki as talos

secrets = talos.TalosSecrets("prod")
health = talos.ClusterHealth(
    "health", secrets=secrets.secrets, control_plane_nodes=["10.0.0.2"], level="kubernetes"
)
`,
    yaml: `resources:
  secrets:
    type: talos-pki:TalosSecrets
  health:
    type: talos-pki:ClusterHealth
    properties:
      secrets: \${secrets.secrets}
      controlPlaneNodes: [10.0.0.2]
      level: kubernetes
`,
  },
  TalosCluster: {
    title: "A cluster of three machines in maintenance mode",
    typescript: `import { TalosCluster } from "pulumi-talos-pki/plugin";

const cluster = new TalosCluster("prod", {
  clusterName: "prod",
  clusterEndpoint: "https://10.0.0.2:6443",
  controlPlaneNodes: [{ address: "10.0.0.2", maintenance: { allowUnverified: true } }],
  workerNodes: [
    { address: "10.0.0.3", maintenance: { allowUnverified: true } },
    { address: "10.0.0.4", maintenance: { allowUnverified: true } },
  ],
});
export const { talosconfig, kubeconfig } = cluster;
`,
    python: `import pulumi
import pulumi_talos_pki as talos

cluster = talos.TalosCluster(
    "prod",
    cluster_name="prod",
    cluster_endpoint="https://10.0.0.2:6443",
    control_plane_nodes=[{"address": "10.0.0.2", "maintenance": {"allow_unverified": True}}],
    worker_nodes=[
        {"address": "10.0.0.3", "maintenance": {"allow_unverified": True}},
        {"address": "10.0.0.4", "maintenance": {"allow_unverified": True}},
    ],
)
pulumi.export("talosconfig", cluster.talosconfig)
pulumi.export("kubeconfig", cluster.kubeconfig)
`,
    yaml: `resources:
  cluster:
    type: talos-pki:TalosCluster
    properties:
      clusterName: prod
      clusterEndpoint: https://10.0.0.2:6443
      controlPlaneNodes:
        - { address: 10.0.0.2, maintenance: { allowUnverified: true } }
      workerNodes:
        - { address: 10.0.0.3, maintenance: { allowUnverified: true } }
        - { address: 10.0.0.4, maintenance: { allowUnverified: true } }
outputs:
  talosconfig: \${cluster.talosconfig}
  kubeconfig: \${cluster.kubeconfig}
`,
  },
};

/** What an example is of. */
type Exemplified = Pick<DefinitionData, "name" | "inputs">;

/** The example that the pages of the registry and the editors show: a written one, or one made of the required inputs. */
export const exampleOf = (definition: Exemplified): Example => EXAMPLES[definition.name] ?? minimalExample(definition);

/** The example in the form of Pulumi's documentation. */
export function exampleText({ title, ...programs }: Example): string {
  const blocks = Object.entries(programs).map(([language, text]: [string, string]) =>
    ["```", language, "\n", text, "```"].join(""),
  );
  return `\n\n## Example Usage\n\n{{% examples %}}\n{{% example %}}\n### ${title}\n\n${blocks.join("\n")}\n{{% /example %}}\n{{% /examples %}}\n`;
}
