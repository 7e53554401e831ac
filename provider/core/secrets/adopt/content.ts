import { readPlainDocuments, writePlainYaml } from "../../yaml/plain";
import { PkiError } from "../../errors";
import { BUNDLE_FIELDS, isTree, setAt, type Tree, valueAt } from "../fields";
import { formOf } from "../read";

/** What of a cluster a text or a tree is. */
export type ContentKind = "secrets bundle" | "machine config" | "talosconfig" | "kubeconfig";

/** Something of a cluster inside a file of another tool. */
export interface Content {
  readonly kind: ContentKind;
  /** Where it is in the file: `module.a.talos_machine_secrets.this`, `default/alpha-talos`. */
  readonly address: string;
  /** Its own text, as its tool would write it; a bundle is in talosctl's form. */
  readonly text: string;
  readonly documents: readonly Tree[];
  /** Some of its values are hidden in this file. */
  readonly isHidden?: boolean;
}

/** A file of another tool. */
export interface Container {
  /** What the file is: `Terraform state`. */
  readonly form: string;
  readonly contents: readonly Content[];
  /** The command that shows what this file hides; absent where it hides nothing. */
  readonly showCommand?: string;
  /** The whole file, for those who look for certificates wherever they are. */
  readonly tree: unknown;
}

const has = (tree: Tree, ...keys: readonly string[]): boolean => keys.every((key) => Object.hasOwn(tree, key));

/** Talos's documents have this version without a group; Kubernetes's have none of their own. */
const TALOS_API_VERSION = "v1alpha1";

/** How each kind is told from the others, the first that matches. */
const KINDS: readonly (readonly [ContentKind, (tree: Tree) => boolean])[] = [
  ["kubeconfig", (tree) => tree["kind"] === "Config" || has(tree, "clusters", "users")],
  ["talosconfig", (tree) => isTree(tree["contexts"])],
  [
    "machine config",
    (tree) =>
      isTree(tree["machine"]) ||
      (tree["version"] === TALOS_API_VERSION && isTree(tree["cluster"])) ||
      (tree["apiVersion"] === TALOS_API_VERSION && typeof tree["kind"] === "string"),
  ],
  ["secrets bundle", (tree) => isTree(tree["certs"]) || isTree(tree["Certs"])],
];

/** What a document is; `undefined` for what is nothing of a Talos cluster. */
export function kindOf(tree: Tree): ContentKind | undefined {
  return KINDS.find(([, matches]) => matches(tree))?.[0];
}

/** A text that can be one of the kinds has a line that begins with one of their keys. */
const MAY_BE_CONTENT = /^(?:---|version|machine|cluster|Cluster|certs|Certs|apiVersion|kind|clusters|contexts?)\b|^\{/m;

/** What a value of another tool's file is; nothing for what is no part of a cluster. */
export function contentsOf(value: unknown, address: string, isHidden = false): Content[] {
  const hidden = isHidden ? { isHidden } : {};
  if (typeof value === "string") return textContents(value, address).map((content) => ({ ...content, ...hidden }));
  if (!isTree(value) || kindOf(value) !== "secrets bundle") return [];
  const tree = talosctlTree(value);
  return [{ kind: "secrets bundle", address, text: writePlainYaml(tree), documents: [tree], ...hidden }];
}

function textContents(text: string, address: string): Content[] {
  if (!MAY_BE_CONTENT.test(text)) return [];
  const documents = tryDocuments(text);
  const kind = documents.map(kindOf).find((found) => found !== undefined);
  return kind === undefined ? [] : [{ kind, address, text, documents }];
}

function tryDocuments(text: string): Tree[] {
  try {
    return readPlainDocuments(text, "").filter(isTree);
  } catch (error) {
    if (error instanceof PkiError) return [];
    throw error;
  }
}

/** A bundle of any form in that of talosctl; values as they are. */
function talosctlTree(tree: Tree): Tree {
  const form = formOf(tree);
  const renamed: Record<string, unknown> = {};
  for (const field of BUNDLE_FIELDS) {
    const value = valueAt(tree, field[form]);
    if (typeof value === "string" || typeof value === "number") setAt(renamed, field.talosctl, value);
  }
  return renamed;
}
