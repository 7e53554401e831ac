// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.

import type * as pulumi from "@pulumi/pulumi";

import type { ConfigPatchInput, Hours, TextInput } from "./inputs";

export interface AcceptedCAs {
  /** CAs of the Talos API, PEM. */
  os: string[];
  /** Kubernetes CAs, PEM. */
  kubernetes: string[];
  /** etcd CAs, PEM. */
  etcd?: string[];
  /** Aggregator CAs, PEM. */
  aggregator?: string[];
  /** Public keys of service account tokens, PEM. */
  serviceAccount?: string[];
}

/** One certificate of an AcceptedCA. */
export interface AcceptedCertificate {
  /** The certificate, PEM. */
  certificatePem: string;
  /** Base64 of the PEM, as in `machine.acceptedCAs`. */
  crt: string;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  fingerprint: string;
  /** Subject of the certificate. */
  subject: string;
  /** Start of validity, RFC 3339 UTC. */
  notBefore: string;
  /** End of validity, RFC 3339 UTC. */
  notAfter: string;
  /** Whether the CA ends within a year. */
  expiresSoon: boolean;
}

/** A rotation in stages: one `pulumi up` each for `accept`, `swap` and `finish`. An `id` alone replaces at once. */
export interface AggregatorRotationArgs {
  /** Name of the rotation, used once, such as a date. */
  id: pulumi.Input<string>;
  /**
   * Stage to reach: `accept`, then `swap`, then `finish`; `abort` leaves `accept`. One `pulumi up` each. `auto` goes to
   * the next stage in each `pulumi up`, if every one of `nodes` has completed the present one. Left out: replaced at
   * once.
   */
  stage?: TextInput<RotationStage>;
  /** Certificate of the next CA, to bring an own one. */
  certificatePem?: pulumi.Input<string>;
  /** Its private key, PEM. */
  privateKeyPem?: pulumi.Input<string>;
}

export interface CertificateAuthorities {
  /** OS CA. */
  os: CertificateAuthorityInfo;
  /** Kubernetes CA. */
  kubernetes: CertificateAuthorityInfo;
  /** etcd CA. */
  etcd: CertificateAuthorityInfo;
  /** aggregator CA. */
  aggregator: CertificateAuthorityInfo;
}

export interface CertificateAuthoritiesArgs {
  /** The os CA; made with ed25519 unless configured otherwise. */
  os?: pulumi.Input<CertificateAuthorityArgs>;
  /** The kubernetes CA; made with ecdsa-p256 unless configured otherwise. */
  kubernetes?: pulumi.Input<CertificateAuthorityArgs>;
  /** The etcd CA; made with ecdsa-p256 unless configured otherwise. */
  etcd?: pulumi.Input<CertificateAuthorityArgs>;
  /** The aggregator CA; made with ecdsa-p256 unless configured otherwise. */
  aggregator?: pulumi.Input<CertificateAuthorityArgs>;
}

/** How a CA is made, or an own one. */
export interface CertificateAuthorityArgs {
  /** Kind of the key that is made. Default: what Talos makes. */
  algorithm?: TextInput<KeyAlgorithm>;
  /** Lifetime in hours, or a Go duration. Default: `87600`. */
  validityPeriodHours?: pulumi.Input<Hours>;
  /** Certificate of an own CA, PEM. */
  certificatePem?: pulumi.Input<string>;
  /** Its private key, PEM. */
  privateKeyPem?: pulumi.Input<string>;
}

/** Public facts of a CA. */
export interface CertificateAuthorityInfo {
  /** The certificate, PEM. */
  certificatePem: string;
  /** SHA-256 of the certificate's DER, lower-case hex. */
  fingerprint: string;
  /** Subject of the certificate. */
  subject: string;
  /** Kind of the key. */
  algorithm: string;
  /** Serial number, lower-case hex. */
  serialNumber: string;
  /** Start of validity, RFC 3339 UTC. */
  notBefore: string;
  /** End of validity, RFC 3339 UTC. */
  notAfter: string;
}

