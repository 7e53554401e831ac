import * as pulumi from "@pulumi/pulumi";

/*
 * The declarations of the SDK as they were written by hand, before the classes came of the definitions. Programs have
 * been written against them: what they accept is accepted for good, and what they promise is promised for good.
 */

export type TextInput<Known extends string> = pulumi.Input<Known> | Promise<string> | pulumi.OutputInstance<string>;

export type KeyAlgorithm = "ed25519" | "ecdsa-p256" | "ecdsa-p384" | "rsa-2048" | "rsa-4096";

export type TalosRole =
  | "os:admin"
  | "os:operator"
  | "os:reader"
  | "os:etcd:backup"
  | "os:impersonator"
  | "os:image:verifier"
  | "os:meta:writer";

export type Hours = number | string;

export interface CertificateAuthorityPair {
  certificatePem: pulumi.Input<string>;
  privateKeyPem: pulumi.Input<string>;
}

export type SecretsInput = pulumi.Input<string | object>;

export interface CertificateArgs {
  algorithm?: TextInput<KeyAlgorithm>;
  validityPeriodHours?: pulumi.Input<Hours>;
  earlyRenewalHours?: pulumi.Input<Hours>;
  rotationTriggers?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;
  issuedAt?: pulumi.Input<string>;
}

declare abstract class CertificateResource extends pulumi.CustomResource {
  readonly caCertificatesPem: pulumi.Output<string>;
  readonly serialNumber: pulumi.Output<string>;
  readonly fingerprint: pulumi.Output<string>;
  readonly issuerFingerprint: pulumi.Output<string>;
  readonly notBefore: pulumi.Output<string>;
  readonly notAfter: pulumi.Output<string>;
  readonly renewalTime: pulumi.Output<string>;
  readonly readyForRenewal: pulumi.Output<boolean>;
}

export interface AcceptedCAArgs {
  certificatePem: pulumi.Input<string>;
}

export interface AcceptedCertificate {
  certificatePem: string;
  crt: string;
  fingerprint: string;
  subject: string;
  notBefore: string;
  notAfter: string;
  expiresSoon: boolean;
}

export declare class AcceptedCA extends pulumi.CustomResource {
  readonly certificatePem: pulumi.Output<string>;
  readonly crt: pulumi.Output<string>;
  readonly fingerprint: pulumi.Output<string>;
  readonly subject: pulumi.Output<string>;
  readonly notBefore: pulumi.Output<string>;
  readonly notAfter: pulumi.Output<string>;
  readonly expiresSoon: pulumi.Output<boolean>;
  readonly certificates: pulumi.Output<AcceptedCertificate[]>;

  constructor(name: string, args: AcceptedCAArgs, opts?: pulumi.CustomResourceOptions);
}

export interface ClientConfigurationArgs extends CertificateArgs {
  secrets?: SecretsInput;
  certificateAuthority?: pulumi.Input<CertificateAuthorityPair>;
  clusterName: pulumi.Input<string>;
  endpoints?: pulumi.Input<pulumi.Input<string>[]>;
  nodes?: pulumi.Input<pulumi.Input<string>[]>;
  contextName?: pulumi.Input<string>;
  roles?: pulumi.Input<pulumi.Input<TalosRole | (string & {})>[]>;
  commonName?: pulumi.Input<string>;
}

export declare class ClientConfiguration extends CertificateResource {
  readonly talosconfig: pulumi.Output<string>;
  readonly clientKeyPem: pulumi.Output<string>;
  readonly clientConfiguration: pulumi.Output<{
    caCertificate: string;
    clientCertificate: string;
    clientKey: string;
  }>;
  readonly clientCertificatePem: pulumi.Output<string>;
  readonly roles: pulumi.Output<string[]>;

  constructor(name: string, args: ClientConfigurationArgs, opts?: pulumi.CustomResourceOptions);
}

