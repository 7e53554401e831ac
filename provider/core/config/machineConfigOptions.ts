import type { ConfigPatch } from "../machinery/patch";
import type { CAName } from "../secrets/inventory";
import type { SecretsBundle } from "../secrets/types";
import type { TalosVersion } from "../talosVersion";
import type { KeyInPem } from "../x509/publicKey";
import type { MachineSecrets, MachineType, WorkerSecrets } from "./machineSecrets";

/** The options of `talosctl gen config` that touch a machine config. */
export interface MachineConfigOptions {
  /** The whole bundle for a control plane; for a worker the reduced one will do. */
  readonly secrets: MachineSecrets;
  /** `cluster.clusterName`; not empty. */
  readonly clusterName: string;
  /** `https://host:port`, as typed. */
  readonly clusterEndpoint: string;
  /** `machine.type`. */
  readonly machineType: MachineType;
  /** `v1.13` or a release, `v1.13.2`. */
  readonly talosVersion: string;
  /** `1.36.0`; default: that of the release. `""` leaves the images out (contracts up to v1.13). */
  readonly kubernetesVersion?: string;
  /** Further names in the certificate of the machine. */
  readonly certSANs?: readonly string[];
  /** Further names in the certificates of the machine and of the API server. */
  readonly additionalSans?: readonly string[];
  /** PEM: further CAs of the Talos API that the machine trusts. */
  readonly acceptedCAs?: readonly string[];
  /** PEM: further Kubernetes CAs that the machine trusts. */
  readonly kubernetesAcceptedCAs?: readonly string[];
  /** PEM: further etcd CAs that a control plane trusts. */
  readonly etcdAcceptedCAs?: readonly string[];
  /** PEM: further aggregator CAs that a control plane trusts. */
  readonly aggregatorAcceptedCAs?: readonly string[];
  /** PEM: further keys whose service account tokens a control plane accepts; private keys up to v1.13, from v1.14 public ones will do. */
  readonly serviceAccountAcceptedKeys?: readonly string[];
  /** Default `cluster.local`. */
  readonly dnsDomain?: string;
  /** Default `/dev/sda`; `""` for none. */
  readonly installDisk?: string;
  /** Default: that of the release; `""` for none. */
  readonly installImage?: string;
  /** Registry host to the URLs of its mirrors. */
  readonly registryMirrors?: Readonly<Record<string, readonly string[]>>;
  /** Turns KubeSpan on; default false. */
  readonly kubeSpan?: boolean;
  /** Default true. */
  readonly clusterDiscovery?: boolean;
  /** Applied in their order, as `--config-patch`. */
  readonly configPatches?: readonly ConfigPatch[];
}

/** The options with defaults filled in and names in the form that is written. */
export interface MachineConfigInput {
  readonly version: TalosVersion;
  readonly clusterName: string;
  readonly endpoint: { readonly url: string; readonly hostname: string };
  /** `1.36.0`, or `""`. */
  readonly kubernetesVersion: string;
  /** SANs of the machine. */
  readonly machineSANs: readonly string[];
  /** SANs of the API server besides the endpoint. */
  readonly apiServerSANs: readonly string[];
  /** By CA, certificates in PEM, each once, without those of the bundle. */
  readonly accepted: Readonly<Record<CAName, readonly string[]>>;
  /** Keys whose service account tokens are accepted, the signing one first; empty where the bundle has none that can be read. */
  readonly serviceAccountKeys: readonly KeyInPem[];
  readonly dnsDomain: string;
  readonly installDisk: string;
  readonly installImage: string;
  readonly registryMirrors: ReadonlyMap<string, readonly string[]>;
  readonly kubeSpan: boolean;
  readonly clusterDiscovery: boolean;
  /** What the machine type adds: a control plane has the whole bundle, a worker no private key. */
  readonly machine:
    | { readonly type: "controlplane"; readonly secrets: SecretsBundle }
    | { readonly type: "worker"; readonly secrets: WorkerSecrets };
}
