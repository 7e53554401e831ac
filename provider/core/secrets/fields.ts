import { HALVES, rowOf, SECRET_NAMES, type SecretName } from "./inventory";

/** One value of a bundle and where each form stores it: a half of a CA, or a whole secret. */
export interface BundleField {
  readonly secret: SecretName;
  /** Of a CA: which half; of another private key `key`. */
  readonly half?: "crt" | "key";
  /** `pem`: base64 of PEM in files. */
  readonly kind: "text" | "pem";
  /** Path in SecretsBundle. */
  readonly bundle: readonly string[];
  /** Path in talosctl's YAML. */
  readonly talosctl: readonly string[];
  /** Path in the capitalised form that the documentation shows. */
  readonly documentation: readonly string[];
  /** Path in `machineSecrets` of `@pulumiverse/talos`. */
  readonly pulumiverse: readonly string[];
  /** Path in `machine_secrets` of Terraform's `talos_machine_secrets`. */
  readonly terraform: readonly string[];
  /** Path in the v1alpha1 document of a machine config. */
  readonly v1alpha1: readonly string[];
  /** From 1.14: the document that stores it instead, and the path there. */
  readonly document?: { readonly kind: string; readonly path: readonly string[] };
  /** File below kubeadm's `/etc/kubernetes/pki`. */
  readonly kubeadm?: string;
  /** Path of the input of TalosSecrets that supplies it. */
  readonly input: readonly string[];
  /** Whether the config of a worker holds it. */
  readonly isForWorker: boolean;
}

/** @pulumiverse/talos is made from the Terraform provider, and its names from that one's by this rule. */
const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function fieldsOf(secret: SecretName): BundleField[] {
  const row = rowOf(secret);
  const { document } = row.config;
  const kubeadm = row.kind === "text" ? undefined : row.kubeadm;
  const halves = row.kind === "ca" ? (["crt", "key"] as const) : [undefined];
  return halves.map((half) => {
    const path = (whole: string, form: keyof typeof HALVES.crt): string[] => [
      ...whole.split("."),
      ...(half === undefined ? [] : [HALVES[half][form]]),
    ];
    return {
      secret,
      ...(row.kind === "text" ? {} : { half: half ?? "key" }),
      kind: row.kind === "text" ? "text" : "pem",
      bundle: path(row.bundle, "bundle"),
      talosctl: path(row.talosctl, "talosctl"),
      documentation: path(row.documentation, "documentation"),
      pulumiverse: path(row.pulumiverse, "pulumiverse"),
      terraform: path(row.pulumiverse, "pulumiverse").map(snakeCase),
      v1alpha1: path(row.config.v1alpha1, "v1alpha1"),
      ...(document === undefined ? {} : { document: { kind: document.kind, path: path(document.path, "document") } }),
      ...(kubeadm === undefined ? {} : { kubeadm: kubeadm + (half === undefined ? "" : HALVES[half].kubeadm) }),
      input: path(row.input, "input"),
      isForWorker: row.worker === "all" || (row.worker === "certificate" && half === "crt"),
    };
  });
}

/** In the order of the inventory. */
export const SECRET_FIELDS: readonly BundleField[] = SECRET_NAMES.flatMap(fieldsOf);

/** In the order in which talosctl writes. */
export const BUNDLE_FIELDS: readonly BundleField[] = SECRET_FIELDS.toSorted(
  (one, other) => rowOf(one.secret).position - rowOf(other.secret).position,
);

/** The written forms that are read. */
export const BUNDLE_FORMS = ["talosctl", "documentation", "pulumiverse", "terraform"] as const;
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
