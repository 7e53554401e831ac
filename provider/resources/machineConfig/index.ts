import { describeConfigChanges } from "../../core/config/configChanges";
import { configHash, redactMachineConfig } from "../../core/config/redact";
import type { Problem } from "../../core/errors";
import { STAGED, type StagedName } from "../../core/secrets/inventory";
import type { MachineType } from "../../core/secrets/types";
import { machineProblems } from "../../core/secrets/validate";
import { defineResource, info, type PlanRequest, type Report } from "../../engine/definition";
import { row, type Rows, secretText, text } from "../../engine/rows";
import { isKnown, knownOr, type Unknown, UNKNOWN_VALUE } from "../../engine/unknown";
import { UNKNOWN } from "../../engine/wire";
import { type ClusterSecrets, keepSecrets } from "../clusterSecrets";
import { MACHINE_TYPE } from "../enumerations";
import { type VersionDefaults, versionDefaults } from "./defaults";
import { ACCEPTED_INPUTS, INPUTS } from "./inputs";
import { expiryWarnings } from "./lifetimes";
import { renderConfig } from "./render";
import { secretValues } from "./secretValues";

/** Outputs that repeat an input: plain facts of the config. */
const FACTS = [
  "clusterName",
  "clusterEndpoint",
  "machineType",
  "talosVersion",
  "kubernetesVersion",
  "installImage",
] as const;
type Facts = Readonly<Record<(typeof FACTS)[number], string>>;

/** A config that is made. */
export interface Rendered {
  readonly machineConfig: string;
  readonly configHash: string;
  readonly facts: Facts;
  /** What no view of it may show. */
  readonly secrets: readonly unknown[];
  readonly hasSecretInputs: boolean;
}

type Request = PlanRequest<typeof INPUTS, Rows>;

/** The machine config of one role of a cluster. */
export const MachineConfig = defineResource({
  name: "MachineConfig",
  description:
    "A Talos machine config: what `talosctl gen config` of that version makes from the same secrets and options, without docs.",
  inputs: INPUTS,
  outputs: {
    machineConfig: secretText("The machine config, YAML."),
    redactedConfig: text("The same with secrets and free text replaced, so that a preview shows what really changes."),
    configHash: text("SHA-256 of the machine config, lower-case hex."),
    clusterName: text(INPUTS.clusterName.description),
    clusterEndpoint: text(INPUTS.clusterEndpoint.description),
    machineType: row<string, string | Unknown>(MACHINE_TYPE, INPUTS.machineType.description),
    talosVersion: text(INPUTS.talosVersion.description),
    kubernetesVersion: text(INPUTS.kubernetesVersion.description),
    installImage: text(INPUTS.installImage.description),
  },
  needsSecretPaths: true,
  decidesFrom: "inputs",

  plan(request, context) {
    const { inputs, isWellFormed } = request;
    const problems: Problem[] = [];
    const defaults = versionDefaults(request, problems);
    const kept = { keep: keptInputs(inputs), ...(defaults.fill === undefined ? {} : { fill: defaults.fill }) };
    const reports: Report[] = expiryWarnings(inputs, context.environment.now(), context);
    // What was written once was checked then; a stricter package must not reject it now.
    if (isWellFormed && problems.length === 0 && request.wouldKeepStored(kept)) return { problems, reports, ...kept };
    const lacking = bundleProblems(inputs);
    // A bundle with problems of its own says nothing about the other inputs.
    const { machineConfig, ...rendering } = renderConfig(
      lacking.length > 0 ? { ...inputs, secrets: UNKNOWN_VALUE } : inputs,
      defaults,
    );
    problems.push(...lacking, ...rendering.problems);
    const rendered = machineConfig === undefined ? undefined : describe(request, defaults, machineConfig);
    reports.push(...rendering.warnings, ...(rendered === undefined ? [] : configChanges(request, rendered)));
    return { problems, reports, ...kept, ...(rendered === undefined ? {} : { decision: rendered }) };
  },
  apply({ decision: { machineConfig, configHash: hash, facts, secrets } }) {
    return {
      id: `${facts.clusterName}/${facts.machineType}`,
      outputs: {
        ...facts,
        machineConfig,
        redactedConfig: redactMachineConfig(machineConfig, { secrets }),
        configHash: hash,
      },
    };
  },
  rendersIdentically: ({ configHash: hash, facts, hasSecretInputs }, outputs) =>
    // What is secret now may be shown in the redacted view.
    !hasSecretInputs && hash === outputs.configHash && FACTS.every((name) => facts[name] === outputs[name]),
});