export interface KubeconfigArgs extends CertificateArgs {
  secrets: SecretsInput;
  clusterName: pulumi.Input<string>;
  clusterEndpoint: pulumi.Input<string>;
  commonName?: pulumi.Input<string>;
  organizations?: pulumi.Input<pulumi.Input<string>[]>;
  namespace?: pulumi.Input<string>;
}

export declare class Kubeconfig extends CertificateResource {
  readonly kubeconfig: pulumi.Output<string>;
  readonly clientKeyPem: pulumi.Output<string>;
  readonly clientCertificatePem: pulumi.Output<string>;

  constructor(name: string, args: KubeconfigArgs, opts?: pulumi.CustomResourceOptions);
}

export type AcceptedCAInput =
  | pulumi.Input<string>
  | pulumi.Input<{ certificatePem: pulumi.Input<string> }>
  | { readonly certificates: pulumi.Output<{ certificatePem: string }[]> };

export interface MachineConfigArgs {
  secrets: SecretsInput;
  clusterName: pulumi.Input<string>;
  clusterEndpoint: pulumi.Input<string>;
  machineType: TextInput<"controlplane" | "worker">;
  talosVersion?: pulumi.Input<string>;
  kubernetesVersion?: pulumi.Input<string>;
  certSANs?: pulumi.Input<pulumi.Input<string>[]>;
  additionalSans?: pulumi.Input<pulumi.Input<string>[]>;
  acceptedCAs?: pulumi.Input<AcceptedCAInput[]>;
  kubernetesAcceptedCAs?: pulumi.Input<AcceptedCAInput[]>;
  dnsDomain?: pulumi.Input<string>;
  installDisk?: pulumi.Input<string>;
  installImage?: pulumi.Input<string>;
  registryMirrors?: pulumi.Input<Record<string, pulumi.Input<pulumi.Input<string>[]>>>;
  kubeSpan?: pulumi.Input<boolean>;
  clusterDiscovery?: pulumi.Input<boolean>;
  configPatches?: pulumi.Input<pulumi.Input<string | object>[]>;
}

export declare class MachineConfig extends pulumi.CustomResource {
  readonly machineConfig: pulumi.Output<string>;
  readonly redactedConfig: pulumi.Output<string>;
  readonly configHash: pulumi.Output<string>;
  readonly clusterName: pulumi.Output<string>;
  readonly clusterEndpoint: pulumi.Output<string>;
  readonly machineType: pulumi.Output<string>;
  readonly talosVersion: pulumi.Output<string>;
  readonly kubernetesVersion: pulumi.Output<string>;
  readonly installImage: pulumi.Output<string>;

  constructor(name: string, args: MachineConfigArgs, opts?: pulumi.CustomResourceOptions);
}

export interface NodeCertificateArgs extends CertificateArgs {
  secrets?: SecretsInput;
  certificateAuthority?: pulumi.Input<CertificateAuthorityPair>;
  ipAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  dnsNames?: pulumi.Input<pulumi.Input<string>[]>;
  commonName?: pulumi.Input<string>;
  csrPem?: pulumi.Input<string>;
}

export declare class NodeCertificate extends CertificateResource {
  readonly certificatePem: pulumi.Output<string>;
  readonly privateKeyPem: pulumi.Output<string | undefined>;

  constructor(name: string, args: NodeCertificateArgs, opts?: pulumi.CustomResourceOptions);
}

export interface CertificateAuthorityArgs {
  algorithm?: TextInput<KeyAlgorithm>;
  validityPeriodHours?: pulumi.Input<Hours>;
  certificatePem?: pulumi.Input<string>;
  privateKeyPem?: pulumi.Input<string>;
}

export interface StagedRotationArgs {
  id: pulumi.Input<string>;
  stage: TextInput<"accept" | "swap" | "finish" | "abort">;
  certificatePem?: pulumi.Input<string>;
  privateKeyPem?: pulumi.Input<string>;
}

export interface ImmediateRotationArgs {
  id: pulumi.Input<string>;
}

