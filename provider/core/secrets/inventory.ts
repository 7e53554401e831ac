/**
 * Every secret of a cluster, one row each. Whatever reads, writes, makes, checks, rotates or places a secret derives
 * from these rows; no other file lists secrets.
 *
 * Sources: siderolabs/talos config/generate/secrets/{secrets,bundle,ca}.go and config/types/{v1alpha1,k8s}, v1.13.0
 * and v1.14.1; pulumiverse/pulumi-talos `MachineSecrets`; kubeadm's `/etc/kubernetes/pki`.
 */
import { hasFeature, type TalosVersion } from "../talosVersion";
import type { KeyAlgorithm } from "../x509/algorithms";
import type { SubjectName } from "../x509/name";

/**
 * Deviation from talosctl, which asks for this CN and loses it: its aggregator CA has an empty subject. RFC 5280
 * (4.1.2.6) requires one in every CA, the documentation shows this one, and Talos accepts it.
 */
export const AGGREGATOR_COMMON_NAME = "front-proxy";

/** A place in a document of its own: kind and path. */
export interface DocumentPlace {
  readonly kind: string;
  readonly path: string;
}

/** Where a machine config stores something: path in the v1alpha1 document, and from 1.14 in one of its own. */
export interface ConfigPlace {
  readonly v1alpha1: string;
  readonly document?: DocumentPlace;
}

/** How a secret can be replaced; a row with neither way is never replaced, and one with both as the request says. */
interface RotationWays {
  /** Old and new are accepted side by side for a while: `accept`, `swap`, `finish`. */
  readonly staged?: true;
  /** Replaced at once. */
  readonly immediate?: {
    /** What stops working until every node has the new value. */
    readonly interrupts: string;
  };
}

/** Which kinds of keys do not work, or not everywhere, although Talos accepts them. */
export interface KeyRule {
  /** Why such a key does not work; `undefined` for one that does. */
  readonly reason: (algorithm: string, version: TalosVersion | undefined) => string | undefined;
  readonly expected: string;
  /** What to do about a key that is in use already. */
  readonly remedy: string;
  /** A supplied key is rejected; otherwise there is a warning. */
  readonly isRejected: boolean;
}

/** What every row has. For a CA the paths are those of the pair; `HALVES` has the last step of each half. */
interface Row {
  /** Path in SecretsBundle. */
  readonly bundle: string;
  /** Path in talosctl's YAML. */
  readonly talosctl: string;
  /** Its place in the order in which talosctl writes. */
  readonly position: number;
  /** Path in the capitalised form that the documentation shows. */
  readonly documentation: string;
  /** Path in `machineSecrets` of `@pulumiverse/talos`. */
  readonly pulumiverse: string;
  /** Place in a machine config; certificates and keys are base64 of PEM in v1alpha1 and PEM in other documents. */
  readonly config: ConfigPlace;
  /** Input of TalosSecrets that supplies it. */
  readonly input: string;
  /** What a worker needs of it; a control plane needs all. */
  readonly worker: "all" | "certificate" | "nothing";
  readonly rotation: RotationWays;
}

/** Where other tools store what Kubernetes needs. */
interface KubernetesRow {
  /** File below kubeadm's `/etc/kubernetes/pki`; for a CA without `.crt` and `.key`. */
  readonly kubeadm?: string;
  /** End of the name of Cluster API's Secret: `ca` in `<cluster>-ca`. */
  readonly clusterAPI?: string;
}

/** Where nodes read what they accept beside the issuing CA or key. */
interface AcceptedRow {
  /** A list of its own, or, where that is the place of the secret itself, further PEM blocks behind the first. */
  readonly accepted: ConfigPlace;
  /** Input of MachineConfig that supplies it, where there is one. */
  readonly acceptedInput?: "acceptedCAs" | "kubernetesAcceptedCAs";
  /** Option of generateMachineConfig that supplies it. */
  readonly acceptedOption: AcceptedOption;
}

/** Options of generateMachineConfig with what a node accepts beside what issues. */
export type AcceptedOption =
  "acceptedCAs" | "kubernetesAcceptedCAs" | "etcdAcceptedCAs" | "aggregatorAcceptedCAs" | "serviceAccountAcceptedKeys";

/** A CA: certificate and private key. */
export interface CARow extends Row, KubernetesRow, AcceptedRow {
  readonly kind: "ca";
  /** What messages call it. */
  readonly title: string;
  readonly subject: SubjectName;
  /** What Talos makes. */
  readonly algorithm: KeyAlgorithm;
  readonly keyRule?: KeyRule;
}

/** A private key without a certificate. */
export interface KeyRow extends Row, KubernetesRow, AcceptedRow {
  readonly kind: "key";
  /** What messages call it. */
  readonly title: string;
  /** What Talos of a version makes. */
  readonly algorithm: (version: TalosVersion) => KeyAlgorithm;
  readonly keyRule?: KeyRule;
}

