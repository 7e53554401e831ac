import { PkiError } from "../../errors";
import { normaliseText } from "../../text";
import { BUNDLE_FIELDS, isTree, type Tree, valueAt } from "../fields";
import { INVENTORY } from "../inventory";
import { formOf, readBundleTree } from "../read";
import { type CAChoice, caCertificateIn, chosenCA } from "./caCertificate";
import { type Container, type Content, type ContentKind, contentsOf } from "./content";
import { hiddenError } from "./encrypted";
import { openContainer } from "./open";

/** What of a file is wanted. */
export interface ContentOptions {
  /** Property path for errors. */
  readonly path: string;
  /** Address of the content, where the file has several. */
  readonly resource?: string | undefined;
}

/** Kinds in the order of preference, and how contents that differ in nothing that matters are told. */
interface Wanted {
  readonly what: string;
  readonly kinds: readonly (readonly [ContentKind, (content: Content) => boolean])[];
  readonly identity: (content: Content) => string;
}

const SECRETS: Wanted = {
  what: "secrets of a cluster",
  kinds: [
    // A resource that has a part of a cluster's secrets stands beside the one that has them all.
    ["secrets bundle", isWhole],
    ["secrets bundle", () => true],
    ["machine config", isControlPlane],
  ],
  identity: ({ kind, documents }) =>
    kind === "machine config"
      ? configIdentity(documents)
      : JSON.stringify(readBundleTree(documents[0] ?? {}, "").bundle),
};

const CONFIG: Wanted = {
  what: "config of a control plane",
  kinds: [["machine config", isControlPlane]],
  identity: ({ documents }) => configIdentity(documents),
};

const TALOSCONFIG: Wanted = {
  what: "talosconfig",
  kinds: [["talosconfig", () => true]],
  identity: ({ text }) => text,
};

/** The secrets of a cluster in a file of another tool; `undefined` for any other file. @throws PkiError */
export function findSecrets(text: string, options: ContentOptions): Content | undefined {
  return find(text, SECRETS, options);
}

/** The config of a control plane in a file of another tool; `undefined` for any other file. @throws PkiError */
export function findControlPlaneConfig(text: string, options: ContentOptions): Content | undefined {
  return find(text, CONFIG, options);
}

/**
 * The text of a talosconfig: of the file itself, or of what is in it.
 *
 * @throws PkiError ERR_BUNDLE_ENCRYPTED, ERR_INPUT_MISSING where there is none, ERR_INPUT_INVALID where there are several
 * @example
 * const { contexts } = parseTalosconfig(findTalosconfig(readFileSync("terraform.tfstate", "utf8"), { path: "" }));
 */
export function findTalosconfig(text: string, options: ContentOptions): string {
  return find(text, TALOSCONFIG, options)?.text ?? text;
}

const KINDS_WITH_CA: readonly ContentKind[] = ["secrets bundle", "machine config", "talosconfig", "kubeconfig"];

/**
 * The certificate of a CA in a secrets bundle, machine config, talosconfig or kubeconfig, or in a file of another tool
 * that holds one, as that file has it; `undefined` for any other text, such as PEM.
 *
 * @throws PkiError ERR_BUNDLE_ENCRYPTED, ERR_INPUT_MISSING where there is none, ERR_INPUT_INVALID where there are several
 */
export function findCACertificate(text: string, options: ContentOptions & CAChoice): string | undefined {
  const certificateOf = (content: Content): string | undefined => caCertificateIn(content, options);
  const wanted: Wanted = {
    what: `certificate of the ${INVENTORY[options.ca ?? "os"].title} CA`,
    kinds: KINDS_WITH_CA.map((kind) => [kind, (content) => certificateOf(content) !== undefined]),
    identity: (content) => certificateOf(content) ?? "",
  };
  const content = find(text, wanted, options) ?? contentsOf(normaliseText(text), "")[0];
  if (content === undefined) return undefined;
  const certificate = certificateOf(content);
  if (certificate !== undefined) return certificate;
  const { kind } = content;
  const of = options.context === undefined ? "" : ` in the context ${JSON.stringify(options.context)}`;
  const message = `the ${kind} holds no certificate of the ${INVENTORY[chosenCA(content, options)].title} CA${of}; must be a file that does`;
  throw new PkiError("ERR_INPUT_MISSING", message, { path: options.path });
}

