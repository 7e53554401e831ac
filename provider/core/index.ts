/**
 * The pure core: no Pulumi, no file system, no network, no clock and no randomness of its own.
 *
 * @packageDocumentation
 */
export { createEnvironment, type Environment, type WebCrypto } from "./environment";
export { ERROR_CODES, type ErrorCode } from "./errorCodes";
export { type Diagnostic, describeProblem, isWarning, PkiError, type Problem, type Warning } from "./errors";
export { CHAIN_REASONS, type ChainReason, type ProblemReason, WARNING_REASONS, type WarningReason } from "./reasons";
export type { Hours } from "./duration";
export { isIpAddress } from "./ipAddress";
export { decodeText, normaliseText } from "./text";
export {
  checkClusterEndpoint,
  configHash,
  type ConfigPatch,
  type GeneratedMachineConfig,
  generateMachineConfig,
  type MachineConfigOptions,
  type MachineSecrets,
  type MachineType,
  patchMachineConfig,
  redactMachineConfig,
  type RedactOptions,
  secretsForMachine,
  type WorkerSecrets,
} from "./config";
export { formatKubeconfig, type KubeconfigOptions } from "./config/kubeconfig";
export {
  type ContextRename,
  createTalosconfig,
  formatTalosconfig,
  type MergedTalosconfig,
  mergeTalosconfig,
  type Talosconfig,
  type TalosconfigContext,
  type TalosconfigOptions,
} from "./config/talosconfig";
export { parseTalosconfig } from "./config/talosconfigParser";
export * from "./inspect";
export * from "./lifecycle";
export * from "./secrets";
export * from "./x509";
export {
  issueKubernetesClientCertificate,
  type KubernetesClientCertificateOptions,
} from "./x509/kubernetesClientCertificate";
export {
  defaultInstallImage,
  defaultKubernetesVersion,
  NEWEST_TALOS_VERSION,
  parseTalosVersion,
  SUPPORTED_TALOS_VERSIONS,
  type TalosVersion,
} from "./talosVersion";