/** A CA that can sign: certificate and private key, PEM. */
export interface CertificateAuthorityPair {
  /** The CA's certificate, PEM. */
  certificatePem: pulumi.Input<string>;
  /** Its private key, PEM. */
  privateKeyPem: pulumi.Input<string>;
}

export interface ClientConfigurationData {
  /** Base64 of the PEM of the CAs to trust. */
  caCertificate: string;
  /** Base64 of the PEM of the client certificate. */
  clientCertificate: string;
  /** Base64 of the PEM of the private key. */
  clientKey: string;
}

export interface ClusterArgs {
  /** Cluster id, base64 of 32 bytes. */
  id?: pulumi.Input<string>;
  /** Cluster secret, base64 of 32 bytes. */
  secret?: pulumi.Input<string>;
}

/**
 * A client of the Talos API: the options of ClientConfiguration. `endpoints` and `nodes` are the control planes unless
 * configured otherwise.
 */
export interface ClusterClientArgs {
  /** Addresses of control planes that talosctl calls. A change keeps the certificate. */
  endpoints?: pulumi.Input<pulumi.Input<string>[]>;
  /** Nodes that talosctl asks by default. A change keeps the certificate. */
  nodes?: pulumi.Input<pulumi.Input<string>[]>;
  /** Name of the context. Default: the cluster's. */
  contextName?: pulumi.Input<string>;
  /**
   * Talos roles of the client: os:admin, os:operator, os:reader, os:etcd:backup, os:impersonator, os:image:verifier,
   * os:meta:writer. Default: `os:admin`.
   */
  roles?: pulumi.Input<pulumi.Input<TalosRole | (string & {})>[]>;
  /** CN of the subject. Default: `talosctl-client`. */
  commonName?: pulumi.Input<string>;
  /** Kind of the private key. Default: as Talos chooses, the kind of the CA's. */
  algorithm?: TextInput<KeyAlgorithm>;
  /** Lifetime in hours, or a Go duration; cut to the CA's end, with a warning. Default: `8760`. */
  validityPeriodHours?: pulumi.Input<Hours>;
  /**
   * How long before its end the certificate is renewed. Default: the lesser of 720 hours and a third of the lifetime.
   */
  earlyRenewalHours?: pulumi.Input<Hours>;
  /** Any values; a change of one reissues the certificate. */
  rotationTriggers?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;
  /**
   * Time of issuance, RFC 3339 UTC. Set by the provider: kept while the certificate is fresh, set anew when it is due.
   * Name it in `ignoreChanges` to pin it, in `replaceOnChanges` to have the certificate replaced.
   */
  issuedAt?: pulumi.Input<string>;
}

/** A machine of the cluster. */
export interface ClusterNodeArgs {
  /**
   * IP address or DNS name, with or without a port (50000). It must not depend on a config of this cluster: use a
   * reserved address or a DNS name.
   */
  address: pulumi.Input<string>;
  /** Name of the node's resources, plain text. Required where `address` is an Output. Default: `address`. */
  name?: pulumi.Input<string>;
  /** How to take a machine that has no config yet. Without it nothing is sent to one. */
  maintenance?: pulumi.Input<NodeMaintenanceArgs>;
  /** Patches of this node alone, after those of the cluster: YAML text or objects. */
  configPatches?: pulumi.Input<ConfigPatchInput[]>;
  /** Disk to install Talos to on this node; `""` for none. Default: that of the cluster. */
  installDisk?: pulumi.Input<string>;
  /** What becomes of the machine when the node is taken away. Default: that of the cluster. */
  onDestroy?: pulumi.Input<NodeOnDestroyArgs>;
}

