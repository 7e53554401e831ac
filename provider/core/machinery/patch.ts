import { collectProblems, PkiError, type Problem } from "../errors";
import { hasFeature, NEWEST_TALOS_VERSION, parseTalosVersion, type TalosVersion } from "../talosVersion";
import { addressFaults } from "./addressRules";
import { ConfigDocuments } from "./documents";
import { FaultCollector, faultsOf } from "./faults";
import type { SchemaVersion } from "./schema";
import { ConfigFault } from "./value";
import { applyJsonPatch, jsonValue, readJsonPatch } from "./jsonPatch";
import { type AmbiguousQuotes, formatYamlDocuments, type YamlValue } from "../yaml/emitter";
import { nodeOfObject, nodeOfValue } from "../yaml/node";
import { parseYamlDocuments, type YamlNode } from "../yaml/parser";

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

/** What is being patched: documents read by their types, or a single one that a JSON patch has just made. */
type State = { readonly documents: ConfigDocuments } | { readonly json: YamlValue };

/**
 * Applies patches in their order. Each is a strategic merge patch (one or several documents) or, on a config of a
 * single document, a JSON 6902 patch. One without content changes nothing.
 *
 * @param path Property path of the list of patches, for errors
 * @param options `addresses`: whether addresses that Talos refuses later, when it validates, are refused here
 * @throws PkiError ERR_PATCH_INVALID for every patch that is wrong, naming patch, line and document
 */
export function applyPatches(
  documents: ConfigDocuments,
  patches: readonly ConfigPatch[],
  schemaVersion: SchemaVersion,
  path: string,
  options: { readonly addresses?: true } = {},
): State {
  const problems: Problem[] = [];
  const patched = patches.reduce<State>(
    (state, patch, index) => {
      const at = `${path}[${index}]`;
      // After one that failed nobody knows what the next would find; what it says by itself can still be wrong.
      return (
        collectProblems(problems, () => {
          const read = readPatch(patch, schemaVersion, at);
          if (problems.length > 0 || options.addresses === true) checkPatch(read, schemaVersion, at, options);
          return problems.length > 0 ? state : applyPatch(state, read, schemaVersion, at);
        }) ?? state
      );
    },
    { documents },
  );
  if (problems.length > 0) throw PkiError.of(problems);
  return patched;
}

/**
 * What is wrong with patches whatever they are applied to. Of several Talos versions: what all of them refuse at the
 * same place.
 */
export function patchProblems(
  patches: readonly ConfigPatch[],
  schemaVersions: readonly SchemaVersion[],
  path: string,
): readonly Problem[] {
  return commonProblems(
    schemaVersions.map((schemaVersion) => {
      const problems: Problem[] = [];
      patches.forEach((patch, index) => {
        const at = `${path}[${index}]`;
        collectProblems(problems, () => {
          checkPatch(readPatch(patch, schemaVersion, at), schemaVersion, at, { addresses: true });
        });
      });
      return problems;
    }),
  );
}

/** The problems of the first verdict whose place (path, and line if there is one) is wrong in all others too. */
export function commonProblems(verdicts: readonly (readonly Problem[])[]): readonly Problem[] {
  const [first = [], ...others] = verdicts;
  const placeOf = ({ path, message }: Problem): string => `${path} ${/\bline \d+/.exec(message)?.[0] ?? ""}`;
  return first.filter((problem) =>
    others.every((problems) => problems.some((other) => placeOf(other) === placeOf(problem))),
  );
}

function applyPatch(state: State, { nodes, isJson }: ReadPatch, schemaVersion: SchemaVersion, path: string): State {
  if (nodes.length === 0) return state;
  try {
    const [first] = nodes;
    if (first?.kind === "sequence" && nodes.length === 1) return { json: jsonPatched(state, first, isJson) };
    return { documents: documentsOf(state, schemaVersion, path).patched(nodes) };
  } catch (error) {
    throw explained(error, nodes, path);
  }
}

function checkPatch(
  { nodes, isJson }: ReadPatch,
  schemaVersion: SchemaVersion,
  path: string,
  { addresses }: { readonly addresses?: true },
): void {
  const faults = new FaultCollector();
  try {
    const [first] = nodes;
    faults.attempt(() => {
      if (first?.kind === "sequence" && nodes.length === 1) readJsonPatch(first, isJson);
      else ConfigDocuments.checkPatch(nodes, schemaVersion);
    });
    if (addresses === true) faults.add(nodes.flatMap(addressFaults));
    faults.assertNone();
  } catch (error) {
    throw explained(error, nodes, path);
  }
}

/** The documents of a patch that say something, and the notation of its numbers. */
interface ReadPatch {
  readonly nodes: readonly YamlNode[];
  readonly isJson: boolean;
}

