import type { MachineConfigOptions } from "../../core/config/machineConfigOptions";
import type { MachineSecrets } from "../../core/config/machineSecrets";
import { SECRET_INPUTS, type Values } from "../definition";
import { readSecretsInput } from "../secretsInput";

/** Names of the inputs that were filled in, not given; Pulumi hides the key. */
export const DEFAULTED = "__defaults";

/** Stand for secrets that a preview does not know. */
const PAIR = { crt: "unknown", key: "unknown" };
const UNKNOWN_SECRETS: MachineSecrets = {
  cluster: { id: "unknown", secret: "unknown" },
  secrets: { bootstrapToken: "unknown", secretboxEncryptionSecret: "unknown" },
  trustdInfo: { token: "unknown" },
  certs: { etcd: PAIR, k8s: PAIR, k8sAggregator: PAIR, k8sServiceAccount: { key: "unknown" }, os: PAIR },
};

/** The options of the core from checked inputs. */
export function configOptions(inputs: Values): MachineConfigOptions {
  const { secrets, acceptedCAs, kubernetesAcceptedCAs, ...rest } = inputs;
  const parsed = secrets === undefined ? undefined : readSecretsInput(secrets, "secrets");
  const { [DEFAULTED]: _defaults, [SECRET_INPUTS]: _marks, ...options } = rest;
  return {
    ...options,
    secrets: (parsed?.bundle ?? UNKNOWN_SECRETS) as MachineSecrets,
    acceptedCAs: [...(parsed?.acceptedCAs.os ?? []), ...((acceptedCAs as string[] | undefined) ?? [])],
    kubernetesAcceptedCAs: [
      ...(parsed?.acceptedCAs.kubernetes ?? []),
      ...((kubernetesAcceptedCAs as string[] | undefined) ?? []),
    ],
  } as unknown as MachineConfigOptions;
}
