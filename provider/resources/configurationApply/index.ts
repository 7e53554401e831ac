import { hiddenValues } from "../../core/config/hiddenValues";
import { redactMachineConfig } from "../../core/config/redact";
import { collectProblems, type Problem, type Warning } from "../../core/errors";
import { patchMachineConfig } from "../../core/machinery/patch";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import { type NodeConfig, readNodeConfig } from "../../core/nodes/nodeConfig";
import { canonical } from "../../core/canonical";
import type { Authority } from "../../core/x509/authority";
import type { PemReader } from "../../core/x509/pemReader";
import { defineResource } from "../../engine/definition";
import type { PreviewInputs, StoredOutputs } from "../../engine/rows";
import { isKnown, knownOr } from "../../engine/unknown";
import { credentialProblems, keptCredentials, type OsCredentials, osCredentials } from "../live/credentials";
import { NodeAccess, targetOf } from "../live/nodeAccess";
import { timeoutsOf } from "../live/timeouts";
import { Application } from "./application";
import type { ApplyDecision } from "./decision";
import { fingerprintProblems, INPUTS } from "./inputs";
import { OUTPUTS } from "./outputs";
import { readNode } from "./refresh";
import { resetNode } from "./reset";

type Inputs = PreviewInputs<typeof INPUTS>;
type Stored = StoredOutputs<typeof OUTPUTS>;

/** Inputs that refresh, destroy and the next update need beside the outputs. */
const REMEMBERED = [
  "node",
  "endpoint",
  "secrets",
  "rotationSecrets",
  "clientConfiguration",
  "applyMode",
  "maintenance",
  "onDestroy",
  "timeouts",
  "triggers",
] as const;

/** Those whose change is a reason to call the node. */
const CONCERN_NODE = ["node", "endpoint", "applyMode", "maintenance", "triggers"] as const;

/** Those that the config is made of. */
const CONFIG = ["machineConfig", "configPatches"] as const;

/** Those whose change lets a machine be taken that nobody vouches for, where maintenance.allowUnverified is set. */
const STRANGER_COMES_WITH = ["node", "triggers", "maintenance"] as const;

/** Gives a node its machine config. */
export const ConfigurationApply = defineResource({
  name: "ConfigurationApply",
  description:
    "Gives a node its machine config and proves that the node runs with it. The node is verified before anything is sent to it.",
  inputs: INPUTS,
  outputs: OUTPUTS,
  remembered: REMEMBERED,
  needsSecretPaths: true,
  decidesFrom: "state",

  plan({ inputs, previous, secretInputs, isAsStored }, { pems }) {
    const problems: Problem[] = [
      ...credentialProblems(inputs),
      ...fingerprintProblems(maintenanceOf(inputs)?.fingerprint),
    ];
    const keep = keptCredentials(inputs);
    const isSame = (name: (typeof REMEMBERED)[number]): boolean =>
      previous !== undefined && canonical(previous.inputs[name]) === canonical(inputs[name]);
    const reports = warningsOf(inputs, { mayMeetStranger: !STRANGER_COMES_WITH.every(isSame) });
    // An update plans again from the state; what is only checked needs no second look at a config that was accepted.
    if (CONFIG.every(isAsStored)) return { problems, reports, keep };
    const config = plannedConfig(inputs, problems, pems);
    const credentials = problems.length > 0 ? undefined : osCredentials(inputs);
    if (config === undefined || credentials === undefined) return { problems, reports, keep };
    const given = knownOr(inputs.machineConfig);
    const hidden =
      given?.redacted === undefined ? [] : (collectProblems([], () => hiddenValues(given.text, given.redacted!)) ?? []);
    const decision: ApplyDecision = {
      config,
      redactedConfig: redactMachineConfig(config.text, { secrets: [hidden, secretInputs] }),
      credentials,
      retired: previous?.outputs === undefined ? [] : retiredAuthorities(previous.inputs, credentials),
      hasProved: previous?.outputs?.serverCertificate !== undefined && isSame("node") && isSame("triggers"),
      // An update without any change goes on with what the last one left.
      ...(CONCERN_NODE.every(isSame) && !REMEMBERED.every(isSame) ? settled(previous?.outputs, config) : {}),
    };
    return { problems, reports, keep, decision };
  },

  async apply({ inputs, decision, previous }, context) {
    const id = shortNodeAddress(inputs.node);
    if (decision.settled !== undefined) {
      return { id, outputs: { ...decision.settled, redactedConfig: decision.redactedConfig } };
    }
    const timeouts = timeoutsOf(inputs.timeouts);
    const access = await NodeAccess.of(decision.credentials, context, timeouts);
    const application = new Application({
      access,
      target: targetOf(inputs),
      decision,
      applyMode: inputs.applyMode,
      maintenance: inputs.maintenance,
      time: previous === undefined ? timeouts.create : timeouts.update,
      pendingRestart: previous?.pendingRestart,
      context,
    });
    const { outputs, reports, incomplete } = await application.run();
    return { id, outputs, reports, ...(incomplete === undefined ? {} : { incomplete }) };
  },

  read: (stored, context) => readNode(stored, context),
  hasDrifted: ({ configHash, liveHash, pendingRestart }) =>
    (liveHash !== undefined && liveHash !== configHash) || pendingRestart !== undefined,
  remove: (stored, context) => resetNode(stored, context),
});

