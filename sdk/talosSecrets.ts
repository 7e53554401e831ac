import type * as pulumi from "@pulumi/pulumi";

import { TalosPkiResource } from "./resource";
import type { Hours, KeyAlgorithm, TextInput } from "./types";

/** How an authority is made, or one's own. */
export interface CertificateAuthorityArgs {
  /** Kind of the key that is made. Default: what Talos makes. */
  algorithm?: TextInput<KeyAlgorithm>;
  /** Lifetime, default 87600 hours (10 years). */
  validityPeriodHours?: pulumi.Input<Hours>;
  /** Certificate of an authority of one's own, PEM; `privateKeyPem` belongs beside it. */
  certificatePem?: pulumi.Input<string>;
  /** Its private key, PEM. */
  privateKeyPem?: pulumi.Input<string>;
}

/** A rotation in stages: one `pulumi up` each for `accept`, `swap` and `finish`. */
export interface StagedRotationArgs {
  /** Name of the rotation, used once; a date does well. */
  id: pulumi.Input<string>;
  stage: TextInput<"accept" | "swap" | "finish" | "abort">;
  /** Certificate of the next authority, to bring one's own. */
  certificatePem?: pulumi.Input<string>;
  /** Its private key, PEM. */
  privateKeyPem?: pulumi.Input<string>;
}

/** A replacement at once, when `id` changes. */
export interface ImmediateRotationArgs {
  id: pulumi.Input<string>;
}

export interface TalosSecretsArgs {
  /** Version contract, `"v1.13"`; default: the newest supported. Pinned at creation; a later change never regenerates anything. */
  talosVersion?: pulumi.Input<string>;
  /** How the authorities are made, or authorities of one's own. */
  certificateAuthorities?: pulumi.Input<{
    os?: pulumi.Input<CertificateAuthorityArgs>;
    kubernetes?: pulumi.Input<CertificateAuthorityArgs>;
    etcd?: pulumi.Input<CertificateAuthorityArgs>;
    aggregator?: pulumi.Input<CertificateAuthorityArgs>;
  }>;
  /** The key that signs Kubernetes service account tokens. */
  serviceAccount?: pulumi.Input<{ algorithm?: TextInput<KeyAlgorithm>; privateKeyPem?: pulumi.Input<string> }>;
  /** Identity of the cluster for discovery. */
  cluster?: pulumi.Input<{ id?: pulumi.Input<string>; secret?: pulumi.Input<string> }>;
  /** Kubernetes bootstrap token, `[0-9a-z]{6}.[0-9a-z]{16}`. */
  bootstrapToken?: pulumi.Input<string>;
  /** Token with which workers ask trustd for certificates. */
  trustdToken?: pulumi.Input<string>;
  /** Key that encrypts Secrets in etcd, base64 of 32 bytes. */
  secretboxEncryptionSecret?: pulumi.Input<string>;
  /** The same of clusters created with Talos v1.2 or before. */
  aescbcEncryptionSecret?: pulumi.Input<string>;
  /** Adopts a `talosctl gen secrets` file (its text). Read at creation only. */
  secretsYaml?: pulumi.Input<string>;
  /** Adopts the secrets in a control plane machine config (its text). Read at creation only. */
  controlPlaneConfig?: pulumi.Input<string>;
  /** Adopts a kubeadm `/etc/kubernetes/pki` folder; the rest is generated. Read at creation only. */
  kubernetesPkiDirectory?: pulumi.Input<string>;
  /** Rotations. */
  rotation?: pulumi.Input<{
    os?: pulumi.Input<StagedRotationArgs>;
    kubernetes?: pulumi.Input<StagedRotationArgs>;
    aggregator?: pulumi.Input<ImmediateRotationArgs>;
    serviceAccount?: pulumi.Input<ImmediateRotationArgs>;
    bootstrapToken?: pulumi.Input<ImmediateRotationArgs>;
    trustdToken?: pulumi.Input<ImmediateRotationArgs>;
  }>;
}

/** Public facts of an authority. */
export interface CertificateAuthorityInfo {
  certificatePem: string;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  fingerprint: string;
  subject: string;
  algorithm: string;
  serialNumber: string;
  /** RFC 3339 UTC. */
  notBefore: string;
  /** RFC 3339 UTC. */
  notAfter: string;
}

