import type { CertificateAndKey, SecretsBundle } from "../secrets/types";

/** What a worker's config takes of a bundle: certificates without keys, and the tokens it joins with. */
export interface WorkerSecrets {
  /** As in the bundle. */
  readonly cluster: SecretsBundle["cluster"];
  /** The bootstrap token alone. */
  readonly secrets: Pick<SecretsBundle["secrets"], "bootstrapToken">;
  /** As in the bundle. */
  readonly trustdInfo: SecretsBundle["trustdInfo"];
  /** Certificates of the Talos and Kubernetes authorities, PEM; no key. */
  readonly certs: {
    readonly os: Pick<CertificateAndKey, "crt">;
    readonly k8s: Pick<CertificateAndKey, "crt">;
  };
}

/** The secrets that a machine config is made from: a whole bundle, or the reduced one of a worker. */
export type MachineSecrets = SecretsBundle | WorkerSecrets;

/** `machine.type` of a machine config. */
export type MachineType = "controlplane" | "worker";

/** What every machine needs of a bundle, by path. */
export const MACHINE_FIELDS: readonly string[] = [
  "cluster.id",
  "cluster.secret",
  "secrets.bootstrapToken",
  "trustdInfo.token",
  "certs.os.crt",
  "certs.k8s.crt",
];

/**
 * The part of a bundle that a machine of this type needs. A worker gets no private key of any authority.
 *
 * @example
 * secretsForMachine(bundle, "worker").certs.os; // { crt: "-----BEGIN CERTIFICATE-----…" }
 */
export function secretsForMachine(secrets: MachineSecrets, machineType: MachineType): MachineSecrets {
  if (machineType !== "worker") return withoutEmptySecrets(secrets);
  return {
    cluster: { id: secrets.cluster.id, secret: secrets.cluster.secret },
    secrets: { bootstrapToken: secrets.secrets.bootstrapToken },
    trustdInfo: { token: secrets.trustdInfo.token },
    certs: { os: { crt: secrets.certs.os.crt }, k8s: { crt: secrets.certs.k8s.crt } },
  };
}

/** An encryption secret that is empty is none: a provider of etcd with an empty key would stop the API server. */
function withoutEmptySecrets(secrets: MachineSecrets): MachineSecrets {
  const { bootstrapToken, ...encryption } = secrets.secrets;
  const given = Object.entries(encryption).filter(([, secret]) => secret !== "");
  return { ...secrets, secrets: { bootstrapToken, ...Object.fromEntries(given) } };
}

/** True for a bundle that holds what a control plane needs. */
export function isWholeBundle(secrets: MachineSecrets): secrets is SecretsBundle {
  const { certs } = secrets as Partial<SecretsBundle>;
  const pairs = [certs?.os, certs?.k8s, certs?.etcd, certs?.k8sAggregator];
  return pairs.every((pair) => Boolean(pair?.crt) && Boolean(pair?.key)) && Boolean(certs?.k8sServiceAccount.key);
}
