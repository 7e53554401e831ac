import { PkiError } from "../core/errors";
import type { AuthorityUse } from "../core/inspect/tryAuthority";
import type { AuthorityName } from "../core/secrets/types";
import { readPlainDocuments } from "../core/yaml/plain";
import { isTree, type Tree } from "../core/secrets/fields";
import { findMaterial, findPem, type Material } from "./material";

/** What a file is. */
export type SourceKind = "talosconfig" | "secrets bundle" | "machine config" | "kubeconfig" | "PEM" | "YAML";

/** A file as the commands see it. */
export interface Source {
  /** Its path, `-` for stdin. */
  readonly name: string;
  readonly kind: SourceKind;
  readonly text: string;
  /** YAML documents; empty for PEM. */
  readonly documents: readonly Tree[];
  readonly material: Material;
}

const has = (tree: Tree, ...keys: readonly string[]): boolean => keys.every((key) => Object.hasOwn(tree, key));

/** How each kind is told from the others, the first that fits. */
const KINDS: readonly (readonly [SourceKind, (tree: Tree) => boolean])[] = [
  ["kubeconfig", (tree) => tree["kind"] === "Config" || has(tree, "clusters", "users")],
  ["talosconfig", (tree) => isTree(tree["contexts"])],
  ["machine config", (tree) => isTree(tree["machine"]) || typeof tree["kind"] === "string"],
  ["secrets bundle", (tree) => has(tree, "certs") || has(tree, "Certs") || has(tree, "sops", "cluster")],
];

/**
 * Recognizes a file by what it holds and finds the certificates and keys in it.
 *
 * @throws PkiError ERR_YAML_INVALID, ERR_BUNDLE_ENCRYPTED
 */
export function readSource(name: string, text: string): Source {
  // A PEM file may have words around its blocks; YAML with PEM in it has a key before the first one.
  if (/^-----BEGIN /m.test(text)) return { name, kind: "PEM", text, documents: [], material: findPem(text) };
  const documents = readPlainDocuments(text, "").filter(isTree);
  const [first] = documents;
  if (first === undefined) {
    throw new PkiError(
      "ERR_PEM_INVALID",
      "is neither PEM nor YAML; expected a talosconfig, secrets bundle, machine config, kubeconfig or PEM file",
    );
  }
  if (isTree(first["sops"])) {
    throw new PkiError("ERR_BUNDLE_ENCRYPTED", "is encrypted with SOPS; decrypt it first (sops --decrypt)");
  }
  const kind = KINDS.find(([, fits]) => fits(first))?.[0] ?? "YAML";
  return { name, kind, text, documents, material: joinMaterial(documents.map(documentMaterial)) };
}

/** Paths in a document of its own kind begin with that kind, as `KubeAPIServerCAConfig.issuingCA.cert`. */
function documentMaterial(document: Tree): Material {
  const { kind } = document;
  return findMaterial(document, typeof kind === "string" && kind !== "Config" ? kind : "");
}

function joinMaterial(parts: readonly Material[]): Material {
  return {
    certificates: parts.flatMap(({ certificates }) => certificates),
    keys: parts.flatMap(({ keys }) => keys),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** Where the authorities of a cluster stand in each kind of file. */
const AUTHORITY_PLACES: readonly (readonly [RegExp, AuthorityName])[] = [
  [/^certs\.os\./i, "os"],
  [/^certs\.k8s\./i, "kubernetes"],
  [/^certs\.etcd\./i, "etcd"],
  [/^certs\.k8saggregator\./i, "aggregator"],
  [/^machine\.(?:ca|acceptedCAs)\b/, "os"],
  [/^cluster\.(?:ca|acceptedCAs)\b/, "kubernetes"],
  [/^cluster\.etcd\.ca\./, "etcd"],
  [/^cluster\.aggregatorCA\./, "aggregator"],
  [/^KubeAPIServerCAConfig\./, "kubernetes"],
  [/^KubeAggregatorCAConfig\./, "aggregator"],
  [/^contexts\..*\.ca\b/, "os"],
  [/\.certificate-authority-data\b/, "kubernetes"],
];

/** Places where a CA stands to be trusted alone: by nodes, beside their own, or by a client. */
const TRUSTED_PLACES: readonly (readonly [RegExp, AuthorityUse])[] = [
  [/\bacceptedCAs\b/, "accepted"],
  [/^contexts\..*\.ca\b/, "servers"],
  [/\.certificate-authority-data\b/, "servers"],
];

/** What the CA at a place is for; `undefined` where the file does not say. */
export function authorityUseAt(path: string): AuthorityUse | undefined {
  return TRUSTED_PLACES.find(([place]) => place.test(path))?.[1] ?? authorityNameAt(path);
}

/** What the cluster calls the authority at a place; `undefined` for any other certificate. */
export function authorityNameAt(path: string): AuthorityName | undefined {
  return AUTHORITY_PLACES.find(([place]) => place.test(path))?.[1];
}