/** Where a staged rotation stands. */
export interface StagedRotationStatus {
  id?: string;
  stage: "none" | "accept" | "swap" | "finish" | "abort";
  /** Fingerprint of the issuing authority. */
  issuing: string;
  /** Fingerprints of the authorities accepted beside it. */
  accepted: string[];
  /** Fingerprint of the authority that will issue, at stage `accept`. */
  next?: string;
  /** Fingerprints of authorities that have issued before. */
  retired: string[];
  /** Ids that cannot be used again. */
  spentIds: string[];
  /** What to do next. */
  todo: string;
}

export interface RotationStatus {
  os: StagedRotationStatus;
  kubernetes: StagedRotationStatus;
  aggregator?: { id: string };
  serviceAccount?: { id: string };
  bootstrapToken?: { id: string };
  trustdToken?: { id: string };
}

/** The other authority of a rotation under way: the next one at `accept`, the old one at `swap`. */
export interface RotationSecret {
  certificatePem: string;
  privateKeyPem: string;
}

/**
 * `machineSecrets` of `@pulumiverse/talos`: base64 of PEM. Typed as there, so that it fits: a bundle whose cluster encrypts
 * with AES-CBC has an `aescbcEncryptionSecret`, and no `secretboxEncryptionSecret` whatever the type says.
 */
export interface MachineSecretsShape {
  cluster: { id: string; secret: string };
  secrets: { bootstrapToken: string; secretboxEncryptionSecret: string; aescbcEncryptionSecret?: string };
  trustdinfo: { token: string };
  certs: {
    etcd: { cert: string; key: string };
    k8s: { cert: string; key: string };
    k8sAggregator: { cert: string; key: string };
    k8sServiceaccount: { key: string };
    os: { cert: string; key: string };
  };
}

/**
 * Creates or adopts the secrets of one Talos cluster and owns the life of its authorities.
 *
 * Nothing in it is ever regenerated by a change that does not say so. Deleting it deletes no cluster but loses its
 * keys, so it is protected unless told otherwise.
 *
 * @example
 * const secrets = new TalosSecrets("prod", { talosVersion: "v1.13" });
 */
export class TalosSecrets extends TalosPkiResource {
  /** The secrets bundle, a file that `talosctl` reads. Secret. */
  declare readonly secretsYaml: pulumi.Output<string>;
  /** The same, structured: what the other resources take. Secret. */
  declare readonly secrets: pulumi.Output<Record<string, unknown>>;
  /** The other authority of each rotation under way. Secret. */
  declare readonly rotationSecrets: pulumi.Output<{ os?: RotationSecret; kubernetes?: RotationSecret }>;
  /** The shape that `@pulumiverse/talos` takes. Secret. */
  declare readonly machineSecrets: pulumi.Output<MachineSecretsShape>;
  /** Public facts of the issuing authorities. */
  declare readonly certificateAuthorities: pulumi.Output<
    Record<"os" | "kubernetes" | "etcd" | "aggregator", CertificateAuthorityInfo>
  >;
  /** Authorities (PEM) that nodes accept beside the issuing ones while a rotation lasts. */
  declare readonly acceptedCAs: pulumi.Output<{ os: string[]; kubernetes: string[] }>;
  /** PEM of everything to trust, issuing and accepted, for other stacks and data centres. */
  declare readonly trust: pulumi.Output<{ os: string; kubernetes: string }>;
  /** Where each rotation stands, and what to do next. */
  declare readonly rotationStatus: pulumi.Output<RotationStatus>;
  /** The version contract in force. */
  declare readonly talosVersion: pulumi.Output<string>;
  /** SHA-256 over the whole bundle; not reversible. */
  declare readonly fingerprint: pulumi.Output<string>;

  constructor(name: string, args: TalosSecretsArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super("TalosSecrets", name, args, TALOS_SECRETS_OUTPUTS, { ...opts, protect: opts?.protect ?? true });
  }
}

const TALOS_SECRETS_OUTPUTS = {
  plain: ["certificateAuthorities", "acceptedCAs", "trust", "rotationStatus", "talosVersion", "fingerprint"],
  secret: ["secretsYaml", "secrets", "rotationSecrets", "machineSecrets"],
} as const;