/** Lists of accepted CAs that states have had from the beginning; others only when there is something in them. */
const ALWAYS_KEPT = ["os", "kubernetes"] as const;

const acceptedOnMachine = ({ acceptedCAs }: ClusterSecrets, machineType: MachineType): StagedName[] =>
  machineType === "worker"
    ? []
    : STAGED.filter((name) => !ALWAYS_KEPT.some((kept) => kept === name) && acceptedCAs[name].length > 0);

const machineSecrets = (secrets: ClusterSecrets, machineType: MachineType) =>
  machineType === "worker" ? { ...secrets, acceptedServiceAccountKeys: [] } : secrets;

/** The part of the secrets that the machine needs, and CAs as single certificates. */
function keptInputs(inputs: Request["inputs"]) {
  const { secrets, machineType } = inputs;
  const accepted = ACCEPTED_INPUTS.flatMap((name) => {
    const items = inputs[name];
    if (items === undefined || !isKnown(items)) return [];
    return [[name, items.flatMap(({ certificates }) => certificates.map(({ pem }) => pem))] as const];
  });
  const part =
    isKnown(secrets) && isKnown(machineType)
      ? keepSecrets(machineSecrets(secrets, machineType), secrets.decoded.forMachine(machineType), [
          ...ALWAYS_KEPT,
          ...acceptedOnMachine(secrets, machineType),
        ])
      : undefined;
  return {
    ...Object.fromEntries(accepted),
    ...(part !== undefined ? { secrets: part } : isKnown(secrets) ? {} : { secrets: UNKNOWN }),
  };
}

/** What the bundle lacks for a machine of this type. */
function bundleProblems({ secrets, machineType }: Request["inputs"]): readonly Problem[] {
  return isKnown(secrets) && isKnown(machineType) ? machineProblems(secrets.decoded, machineType) : [];
}

function describe({ inputs, secretInputs }: Request, defaults: VersionDefaults, machineConfig: string): Rendered {
  const { clusterName, clusterEndpoint, machineType, secrets } = inputs;
  const { talosVersion, kubernetesVersion, installImage } = defaults;
  const fact = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    machineConfig,
    configHash: configHash(machineConfig),
    facts: {
      clusterName: fact(clusterName),
      clusterEndpoint: fact(clusterEndpoint),
      machineType: fact(machineType),
      talosVersion: fact(talosVersion),
      kubernetesVersion: fact(kubernetesVersion),
      installImage: fact(installImage),
    },
    secrets: secretValues(isKnown(secrets) ? secrets : undefined, secretInputs),
    hasSecretInputs: secretInputs.length > 0,
  };
}

/** More lines than a person reads are counted. */
const MOST_CHANGES = 40;

/** What the update changes in the config, as one report of several lines. */
function configChanges({ previous }: Request, { machineConfig, secrets }: Rendered): Report[] {
  if (previous?.outputs !== undefined || previous === undefined) return [];
  const { inputs, secretInputs } = previous;
  const versions = {
    talosVersion: knownOr(inputs.talosVersion),
    kubernetesVersion: knownOr(inputs.kubernetesVersion),
    installImage: knownOr(inputs.installImage),
  };
  // An older package may have let pass what this one rejects; then there is nothing to compare with.
  const before = renderConfig(inputs, versions).machineConfig;
  const hidden = secretValues(isKnown(inputs.secrets) ? inputs.secrets : undefined, secretInputs);
  const changes =
    before === undefined ? [] : describeConfigChanges(before, machineConfig, { secrets: [hidden, secrets] });
  if (changes.length === 0) return [];
  const more = changes.length - MOST_CHANGES;
  const lines = [...changes.slice(0, MOST_CHANGES), ...(more > 0 ? [`and ${more} more`] : [])];
  return [info(`the config changes:\n${lines.map((line) => `  ${line}`).join("\n")}`)];
}
