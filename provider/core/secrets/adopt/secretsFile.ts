import { PkiError } from "../../errors";
import { normaliseText } from "../../text";
import { onlyDocument, readPlainDocuments } from "../../yaml/plain";
import { BUNDLE_FIELDS, isTree, type Tree, valueAt } from "../fields";
import { formOf, joinPath } from "../read";
import { type ContentOptions, findControlPlaneConfig, findSecrets } from "./choose";
import { type ContentKind, kindOf } from "./content";
import { assertNoSopsValues } from "./encrypted";

/** A secrets bundle, of any form. */
interface BundleFile {
  readonly kind: "secrets bundle";
  readonly tree: Tree;
  /** Property path of the bundle, which may be inside a file of another tool. */
  readonly path: string;
}

/** A machine config, whichever machine's. */
interface ConfigFile {
  readonly kind: "machine config";
  readonly documents: readonly Tree[];
  readonly path: string;
}

/**
 * Opens what holds the secrets of a cluster.
 *
 * @throws PkiError ERR_YAML_INVALID, ERR_BUNDLE_ENCRYPTED, ERR_INPUT_MISSING for what holds none, ERR_INPUT_INVALID
 */
export function openSecretsFile(text: string, options: ContentOptions): BundleFile | ConfigFile {
  const { path } = options;
  const content = findSecrets(text, options);
  if (content !== undefined) {
    const { kind, documents } = content;
    const at = joinPath(path, content.address === "" ? [] : [content.address]);
    return kind === "machine config" ? { kind, documents, path: at } : bundleFile(documents[0] ?? {}, at);
  }
  const all = readPlainDocuments(normaliseText(text), path);
  const documents = all.filter(isTree);
  const kind = kindIn(documents);
  if (kind === "machine config") return { kind, documents, path };
  if (kind === "talosconfig" || kind === "kubeconfig") throw otherKind(kind, "a secrets bundle", path);
  const tree = onlyDocument(all, path);
  if (isTree(tree) && hasSections(tree)) return bundleFile(tree, path);
  const message = "the text is not a secrets bundle; must be the YAML of talosctl gen secrets";
  throw new PkiError("ERR_INPUT_MISSING", message, { path });
}

/**
 * Opens what holds the config of a control plane.
 *
 * @throws PkiError ERR_YAML_INVALID, ERR_BUNDLE_ENCRYPTED, ERR_INPUT_MISSING, ERR_INPUT_INVALID
 */
export function openControlPlaneConfig(text: string, options: ContentOptions): ConfigFile {
  const { path } = options;
  const content = findControlPlaneConfig(text, options);
  if (content !== undefined) {
    return { kind: "machine config", documents: content.documents, path: joinPath(path, [content.address]) };
  }
  const documents = readPlainDocuments(normaliseText(text), path).filter(isTree);
  const kind = kindIn(documents);
  if (kind !== undefined && kind !== "machine config") throw otherKind(kind, "the config of a control plane", path);
  return { kind: "machine config", documents, path };
}

function kindIn(documents: readonly Tree[]): ContentKind | undefined {
  return documents.map(kindOf).find((kind) => kind !== undefined);
}

function otherKind(kind: ContentKind, wanted: string, path: string): PkiError {
  return new PkiError("ERR_CONFIG_INVALID", `is a ${kind}; must be ${wanted}`, { path });
}

const SECTIONS = new Set(BUNDLE_FIELDS.map(({ talosctl }) => talosctl[0]));

/** Whether a map can be a bundle, in whichever casing; an empty one can. */
function hasSections(tree: Tree): boolean {
  const keys = Object.keys(tree);
  return keys.length === 0 || keys.some((key) => SECTIONS.has(key.toLowerCase()) || key === "sops");
}

/** Variables that talhelper puts in (envsubst). */
const PLACEHOLDER = /^\$\{\w+[^{}]*\}$/;

function bundleFile(tree: Tree, path: string): BundleFile {
  assertNoSopsValues(tree, path);
  const form = formOf(tree);
  const placeholder = BUNDLE_FIELDS.find((field) => {
    const value = valueAt(tree, field[form]);
    return typeof value === "string" && PLACEHOLDER.test(value);
  });
  if (placeholder !== undefined) {
    const message = "is a variable; put its value in first, as talhelper does (envsubst < talsecret.yaml)";
    throw new PkiError("ERR_INPUT_INVALID", message, { path: joinPath(path, placeholder.talosctl) });
  }
  return { kind: "secrets bundle", tree, path };
}
