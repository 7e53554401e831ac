export { AcceptedCA, type AcceptedCAArgs, type AcceptedCertificate } from "./acceptedCA";
export { type CertificateArgs } from "./certificate";
export { ClientConfiguration, type ClientConfigurationArgs } from "./clientConfiguration";
export { Kubeconfig, type KubeconfigArgs } from "./kubeconfig";
export { type AcceptedCAInput, MachineConfig, type MachineConfigArgs } from "./machineConfig";
export { NodeCertificate, type NodeCertificateArgs } from "./nodeCertificate";
export {
  type CertificateAuthorityArgs,
  type CertificateAuthorityInfo,
  type ImmediateRotationArgs,
  type MachineSecretsShape,
  type RotationSecret,
  type RotationStatus,
  type StagedRotationArgs,
  type StagedRotationStatus,
  TalosSecrets,
  type TalosSecretsArgs,
} from "./talosSecrets";
export type { CertificateAuthorityPair, Hours, KeyAlgorithm, SecretsInput, TalosRole, TextInput } from "./types";