/** The outputs of an update that has proved this config, unless a refresh has seen another one since. */
function settled(stored: Stored | undefined, { hash }: NodeConfig): Pick<ApplyDecision, "settled"> {
  const { configHash, liveHash, redactedConfig, appliedMode, talosVersion, serverCertificate } = stored ?? {};
  if (configHash !== hash || liveHash !== hash || stored?.pendingRestart !== undefined) return {};
  if (redactedConfig === undefined || appliedMode === undefined || serverCertificate === undefined) return {};
  const known = talosVersion === undefined ? {} : { talosVersion };
  return { settled: { configHash, liveHash, redactedConfig, appliedMode, serverCertificate, ...known } };
}

function maintenanceOf(inputs: Inputs): Exclude<Inputs["maintenance"], symbol> {
  return knownOr(inputs.maintenance);
}

/** The config with the node's own patches; `undefined` where it is unknown or wrong. */
function plannedConfig(
  { machineConfig, configPatches }: Inputs,
  problems: Problem[],
  pems: PemReader,
): NodeConfig | undefined {
  if (!isKnown(machineConfig) || !isKnown(configPatches)) return undefined;
  const text = collectProblems(problems, () => patchMachineConfig(machineConfig.text, configPatches ?? []));
  return text === undefined ? undefined : collectProblems(problems, () => readNodeConfig(text, "machineConfig", pems));
}

function warningsOf(inputs: Inputs, { mayMeetStranger }: { readonly mayMeetStranger: boolean }): Warning[] {
  const warnings: Warning[] = [];
  if (inputs.applyMode === "staged") {
    const message =
      "the config takes effect at the next reboot of the node; until then no gate of a rotation counts it";
    warnings.push({ severity: "warning", reason: "staged-config", path: "applyMode", message });
  }
  const maintenance = maintenanceOf(inputs);
  if (mayMeetStranger && maintenance?.allowUnverified === true && maintenance.fingerprint === undefined) {
    const message =
      "whoever answers at the address of a machine without a config is given the whole config, keys included; set maintenance.fingerprint to verify it";
    warnings.push({
      severity: "warning",
      reason: "maintenance-unverified",
      path: "maintenance.allowUnverified",
      message,
    });
  }
  return warnings;
}

/** CAs that could sign clients before and are not in use any more. */
function retiredAuthorities(before: Inputs, { trust }: OsCredentials): Authority[] {
  const signers = osCredentials(before)?.signers ?? [];
  return signers.filter(({ certificate }) => !trust.includes(certificate.pem));
}
