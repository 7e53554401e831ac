/** A certificate with its private key, both PEM text (not base64), Talos key label included. */
export interface CertificateAndKey {
  /** PEM of the certificate. */
  readonly crt: string;
  /** PEM of its private key; secret. */
  readonly key: string;
}

/**
 * The secrets bundle of one cluster, as `talosctl gen secrets` makes it, parsed. PEM values are PEM text here and
 * base64 of it only in YAML. Source: siderolabs/talos pkg/machinery/config/generate/secrets/secrets.go, v1.13.
 */
export interface SecretsBundle {
  /** What names the cluster in its discovery service. */
  readonly cluster: {
    /** 32 random bytes, base64 (url alphabet up to contract v1.13, standard from v1.14); never decoded by Talos. */
    readonly id: string;
    /** 32 random bytes, standard base64. */
    readonly secret: string;
  };
  /** What Kubernetes is joined and encrypted with. */
  readonly secrets: {
    /** `[0-9a-z]{6}.[0-9a-z]{16}`. */
    readonly bootstrapToken: string;
    /** 32 random bytes, standard base64; contracts up to v1.2. */
    readonly aescbcEncryptionSecret?: string;
    /** 32 random bytes, standard base64; contracts from v1.3. */
    readonly secretboxEncryptionSecret?: string;
  };
  /** `token`: `[0-9a-z]{6}.[0-9a-z]{16}`, by which workers ask trustd for certificates (`machine.token`). */
  readonly trustdInfo: { readonly token: string };
  /** The CAs, and the key that signs service account tokens; PEM. */
  readonly certs: {
    readonly etcd: CertificateAndKey;
    readonly k8s: CertificateAndKey;
    readonly k8sAggregator: CertificateAndKey;
    readonly k8sServiceAccount: { readonly key: string };
    readonly os: CertificateAndKey;
  };
}

/** The certificate authorities (CAs) of a bundle, by the names that the contract uses. */
export type AuthorityName = "os" | "kubernetes" | "etcd" | "aggregator";

/** Certificates (PEM, one each) that are trusted beside the issuing CA. */
export interface AcceptedAuthorities {
  /** Of the Talos API (`machine.acceptedCAs`). */
  readonly os: readonly string[];
  /** Of Kubernetes (`cluster.acceptedCAs`). */
  readonly kubernetes: readonly string[];
  /** Of etcd (behind the issuing one in `cluster.etcd.ca.crt`). */
  readonly etcd: readonly string[];
  /** Of aggregated APIs (behind the issuing one in `cluster.aggregatorCA.crt`, or KubeAggregatorCAConfig). */
  readonly aggregator: readonly string[];
  /** Public keys of service account tokens, PEM. */
  readonly serviceAccount: readonly string[];
}

/** `machine.type` of a machine config. */
export type MachineType = (typeof MACHINE_TYPES)[number];

/** The roles of a machine. */
export const MACHINE_TYPES = ["controlplane", "worker"] as const;
