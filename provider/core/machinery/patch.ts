import { collectProblems, PkiError, type Problem } from "../errors";
import { MAX_TEXT_LENGTH, MEBIBYTE } from "../limits";
import { hasFeature, NEWEST_TALOS_VERSION, parseTalosVersion, type TalosVersion } from "../talosVersion";
import { addressFaults } from "./validation/addressRules";
import { ConfigDocuments, readStrategicPatch, type StrategicPatch } from "./documents";
import { ConfigFault, FaultCollector, faultsOf } from "./faults";
import { JsonDocument } from "./jsonDocument";
import { type Operation, readJsonPatch } from "./jsonPatch";
import { jsonOfConfig } from "./jsonValue";
import type { SchemaVersion } from "./schema";
import { type AmbiguousQuotes, formatYamlDocuments } from "../yaml/emitter";
import { nodeOfObject, nodeOfValue } from "../yaml/node";
import { isNullNode, parseYamlDocuments, type YamlNode } from "../yaml/parser";
import type { Dialect } from "../yaml/reader";

/** A patch: YAML or JSON text with one or several documents, or the same as an object. */
export type ConfigPatch = string | object;

/** The types that a contract is patched by. */
export function schemaVersionOf(version: Pick<TalosVersion, "minor">): SchemaVersion {
  return hasFeature(version, "kubernetesDocuments") ? "1.14" : "1.13";
}

/** The quotes that the YAML library of that Talos has for words of YAML 1.1. */
export function quotesOf(schemaVersion: SchemaVersion): AmbiguousQuotes {
  return schemaVersion === "1.14" ? "single" : "double";
}

/** A patch that has been read; undefined when it says nothing. */
type ReadPatch = { readonly nodes: readonly YamlNode[] } & (
  { readonly operations: readonly Operation[] } | { readonly strategic: StrategicPatch }
);

/** What patches are applied to: documents read by their types, a text that has not been read, or JSON. */
type State = { readonly documents: ConfigDocuments } | { readonly config: string } | { readonly json: JsonDocument };

export interface PatchOptions {
  readonly schemaVersion: SchemaVersion;
  /** Property path of the list of patches, for errors. */
  readonly path: string;
  /** Whether addresses that Talos rejects later, when it validates, are rejected here. */
  readonly addresses?: true;
}

/**
 * Applies patches in their order, in place. Each is a strategic merge patch (one or several documents) or, on a config
 * of a single document, a JSON 6902 patch. One without content changes nothing.
 *
 * @throws PkiError ERR_PATCH_INVALID for every patch that is wrong, naming patch, line or path, and document
 */
export function applyPatches(
  documents: ConfigDocuments,
  patches: readonly ConfigPatch[],
  options: PatchOptions,
): ConfigDocuments {
  const readings = patches.map((patch, index) => readingOf(patch, index, options));
  return documentsOf(applyReadings({ documents }, readings), options);
}

/** A patch after it has been read, once. */
interface Reading {
  readonly options: PatchOptions;
  /** Undefined when it says nothing or cannot be read. */
  readonly patch?: ReadPatch;
  readonly problems: readonly Problem[];
}

function readingOf(patch: ConfigPatch, index: number, { path, ...rest }: PatchOptions): Reading {
  const options = { ...rest, path: `${path}[${index}]` };
  const problems: Problem[] = [];
  const read = collectProblems(problems, () => readPatch(patch, options));
  return { options, problems, ...(read !== undefined && { patch: read }) };
}

function applyReadings(initial: State, readings: readonly Reading[]): State {
  const problems: Problem[] = [];
  let state = initial;
  for (const { patch, options, problems: own } of readings) {
    problems.push(...own);
    // After one that failed nobody knows what the next would find; what it says by itself can still be wrong.
    if (patch === undefined || problems.length > 0) continue;
    state = collectProblems(problems, () => applyPatch(state, patch, options)) ?? state;
  }
  if (problems.length > 0) throw PkiError.of(problems);
  return state;
}

/**
 * What is wrong with patches whatever config of these Talos versions they are applied to: what all of the versions reject
 * at the same place.
 */
export function patchProblems(
  patches: readonly ConfigPatch[],
  versions: readonly Pick<TalosVersion, "minor">[],
  path: string,
): readonly Problem[] {
  const kinds = new Map(
    versions.map((version) => {
      const kind = { schemaVersion: schemaVersionOf(version), hasDocuments: hasFeature(version, "networkDocuments") };
      return [JSON.stringify(kind), kind] as const;
    }),
  );
  return commonProblems(
    [...kinds.values()].map(({ schemaVersion, hasDocuments }) =>
      patches.flatMap((patch, index) => {
        const reading = readingOf(patch, index, { schemaVersion, path, addresses: true });
        return hasDocuments ? [...reading.problems, ...multiDocumentProblems(reading)] : reading.problems;
      }),
    ),
  );
}

