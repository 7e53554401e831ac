import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Outcome } from "./operation";
import { repository } from "./tools";

/** When a cluster begins in these tests. */
export const START = "2027-01-01T00:00:00Z";

/** What a test says of the program that it runs. */
export interface Settings {
  /** Arguments of the resources, beside those of every cluster. */
  readonly secrets?: object;
  readonly client?: object;
  readonly clientOptions?: object;
  readonly worker?: object;
  /** New names by old ones, each with an alias. */
  readonly names?: Readonly<Record<string, string>>;
}

/** A cluster's program: everything that this package makes, with what a test says of it. */
export const clusterProgram = ({
  secrets = {},
  client = {},
  clientOptions = {},
  worker = {},
  names = {},
}: Settings = {}): string => `
const pulumi = require("@pulumi/pulumi");
const { TalosSecrets, ClientConfiguration, MachineConfig, NodeCertificate, Kubeconfig, AcceptedCA } = require("pulumi-talos-pki");
const names = ${JSON.stringify(names)};
const named = name => names[name] ?? name;
const aliases = name => names[name] === undefined ? {} : { aliases: [{ name }] };
const cluster = { clusterName: "prod", clusterEndpoint: "https://10.0.0.1:6443" };
const secrets = new TalosSecrets(named("secrets"), { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" }, ...${JSON.stringify(secrets)} }, { protect: false, ...aliases("secrets") });
const client = new ClientConfiguration(named("client"), { secrets, clusterName: "prod", endpoints: ["10.0.0.2"], ...${JSON.stringify(client)} }, { ...${JSON.stringify(clientOptions)}, ...aliases("client") });
const node = new NodeCertificate(named("node"), { secrets, ipAddresses: ["10.0.0.2"], validityPeriodHours: 8760 }, aliases("node"));
const kubeconfig = new Kubeconfig(named("kubeconfig"), { secrets, ...cluster }, aliases("kubeconfig"));
const accepted = new AcceptedCA(named("accepted"), { certificatePem: ${JSON.stringify(readFileSync(join(repository, "test", "vectors", "pki", "ca.crt"), "utf8"))} }, aliases("accepted"));
const controlplane = new MachineConfig(named("controlplane"), { secrets, ...cluster, machineType: "controlplane", acceptedCAs: [accepted] }, aliases("controlplane"));
const worker = new MachineConfig(named("worker"), { secrets, ...cluster, machineType: pulumi.output("worker"), ...${JSON.stringify(worker)} }, aliases("worker"));
Object.assign(exports, {
  fingerprint: client.fingerprint, issuer: client.issuerFingerprint, notAfter: client.notAfter, ready: client.readyForRenewal,
  certificate: client.clientCertificatePem, trusted: client.caCertificatesPem, roles: client.roles, talosconfig: client.talosconfig,
  authorities: secrets.certificateAuthorities, rotation: secrets.rotationStatus, bundle: secrets.secretsYaml,
  controlplane: controlplane.machineConfig, worker: worker.machineConfig, workerHash: worker.configHash,
  node: node.fingerprint, nodeReady: node.readyForRenewal, kube: kubeconfig.fingerprint, kubeIssuer: kubeconfig.issuerFingerprint,
});
`;

/** What was done to which resource, without what stayed the same. */
export const stepsOf = ({ steps }: Outcome): string[] =>
  steps
    .filter(({ op, type }) => op !== "same" && type !== "pulumi:pulumi:Stack")
    .map(({ op, name }) => `${op} ${name}`)
    .sort();
/** What was said to the user, without the audit. */
export const saidOf = ({ diagnostics }: Outcome): string[] =>
  diagnostics.flatMap(({ message }) => message.split("\n")).filter((line) => !line.includes(": audit: "));
/** The properties of a resource that differ. */
export const diffOf = ({ steps }: Outcome, resource: string): readonly string[] =>
  steps.find(({ name, op }) => name === resource && op !== "same")?.diffs ?? [];
