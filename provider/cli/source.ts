import { PkiError, type Warning } from "../core/errors";
import type { AuthorityUse } from "../core/inspect/tryAuthority";
import { noAddresses, wrongAddress } from "../core/secrets/adopt/choose";
import { type Container, type Content, type ContentKind, kindOf } from "../core/secrets/adopt/content";
import { hiddenError, hiddenWarning } from "../core/secrets/adopt/encrypted";
import { openContainer } from "../core/secrets/adopt/open";
import { caNameAt } from "../core/secrets/caPlaces";
import { isTree, type Tree } from "../core/secrets/fields";
import type { AuthorityName } from "../core/secrets/types";
import { normaliseText } from "../core/text";
import { readPlainDocuments } from "../core/yaml/plain";
import { findMaterial, findPem, joinMaterial, type Material } from "./material";

/** What a file is; "container" for one of another tool, whose parts have kinds of their own. */
export type SourceKind = ContentKind | "PEM" | "YAML" | "container";

/** A file as the commands see it. */
export interface Source {
  /** Its path, `-` for stdin; of a part its address in the file. */
  readonly name: string;
  readonly kind: SourceKind;
  /** What a person calls such a file. */
  readonly title: string;
  readonly text: string;
  /** YAML documents; empty for PEM and for a container. */
  readonly documents: readonly Tree[];
  readonly material: Material;
  /** What is in a container. */
  readonly parts: readonly Source[];
  /** About what a container hides beside what can be read of it. */
  readonly warnings: readonly Warning[];
}

/**
 * Recognises a file by what it holds and finds the certificates and keys in it.
 *
 * @param resource address in a file of another tool: only what is there
 * @throws PkiError ERR_YAML_INVALID, ERR_PEM_INVALID, ERR_BUNDLE_ENCRYPTED, ERR_INPUT_INVALID for a wrong address
 */
export function readSource(name: string, fileText: string, resource?: string): Source {
  const text = normaliseText(fileText);
  const container = openContainer(text, "");
  if (container !== undefined) {
    return containerSource(name, text, resource === undefined ? container : partOf(container, resource));
  }
  if (resource !== undefined) throw noAddresses(resource, "");
  // A PEM file may have words around its blocks; YAML with PEM in it has a key before the first one.
  if (/^-----BEGIN /m.test(text)) {
    return { name, kind: "PEM", title: "PEM", text, documents: [], material: findPem(text), parts: [], warnings: [] };
  }
  const all = readPlainDocuments(text, "");
  const documents = all.filter(isTree);
  if (documents.length === 0) {
    const expected = "must be a talosconfig, secrets bundle, machine config, kubeconfig or PEM file";
    throw new PkiError("ERR_PEM_INVALID", `${whatInstead(text, all)}; ${expected}`);
  }
  return yamlSource(name, text, documents, documents.map(kindOf).find((kind) => kind !== undefined) ?? "YAML");
}

/** What a file without anything of ours is. */
function whatInstead(text: string, documents: readonly unknown[]): string {
  if (text.trim() === "") return "is empty";
  return documents.some(Array.isArray) ? "is a list, as a JSON patch is" : "is neither PEM nor YAML";
}

function yamlSource(name: string, text: string, documents: readonly Tree[], kind: ContentKind | "YAML"): Source {
  const material = joinMaterial(documents.map(documentMaterial));
  return { name, kind, title: kind, text, documents, material, parts: [], warnings: [] };
}

/** A file of another tool as if it held nothing but what is at an address. */
function partOf(container: Container, resource: string): Container {
  const { form, contents, showCommand } = container;
  const there = contents.filter(({ address }) => address === resource);
  if (there.length === 0) {
    if (contents.length === 0 && showCommand !== undefined) throw hiddenError(form, showCommand, "");
    throw wrongAddress(container, "part of a cluster", resource, contents, "");
  }
  const isHidden = there.some((content) => content.isHidden === true);
  return { form, contents: there, tree: {}, ...(isHidden && showCommand !== undefined ? { showCommand } : {}) };
}

/** A file with one thing in it and nothing else is that thing. */
function containerSource(name: string, text: string, { form, contents, showCommand, tree }: Container): Source {
  const parts = contents.filter(({ isHidden }) => isHidden !== true).map(partSource);
  const known = new Set(parts.flatMap(({ material }) => material.certificates.map(fingerprintOf)));
  const others = findMaterial(tree);
  const certificates = others.certificates.filter((found) => !known.has(fingerprintOf(found)));
  const [part, second] = parts;
  const warnings = showCommand === undefined ? [] : [hiddenWarning(form, showCommand)];
  if (part !== undefined && second === undefined && certificates.length === 0) return { ...part, name, warnings };
  const rest = { certificates, keys: parts.length === 0 ? others.keys : [], problems: [] };
  const material = joinMaterial([...parts.map(prefixedMaterial), rest]);
  if (showCommand !== undefined && material.certificates.length + material.keys.length === 0) {
    throw hiddenError(form, showCommand, "");
  }
  return { name, kind: "container", title: form, text, documents: [], material, parts, warnings };
}

const fingerprintOf = ({ certificate }: Material["certificates"][number]): string => certificate.fingerprint;

function partSource({ address, kind, text, documents }: Content): Source {
  return yamlSource(address, text, documents, kind);
}

/** A path of a part, as one of the whole file. */
export function partPath(part: Source, path: string): string {
  return path === "" ? part.name : `${part.name} ${path}`;
}

function prefixedMaterial(part: Source): Material {
  const { certificates, keys, problems } = part.material;
  const inFile = <T extends { readonly path: string }>(found: T): T => ({ ...found, path: partPath(part, found.path) });
  return { certificates: certificates.map(inFile), keys: keys.map(inFile), problems: problems.map(inFile) };
}

/** Paths in a document of its own kind begin with that kind, as `KubeAPIServerCAConfig.issuingCA.cert`. */
function documentMaterial(document: Tree): Material {
  const { kind } = document;
  return findMaterial(document, typeof kind === "string" && kind !== "Config" ? kind : "");
}

/** Where clients store the CAs that they trust. */
const CLIENT_PLACES: readonly (readonly [RegExp, AuthorityName])[] = [
  [/(?:^| )contexts\..*\.ca\b/, "os"],
  [/\.certificate-authority-data\b/, "kubernetes"],
];

/** Places where a CA stands to be trusted alone: by nodes, beside their own, or by a client. */
const TRUSTED_PLACES: readonly (readonly [RegExp, AuthorityUse])[] = [
  [/\bacceptedCAs\b/, "accepted"],
  [/(?:^| )contexts\..*\.ca\b/, "servers"],
  [/\.certificate-authority-data\b/, "servers"],
];

/** What the CA at a place is for; `undefined` where the file does not say. */
export function authorityUseAt(path: string): AuthorityUse | undefined {
  return TRUSTED_PLACES.find(([place]) => place.test(path))?.[1] ?? authorityNameAt(path);
}

/** What the cluster calls the CA at a place; `undefined` for any other certificate. */
export function authorityNameAt(path: string): AuthorityName | undefined {
  // The address of a part of another file comes before.
  return caNameAt(path.slice(path.lastIndexOf(" ") + 1)) ?? CLIENT_PLACES.find(([place]) => place.test(path))?.[1];
}
