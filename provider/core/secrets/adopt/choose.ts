import { PkiError } from "../../errors";
import { BUNDLE_FIELDS, isTree, type Tree, valueAt } from "../fields";
import { readBundleTree } from "../read";
import type { Container, Content, ContentKind } from "./content";
import { encryptedError } from "./encrypted";
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

function find(text: string, wanted: Wanted, options: ContentOptions): Content | undefined {
  const container = openContainer(text, options.path);
  return container === undefined ? undefined : choose(container, wanted, options);
}

function choose(container: Container, wanted: Wanted, { path, resource }: ContentOptions): Content {
  const candidates = candidatesIn(container, wanted);
  const chosen = resource === undefined ? candidates : candidates.filter(({ address }) => address === resource);
  const [content, second] = resource === undefined ? distinct(chosen, wanted) : chosen;
  if (content === undefined || (second !== undefined && resource === undefined)) {
    throw notChosen(container, wanted, candidates, { path, resource });
  }
  if (content.isHidden === true) throw hiddenError(container, path);
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

function notChosen(
  container: Container,
  { what }: Wanted,
  candidates: readonly Content[],
  { path, resource }: ContentOptions,
): PkiError {
  const { form, showCommand } = container;
  const addresses = candidates.slice(0, MOST_ADDRESSES).map(({ address }) => address);
  const further = candidates.length > addresses.length ? ` and ${candidates.length - addresses.length} more` : "";
  const list = `${addresses.join(", ")}${further}`;
  if (candidates.length > 0) {
    const problem =
      resource === undefined
        ? `holds the ${what} several times, and they differ`
        : `has no ${what} at ${JSON.stringify(resource)}`;
    return new PkiError("ERR_INPUT_INVALID", `the ${form} ${problem}; set resource to one of ${list}`, { path });
  }
  if (showCommand !== undefined) return hiddenError(container, path);
  return new PkiError("ERR_INPUT_MISSING", `the ${form} holds no ${what}; must be one that does`, { path });
}

function hiddenError({ form, showCommand = "" }: Container, path: string): PkiError {
  return encryptedError(`the key of the stack (${form})`, showCommand, path);
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