/** A text; `form` has a row in `TEXT_FORMS`. */
export interface TextRow extends Row {
  readonly kind: "text";
  readonly form: "token" | "key" | "id";
  /** How it encrypts Secrets in etcd: a cluster has exactly one of the rows that do. */
  readonly encryption?: {
    /** Provider in a KubeEtcdEncryptionConfig, and the name of its key there. */
    readonly provider: string;
    readonly keyName: string;
    /** The provider `identity` follows it there: what was written before encryption is still read. */
    readonly isBeforePlaintext?: true;
    /** Whether a bundle of this version is made with it. */
    readonly isDefault: (version: TalosVersion) => boolean;
  };
}

export type SecretRow = CARow | KeyRow | TextRow;

/** In the order in which inputs, outputs and messages name them. */
export const INVENTORY = {
  os: {
    kind: "ca",
    title: "OS",
    bundle: "certs.os",
    talosctl: "certs.os",
    position: 11,
    documentation: "Certs.OS",
    pulumiverse: "certs.os",
    config: { v1alpha1: "machine.ca" },
    accepted: { v1alpha1: "machine.acceptedCAs" },
    acceptedInput: "acceptedCAs",
    acceptedOption: "acceptedCAs",
    input: "certificateAuthorities.os",
    worker: "certificate",
    rotation: { staged: true },
    subject: { organizations: ["talos"] },
    algorithm: "ed25519",
    keyRule: {
      // Workers up to v1.10 ask trustd for Ed25519 certificates, whatever the CA.
      reason: (algorithm, version) =>
        algorithm === "ed25519" || version === undefined || hasFeature(version, "anyOsAuthorityAlgorithm")
          ? undefined
          : `is ${algorithm}, but workers of Talos ${version.contract} ask for Ed25519 certificates only`,
      expected: "ed25519",
      remedy: "rotate it",
      isRejected: true,
    },
  },
  kubernetes: {
    kind: "ca",
    title: "Kubernetes",
    bundle: "certs.k8s",
    talosctl: "certs.k8s",
    position: 8,
    documentation: "Certs.K8s",
    pulumiverse: "certs.k8s",
    config: { v1alpha1: "cluster.ca", document: { kind: "KubeAPIServerCAConfig", path: "issuingCA" } },
    accepted: {
      v1alpha1: "cluster.acceptedCAs",
      document: { kind: "KubeAPIServerCAConfig", path: "acceptedCAs" },
    },
    acceptedInput: "kubernetesAcceptedCAs",
    acceptedOption: "kubernetesAcceptedCAs",
    kubeadm: "ca",
    clusterAPI: "ca",
    input: "certificateAuthorities.kubernetes",
    worker: "certificate",
    rotation: { staged: true },
    subject: { organizations: ["kubernetes"] },
    algorithm: "ecdsa-p256",
    keyRule: {
      // client-go's keyutil, with which the controller manager reads its signing key, knows no "ED25519 PRIVATE KEY".
      reason: (algorithm) =>
        algorithm === "ed25519"
          ? "is ed25519, whose key Kubernetes does not read as Talos writes it, so that its controller manager signs no certificate"
          : undefined,
      expected: "ecdsa-p256, ecdsa-p384 or RSA",
      remedy: "rotate it",
      isRejected: false,
    },
  },
  etcd: {
    kind: "ca",
    title: "etcd",
    bundle: "certs.etcd",
    talosctl: "certs.etcd",
    position: 7,
    documentation: "Certs.Etcd",
    pulumiverse: "certs.etcd",
    config: { v1alpha1: "cluster.etcd.ca" },
    accepted: { v1alpha1: "cluster.etcd.ca.crt" },
    acceptedOption: "etcdAcceptedCAs",
    kubeadm: "etcd/ca",
    clusterAPI: "etcd",
    input: "certificateAuthorities.etcd",
    worker: "nothing",
    rotation: { staged: true },
    subject: { organizations: ["etcd"] },
    algorithm: "ecdsa-p256",
  },
  aggregator: {
    kind: "ca",
    title: "aggregator",
    bundle: "certs.k8sAggregator",
    talosctl: "certs.k8saggregator",
    position: 9,
    documentation: "Certs.K8sAggregator",
    pulumiverse: "certs.k8sAggregator",
    config: { v1alpha1: "cluster.aggregatorCA", document: { kind: "KubeAggregatorCAConfig", path: "issuingCA" } },
    accepted: {
      v1alpha1: "cluster.aggregatorCA.crt",
      document: { kind: "KubeAggregatorCAConfig", path: "acceptedCAs" },
    },
    acceptedOption: "aggregatorAcceptedCAs",
    kubeadm: "front-proxy-ca",
    clusterAPI: "proxy",
    input: "certificateAuthorities.aggregator",
    worker: "nothing",
    rotation: {
      staged: true,
      immediate: {
        interrupts:
          "aggregated Kubernetes APIs (metrics and the like) fail until every control plane has its new config",
      },
    },
    subject: { commonName: AGGREGATOR_COMMON_NAME },
    algorithm: "ecdsa-p256",
  },
  serviceAccount: {
    kind: "key",
    title: "service account",
    bundle: "certs.k8sServiceAccount.key",
    talosctl: "certs.k8sserviceaccount.key",
    position: 10,
    documentation: "Certs.K8sServiceAccount.Key",
    pulumiverse: "certs.k8sServiceaccount.key",
    config: {
      v1alpha1: "cluster.serviceAccount.key",
      document: { kind: "KubeServiceAccountConfig", path: "issuer.privateKey" },
    },
    accepted: {
      v1alpha1: "cluster.serviceAccount.key",
      document: { kind: "KubeServiceAccountConfig", path: "accepted.publicKeys" },
    },
    acceptedOption: "serviceAccountAcceptedKeys",
    kubeadm: "sa.key",
    clusterAPI: "sa",
    input: "serviceAccount.privateKeyPem",
    worker: "nothing",
    rotation: {
      staged: true,
      immediate: {
        interrupts:
          "every service account token issued so far is rejected once the control planes have their new config; restart the pods that hold one",
      },
    },
    algorithm: (version) => (hasFeature(version, "rsaServiceAccountKey") ? "rsa-4096" : "ecdsa-p256"),
    keyRule: {
      reason: (algorithm) =>
        algorithm === "ed25519"
          ? "is ed25519, but Kubernetes signs service account tokens with RSA and ECDSA only"
          : undefined,
      expected: "rsa-4096 or ecdsa-p256",
      remedy: "replace it with rotation.serviceAccount",
      isRejected: false,
    },
  },
  clusterId: {
    kind: "text",
    form: "id",
    bundle: "cluster.id",
    talosctl: "cluster.id",
    position: 1,
    documentation: "Cluster.Id",
    pulumiverse: "cluster.id",
    config: { v1alpha1: "cluster.id", document: { kind: "DiscoveryIdentityConfig", path: "clusterID" } },
    input: "cluster.id",
    worker: "all",
    rotation: {},
  },
  clusterSecret: {
    kind: "text",
    form: "key",
    bundle: "cluster.secret",
    talosctl: "cluster.secret",
    position: 2,
    documentation: "Cluster.Secret",
    pulumiverse: "cluster.secret",
    config: { v1alpha1: "cluster.secret", document: { kind: "DiscoveryIdentityConfig", path: "clusterSecret" } },
    input: "cluster.secret",
    worker: "all",
    rotation: {},
  },
  bootstrapToken: {
    kind: "text",
    form: "token",
    bundle: "secrets.bootstrapToken",
    talosctl: "secrets.bootstraptoken",
    position: 3,
    documentation: "Secrets.BootstrapToken",
    pulumiverse: "secrets.bootstrapToken",
    config: { v1alpha1: "cluster.token" },
    input: "bootstrapToken",
    worker: "all",
    rotation: { immediate: { interrupts: "nodes that have not joined yet cannot join with their old config" } },
  },
  trustdToken: {
    kind: "text",
    form: "token",
    bundle: "trustdInfo.token",
    talosctl: "trustdinfo.token",
    position: 6,
    documentation: "TrustdInfo.Token",
    pulumiverse: "trustdinfo.token",
    config: { v1alpha1: "machine.token" },
    input: "trustdToken",
    worker: "all",
    rotation: {
      immediate: {
        interrupts:
          "workers cannot renew their API certificate until they and every control plane have their new config",
      },
    },
  },
  secretboxEncryptionSecret: {
    kind: "text",
    form: "key",
    bundle: "secrets.secretboxEncryptionSecret",
    talosctl: "secrets.secretboxencryptionsecret",
    position: 5,
    documentation: "Secrets.SecretboxEncryptionSecret",
    pulumiverse: "secrets.secretboxEncryptionSecret",
    config: { v1alpha1: "cluster.secretboxEncryptionSecret" },
    input: "secretboxEncryptionSecret",
    worker: "nothing",
    rotation: {},
    encryption: {
      provider: "secretbox",
      keyName: "key2",
      isDefault: (version) => !hasFeature(version, "aescbcEncryption"),
    },
  },
  aescbcEncryptionSecret: {
    kind: "text",
    form: "key",
    bundle: "secrets.aescbcEncryptionSecret",
    talosctl: "secrets.aescbcencryptionsecret",
    position: 4,
    documentation: "Secrets.AESCBCEncryptionSecret",
    pulumiverse: "secrets.aescbcEncryptionSecret",
    config: { v1alpha1: "cluster.aescbcEncryptionSecret" },
    input: "aescbcEncryptionSecret",
    worker: "nothing",
    rotation: {},
    encryption: {
      provider: "aescbc",
      keyName: "key1",
      isBeforePlaintext: true,
      isDefault: (version) => hasFeature(version, "aescbcEncryption"),
    },
  },
} as const satisfies Readonly<Record<string, SecretRow>>;

