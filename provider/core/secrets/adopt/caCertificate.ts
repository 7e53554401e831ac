import { SECRET_FIELDS, type Tree, valueAt } from "../fields";
import { type CARow, INVENTORY } from "../inventory";
import { formOf } from "../read";
import type { AuthorityName } from "../types";
import type { Content } from "./content";

/** Which CA of a file is wanted. */
export interface CAChoice {
  /** Default: the OS CA, of a kubeconfig the Kubernetes CA, which is the only one there. */
  readonly ca?: AuthorityName | undefined;
  /** Context of a talosconfig or kubeconfig; default: the current one. */
  readonly context?: string | undefined;
}

type Found = Pick<Content, "kind" | "documents">;

/** The CA that is looked for in a file. */
export function chosenCA({ kind }: Pick<Content, "kind">, { ca }: CAChoice): AuthorityName {
  return ca ?? (kind === "kubeconfig" ? "kubernetes" : "os");
}

/**
 * The certificate of a cluster's CA, PEM or base64 of PEM as the file has it; of a config the issuing CA, of a
 * talosconfig every CA that the context trusts. Nothing else of the file is looked at, so no key comes along.
 */
export function caCertificateIn({ kind, documents }: Found, choice: CAChoice): string | undefined {
  const value = valueOf({ kind, documents }, chosenCA({ kind }, choice), choice.context);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function valueOf({ kind, documents }: Found, ca: AuthorityName, context: string | undefined): unknown {
  const [first = {}] = documents;
  switch (kind) {
    case "talosconfig":
      return ca === "os" ? valueAt(first, ["contexts", context ?? textAt(first, "context"), "ca"]) : undefined;
    case "kubeconfig":
      return ca === "kubernetes" ? kubeconfigCA(first, context ?? textAt(first, "current-context")) : undefined;
    case "secrets bundle":
      return valueAt(first, fieldOf(ca)[formOf(first)]);
    default:
      return configCA(documents, ca);
  }
}

const fieldOf = (ca: AuthorityName): (typeof SECRET_FIELDS)[number] =>
  SECRET_FIELDS.find(({ secret, half }) => secret === ca && half === "crt")!;

/** The issuing CA; a worker from Talos v1.14 on has the Kubernetes CAs among the accepted ones alone. */
function configCA(documents: readonly Tree[], ca: AuthorityName): unknown {
  const { v1alpha1, document: place } = fieldOf(ca);
  const issuing = documents.map((document) => {
    if (!("kind" in document)) return valueAt(document, v1alpha1);
    return document["kind"] === place?.kind ? valueAt(document, place?.path ?? []) : undefined;
  });
  return issuing.find((value) => value !== undefined && value !== "") ?? acceptedIn(documents, ca);
}

function acceptedIn(documents: readonly Tree[], ca: AuthorityName): string | undefined {
  const row: CARow = INVENTORY[ca];
  const { document: place } = row.accepted;
  const list = valueAt(
    documents.find(({ kind }) => kind !== undefined && kind === place?.kind),
    place?.path.split(".") ?? [],
  );
  return Array.isArray(list) ? list.filter((pem) => typeof pem === "string").join("\n") : undefined;
}

function kubeconfigCA(tree: Tree, context: string): unknown {
  const cluster = valueAt(named(tree, "contexts", context), ["context", "cluster"]);
  return typeof cluster === "string"
    ? valueAt(named(tree, "clusters", cluster), ["cluster", "certificate-authority-data"])
    : undefined;
}

/** The entry of a list of a kubeconfig that has a name. */
function named(tree: Tree, list: string, name: string): unknown {
  const entries = tree[list];
  return Array.isArray(entries) ? entries.find((entry) => valueAt(entry, ["name"]) === name) : undefined;
}

function textAt(tree: Tree, key: string): string {
  const value = tree[key];
  return typeof value === "string" ? value : "";
}