function readPatch(patch: ConfigPatch, schemaVersion: SchemaVersion, path: string): ReadPatch {
  return { nodes: patchNodes(patch, schemaVersion, path), isJson: isJsonText(patch) };
}

function patchNodes(patch: ConfigPatch, schemaVersion: SchemaVersion, path: string): YamlNode[] {
  const isNull = (node: YamlNode): boolean => node.kind === "scalar" && node.tag === "null";
  if (typeof patch === "string") {
    const options = { path, code: "ERR_PATCH_INVALID", mergeKeys: schemaVersion === "1.13" } as const;
    return parseYamlDocuments(patch, options).filter((node) => !isNull(node));
  }
  try {
    return [nodeOfObject(patch)].filter((node) => !isNull(node));
  } catch {
    throw new PkiError(
      "ERR_PATCH_INVALID",
      "holds something that has no YAML; expected plain objects, lists and values",
      { path },
    );
  }
}

/** Talos reads a patch as JSON if it can, else as YAML. */
function isJsonText(patch: ConfigPatch): boolean {
  if (typeof patch !== "string") return true;
  try {
    JSON.parse(patch);
    return true;
  } catch {
    return false;
  }
}

function jsonPatched(state: State, node: YamlNode & { kind: "sequence" }, fromJson: boolean): YamlValue {
  const values = "json" in state ? [state.json] : state.documents.write();
  const [document] = values;
  if (document === undefined || values.length !== 1) {
    throw new ConfigFault(
      "JSON6902 patches are not supported for multi-document machine configuration",
      undefined,
      "give a strategic merge patch",
    );
  }
  return applyJsonPatch(jsonValue(nodeOfValue(document)), readJsonPatch(node, fromJson));
}

/** @throws PkiError ERR_PATCH_INVALID when a JSON patch has made something that is no config */
export function documentsOf(state: State, schemaVersion: SchemaVersion, path: string): ConfigDocuments {
  if ("documents" in state) return state.documents;
  const nodes = [nodeOfValue(state.json)];
  try {
    return ConfigDocuments.read(nodes, schemaVersion);
  } catch (error) {
    throw explained(error, nodes, path);
  }
}

function explained(error: unknown, nodes: readonly YamlNode[], path: string): unknown {
  if (!(error instanceof ConfigFault)) return error;
  const problems = faultsOf(error).map(({ line, message, cure }): Problem => {
    const place = line === undefined ? "" : `line ${line}${documentAt(nodes, line)}: `;
    const right = cure !== undefined ? "" : "; expected a patch that Talos takes";
    return { code: "ERR_PATCH_INVALID", path, message: `${place}${message}${right}` };
  });
  return PkiError.of(problems, error);
}

function documentAt(nodes: readonly YamlNode[], line: number): string {
  const index = nodes.findLastIndex((node) => node.line <= line);
  return nodes.length > 1 && index !== -1 ? ` (document ${index + 1})` : "";
}

/**
 * Patches a machine config as `talosctl machineconfig patch` does: strategic merge with Talos's rules for lists,
 * `$patch: delete`, several documents, JSON 6902 on a config of one document. Without a patch that says something the
 * text stays as it is. Source: siderolabs/talos pkg/machinery/config/configpatcher, v1.13.0 and v1.14.1.
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

/** The same by the types of one Talos. */
export function patchConfigText(config: string, patches: readonly ConfigPatch[], schemaVersion: SchemaVersion): string {
  // What cannot be read is told with everything else that is wrong.
  const isEmpty = (patch: ConfigPatch): boolean =>
    collectProblems([], () => patchNodes(patch, schemaVersion, ""))?.length === 0;
  if (patches.every(isEmpty)) return config;
  const state = applyPatches(readMachineConfig(config, schemaVersion), patches, schemaVersion, "configPatches");
  if ("json" in state) return formatYamlDocuments([state.json], quotesOf("1.13"), "compact");
  return formatYamlDocuments(state.documents.write(), quotesOf(schemaVersion));
}

/** @throws PkiError ERR_CONFIG_INVALID */
export function readMachineConfig(config: string, schemaVersion: SchemaVersion, path = "config"): ConfigDocuments {
  const nodes = parseYamlDocuments(config, { path, code: "ERR_CONFIG_INVALID", mergeKeys: schemaVersion === "1.13" });
  try {
    return ConfigDocuments.read(nodes, schemaVersion);
  } catch (error) {
    if (!(error instanceof ConfigFault)) throw error;
    const place = error.line === undefined ? "" : `line ${error.line}: `;
    // The first alone: of a config for another Talos nearly everything is wrong.
    throw new PkiError(
      "ERR_CONFIG_INVALID",
      `${place}${error.message}; expected a machine config that Talos ${schemaVersion} reads`,
      { path, cause: error },
    );
  }
}
