import { collectProblems, PkiError, type Problem, type Warning } from "../errors";
import { hasFeature, parseTalosVersion, SUPPORTED_TALOS_VERSIONS } from "../talosVersion";
import { checkMachineConfigOptions } from "./checkOptions";
import { ConfigDocuments } from "../machinery/documents";
import { documentLayout } from "./documentLayout";
import { judgeMachineConfig, pemOf } from "../machinery/validation/judge";
import { FindingSet, judgePatches } from "../machinery/validation/verdict";
import type { MachineConfigInput, MachineConfigOptions } from "./machineConfigOptions";
import {
  applyPatches,
  type ConfigPatch,
  formatPatched,
  schemaVersionOf,
  patchProblems,
  quotesOf,
} from "../machinery/patch";
import { mountProblems } from "./serviceAccountKeys";
import { v1alpha1Layout } from "./v1alpha1Layout";
import { formatYamlDocuments } from "../yaml/emitter";
import { nodeOfValue } from "../yaml/node";

/** A machine config and what there is to say of it. */
export interface GeneratedMachineConfig {
  /** YAML, one or several documents. */
  readonly machineConfig: string;
  /** What Talos takes and a person should know. */
  readonly warnings: readonly Warning[];
}

/**
 * The machine config that `talosctl gen config` of that version makes from the same secrets and options, without docs.
 * Source: siderolabs/talos pkg/machinery/config/generate, v1.13.0 and v1.14.1.
 *
 * One thing is otherwise on purpose: an AES-CBC key in the bundle is carried into configs of newer contracts, where
 * talosctl drops it (up to v1.13) or puts it where nothing can be decrypted with it (v1.14).
 *
 * @throws PkiError with every problem of options and patches at once; ERR_PATCH_INVALID for a patch
 * @example
 * generateMachineConfig({ secrets: bundle, clusterName: "alpha", clusterEndpoint: "https://10.0.0.1:6443",
 *   machineType: "worker", talosVersion: "v1.13" }).machineConfig;
 */
export function generateMachineConfig(options: MachineConfigOptions): GeneratedMachineConfig {
  const { input, problems, warnings } = checkMachineConfigOptions(options);
  const patches = options.configPatches ?? [];
  if (input === undefined) throw PkiError.of([...problems, ...ownProblems(patches, options.talosVersion)]);
  const generated = formatMachineConfig(input, patches);
  return { ...generated, warnings: [...warnings, ...generated.warnings] };
}

/** What is wrong with the patches while there is no config to apply them to. */
function ownProblems(patches: readonly ConfigPatch[], talosVersion: string | undefined): readonly Problem[] {
  const version = talosVersion === undefined ? undefined : collectProblems([], () => parseTalosVersion(talosVersion));
  return patchProblems(patches, version === undefined ? ALL_VERSIONS : [version], "configPatches");
}

/** The newest first, whose words are reported. */
const ALL_VERSIONS = SUPPORTED_TALOS_VERSIONS.toReversed().map((name) => parseTalosVersion(name));

/** The same from options that are known to be good. */
export function formatMachineConfig(
  input: MachineConfigInput,
  patches: readonly ConfigPatch[],
): GeneratedMachineConfig {
  const schemaVersion = schemaVersionOf(input.version);
  const generated = hasFeature(input.version, "kubernetesDocuments") ? documentLayout(input) : v1alpha1Layout(input);
  if (patches.length === 0)
    return { machineConfig: formatYamlDocuments(generated, quotesOf(schemaVersion)), warnings: [] };
  const original = (): ConfigDocuments =>
    ConfigDocuments.read(
      generated.map((value) => nodeOfValue(value)),
      schemaVersion,
    );
  const documents = original();
  const target = { minor: input.version.minor, mode: "metal" } as const;
  const trusted = pemOf(documents.documents);
  const before = new FindingSet(judgeMachineConfig(documents.documents, target, trusted));
  const options = { schemaVersion, path: "configPatches" };
  const patched = applyPatches(documents, patches, { ...options, addresses: true });
  const { problems, warnings } = judgePatches({ original, before, patched, patches, options, target, trusted });
  if (problems.length > 0) throw PkiError.of(problems);
  const machineConfig = formatPatched(patched, schemaVersion, options.path);
  const hidden = mountProblems(input, machineConfig, options.path);
  if (hidden.length > 0) throw PkiError.of(hidden);
  return { machineConfig, warnings };
}
