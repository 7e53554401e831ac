/** One value of the bundle and where each written form keeps it. */
export interface BundleField {
  /** Path in talosctl's YAML. */
  readonly talosctl: readonly string[];
  /** Path in the capitalised (JSON) form that the docs page shows. */
  readonly page: readonly string[];
  /** Path in `machineSecrets` of `@pulumiverse/talos`. */
  readonly pulumiverse: readonly string[];
  /** `pem`: base64 of PEM in files. */
  readonly kind: "text" | "pem";
  /** Path in SecretsBundle. */
  readonly bundle: readonly string[];
}

const field = (
  bundle: string,
  talosctl: string,
  page: string,
  pulumiverse: string,
  kind: "text" | "pem",
): BundleField => ({
  bundle: bundle.split("."),
  talosctl: talosctl.split("."),
  page: page.split("."),
  pulumiverse: pulumiverse.split("."),
  kind,
});

/** In the order in which talosctl writes. Source: siderolabs/talos config/generate/secrets/secrets.go, v1.13. */
export const BUNDLE_FIELDS: readonly BundleField[] = [
  field("cluster.id", "cluster.id", "Cluster.Id", "cluster.id", "text"),
  field("cluster.secret", "cluster.secret", "Cluster.Secret", "cluster.secret", "text"),
  field("secrets.bootstrapToken", "secrets.bootstraptoken", "Secrets.BootstrapToken", "secrets.bootstrapToken", "text"),
  field(
    "secrets.aescbcEncryptionSecret",
    "secrets.aescbcencryptionsecret",
    "Secrets.AESCBCEncryptionSecret",
    "secrets.aescbcEncryptionSecret",
    "text",
  ),
  field(
    "secrets.secretboxEncryptionSecret",
    "secrets.secretboxencryptionsecret",
    "Secrets.SecretboxEncryptionSecret",
    "secrets.secretboxEncryptionSecret",
    "text",
  ),
  field("trustdInfo.token", "trustdinfo.token", "TrustdInfo.Token", "trustdinfo.token", "text"),
  field("certs.etcd.crt", "certs.etcd.crt", "Certs.Etcd.Crt", "certs.etcd.cert", "pem"),
  field("certs.etcd.key", "certs.etcd.key", "Certs.Etcd.Key", "certs.etcd.key", "pem"),
  field("certs.k8s.crt", "certs.k8s.crt", "Certs.K8s.Crt", "certs.k8s.cert", "pem"),
  field("certs.k8s.key", "certs.k8s.key", "Certs.K8s.Key", "certs.k8s.key", "pem"),
  field(
    "certs.k8sAggregator.crt",
    "certs.k8saggregator.crt",
    "Certs.K8sAggregator.Crt",
    "certs.k8sAggregator.cert",
    "pem",
  ),
  field(
    "certs.k8sAggregator.key",
    "certs.k8saggregator.key",
    "Certs.K8sAggregator.Key",
    "certs.k8sAggregator.key",
    "pem",
  ),
  field(
    "certs.k8sServiceAccount.key",
    "certs.k8sserviceaccount.key",
    "Certs.K8sServiceAccount.Key",
    "certs.k8sServiceaccount.key",
    "pem",
  ),
  field("certs.os.crt", "certs.os.crt", "Certs.OS.Crt", "certs.os.cert", "pem"),
  field("certs.os.key", "certs.os.key", "Certs.OS.Key", "certs.os.key", "pem"),
];

/** The written forms that are read. */
export const BUNDLE_FORMS = ["talosctl", "page", "pulumiverse"] as const;
export type BundleForm = (typeof BUNDLE_FORMS)[number];

/** A plain tree as YAML and Pulumi give it. */
export interface Tree {
  readonly [key: string]: unknown;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at a path; `undefined` where a step is missing or null. Own properties only. */
export function valueAt(tree: unknown, path: readonly string[]): unknown {
  let value = tree;
  for (const key of path) {
    if (!isTree(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value ?? undefined;
}

/** Sets a value at a path, making the steps that are missing. */
export function setAt(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const next = Object.hasOwn(tree, key) && isTree(tree[key]) ? (tree[key] as Record<string, unknown>) : {};
  tree[key] = next;
  setAt(next, rest, value);
}