/** The last step of each half of a CA, in every form. */
export const HALVES = {
  crt: {
    bundle: "crt",
    talosctl: "crt",
    documentation: "Crt",
    pulumiverse: "cert",
    v1alpha1: "crt",
    document: "cert",
    kubeadm: ".crt",
    input: "certificatePem",
  },
  key: {
    bundle: "key",
    talosctl: "key",
    documentation: "Key",
    pulumiverse: "key",
    v1alpha1: "key",
    document: "key",
    kubeadm: ".key",
    input: "privateKeyPem",
  },
} as const;

type Rows = typeof INVENTORY;

/** Names of secrets, by which inputs, outputs and messages know them. */
export type SecretName = keyof Rows;

/** The names of the rows that satisfy a condition. */
type NamesWhere<Condition> = {
  [Name in SecretName]: Rows[Name] extends Condition ? Name : never;
}[SecretName];

export type CAName = NamesWhere<{ readonly kind: "ca" }>;
export type KeyName = NamesWhere<{ readonly kind: "key" }>;
export type TextName = NamesWhere<{ readonly kind: "text" }>;
/** CAs and keys that rotate in stages. */
export type StagedName = NamesWhere<{ readonly rotation: { readonly staged: true } }>;
/** Secrets that are replaced at once. */
export type ImmediateName = NamesWhere<{ readonly rotation: { readonly immediate: object } }>;
/** Secrets that can be replaced at once only. */
export type OnlyImmediateName = Exclude<ImmediateName, StagedName>;

