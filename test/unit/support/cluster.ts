import type { Values } from "../../../provider/engine/values";
import { ClientConfiguration } from "../../../provider/resources/clientConfiguration";
import { Kubeconfig } from "../../../provider/resources/kubeconfig";
import { MachineConfig } from "../../../provider/resources/machineConfig";
import { NodeCertificate } from "../../../provider/resources/nodeCertificate";
import { TalosSecrets } from "../../../provider/resources/talosSecrets";
import { Managed, type TestHost } from "./engine";

/** Without the RSA key, which costs a second. */
export const QUICK: Values = { serviceAccount: { algorithm: "ecdsa-p256" } };

export async function makeSecrets(host: TestHost, args: Values = {}): Promise<Managed> {
  const secrets = new Managed(TalosSecrets, host);
  await secrets.up({ ...QUICK, ...args });
  return secrets;
}

/** The definitions under their names, with the least arguments that each takes. */
export const DEPENDENTS = {
  ClientConfiguration: { definition: ClientConfiguration, args: { clusterName: "c" } },
  NodeCertificate: { definition: NodeCertificate, args: { ipAddresses: ["10.0.0.2"] } },
  Kubeconfig: { definition: Kubeconfig, args: { clusterName: "c", clusterEndpoint: "https://10.0.0.1:6443" } },
  MachineConfig: {
    definition: MachineConfig,
    args: { clusterName: "c", clusterEndpoint: "https://10.0.0.1:6443", machineType: "worker" },
  },
} as const;

export type DependentName = keyof typeof DEPENDENTS;

export function dependent(name: DependentName, host: TestHost): Managed {
  return new Managed(DEPENDENTS[name].definition, host);
}
