import { SUPPORTED_TALOS_VERSIONS } from "../../core/talosVersion";
import { ANY, BOOLEAN, type Properties, type PropertyType, STRING, STRINGS } from "../schema";
import { SECRETS_INPUT } from "../secretsInput";

const AUTHORITIES: PropertyType = { kind: "list", item: ANY };

/** Inputs of MachineConfig. */
export const INPUTS: Properties = {
  secrets: SECRETS_INPUT,
  clusterName: { type: STRING, description: "Name of the cluster.", required: true },
  clusterEndpoint: {
    type: STRING,
    description:
      "URL of the Kubernetes API, `https://host:6443`. Without a port it is taken as talosctl takes it, with a warning.",
    required: true,
  },
  machineType: {
    type: { kind: "enum", values: ["controlplane", "worker"] },
    description: "Role of the machine. The state of a worker's config holds no private key of an authority.",
    required: true,
  },
  talosVersion: {
    type: STRING,
    description: `Version contract or release (\`v1.13\`, \`v1.13.2\`); supported: ${SUPPORTED_TALOS_VERSIONS.join(", ")}. Default: that of \`secrets\`.`,
  },
  kubernetesVersion: {
    type: STRING,
    description: "Kubernetes version. Default: that of the Talos release; once written it stays.",
  },
  certSANs: { type: STRINGS, description: "Further names in the machine's certificate." },
  additionalSans: { type: STRINGS, description: "Further names in the machine's and the API server's certificate." },
  acceptedCAs: {
    type: AUTHORITIES,
    description:
      "Further authorities of the Talos API that the machine trusts: AcceptedCA resources, their outputs, or PEM.",
  },
  kubernetesAcceptedCAs: {
    type: AUTHORITIES,
    description: "Further Kubernetes authorities that the machine trusts, likewise.",
  },
  dnsDomain: { type: STRING, description: "DNS domain of the cluster.", default: "cluster.local" },
  installDisk: { type: STRING, description: 'Disk to install Talos to; `""` for none.', default: "/dev/sda" },
  installImage: {
    type: STRING,
    description: "Installer image. Default: that of the Talos release; once written it stays.",
  },
  registryMirrors: {
    type: { kind: "map", value: STRINGS },
    description: "Registry host to the list of its mirrors' URLs.",
  },
  kubeSpan: { type: BOOLEAN, description: "Whether KubeSpan is on.", default: false },
  clusterDiscovery: { type: BOOLEAN, description: "Whether cluster discovery is on.", default: true },
  configPatches: {
    type: { kind: "list", item: ANY },
    description: "Patches in order: YAML text or objects, several documents allowed; merged as talosctl merges.",
    secret: true,
  },
};