export interface TalosSecretsArgs {
  talosVersion?: pulumi.Input<string>;
  certificateAuthorities?: pulumi.Input<{
    os?: pulumi.Input<CertificateAuthorityArgs>;
    kubernetes?: pulumi.Input<CertificateAuthorityArgs>;
    etcd?: pulumi.Input<CertificateAuthorityArgs>;
    aggregator?: pulumi.Input<CertificateAuthorityArgs>;
  }>;
  serviceAccount?: pulumi.Input<{ algorithm?: TextInput<KeyAlgorithm>; privateKeyPem?: pulumi.Input<string> }>;
  cluster?: pulumi.Input<{ id?: pulumi.Input<string>; secret?: pulumi.Input<string> }>;
  bootstrapToken?: pulumi.Input<string>;
  trustdToken?: pulumi.Input<string>;
  secretboxEncryptionSecret?: pulumi.Input<string>;
  aescbcEncryptionSecret?: pulumi.Input<string>;
  secretsYaml?: pulumi.Input<string>;
  controlPlaneConfig?: pulumi.Input<string>;
  kubernetesPkiDirectory?: pulumi.Input<string>;
  rotation?: pulumi.Input<{
    os?: pulumi.Input<StagedRotationArgs>;
    kubernetes?: pulumi.Input<StagedRotationArgs>;
    aggregator?: pulumi.Input<ImmediateRotationArgs>;
    serviceAccount?: pulumi.Input<ImmediateRotationArgs>;
    bootstrapToken?: pulumi.Input<ImmediateRotationArgs>;
    trustdToken?: pulumi.Input<ImmediateRotationArgs>;
  }>;
}

export interface CertificateAuthorityInfo {
  certificatePem: string;
  fingerprint: string;
  subject: string;
  algorithm: string;
  serialNumber: string;
  notBefore: string;
  notAfter: string;
}

export interface StagedRotationStatus {
  id?: string;
  stage: "none" | "accept" | "swap" | "finish" | "abort";
  issuing: string;
  accepted: string[];
  next?: string;
  retired: string[];
  spentIds: string[];
  todo: string;
}

export interface RotationStatus {
  os: StagedRotationStatus;
  kubernetes: StagedRotationStatus;
  // Since they rotate in stages, they may be at `none`, without an id.
  aggregator?: { id?: string };
  serviceAccount?: { id?: string };
  bootstrapToken?: { id: string };
  trustdToken?: { id: string };
}

export interface RotationSecret {
  certificatePem: string;
  privateKeyPem: string;
}

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

export declare class TalosSecrets extends pulumi.CustomResource {
  readonly secretsYaml: pulumi.Output<string>;
  readonly secrets: pulumi.Output<Record<string, unknown>>;
  readonly rotationSecrets: pulumi.Output<{ os?: RotationSecret; kubernetes?: RotationSecret }>;
  readonly machineSecrets: pulumi.Output<MachineSecretsShape>;
  readonly certificateAuthorities: pulumi.Output<
    Record<"os" | "kubernetes" | "etcd" | "aggregator", CertificateAuthorityInfo>
  >;
  readonly acceptedCAs: pulumi.Output<{ os: string[]; kubernetes: string[] }>;
  readonly trust: pulumi.Output<{ os: string; kubernetes: string }>;
  readonly rotationStatus: pulumi.Output<RotationStatus>;
  readonly talosVersion: pulumi.Output<string>;
  readonly fingerprint: pulumi.Output<string>;

  constructor(name: string, args?: TalosSecretsArgs, opts?: pulumi.CustomResourceOptions);
}

export interface ProviderArgs {
  validityPeriodHours?: pulumi.Input<Hours>;
  earlyRenewalHours?: pulumi.Input<Hours>;
  auditLog?: pulumi.Input<string>;
}

export declare class Provider extends pulumi.ProviderResource {
  constructor(name: string, args?: ProviderArgs, opts?: pulumi.ResourceOptions);
}
