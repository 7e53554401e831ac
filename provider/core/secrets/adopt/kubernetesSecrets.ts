import { decodeBase64 } from "../../x509/pem";
import { decodeText } from "../../text";
import { readPlainDocuments } from "../../yaml/plain";
import { BUNDLE_FIELDS, isTree, setAt, type Tree, valueAt } from "../fields";
import type { SecretName } from "../inventory";
import { type Container, type Content, contentsOf } from "./content";

/**
 * Kubernetes Secrets, one or several, or a List of them, as `kubectl get secret -o yaml|json` prints: those of Cluster
 * API and its Talos providers, and any that hold a talosconfig, kubeconfig or machine config. Sources: Cluster API
 * util/secret/consts.go v1.11; siderolabs/cluster-api-bootstrap-provider-talos controllers/secrets.go, v0.6.
 */
export function readKubernetesSecrets(documents: readonly unknown[]): Container | undefined {
  const secrets = documents.flatMap(itemsOf).filter(isSecret);
  if (secrets.length === 0) return undefined;
  const contents = secrets.flatMap(secretContents);
  const complete = new Set(contents.filter(isBundle).map(({ address }) => clusterOf(address)));
  const parts = clusterParts(secrets).filter(({ address }) => !complete.has(address));
  return {
    form: secrets.length === 1 ? "Kubernetes Secret" : "Kubernetes Secrets",
    contents: [...contents, ...parts],
    tree: Object.fromEntries(secrets.map((secret) => [addressOf(secret), valuesOf(secret)])),
  };
}

function itemsOf(document: unknown): Tree[] {
  if (!isTree(document)) return [];
  const { kind, items } = document;
  if (typeof kind === "string" && kind.endsWith("List") && Array.isArray(items)) return items.filter(isTree);
  return [document];
}

const isSecret = ({ kind, apiVersion }: Tree): boolean => kind === "Secret" && apiVersion === "v1";

const isBundle = ({ kind }: Content): boolean => kind === "secrets bundle";

/** `namespace/name`, as kubectl writes it for every namespace. */
function addressOf(secret: Tree): string {
  const [namespace, name] = ["namespace", "name"].map((key) => valueAt(secret, ["metadata", key]));
  return [namespace, name].filter((part) => typeof part === "string").join("/");
}

/** Texts by key; octets that are no text are as Node reads them. */
function valuesOf(secret: Tree): Readonly<Record<string, string>> {
  const decoded = Object.entries(isTree(secret["data"]) ? secret["data"] : {}).flatMap(([key, value]) => {
    const octets = typeof value === "string" ? decodeBase64(value.replace(/\s+/g, "")) : undefined;
    return octets === undefined ? [] : [[key, decodeText(octets)] as const];
  });
  const plain = Object.entries(isTree(secret["stringData"]) ? secret["stringData"] : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries([...decoded, ...plain]);
}

function secretContents(secret: Tree): Content[] {
  const values = valuesOf(secret);
  const address = addressOf(secret);
  const legacy = contentsOf(legacyBundle(values), address);
  if (legacy.length > 0) return legacy;
  const contents = Object.entries(values).map(([key, text]) => [key, contentsOf(text, address)] as const);
  const isAlone = contents.filter(([, { length }]) => length > 0).length < 2;
  return contents.flatMap(([key, found]) =>
    isAlone ? found : found.map((content) => ({ ...content, address: `${address}.${key}` })),
  );
}

/** The bundle in three parts, as the Talos provider stored it up to v0.5, without the cluster's id and secret. */
function legacyBundle(values: Readonly<Record<string, string>>): Tree | undefined {
  const parts = { certs: values["certs"], secrets: values["kubeSecrets"], trustdinfo: values["trustdInfo"] };
  if (parts.certs === undefined || parts.secrets === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(parts).flatMap(([key, text]) => (text === undefined ? [] : [[key, parsed(text)]])),
  );
}

function parsed(text: string): unknown {
  try {
    return readPlainDocuments(text, "")[0];
  } catch {
    return undefined;
  }
}

/** What Cluster API calls the parts of a cluster's PKI, and where they are in a bundle. */
const PARTS: ReadonlyMap<string, SecretName> = new Map([
  ["ca", "kubernetes"],
  ["etcd", "etcd"],
  ["proxy", "aggregator"],
  ["sa", "serviceAccount"],
]);
const PART_NAME = /^(.+)-(ca|etcd|proxy|sa|talos)$/;

function clusterOf(address: string): string {
  return PART_NAME.exec(address)?.[1] ?? address;
}

/** The Secrets `<cluster>-ca`, `-etcd`, `-proxy` and `-sa` of each cluster as one bundle that lacks the rest. */
function clusterParts(secrets: readonly Tree[]): Content[] {
  const clusters = new Map<string, Record<string, unknown>>();
  for (const secret of secrets) {
    const [, cluster = "", part = ""] = PART_NAME.exec(addressOf(secret)) ?? [];
    const [crt, key] = ["tls.crt", "tls.key"].map((name) => valueAt(secret, ["data", name]));
    const name = PARTS.get(part);
    if (name === undefined || typeof key !== "string") continue;
    const tree = clusters.get(cluster) ?? {};
    clusters.set(cluster, tree);
    for (const field of BUNDLE_FIELDS) {
      if (field.secret === name) setAt(tree, field.talosctl, field.half === "crt" ? crt : key);
    }
  }
  return [...clusters].flatMap(([cluster, tree]) => contentsOf(tree, cluster));
}