/** A JSON patch of a config that has several documents. */
function multiDocumentProblems({ patch, options }: Reading): Problem[] {
  if (patch === undefined || "strategic" in patch) return [];
  return [problemOf(multiDocumentFault(), patch.nodes, options.path)];
}

/** The problems of the first verdict whose place (path, and line if there is one) is wrong in all others too. */
function commonProblems<T extends { readonly path: string; readonly line?: number }>(
  verdicts: readonly (readonly T[])[],
): readonly T[] {
  const [first = [], ...others] = verdicts;
  const placeOf = ({ path, line }: T): string => `${line ?? ""} ${path}`;
  const places = others.map((problems) => new Set(problems.map(placeOf)));
  return first.filter((problem) => places.every((known) => known.has(placeOf(problem))));
}

/** @throws PkiError ERR_PATCH_INVALID for what is wrong with a patch whatever it is applied to */
function readPatch(patch: ConfigPatch, options: PatchOptions): ReadPatch | undefined {
  const nodes = patchNodes(patch, options);
  if (nodes.length === 0) return undefined;
  const faults = new FaultCollector();
  return explained({ nodes, path: options.path }, () => {
    const [first] = nodes;
    const read = faults.attempt(() =>
      first?.kind === "sequence" && nodes.length === 1
        ? { operations: readJsonPatch(first, isJson(patch)) }
        : { strategic: readStrategicPatch(nodes, options.schemaVersion) },
    );
    if (options.addresses === true) faults.add(nodes.flatMap(addressFaults));
    faults.assertNone();
    return read && { nodes, ...read };
  });
}

/** How each Talos reads YAML. */
const DIALECTS: Readonly<Record<SchemaVersion, Dialect>> = {
  "1.13": { mergeKeys: true, bareDocuments: "never" },
  "1.14": { mergeKeys: true, bareDocuments: "behindEmpty" },
};

/** The documents of a patch that say something. */
function patchNodes(patch: ConfigPatch, { schemaVersion, path }: PatchOptions): readonly YamlNode[] {
  if (typeof patch === "string") {
    const dialect = patch.trimStart().startsWith("[") && isJson(patch) ? {} : DIALECTS[schemaVersion];
    return parseYamlDocuments(patch, { path, code: "ERR_PATCH_INVALID", ...dialect }).filter(
      (node) => !isNullNode(node),
    );
  }
  try {
    return [nodeOfObject(patch)].filter((node) => !isNullNode(node));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new PkiError(
      "ERR_PATCH_INVALID",
      "holds something that has no YAML; must be plain objects, lists and values",
      { path },
    );
  }
}

/** The nodes of patches that have been applied, to see what each has written. */
export function nodesOfPatches(
  patches: readonly ConfigPatch[],
  options: PatchOptions,
): readonly (readonly YamlNode[])[] {
  return patches.map((patch) => patchNodes(patch, options));
}

/** Talos reads a patch as JSON if it can, else as YAML. */
function isJson(patch: ConfigPatch): boolean {
  if (typeof patch !== "string") return true;
  try {
    JSON.parse(patch);
    return true;
  } catch {
    return false;
  }
}

function applyPatch(state: State, read: ReadPatch, options: PatchOptions): State {
  const { nodes } = read;
  if ("strategic" in read) {
    const documents = documentsOf(state, options);
    explained({ nodes, path: options.path }, () => {
      documents.patch(read.strategic);
    });
    return { documents };
  }
  return explained({ nodes, path: options.path }, () => {
    const json = jsonOf(state);
    json.patch(read.operations);
    return { json };
  });
}

const multiDocumentFault = (): ConfigFault =>
  new ConfigFault("JSON6902 patches are not supported for multi-document machine configuration", {
    remedy: "give a strategic merge patch",
  });

function jsonOf(state: State): JsonDocument {
  if ("json" in state) return state.json;
  const nodes =
    "config" in state
      ? parseConfig(state.config, "config", { mergeKeys: true })
      : state.documents.write().map((value) => nodeOfValue(value));
  const [document] = nodes;
  if (document === undefined || nodes.length !== 1) {
    throw multiDocumentFault();
  }
  return new JsonDocument(jsonOfConfig(document));
}

/**
 * @throws PkiError ERR_PATCH_INVALID when a JSON patch has made something that is not a config; ERR_CONFIG_INVALID when
 *   the text is none
 */
function documentsOf(state: State, { schemaVersion, path }: PatchOptions): ConfigDocuments {
  if ("documents" in state) return state.documents;
  if ("config" in state) return readMachineConfig(state.config, schemaVersion);
  return explained({ nodes: [], path }, () => ConfigDocuments.read([nodeOfValue(state.json.write())], schemaVersion));
}

interface PatchSource {
  readonly nodes: readonly YamlNode[];
  readonly path: string;
}