/** A cluster's secrets: a `talosctl gen secrets` file, parsed, with what the other resources need beside it. */
export type ClusterSecrets = {
  /** Identity of the cluster for discovery. */
  cluster: ClusterSecretsCluster;
  /** Secrets of Kubernetes. */
  secrets: ClusterSecretsTokens;
  /** Secrets of trustd. */
  trustdinfo: ClusterSecretsTrustd;
  /** CAs and keys. */
  certs: ClusterSecretsCerts;
  /** The version contract in force. */
  talosVersion: string;
  /** CAs that nodes accept beside the issuing ones while a rotation lasts. */
  acceptedCAs: AcceptedCAs;
  /**
   * Private keys of the accepted service account keys, PEM, while a rotation of that key lasts: nodes up to v1.13 need
   * them.
   */
  acceptedServiceAccountKeys?: string[];
} & Record<string, unknown>;

export interface ClusterSecretsCA {
  /** Certificate, base64 of PEM. */
  crt: string;
  /** Private key, base64 of PEM. */
  key: string;
}

export interface ClusterSecretsCerts {
  /** etcd CA. */
  etcd: ClusterSecretsCA;
  /** Kubernetes CA. */
  k8s: ClusterSecretsCA;
  /** Kubernetes aggregator CA. */
  k8saggregator: ClusterSecretsCA;
  /** Key that signs Kubernetes service account tokens. */
  k8sserviceaccount: ClusterSecretsKey;
  /** OS CA. */
  os: ClusterSecretsCA;
}

export interface ClusterSecretsCluster {
  /** Cluster id. */
  id: string;
  /** Cluster secret. */
  secret: string;
}

export interface ClusterSecretsKey {
  /** Private key, base64 of PEM. */
  key: string;
}

export interface ClusterSecretsTokens {
  /** Kubernetes bootstrap token. */
  bootstrapToken: string;
  /** Key that encrypts Secrets in etcd. */
  secretboxEncryptionSecret?: string;
  /** The same of clusters created with Talos v1.2 or before. */
  aescbcEncryptionSecret?: string;
}

export interface ClusterSecretsTrustd {
  /** trustd token. */
  token: string;
}

/** A rotation of every CA and of the service account key, in the safe order. */
export interface CompleteRotationArgs {
  /** Name of the rotation, which no CA has used yet. */
  id: pulumi.Input<string>;
  /**
   * `auto`: each `pulumi up` goes a step on, if every one of `nodes` allows it; `abort`: back, as long as a CA has not
   * finished.
   */
  stage: TextInput<"auto" | "abort">;
  /**
   * Whether to rotate the etcd CA with fewer than three control planes in `nodes`: Kubernetes is away while one
   * reboots. Default: `false`.
   */
  allowDowntime?: pulumi.Input<boolean>;
  /**
   * How long the last API server must have signed with the new key before tokens of the old one are rejected, as a Go
   * duration; `"0s"` does not wait. Pods renew their tokens within about an hour. Default: `70m`.
   */
  tokenGracePeriod?: pulumi.Input<string>;
}

/** A member of etcd. */
export interface EtcdMember {
  /** Id of the member, hexadecimal. */
  id: string;
  /** Host name of the node. */
  hostname: string;
  /** URLs at which the other members call it. */
  peerUrls: string[];
}

/** A rotation in stages: one `pulumi up` each for `accept`, `swap` and `finish`. */
export interface EtcdRotationArgs {
  /** Name of the rotation, used once, such as a date. */
  id: pulumi.Input<string>;
  /**
   * Stage to reach: `accept`, then `swap`, then `finish`; `abort` leaves `accept`. One `pulumi up` each. `auto` goes to
   * the next stage in each `pulumi up`, if every one of `nodes` has completed the present one.
   */
  stage: TextInput<RotationStage>;
  /** Certificate of the next CA, to bring an own one. */
  certificatePem?: pulumi.Input<string>;
  /** Its private key, PEM. */
  privateKeyPem?: pulumi.Input<string>;
  /**
   * Whether to rotate the etcd CA with fewer than three control planes in `nodes`: Kubernetes is away while one
   * reboots. Default: `false`.
   */
  allowDowntime?: pulumi.Input<boolean>;
}

