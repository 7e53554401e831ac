// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
import type * as pulumi from "@pulumi/pulumi";

import { Bootstrap } from "./bootstrap";
import { ClientConfiguration } from "./clientConfiguration";
import { ClusterHealth } from "./clusterHealth";
import { ConfigurationApply } from "./configurationApply";
import { Kubeconfig } from "./kubeconfig";
import { MachineConfig } from "./machineConfig";
import { TalosSecrets } from "./talosSecrets";
import { type ComponentKind, TalosPkiComponent } from "./component";
import type { AcceptedCAInput, ConfigPatchInput, TextInput } from "./inputs";
import type {
  CertificateAuthoritiesArgs,
  ClusterArgs,
  ClusterClientArgs,
  ClusterNodeArgs,
  ClusterSecrets,
  HealthCheck,
  NodeOnDestroyArgs,
  NodeTimeoutsArgs,
  RotationArgs,
  RotationStatus,
  ServiceAccountArgs,
} from "./types";

/** Inputs of TalosCluster. */
export interface TalosClusterArgs {
  /** Name of the cluster. */
  clusterName: pulumi.Input<string>;
  /**
   * URL of the Kubernetes API, `https://host:6443`. Without a port it is accepted as talosctl accepts it, with a
   * warning.
   */
  clusterEndpoint: pulumi.Input<string>;
  /** The control planes. The first starts etcd; a change reaches them one after the other. */
  controlPlaneNodes?: ClusterNodeArgs[];
  /** The workers. A change reaches them after the control planes, `maxParallel` at a time. */
  workerNodes?: ClusterNodeArgs[];
  /** Clients of the Talos API by name, beside `admin`, which is always there and may be configured here too. */
  clients?: Record<string, ClusterClientArgs>;
  /**
   * What must hold: `talos` (every node answers and its services are well), `etcd` (and its members are healthy,
   * consistent, without alarms), `kubernetes` (and the API server answers on every control plane and kubelets are Ready
   * or, without a CNI, serve). Default: `etcd`.
   */
  healthLevel?: TextInput<"talos" | "etcd" | "kubernetes">;
  /** How many workers take a change at a time. Default: `5`. */
  maxParallel?: number;
  /** What becomes of a machine when its node is taken away or the cluster is destroyed. Default: nothing. */
  onDestroy?: pulumi.Input<NodeOnDestroyArgs>;
  /** How long operations may take, Go durations. */
  timeouts?: pulumi.Input<NodeTimeoutsArgs>;
  /**
   * Resources that the stack had before, which become those of the cluster without a change: name or URN by the part
   * that follows the cluster's name (`secrets`, `controlplane`, `worker`, `client-admin`, `kubeconfig`,
   * `apply-10.0.0.2`, `bootstrap`, `health`).
   */
  aliases?: Record<string, string>;
  /**
   * Version contract or release of the Talos on the machines (`v1.13`, `v1.13.2`), which rejects the config of a newer
   * one; supported: v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14. Default: `v1.14`.
   */
  talosVersion?: pulumi.Input<string>;
  /** How the CAs are made, or own CAs. */
  certificateAuthorities?: pulumi.Input<CertificateAuthoritiesArgs>;
  /** The key that signs Kubernetes service account tokens. */
  serviceAccount?: pulumi.Input<ServiceAccountArgs>;
  /** Identity of the cluster for discovery. */
  cluster?: pulumi.Input<ClusterArgs>;
  /** Kubernetes bootstrap token, `[0-9a-z]{6}.[0-9a-z]{16}`. */
  bootstrapToken?: pulumi.Input<string>;
  /** Token with which workers ask trustd for certificates, of the same form. */
  trustdToken?: pulumi.Input<string>;
  /** Key that encrypts Secrets in etcd, base64 of 32 bytes. */
  secretboxEncryptionSecret?: pulumi.Input<string>;
  /** The same of clusters created with Talos v1.2 or before. */
  aescbcEncryptionSecret?: pulumi.Input<string>;
  /**
   * Adopts the secrets in a text: a `talosctl gen secrets` file, a Terraform or OpenTofu state, a Pulumi stack export,
   * Kubernetes Secrets of Cluster API, or talhelper's talsecret.yaml, recognised by content. Read at creation only.
   */
  secretsYaml?: pulumi.Input<string>;
  /**
   * Adopts the secrets in a control plane machine config (its text, or what `talosctl get machineconfig` prints). Read
   * at creation only.
   */
  controlPlaneConfig?: pulumi.Input<string>;
  /**
   * Adopts a kubeadm `/etc/kubernetes/pki` folder, relative to the program; the rest is generated. Read at creation
   * only.
   */
  kubernetesPkiDirectory?: pulumi.Input<string>;
  /** Rotations. */
  rotation?: pulumi.Input<RotationArgs>;
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
 * A whole Talos cluster as one object: its secrets, machine configs and clients, the nodes that get the configs, etcd's
 * start and the wait for health. Without nodes it makes the PKI and the configs, for user data.
 *
 * Its secrets are protected unless `protect: false` says otherwise: deleting them loses what cannot be made again.
 *
 * @example
 * import { TalosCluster } from "pulumi-talos-pki";
 *
 * const cluster = new TalosCluster("prod", {
 *   clusterName: "prod",
 *   clusterEndpoint: "https://10.0.0.2:6443",
 *   controlPlaneNodes: [{ address: "10.0.0.2", maintenance: { allowUnverified: true } }],
 *   workerNodes: [
 *     { address: "10.0.0.3", maintenance: { allowUnverified: true } },
 *     { address: "10.0.0.4", maintenance: { allowUnverified: true } },
 *   ],
 * });
 * export const { talosconfig, kubeconfig } = cluster;
 */
export class TalosCluster extends TalosPkiComponent {
  /** @internal */
  static override readonly children = () => ({
    Bootstrap,
    ClientConfiguration,
    ClusterHealth,
    ConfigurationApply,
    Kubeconfig,
    MachineConfig,
    TalosSecrets,
  });

