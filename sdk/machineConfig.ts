// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import type { AcceptedCAInput, ConfigPatchInput, SecretsInput, TextInput } from "./inputs";
import { type ResourceKind, TalosPkiResource } from "./resource";
import type { MachineType } from "./types";

/** Inputs of MachineConfig. */
export interface MachineConfigArgs {
  /**
   * The cluster's secrets: a TalosSecrets, its output `secrets`, or a plain bundle (the text or the parsed form of a
   * `talosctl gen secrets` file). Only the part that this resource needs is kept in its state.
   */
  secrets: SecretsInput;
  /** Name of the cluster. */
  clusterName: pulumi.Input<string>;
  /**
   * URL of the Kubernetes API, `https://host:6443`. Without a port it is accepted as talosctl accepts it, with a
   * warning.
   */
  clusterEndpoint: pulumi.Input<string>;
  /** Role of the machine. The state of a worker's config holds no private key of a CA. */
  machineType: TextInput<MachineType>;
  /**
   * Version contract or release (`v1.13`, `v1.13.2`); supported: v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13,
   * v1.14. Default: that of `secrets`.
   */
  talosVersion?: pulumi.Input<string>;
  /** Kubernetes version. Default: that of the Talos release; once written it stays. */
  kubernetesVersion?: pulumi.Input<string>;
  /** Further names in the machine's certificate. */
  certSANs?: pulumi.Input<pulumi.Input<string>[]>;
  /** Further names in the machine's and the API server's certificate. */
  additionalSans?: pulumi.Input<pulumi.Input<string>[]>;
  /** Further CAs of the Talos API that the machine trusts: AcceptedCA resources, their outputs, or PEM. */
  acceptedCAs?: pulumi.Input<AcceptedCAInput[]>;
  /** Further Kubernetes CAs that the machine trusts, likewise. */
  kubernetesAcceptedCAs?: pulumi.Input<AcceptedCAInput[]>;
  /** DNS domain of the cluster. Default: `cluster.local`. */
  dnsDomain?: pulumi.Input<string>;
  /** Disk to install Talos to; `""` for none. Default: `/dev/sda`. */
  installDisk?: pulumi.Input<string>;
  /** Installer image. Default: that of the Talos release; once written it stays. */
  installImage?: pulumi.Input<string>;
  /** Registry host to the list of its mirrors' URLs. */
  registryMirrors?: pulumi.Input<Record<string, pulumi.Input<pulumi.Input<string>[]>>>;
  /** Whether KubeSpan is on. Default: `false`. */
  kubeSpan?: pulumi.Input<boolean>;
  /** Whether cluster discovery is on. Default: `true`. */
  clusterDiscovery?: pulumi.Input<boolean>;
  /** Patches in order: YAML text or objects, several documents allowed; merged as talosctl merges. */
  configPatches?: pulumi.Input<ConfigPatchInput[]>;
}

/**
 * A Talos machine config: what `talosctl gen config` of that version makes from the same secrets and options, without
 * docs.
 *
 * @example
 * import { MachineConfig, TalosSecrets } from "pulumi-talos-pki";
 *
 * const secrets = new TalosSecrets("prod");
 * const controlPlane = new MachineConfig("controlplane", {
 *   secrets,
 *   clusterName: "prod",
 *   clusterEndpoint: "https://10.0.0.10:6443",
 *   machineType: "controlplane",
 * });
 */
export class MachineConfig extends TalosPkiResource {
  /** The machine config, YAML. Secret. */
  declare readonly machineConfig: pulumi.Output<string>;
  /** The same with secrets and free text replaced, so that a preview shows what really changes. */
  declare readonly redactedConfig: pulumi.Output<string>;
  /** SHA-256 of the machine config, lower-case hex. */
  declare readonly configHash: pulumi.Output<string>;
  /** Name of the cluster. */
  declare readonly clusterName: pulumi.Output<string>;
  /**
   * URL of the Kubernetes API, `https://host:6443`. Without a port it is accepted as talosctl accepts it, with a
   * warning.
   */
  declare readonly clusterEndpoint: pulumi.Output<string>;
  /** Role of the machine. The state of a worker's config holds no private key of a CA. */
  declare readonly machineType: pulumi.Output<MachineType>;
  /**
   * Version contract or release (`v1.13`, `v1.13.2`); supported: v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13,
   * v1.14. Default: that of `secrets`.
   */
  declare readonly talosVersion: pulumi.Output<string>;
  /** Kubernetes version. Default: that of the Talos release; once written it stays. */
  declare readonly kubernetesVersion: pulumi.Output<string>;
  /** Installer image. Default: that of the Talos release; once written it stays. */
  declare readonly installImage: pulumi.Output<string>;

  constructor(name: string, args: MachineConfigArgs, opts?: pulumi.CustomResourceOptions) {
    super(MACHINE_CONFIG, name, args, opts);
  }
}

const MACHINE_CONFIG: ResourceKind = {
  name: "MachineConfig",
  outputs: {
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
  },
  takes: {
    secrets: { output: "secrets", as: "value" },
    acceptedCAs: { output: "certificates", as: "member" },
    kubernetesAcceptedCAs: { output: "certificates", as: "member" },
  },
  reportsSecretsExcept: ["secrets"],
};