/** A check of a cluster's health. */
export interface HealthCheck {
  /** What was checked. */
  name: string;
  /** Address of the node, where it is about one. */
  node?: string;
  /** Whether it holds. */
  ok: boolean;
  /** Why not. */
  message?: string;
}

/** A replacement at once, when `id` changes. */
export interface ImmediateRotationArgs {
  /** Any text; a change replaces the value at once. */
  id: pulumi.Input<string>;
}

export interface ImmediateRotationStatus {
  /** Id of the last rotation. */
  id: string;
}

/** A kind of private key. */
export type KeyAlgorithm = "ed25519" | "ecdsa-p256" | "ecdsa-p384" | "rsa-2048" | "rsa-4096";

export interface MachineSecretsCertificate {
  /** Base64 of the PEM certificate. */
  cert: string;
  /** Base64 of the PEM private key. */
  key: string;
}

export interface MachineSecretsCerts {
  /** etcd CA. */
  etcd: MachineSecretsCertificate;
  /** Kubernetes CA. */
  k8s: MachineSecretsCertificate;
  /** Aggregator CA. */
  k8sAggregator: MachineSecretsCertificate;
  /** Service account key. */
  k8sServiceaccount: MachineSecretsKey;
  /** OS CA. */
  os: MachineSecretsCertificate;
}

export interface MachineSecretsCluster {
  /** Cluster id. */
  id: string;
  /** Cluster secret. */
  secret: string;
}

export interface MachineSecretsKey {
  /** Base64 of the PEM key. */
  key: string;
}

export interface MachineSecretsSecrets {
  /** Bootstrap token. */
  bootstrapToken: string;
  /** Encryption key. */
  secretboxEncryptionSecret: string;
  /** Encryption key of old clusters. */
  aescbcEncryptionSecret?: string;
}

/** `machineSecrets` of @pulumiverse/talos: base64 of PEM. */
export interface MachineSecretsShape {
  /** Identity of the cluster. */
  cluster: MachineSecretsCluster;
  /** Kubernetes secrets. */
  secrets: MachineSecretsSecrets;
  /** trustd. */
  trustdinfo: MachineSecretsTrustdInfo;
  /** CAs and keys. */
  certs: MachineSecretsCerts;
}

export interface MachineSecretsTrustdInfo {
  /** trustd token. */
  token: string;
}

/** The role of a machine. */
export type MachineType = "controlplane" | "worker";

/**
 * A client of the Talos API, as the output `clientConfiguration` of ClientConfiguration and `@pulumiverse/talos` have
 * it.
 */
export interface NodeClientArgs {
  /** Base64 of the PEM of the CAs to trust. */
  caCertificate: pulumi.Input<string>;
  /** Base64 of the PEM of the client certificate. */
  clientCertificate: pulumi.Input<string>;
  /** Base64 of the PEM of the private key. */
  clientKey: pulumi.Input<string>;
}

/** How to take a machine that has no config yet. */
export interface NodeMaintenanceArgs {
  /**
   * Fingerprint of the machine's public key, base64 of SHA-256, as its console and `talosctl` show it. The connection
   * is verified by it before its first byte.
   */
  fingerprint?: pulumi.Input<string>;
  /**
   * Whether a machine is taken that nothing proves. It counts until the resource has proved the node once, and once
   * more after a change of `node` or `triggers`.
   */
  allowUnverified?: pulumi.Input<boolean>;
}

