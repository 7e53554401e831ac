import { checkKnownOptions, type KnownOptions } from "../../core/config/checkOptions";
import { generateMachineConfig } from "../../core/config/machineConfig";
import { STAND_IN_SECRETS } from "../../core/config/standInSecrets";
import type { MachineConfigOptions } from "../../core/config/machineConfigOptions";
import { collectProblems, type Problem, type Warning } from "../../core/errors";
import { type AcceptedOption, rowOf, STAGED } from "../../core/secrets/inventory";
import { patchProblems } from "../../core/machinery/patch";
import { parseTalosVersion, SUPPORTED_TALOS_VERSIONS } from "../../core/talosVersion";
import type { PreviewInputs } from "../../engine/rows";
import { parseKeys, publicKeyPem } from "../../core/x509/publicKey";
import { isKnown, knownOr } from "../../engine/unknown";
import type { ClusterSecrets } from "../clusterSecrets";
import type { VersionDefaults } from "./defaults";
import type { AcceptedItem, INPUTS } from "./inputs";

type Inputs = PreviewInputs<typeof INPUTS>;

/** What came of making a config. */
export interface Rendering {
  /** Missing where something is wrong or unknown. */
  readonly machineConfig?: string;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
}

/** Makes the config, or says what is wrong with what is known of the inputs. */
export function renderConfig(inputs: Inputs, defaults: VersionDefaults): Rendering {
  const options = knownOptions(inputs, defaults);
  if (isComplete(options) && Object.values(inputs).every(isKnown)) {
    const problems: Problem[] = [];
    const generated = collectProblems(problems, () => generateMachineConfig(options));
    if (generated === undefined) return { problems, warnings: [] };
    return { problems, ...generated };
  }
  const { problems, warnings } = checkKnownOptions(options);
  const { configPatches = [], talosVersion } = options;
  const names = talosVersion === undefined ? SUPPORTED_TALOS_VERSIONS.toReversed() : [talosVersion];
  const versions = names.flatMap((name) => collectProblems([], () => parseTalosVersion(name)) ?? []);
  const own = patchProblems(configPatches, versions, "configPatches");
  const trial = problems.length + own.length === 0 && !isKnown(inputs.secrets) ? tryPatches(options) : NOTHING_FOUND;
  return { problems: [...problems, ...own, ...trial.problems], warnings: [...warnings, ...trial.warnings] };
}

const NOTHING_FOUND = { problems: [], warnings: [] };

/** What the patches break in the config of any cluster, while a preview does not know the cluster's secrets. */
function tryPatches(options: KnownOptions): Rendering {
  const complete = { ...options, secrets: STAND_IN_SECRETS };
  if (!isComplete(complete)) return NOTHING_FOUND;
  const problems: Problem[] = [];
  const generated = collectProblems(problems, () => generateMachineConfig(complete));
  const isOfPatches = ({ path }: { readonly path: string }): boolean => path.startsWith("configPatches");
  return {
    // What a patch deletes may come with the real secrets.
    problems: problems.filter((problem) => isOfPatches(problem) && problem.reason !== "lookup-failed"),
    warnings: generated?.warnings.filter(isOfPatches) ?? [],
  };
}

/** The options of the core, as far as they are known. */
function knownOptions(
  inputs: Inputs,
  { talosVersion, installImage, kubernetesVersion }: VersionDefaults,
): KnownOptions {
  const secrets = knownOr(inputs.secrets);
  const machineType = knownOr(inputs.machineType);
  const accepted = (own: readonly string[] = [], items: readonly AcceptedItem[] = []): string[] => [
    ...own,
    ...items.flatMap(({ certificates }) => certificates.map(({ pem }) => pem)),
  ];
  return {
    ...(secrets === undefined || machineType === undefined
      ? {}
      : { secrets: secrets.decoded.forMachine(machineType).wholeBundle }),
    clusterName: knownOr(inputs.clusterName),
    clusterEndpoint: knownOr(inputs.clusterEndpoint),
    machineType,
    talosVersion,
    kubernetesVersion,
    installImage,
    certSANs: knownOr(inputs.certSANs),
    additionalSans: knownOr(inputs.additionalSans),
    acceptedCAs: accepted(secrets?.acceptedCAs.os, knownOr(inputs.acceptedCAs)),
    kubernetesAcceptedCAs: accepted(secrets?.acceptedCAs.kubernetes, knownOr(inputs.kubernetesAcceptedCAs)),
    ...(secrets === undefined ? {} : acceptedOfRotations(secrets)),
    dnsDomain: knownOr(inputs.dnsDomain),
    installDisk: knownOr(inputs.installDisk),
    registryMirrors: knownOr(inputs.registryMirrors),
    kubeSpan: knownOr(inputs.kubeSpan),
    clusterDiscovery: knownOr(inputs.clusterDiscovery),
    configPatches: knownOr(inputs.configPatches),
  };
}

/** What no input of the program adds to: what rotations accept. */
function acceptedOfRotations(secrets: ClusterSecrets): { readonly [Option in AcceptedOption]?: readonly string[] } {
  const options = STAGED.flatMap((name) => {
    const row = rowOf(name);
    if (row.kind === "text" || row.acceptedInput !== undefined) return [];
    return [[row.acceptedOption, row.kind === "ca" ? secrets.acceptedCAs[name] : acceptedKeys(secrets)] as const];
  });
  return Object.fromEntries(options);
}

/** Private keys where they are at hand; what has none is accepted by its public key. */
const acceptedKeys = ({ acceptedServiceAccountKeys: keys, acceptedCAs }: ClusterSecrets): string[] => [
  ...keys,
  ...acceptedCAs.serviceAccount.filter((pem) => !publicKeysOf(keys).includes(pem)),
];

const publicKeysOf = (keys: readonly string[]): string[] =>
  keys.flatMap((pem) => parseKeys(pem, "secrets").map(({ publicKeyDer }) => publicKeyPem(publicKeyDer)));

function isComplete(options: KnownOptions): options is MachineConfigOptions {
  const { secrets, clusterName, clusterEndpoint, machineType, talosVersion } = options;
  return [secrets, clusterName, clusterEndpoint, machineType, talosVersion].every((option) => option !== undefined);
}