  /** The same, structured, with `talosVersion` and `acceptedCAs`: what the other resources take. Secret. */
  declare readonly secrets: pulumi.Output<ClusterSecrets>;
  /** The administrator's talosconfig, YAML. Secret. */
  declare readonly talosconfig: pulumi.Output<string>;
  /** The talosconfigs by client. Secret. */
  declare readonly talosconfigs: pulumi.Output<Record<string, string>>;
  /** An admin kubeconfig, YAML; there once the cluster is healthy. Secret. */
  declare readonly kubeconfig: pulumi.Output<string>;
  /** The machine config of the control planes, YAML, without patches of single nodes. Secret. */
  declare readonly controlPlaneConfig: pulumi.Output<string>;
  /** The machine config of the workers, YAML, without patches of single nodes. Secret. */
  declare readonly workerConfig: pulumi.Output<string>;
  /** Where each rotation stands, and what to do next. */
  declare readonly rotationStatus: pulumi.Output<RotationStatus>;
  /** Every check that was made; none where there are no nodes. */
  declare readonly health: pulumi.Output<HealthCheck[]>;

  constructor(name: string, args: TalosClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(TALOS_CLUSTER, name, args, opts);
  }
}

const TALOS_CLUSTER: ComponentKind = {
  name: "TalosCluster",
  passed: {
    TalosSecrets: [
      "talosVersion",
      "certificateAuthorities",
      "serviceAccount",
      "cluster",
      "bootstrapToken",
      "trustdToken",
      "secretboxEncryptionSecret",
      "aescbcEncryptionSecret",
      "secretsYaml",
      "controlPlaneConfig",
      "kubernetesPkiDirectory",
      "rotation",
    ],
    MachineConfig: [
      "talosVersion",
      "kubernetesVersion",
      "certSANs",
      "additionalSans",
      "acceptedCAs",
      "kubernetesAcceptedCAs",
      "dnsDomain",
      "installDisk",
      "installImage",
      "registryMirrors",
      "kubeSpan",
      "clusterDiscovery",
      "configPatches",
    ],
  },
};