/** What becomes of the node when the resource is deleted. */
export interface NodeOnDestroyArgs {
  /** Whether deleting the resource resets the node. Never the last member of etcd. Default: `false`. */
  reset?: pulumi.Input<boolean>;
  /** Whether the node leaves etcd first. Default: `true`. */
  graceful?: pulumi.Input<boolean>;
  /** Whether it reboots afterwards, in place of shutting down. Default: `false`. */
  reboot?: pulumi.Input<boolean>;
}

/** The certificate that a node serves. */
export interface NodeServerCertificate {
  /** SHA-256 of the certificate's DER, lower-case hex. */
  fingerprint: string;
  /** The same of the CA that has issued it. */
  issuerFingerprint: string;
  /** End of validity, RFC 3339 UTC. */
  notAfter: string;
}

/** How long operations on nodes may take, Go durations such as `90s` and `10m`. */
export interface NodeTimeoutsArgs {
  /** How long a node may take to answer for the first time. Default: `30s`. */
  connect?: pulumi.Input<string>;
  /** How long creation may take. Default: `10m`. */
  create?: pulumi.Input<string>;
  /** How long an update may take. Default: `10m`. */
  update?: pulumi.Input<string>;
  /** How long deletion may take. Default: `10m`. */
  delete?: pulumi.Input<string>;
}

export interface RotationArgs {
  /** Staged rotation of the OS CA. */
  os?: pulumi.Input<StagedRotationArgs>;
  /** Staged rotation of the Kubernetes CA. */
  kubernetes?: pulumi.Input<StagedRotationArgs>;
  /** Staged rotation of the etcd CA; each control plane reboots at `accept` and at `finish`. */
  etcd?: pulumi.Input<EtcdRotationArgs>;
  /** Staged rotation of the aggregator CA; an `id` alone replaces it at once. */
  aggregator?: pulumi.Input<AggregatorRotationArgs>;
  /** Staged rotation of the service account key; an `id` alone replaces it at once. */
  serviceAccount?: pulumi.Input<ServiceAccountRotationArgs>;
  /**
   * Rotates every CA and the service account key in the safe order; excludes `os`, `kubernetes`, `etcd`, `aggregator`
   * and `serviceAccount`.
   */
  all?: pulumi.Input<CompleteRotationArgs>;
  /** Replaces the bootstrap token at once when `id` changes. */
  bootstrapToken?: pulumi.Input<ImmediateRotationArgs>;
  /** Replaces the trustd token at once when `id` changes. */
  trustdToken?: pulumi.Input<ImmediateRotationArgs>;
}

/** The other service account key of a rotation under way: the next one at `accept`, the old one at `swap`. */
export interface RotationKey {
  /** The public key, PEM. */
  publicKeyPem: string;
  /** The private key, PEM. */
  privateKeyPem: string;
}

/** A node that is asked before a rotation goes on. */
export interface RotationNodeArgs {
  /** IP address or DNS name of the node, with or without a port (50000). */
  address: pulumi.Input<string>;
  /** A control plane to call the node through. Default: the node itself. */
  endpoint?: pulumi.Input<string>;
  /** The role of the machine. */
  machineType: TextInput<MachineType>;
}

/** The other CA of a rotation under way: the next one at `accept`, the old one at `swap`. */
export interface RotationSecret {
  /** Certificate of the CA, PEM. */
  certificatePem: string;
  /** Its private key, PEM. */
  privateKeyPem: string;
}

/** The other CA or key of each rotation under way. */
export interface RotationSecrets {
  /** The other OS CA. */
  os?: RotationSecret;
  /** The other Kubernetes CA. */
  kubernetes?: RotationSecret;
  /** The other etcd CA. */
  etcd?: RotationSecret;
  /** The other aggregator CA. */
  aggregator?: RotationSecret;
  /** The other service account key. */
  serviceAccount?: RotationKey;
}

/** A stage of a staged rotation, or `auto`. */
export type RotationStage = "accept" | "swap" | "finish" | "abort" | "auto";