function find(text: string, wanted: Wanted, options: ContentOptions): Content | undefined {
  const container = openContainer(text, options.path);
  if (container !== undefined) return choose(container, wanted, options);
  if (options.resource !== undefined) throw noAddresses(options.resource, options.path);
  return undefined;
}

/** The error about an address in a file that is itself something of a cluster. */
export function noAddresses(resource: string, path: string): PkiError {
  const message = `there is nothing at ${JSON.stringify(resource)}, as the file is none of another tool; leave resource out`;
  return new PkiError("ERR_INPUT_INVALID", message, { path });
}

/** The error about an address that is none of a file's. */
export function wrongAddress(
  { form }: Container,
  what: string,
  resource: string,
  contents: readonly Content[],
  path: string,
): PkiError {
  const problem = `the ${form} has no ${what} at ${JSON.stringify(resource)}`;
  const remedy = contents.length === 0 ? "leave resource out" : `set resource to one of ${listAddresses(contents)}`;
  return new PkiError("ERR_INPUT_INVALID", `${problem}; ${remedy}`, { path });
}

function choose(container: Container, wanted: Wanted, { path, resource }: ContentOptions): Content {
  const candidates = candidatesIn(container, wanted);
  const chosen = resource === undefined ? candidates : candidates.filter(({ address }) => address === resource);
  const [content, second] = resource === undefined ? distinct(chosen, wanted) : chosen;
  if (content === undefined || (second !== undefined && resource === undefined)) {
    throw notChosen(container, wanted, candidates, { path, resource });
  }
  if (content.isHidden === true) throw hiddenError(container.form, container.showCommand, path);
  return content;
}

function candidatesIn({ contents }: Container, { kinds }: Wanted): readonly Content[] {
  const byKind = kinds.map(([kind, matches]) =>
    contents.filter((content) => content.kind === kind && matches(content)),
  );
  return byKind.find(({ length }) => length > 0) ?? [];
}

function distinct(contents: readonly Content[], { identity }: Wanted): Content[] {
  const byDocuments = new Map(contents.toReversed().map((content) => [content.documents, content]));
  const byIdentity = new Map([...byDocuments.values()].map((content) => [identity(content), content]));
  return [...byIdentity.values()].reverse();
}

const MOST_ADDRESSES = 20;

function listAddresses(contents: readonly Content[]): string {
  const all = [...new Set(contents.map(({ address }) => address))];
  const shown = all.slice(0, MOST_ADDRESSES);
  return `${shown.join(", ")}${all.length > shown.length ? ` and ${all.length - shown.length} more` : ""}`;
}

function notChosen(
  container: Container,
  { what }: Wanted,
  candidates: readonly Content[],
  { path, resource }: ContentOptions,
): PkiError {
  const { form, showCommand } = container;
  if (candidates.length > 0) {
    if (resource !== undefined) return wrongAddress(container, what, resource, candidates, path);
    const message = `the ${form} holds the ${what} several times, and they differ; set resource to one of ${listAddresses(candidates)}`;
    return new PkiError("ERR_INPUT_INVALID", message, { path });
  }
  if (showCommand !== undefined) return hiddenError(form, showCommand, path);
  return new PkiError("ERR_INPUT_MISSING", `the ${form} holds no ${what}; must be one that does`, { path });
}

/** It has every CA and key of a bundle, so that nothing would have to be supplied. */
function isWhole({ documents: [tree = {}] }: Content): boolean {
  const form = formOf(tree);
  return BUNDLE_FIELDS.every((field) => field.kind === "text" || valueAt(tree, field[form]) !== undefined);
}

function isControlPlane({ documents }: Content): boolean {
  const types = documents.map((document) => valueAt(document, ["machine", "type"]));
  return types.includes("controlplane") || types.includes("init");
}

/** Configs of several control planes of one cluster have the same secrets. */
function configIdentity(documents: readonly Tree[]): string {
  const main = documents.find((document) => isTree(document["machine"]));
  return JSON.stringify(BUNDLE_FIELDS.map(({ v1alpha1 }) => String(valueAt(main, v1alpha1))));
}