/** Runs what may find faults in a patch, and says where they are. */
function explained<T>({ nodes, path }: PatchSource, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    throw PkiError.of(
      faultsOf(error).map((fault) => problemOf(fault, nodes, path)),
      error,
    );
  }
}

function problemOf({ what, options }: ConfigFault, nodes: readonly YamlNode[], path: string): Problem {
  const { place, field, remedy = "correct the patch", reason } = options;
  const line = place?.path === undefined ? place?.line : undefined;
  const named = field === undefined ? "" : `${field}: `;
  const begin = line === undefined ? "" : `line ${line}${documentAt(nodes, line)}: ${named}`;
  return {
    code: "ERR_PATCH_INVALID",
    path: `${path}${place?.path ?? ""}`,
    message: `${begin}${what}; ${remedy}`,
    ...(line !== undefined && { line }),
    ...(reason !== undefined && { reason }),
  };
}

function documentAt(nodes: readonly YamlNode[], line: number): string {
  const index = nodes.findLastIndex((node) => node.line <= line);
  return nodes.length > 1 && index !== -1 ? ` (document ${index + 1})` : "";
}

/**
 * Patches a machine config as `talosctl machineconfig patch` does: strategic merge with Talos's rules for lists,
 * `$patch: delete`, several documents, JSON 6902 on a config of one document, even one that this Talos does not read.
 * Without a patch that says something the text stays as it is. Source: siderolabs/talos
 * pkg/machinery/config/configpatcher, v1.13.0 and v1.14.1.
 *
 * @param config YAML, one or several documents
 * @param options `talosVersion`: whose types and rules; default the newest
 * @throws PkiError ERR_CONFIG_INVALID for the config, ERR_PATCH_INVALID for a patch, with its line
 * @example
 * patchMachineConfig(config, [{ machine: { sysctls: { "net.core.somaxconn": "65535" } } }], { talosVersion: "v1.13" });
 */
export function patchMachineConfig(
  config: string,
  patches: readonly ConfigPatch[],
  options: { readonly talosVersion?: string } = {},
): string {
  const schemaVersion = schemaVersionOf(parseTalosVersion(options.talosVersion ?? NEWEST_TALOS_VERSION));
  return patchConfigText(config, patches, schemaVersion);
}

/**
 * A patched config as text. What is longer than a node takes is rejected here, not only when it is applied.
 *
 * @throws PkiError ERR_CONFIG_INVALID
 */
export function formatPatched(documents: ConfigDocuments, schemaVersion: SchemaVersion, path: string): string {
  return boundedConfig(formatYamlDocuments(documents.write(), quotesOf(schemaVersion)), path);
}

function boundedConfig(config: string, path: string): string {
  if (Buffer.byteLength(config) <= MAX_TEXT_LENGTH) return config;
  const limit = `${MAX_TEXT_LENGTH / MEBIBYTE} MiB`;
  throw new PkiError("ERR_CONFIG_INVALID", `the patched config is longer than ${limit}; no node takes more`, { path });
}

/** The same by the types of one Talos. */
export function patchConfigText(config: string, patches: readonly ConfigPatch[], schemaVersion: SchemaVersion): string {
  const options = { schemaVersion, path: "configPatches" };
  const readings = patches.map((patch, index) => readingOf(patch, index, options));
  if (readings.every(({ patch, problems }) => patch === undefined && problems.length === 0)) return config;
  const state = applyReadings({ config }, readings);
  if (!("json" in state)) return formatPatched(documentsOf(state, options), schemaVersion, options.path);
  const { json } = state;
  const text = explained({ nodes: [], path: options.path }, () =>
    formatYamlDocuments([json.write()], quotesOf("1.13"), "compact"),
  );
  return boundedConfig(text, options.path);
}

/** @throws PkiError ERR_CONFIG_INVALID */
export function readMachineConfig(config: string, schemaVersion: SchemaVersion, path = "config"): ConfigDocuments {
  const nodes = parseConfig(config, path, DIALECTS[schemaVersion]);
  try {
    return ConfigDocuments.read(nodes, schemaVersion);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const { place, remedy = `must be a machine config that Talos ${schemaVersion} reads` } = error.options;
    const line = place === undefined ? {} : { line: place.line };
    const begin = place === undefined ? "" : `line ${place.line}: `;
    // The first alone: of a config for another Talos nearly everything is wrong.
    throw PkiError.of(
      [{ code: "ERR_CONFIG_INVALID", path, message: `${begin}${error.what}; ${remedy}`, ...line }],
      error,
    );
  }
}

/** @throws PkiError ERR_CONFIG_INVALID for what is not YAML */
function parseConfig(config: string, path: string, options: Dialect): readonly YamlNode[] {
  return parseYamlDocuments(config, { path, code: "ERR_CONFIG_INVALID", ...options });
}
