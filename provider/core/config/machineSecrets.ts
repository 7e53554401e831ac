import { BUNDLE_FIELDS, setAt, valueAt } from "../secrets/fields";
import { isEncryption } from "../secrets/inventory";
import type { CertificateAndKey, MachineType, SecretsBundle } from "../secrets/types";

export type { MachineType };

/** What a worker's config takes of a bundle: certificates without keys, and the tokens it joins with. */
export interface WorkerSecrets {
  /** As in the bundle. */
  readonly cluster: SecretsBundle["cluster"];
  /** The bootstrap token alone. */
  readonly secrets: Pick<SecretsBundle["secrets"], "bootstrapToken">;
  /** As in the bundle. */
  readonly trustdInfo: SecretsBundle["trustdInfo"];
  /** Certificates of the Talos and Kubernetes CAs, PEM; no key. */
  readonly certs: {
    readonly os: Pick<CertificateAndKey, "crt">;
    readonly k8s: Pick<CertificateAndKey, "crt">;
  };
}

/** The secrets that a machine config is made from: a whole bundle, or the reduced one of a worker. */
export type MachineSecrets = SecretsBundle | WorkerSecrets;

/** What every machine needs of a bundle, by path. */
export const MACHINE_FIELDS: readonly string[] = BUNDLE_FIELDS.filter(({ isForWorker }) => isForWorker).map(
  ({ bundle }) => bundle.join("."),
);

/**
 * The part of a bundle that a machine of this type needs. A worker gets no private key of any CA. An encryption secret
 * that is empty is left out: a provider of etcd with an empty key would stop the API server.
 *
 * @example
 * secretsForMachine(bundle, "worker").certs.os; // { crt: "-----BEGIN CERTIFICATE-----…" }
 */
export function secretsForMachine(secrets: MachineSecrets, machineType: MachineType): MachineSecrets {
  const part: Record<string, unknown> = {};
  for (const { secret, bundle, isForWorker } of BUNDLE_FIELDS) {
    const value = valueAt(secrets, bundle);
    const isLeftOut = machineType === "worker" ? !isForWorker : value === "" && isEncryption(secret);
    if (value !== undefined && !isLeftOut) setAt(part, bundle, value);
  }
  return part as unknown as MachineSecrets;
}

/** True for a bundle that holds what a control plane needs. */
export function isWholeBundle(secrets: MachineSecrets): secrets is SecretsBundle {
  return BUNDLE_FIELDS.every(({ half, bundle }) => half === undefined || Boolean(valueAt(secrets, bundle)));
}