export interface RotationStatus {
  /** OS CA. */
  os: StagedRotationStatus;
  /** Kubernetes CA. */
  kubernetes: StagedRotationStatus;
  /** etcd CA. */
  etcd?: StagedRotationStatus;
  /** Aggregator CA. */
  aggregator?: StagedRotationStatus;
  /** Service account key; fingerprints are of public keys. */
  serviceAccount?: StagedRotationStatus;
  /** Bootstrap token. */
  bootstrapToken?: ImmediateRotationStatus;
  /** trustd token. */
  trustdToken?: ImmediateRotationStatus;
}

export interface ServiceAccountArgs {
  /** Kind of the key that is made. Default: what Talos makes. */
  algorithm?: TextInput<KeyAlgorithm>;
  /** An own key, PEM. */
  privateKeyPem?: pulumi.Input<string>;
}

/** A rotation in stages: one `pulumi up` each for `accept`, `swap` and `finish`. An `id` alone replaces at once. */
export interface ServiceAccountRotationArgs {
  /** Name of the rotation, used once, such as a date. */
  id: pulumi.Input<string>;
  /**
   * Stage to reach: `accept`, then `swap`, then `finish`; `abort` leaves `accept`. One `pulumi up` each. `auto` goes to
   * the next stage in each `pulumi up`, if every one of `nodes` has completed the present one. Left out: replaced at
   * once.
   */
  stage?: TextInput<RotationStage>;
  /** The next key, PEM, to bring an own one. */
  privateKeyPem?: pulumi.Input<string>;
  /**
   * How long the last API server must have signed with the new key before tokens of the old one are rejected, as a Go
   * duration; `"0s"` does not wait. Pods renew their tokens within about an hour. Default: `70m`.
   */
  tokenGracePeriod?: pulumi.Input<string>;
}

/** A rotation in stages: one `pulumi up` each for `accept`, `swap` and `finish`. */
export interface StagedRotationArgs {
  /** Name of the rotation, used once, such as a date. */
  id: pulumi.Input<string>;
  /**
   * Stage to reach: `accept`, then `swap`, then `finish`; `abort` leaves `accept`. One `pulumi up` each. `auto` goes to
   * the next stage in each `pulumi up`, if every one of `nodes` has completed the present one.
   */
  stage: TextInput<RotationStage>;
  /** Certificate of the next CA, to bring an own one. */
  certificatePem?: pulumi.Input<string>;
  /** Its private key, PEM. */
  privateKeyPem?: pulumi.Input<string>;
}

/** Where a staged rotation stands. */
export interface StagedRotationStatus {
  /** Id of the rotation under way, or of the last. */
  id?: string;
  /** `none`, `accept`, `swap`, `finish` or `abort`. */
  stage: "none" | "accept" | "swap" | "finish" | "abort";
  /** Fingerprint of the issuing CA. */
  issuing: string;
  /** Fingerprints of the CAs accepted beside it. */
  accepted: string[];
  /** Fingerprint of the CA that will issue, at stage `accept`. */
  next?: string;
  /** Fingerprints of CAs that have issued before. */
  retired: string[];
  /** Ids that cannot be used again. */
  spentIds: string[];
  /** What to do next. */
  todo: string;
}

/** A role of the Talos API. */
export type TalosRole =
  | "os:admin"
  | "os:operator"
  | "os:reader"
  | "os:etcd:backup"
  | "os:impersonator"
  | "os:image:verifier"
  | "os:meta:writer";

export interface Trust {
  /** CAs of the Talos API to trust, issuing and accepted, PEM. */
  os: string;
  /** Kubernetes CAs to trust, issuing and accepted, PEM. */
  kubernetes: string;
  /** etcd CAs to trust, issuing and accepted, PEM. */
  etcd?: string;
  /** Aggregator CAs to trust, issuing and accepted, PEM. */
  aggregator?: string;
  /** Public keys of service account tokens, signing and accepted, PEM. */
  serviceAccount?: string;
}
