import { checkMachineConfigOptions } from "../../core/config/checkOptions";
import { generateMachineConfig } from "../../core/config/machineConfig";
import { commonProblems } from "../../core/machinery/patch";
import { collectProblems, type Problem } from "../../core/errors";
import { NEWEST_TALOS_VERSION, SUPPORTED_TALOS_VERSIONS } from "../../core/talosVersion";
import type { Values } from "../definition";
import { holdsUnknown } from "../wire";
import { INPUTS } from "./inputs";
import { configOptions } from "./options";

/** What came of trying to make a config. */
export interface Trial {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Missing where something is wrong or not known yet. */
  readonly machineConfig?: string;
}

/** Harmless stand-ins for what a preview does not know; problems of theirs are not reported. */
const STAND_INS: Values = {
  clusterName: "unknown",
  clusterEndpoint: "https://unknown.invalid:6443",
  machineType: "controlplane",
  talosVersion: NEWEST_TALOS_VERSION,
};
/** Makes the config, or says what can be said while some of the inputs are not known yet. */
export function tryConfig(inputs: Values): Trial {
  const unknown = Object.keys(INPUTS).filter((name) => holdsUnknown(inputs[name]));
  const known = {
    ...STAND_INS,
    ...Object.fromEntries(Object.entries(inputs).filter(([name]) => !unknown.includes(name))),
  };
  const problems: Problem[] = [];
  const options = configOptions(known);
  if (unknown.length > 0) {
    const { talosVersion } = inputs;
    const versions = talosVersion === undefined || holdsUnknown(talosVersion) ? ALL_VERSIONS : [talosVersion];
    const verdicts = versions.map((version) =>
      checkMachineConfigOptions(configOptions({ ...known, talosVersion: version })),
    );
    const isKnown = ({ path }: Problem): boolean => !unknown.some((name) => path.startsWith(name));
    return {
      problems: [
        ...commonProblems(verdicts.map((verdict) => verdict.problems.filter(isKnown))),
        ...patchProblems(inputs, versions),
      ],
      warnings: commonProblems(verdicts.map((verdict) => verdict.warnings.filter(isKnown))),
    };
  }
  const generated = collectProblems(problems, () => generateMachineConfig(options));
  if (generated !== undefined) return { problems, ...generated };
  // Where the options are wrong, the core has only read the patches.
  const isTold = ({ path, message }: Problem): boolean =>
    problems.some((other) => other.path === path && other.message === message);
  if (problems.some(({ path }) => !path.startsWith("configPatches")))
    problems.push(...patchProblems(inputs, [inputs["talosVersion"]]).filter((problem) => !isTold(problem)));
  return { problems, warnings: [] };
}

const ALL_VERSIONS = SUPPORTED_TALOS_VERSIONS.toReversed();

/**
 * What is wrong with the patches whatever the unknown inputs turn out to be: they are tried on configs of stand-ins, of
 * every type and version that the machine may have.
 */
function patchProblems(inputs: Values, versions: readonly unknown[]): readonly Problem[] {
  const { configPatches, machineType } = inputs;
  if (configPatches === undefined || holdsUnknown(configPatches)) return [];
  const types = holdsUnknown(machineType) ? ["controlplane", "worker"] : [machineType];
  const verdicts = versions.flatMap((talosVersion) =>
    types.map((type) => problemsOnStandIn({ ...STAND_INS, machineType: type, talosVersion, configPatches })),
  );
  return commonProblems(verdicts);
}

function problemsOnStandIn(standIn: Values): readonly Problem[] {
  const problems: Problem[] = [];
  collectProblems(problems, () => generateMachineConfig(configOptions(standIn)));
  // A delete may be meant for what only the real inputs bring.
  return problems.filter(({ code, reason }) => code === "ERR_PATCH_INVALID" && reason !== "lookup-failed");
}
