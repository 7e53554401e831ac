export { type AuthorityOptions } from "./authority";
export { type ContentOptions, findTalosconfig } from "./adopt/choose";
export { formatSecretsBundle, type ParsedSecretsBundle, parseSecretsBundle, pulumiverseSecrets } from "./codec";
export { bundleFromControlPlaneConfig, type BundleFromConfig } from "./controlPlaneConfig";
export { generateSecretsBundle, type GenerateOptions } from "./generate";
export {
  bundleFromKubernetesPki,
  KUBERNETES_PKI_FILES,
  type KubernetesPkiFile,
  type KubernetesPkiFiles,
} from "./kubernetesPki";
export { AGGREGATOR_COMMON_NAME } from "./inventory";
export { kubernetesPkiFiles } from "./kubernetesPkiFiles";
export type { PartialSecretsBundle } from "./read";
export type { AcceptedAuthorities, AuthorityName, CertificateAndKey, SecretsBundle } from "./types";
export { type BundleVerdict, validateSecretsBundle } from "./validate";
