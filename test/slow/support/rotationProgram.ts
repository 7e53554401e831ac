import { LINGER } from "../../e2e/support/life";

/** What a person writes into `rotation.os`. */
export interface RotationInput {
  readonly id: string;
  readonly stage: "accept" | "swap" | "finish" | "abort";
}

export interface ProgramOptions {
  /** Addresses of the control planes. */
  readonly endpoints: readonly string[];
  /** Addresses of the workers. */
  readonly workers: readonly string[];
  readonly rotation?: RotationInput | undefined;
  /** Further names of the workers: something else that changes their config. */
  readonly workerSANs?: readonly string[];
}

/** The program of a cluster whose OS CA rotates: an edit of one line between two ups. */
export const rotationProgram = ({ endpoints, workers, rotation, workerSANs = [] }: ProgramOptions): string => `
const { ClientConfiguration, Kubeconfig, MachineConfig, NodeCertificate, TalosSecrets } = require("pulumi-talos-pki");
const rotation = ${rotation === undefined ? "undefined" : JSON.stringify({ os: rotation })};
const secrets = new TalosSecrets("prod", { talosVersion: "v1.13", rotation }, { protect: false });
const clusterName = "prod";
const clusterEndpoint = "https://127.0.0.1:6443";
const cluster = { secrets, clusterName, clusterEndpoint };
const admin = new ClientConfiguration("admin", {
  secrets, clusterName, endpoints: ${JSON.stringify(endpoints)}, nodes: ${JSON.stringify([...endpoints, ...workers])},
});
new Kubeconfig("admin", cluster);
new NodeCertificate("console", { secrets, dnsNames: ["console.example.org"] });
exports.controlplane = new MachineConfig("controlplane", { ...cluster, machineType: "controlplane" }).machineConfig;
exports.worker = new MachineConfig("worker", {
  ...cluster, machineType: "worker", certSANs: ${JSON.stringify(workerSANs)},
}).machineConfig;
exports.talosconfig = admin.talosconfig;
exports.secretsYaml = secrets.secretsYaml;
exports.rotationSecrets = secrets.rotationSecrets;
exports.rotationStatus = secrets.rotationStatus;
setTimeout(() => {}, Number(process.env.${LINGER} ?? 0));
`;

/** The outputs of the program, in clear. */
export interface RotationOutputs {
  readonly controlplane: string;
  readonly worker: string;
  readonly talosconfig: string;
  readonly secretsYaml: string;
  readonly rotationSecrets: { readonly os?: { readonly certificatePem: string; readonly privateKeyPem: string } };
  readonly rotationStatus: {
    readonly os: { readonly stage: string; readonly issuing: string; readonly accepted: readonly string[] };
  };
}
