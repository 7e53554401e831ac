// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
export { AcceptedCA, type AcceptedCAArgs } from "./acceptedCA";
export { ClientConfiguration, type ClientConfigurationArgs } from "./clientConfiguration";
export { Kubeconfig, type KubeconfigArgs } from "./kubeconfig";
export { MachineConfig, type MachineConfigArgs } from "./machineConfig";
export { NodeCertificate, type NodeCertificateArgs } from "./nodeCertificate";
export { TalosSecrets, type TalosSecretsArgs } from "./talosSecrets";
export * from "./inputs";
export * from "./types";