/** A file below kubeadm's `/etc/kubernetes/pki`. */
export type KubeadmFile = {
  [Name in SecretName]: Rows[Name] extends { readonly kubeadm: infer Path extends string }
    ? Rows[Name]["kind"] extends "ca"
      ? `${Path}${(typeof HALVES)["crt" | "key"]["kubeadm"]}`
      : Path
    : never;
}[SecretName];

/** Keys of `certs` in a bundle, by the names of the CAs. */
export type CAKeys = {
  readonly [Name in CAName]: Rows[Name]["bundle"] extends `certs.${infer Key}` ? Key : never;
};

/** Any row; what only some rows have is optional. */
export const rowOf = (name: SecretName): SecretRow => INVENTORY[name];

/** All names, in the order of the rows. */
export const SECRET_NAMES = Object.keys(INVENTORY) as readonly SecretName[];

/** Whether a secret is a CA. */
export const isCAName = (name: SecretName): name is CAName => rowOf(name).kind === "ca";

export const CA_NAMES: readonly CAName[] = SECRET_NAMES.filter(isCAName);
export const KEY_NAMES = SECRET_NAMES.filter((name): name is KeyName => rowOf(name).kind === "key");
export const TEXT_NAMES = SECRET_NAMES.filter((name): name is TextName => rowOf(name).kind === "text");
export const STAGED = SECRET_NAMES.filter(isStaged);
export const IMMEDIATE = SECRET_NAMES.filter(
  (name): name is ImmediateName => rowOf(name).rotation.immediate !== undefined,
);

/** Those that nobody accepts beside another one, so that there are no stages. */
export const ONLY_IMMEDIATE = IMMEDIATE.filter((name): name is OnlyImmediateName => !isStaged(name));

/** Whether a secret rotates in stages. */
export function isStaged(name: SecretName): name is StagedName {
  return rowOf(name).rotation.staged === true;
}

/** Whether what is accepted beside a CA or key follows it in its own place of the v1alpha1 document. */
export const isHeldBehind = ({ kind, accepted, config }: CARow | KeyRow): boolean =>
  accepted.v1alpha1 === (kind === "ca" ? `${config.v1alpha1}.${HALVES.crt.v1alpha1}` : config.v1alpha1);

/** The texts that encrypt Secrets in etcd; a cluster has one of them. */
export const ENCRYPTION_NAMES = TEXT_NAMES.filter((name) => encryptionOf(name) !== undefined);

/** Whether a secret encrypts Secrets in etcd. */
export const isEncryption = (name: SecretName): boolean => ENCRYPTION_NAMES.some((other) => other === name);

/** How a text encrypts Secrets in etcd; `undefined` for one that does not. */
export function encryptionOf(name: TextName): TextRow["encryption"] {
  const row: TextRow = INVENTORY[name];
  return row.encryption;
}
