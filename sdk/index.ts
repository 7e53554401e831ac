// Made by `npm run sdks` from the definitions in provider/resources. Change those instead.
export { AcceptedCA, type AcceptedCAArgs } from "./acceptedCA";
export { Bootstrap, type BootstrapArgs } from "./bootstrap";
export { ClientConfiguration, type ClientConfigurationArgs } from "./clientConfiguration";
export { ClusterHealth, type ClusterHealthArgs } from "./clusterHealth";
export { ConfigurationApply, type ConfigurationApplyArgs } from "./configurationApply";
export { Kubeconfig, type KubeconfigArgs } from "./kubeconfig";
export { MachineConfig, type MachineConfigArgs } from "./machineConfig";
export { NodeCertificate, type NodeCertificateArgs } from "./nodeCertificate";
export { TalosCluster, type TalosClusterArgs } from "./talosCluster";
export { TalosSecrets, type TalosSecretsArgs } from "./talosSecrets";
export * from "./inputs";
export * from "./types";
