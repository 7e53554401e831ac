export { type ClusterEndpoint, type CheckedEndpoint, checkClusterEndpoint } from "./clusterEndpoint";
export { type GeneratedMachineConfig, generateMachineConfig } from "./machineConfig";
export { type MachineConfigOptions } from "./machineConfigOptions";
export { type MachineSecrets, type MachineType, secretsForMachine, type WorkerSecrets } from "./machineSecrets";
export { type ConfigPatch, patchMachineConfig } from "../machinery/patch";
export { configHash, redactMachineConfig, type RedactOptions } from "./redact";
export { formatYamlDocuments, type YamlValue } from "../yaml/emitter";
export { parseYamlDocuments, type YamlNode } from "../yaml/parser";
