import { generateMachineConfig } from "../../core/config/machineConfig";
import { configHash, redactMachineConfig } from "../../core/config/redact";
import { collectProblems } from "../../core/errors";
import { COMPARE, type ResourceDefinition, SECRET_INPUTS, type Values } from "../definition";
import { STRING } from "../schema";
import { holdsUnknown } from "../wire";
import { checkMachineConfig } from "./check";
import { INPUTS } from "./inputs";
import { configOptions } from "./options";
import { redaction } from "./redaction";

/** Inputs that the outputs repeat: plain facts of the config. */
const ECHOES = [
  "clusterName",
  "clusterEndpoint",
  "machineType",
  "talosVersion",
  "kubernetesVersion",
  "installImage",
] as const;

/** The machine config of one role of a cluster. */
export const MachineConfig: ResourceDefinition = {
  name: "MachineConfig",
  description:
    "A Talos machine config: what `talosctl gen config` of that version makes from the same secrets and options, without docs.",
  inputs: INPUTS,
  asksForSecretInputs: true,
  outputs: {
    machineConfig: { type: STRING, description: "The machine config, YAML.", secret: true },
    redactedConfig: {
      type: STRING,
      description: "The same with secrets and free text replaced, so that a preview shows what really changes.",
    },
    configHash: { type: STRING, description: "SHA-256 of the machine config, lower-case hex." },
    ...Object.fromEntries(ECHOES.map((name) => [name, { ...INPUTS[name]!, required: false }])),
  },
  check: (olds, news, { environment }) => Promise.resolve(checkMachineConfig(olds, news, environment.now())),
  diff: (olds, news) => Promise.resolve(makesTheSame(olds, news) ? { ...COMPARE, changes: false } : COMPARE),
  create: (inputs) => {
    const outputs = outputsOf(inputs);
    return Promise.resolve({ id: `${String(inputs["clusterName"])}/${String(inputs["machineType"])}`, outputs });
  },
  read: (outputs) => Promise.resolve(outputs),
  update: (_olds, news) => Promise.resolve({ outputs: outputsOf(news) }),
};

/**
 * Whether the inputs make what the outputs hold already: one that is given now as it was filled in before is no change.
 */
function makesTheSame(outputs: Values, inputs: Values): boolean {
  // What is secret now may stand in the redacted view.
  if (inputs[SECRET_INPUTS] !== undefined) return false;
  if (holdsUnknown(inputs) || ECHOES.some((name) => inputs[name] !== outputs[name])) return false;
  const made = collectProblems([], () => generateMachineConfig(configOptions(inputs)).machineConfig);
  return made !== undefined && configHash(made) === outputs["configHash"];
}

function outputsOf(inputs: Values): Values {
  const { machineConfig } = generateMachineConfig(configOptions(inputs));
  return {
    ...Object.fromEntries(ECHOES.map((name) => [name, inputs[name]])),
    machineConfig,
    redactedConfig: redactMachineConfig(machineConfig, redaction(inputs)),
    configHash: configHash(machineConfig),
  };
}
