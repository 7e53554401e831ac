import { decodeBase64 } from "../../x509/pem";
import { PkiError } from "../../errors";
import { MAX_TEXT_LENGTH } from "../../limits";
import { decodeText } from "../../text";
import { readPlainDocuments } from "../../yaml/plain";
import { BUNDLE_FIELDS, isTree, setAt, type Tree, valueAt } from "../fields";
import { rowOf, SECRET_NAMES, type SecretName } from "../inventory";
import { type Container, type Content, contentsOf } from "./content";

/**
 * Kubernetes Secrets, one or several, or a List of them, as `kubectl get secret -o yaml|json` prints: those of Cluster
 * API and its Talos providers, and any that hold a talosconfig, kubeconfig or machine config. Sources: Cluster API
 * util/secret/consts.go v1.11; siderolabs/cluster-api-bootstrap-provider-talos controllers/secrets.go, v0.7.0-alpha.2.
 */
export function readKubernetesSecrets(documents: readonly unknown[]): Container | undefined {
  const secrets = documents.flatMap(itemsOf).filter(isSecret);
  if (secrets.length === 0) return undefined;
  assertWithinBounds(secrets);
  const named = secrets.map((secret) => [addressOf(secret), valuesOf(secret)] as const);
  const contents = named.flatMap(([address, values]) => secretContents(address, values));
  const complete = new Set(contents.filter(isBundle).map(({ address }) => clusterOf(address)));
  const parts = clusterParts(secrets).filter(({ address }) => !complete.has(address));
  return {
    form: secrets.length === 1 ? "Kubernetes Secret" : "Kubernetes Secrets",
    contents: [...contents, ...parts],
    tree: Object.fromEntries(named),
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

/** Without aliases the values of a file are no longer than the file. */
function assertWithinBounds(secrets: readonly Tree[]): void {
  const texts = secrets.flatMap(({ data, stringData }) =>
    [data, stringData].flatMap((values) => (isTree(values) ? Object.values(values) : [])),
  );
  const length = texts.reduce((sum: number, text) => sum + (typeof text === "string" ? text.length : 0), 0);
  if (length <= MAX_TEXT_LENGTH) return;
  throw new PkiError("ERR_YAML_INVALID", "grows too large through aliases; write it out without them");
}

/** Octets that are no text are as Node reads them; what is not base64 is nothing. */
function decodeValue(base64: string): string {
  const octets = decodeBase64(base64.replace(/\s+/g, ""));
  return octets === undefined ? "" : decodeText(octets);
}

type Values = Readonly<Record<string, string>>;

/** Texts by key. */
function valuesOf(secret: Tree): Values {
  const decoded = Object.entries(isTree(secret["data"]) ? secret["data"] : {}).map(
    ([key, value]) => [key, typeof value === "string" ? decodeValue(value) : ""] as const,
  );
  const plain = Object.entries(isTree(secret["stringData"]) ? secret["stringData"] : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries([...decoded, ...plain]);
}

function secretContents(address: string, values: Values): Content[] {
  const legacy = contentsOf(legacyBundle(values), address);
  if (legacy.length > 0) return legacy;
  const contents = Object.entries(values).map(([key, text]) => [key, contentsOf(text, address)] as const);
  const isAlone = contents.filter(([, { length }]) => length > 0).length < 2;
  return contents.flatMap(([key, found]) =>
    found.map((content) => ({ ...content, address: isAlone ? address : `${address}.${key}` })),
  );
}

/** The bundle in three parts, as the Talos provider stored it up to v0.2, without the cluster's id and secret. */
function legacyBundle(values: Values): Tree | undefined {
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

/** What Cluster API calls the parts of a cluster's PKI. */
const PARTS: ReadonlyMap<string, SecretName> = new Map(
  SECRET_NAMES.flatMap((name) => {
    const row = rowOf(name);
    return row.kind === "text" || row.clusterAPI === undefined ? [] : [[row.clusterAPI, name] as const];
  }),
);
const PART_NAME = new RegExp(`^(.+)-(${[...PARTS.keys(), "talos"].join("|")})$`);

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
