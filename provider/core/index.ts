/**
 * The pure core: no Pulumi, no file system, no network, no clock and no randomness of its own.
 *
 * @packageDocumentation
 */
export { createEnvironment, type Environment } from "./environment";
export { ERROR_CODES, type ErrorCode } from "./errorCodes";
export { describeProblem, PkiError, type Problem } from "./errors";
export type { Hours } from "./duration";
export * from "./lifecycle";
export * from "./secrets";
export * from "./x509";
export {
  defaultInstallImage,
  defaultKubernetesVersion,
  NEWEST_TALOS_VERSION,
  parseTalosVersion,
  SUPPORTED_TALOS_VERSIONS,
  type TalosVersion,
} from "./talosVersion";
