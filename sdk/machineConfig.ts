import type * as pulumi from "@pulumi/pulumi";

import { certificatesOf, secretInputsOf, secretsOf, TalosPkiResource } from "./resource";
import type { SecretsInput, TextInput } from "./types";

/** An authority to trust: an AcceptedCA, its outputs, or PEM. */
export type AcceptedCAInput =
  | pulumi.Input<string>
  | pulumi.Input<{ certificatePem: pulumi.Input<string> }>
  | { readonly certificates: pulumi.Output<{ certificatePem: string }[]> };

export interface MachineConfigArgs {
  /** A TalosSecrets, its output `secrets`, or a plain bundle. A worker keeps no private key of an authority. */
  secrets: SecretsInput;
  clusterName: pulumi.Input<string>;
  /** URL of the Kubernetes API, `https://host:6443`. */
  clusterEndpoint: pulumi.Input<string>;
  machineType: TextInput<"controlplane" | "worker">;
  /** Version contract or release. Default: that of `secrets`. */
  talosVersion?: pulumi.Input<string>;
  /** Default: that of the Talos release; once written it stays. */
  kubernetesVersion?: pulumi.Input<string>;
  /** Further names in the machine's certificate. */
  certSANs?: pulumi.Input<pulumi.Input<string>[]>;
  /** Further names in the machine's and the API server's certificate. */
  additionalSans?: pulumi.Input<pulumi.Input<string>[]>;
  /** Further authorities of the Talos API that the machine trusts. */
  acceptedCAs?: pulumi.Input<AcceptedCAInput[]>;
  /** Further Kubernetes authorities that the machine trusts. */
  kubernetesAcceptedCAs?: pulumi.Input<AcceptedCAInput[]>;
  /** Default: `cluster.local`. */
  dnsDomain?: pulumi.Input<string>;
  /** Default: `/dev/sda`; `""` for none. */
  installDisk?: pulumi.Input<string>;
  /** Default: that of the Talos release; once written it stays. */
  installImage?: pulumi.Input<string>;
  /** Registry host to the URLs of its mirrors. */
  registryMirrors?: pulumi.Input<Record<string, pulumi.Input<pulumi.Input<string>[]>>>;
  kubeSpan?: pulumi.Input<boolean>;
  /** Default: true. */
  clusterDiscovery?: pulumi.Input<boolean>;
  /** YAML text or objects, several documents allowed; merged as talosctl merges. */
  configPatches?: pulumi.Input<pulumi.Input<string | object>[]>;
}

/**
 * The machine config of one role of a cluster, as `talosctl gen config` of that version makes it.
 *
 * @example
 * const config = new MachineConfig("controlplane", {
 *   secrets, clusterName: "prod", clusterEndpoint: "https://10.0.0.1:6443", machineType: "controlplane",
 * });
 */
export class MachineConfig extends TalosPkiResource {
  /** The machine config, YAML. Secret. */
  declare readonly machineConfig: pulumi.Output<string>;
  /** The same with secrets and free text replaced. */
  declare readonly redactedConfig: pulumi.Output<string>;
  /** SHA-256 of the machine config, lower-case hex. */
  declare readonly configHash: pulumi.Output<string>;
  declare readonly clusterName: pulumi.Output<string>;
  declare readonly clusterEndpoint: pulumi.Output<string>;
  declare readonly machineType: pulumi.Output<string>;
  declare readonly talosVersion: pulumi.Output<string>;
  declare readonly kubernetesVersion: pulumi.Output<string>;
  declare readonly installImage: pulumi.Output<string>;

  constructor(name: string, args: MachineConfigArgs, opts?: pulumi.CustomResourceOptions) {
    const { secrets: _, ...shown } = args;
    const inputs = { ...certificatesOf(secretsOf(args)), __secretInputs: secretInputsOf(shown) };
    super("MachineConfig", name, inputs, MACHINE_CONFIG_OUTPUTS, opts);
  }
}

const MACHINE_CONFIG_OUTPUTS = {
  plain: [
    "redactedConfig",
    "configHash",
    "clusterName",
    "clusterEndpoint",
    "machineType",
    "talosVersion",
    "kubernetesVersion",
    "installImage",
  ],
  secret: ["machineConfig"],
} as const;
