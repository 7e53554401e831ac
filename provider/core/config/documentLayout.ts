import type { SecretsBundle } from "../secrets/types";
import {
  AUDIT_POLICY,
  AUTHENTICATION,
  kubernetesImage,
  POD_SECURITY,
  POD_SUBNETS,
  SERVICE_SUBNETS,
} from "./kubernetesDefaults";
import type { MachineConfigInput } from "./machineConfigOptions";
import {
  acceptedFields,
  configDocument,
  hostnameDocument,
  kubeSpanDocument,
  pairFields,
  registryMirrorDocuments,
} from "./v1alpha1Layout";
import type { YamlValue } from "../yaml/emitter";
import { yamlMap } from "../yaml/map";

/**
 * The documents of a machine config from contract v1.14: v1alpha1 keeps what the Talos API and etcd need, the rest
 * has documents of its own. Source: siderolabs/talos pkg/machinery/config/generate, v1.14.1.
 */
export function documentLayout(input: MachineConfigInput): YamlValue[] {
  const { machine } = input;
  return [
    v1alpha1Document(input),
    ...(input.clusterDiscovery
      ? [configDocument("DiscoveryServiceConfig", { name: "default", endpoint: "https://discovery.talos.dev/" })]
      : []),
    configDocument("DiscoveryIdentityConfig", {
      clusterID: machine.secrets.cluster.id,
      clusterSecret: machine.secrets.cluster.secret,
    }),
    ...(input.installDisk === "" ? [] : [unattendedInstall(input)]),
    configDocument("ResolverConfig", { hostDNS: yamlMap({ enabled: true, forwardKubeDNSToHost: true }) }),
    configDocument("VolumeConfig", { name: "EPHEMERAL", mount: yamlMap({ secure: true }) }),
    configDocument("FilesystemTrimConfig", { interval: "168h0m0s" }),
    configDocument("SecurityProfileConfig", { workloadIsolation: true }),
    ...registryMirrorDocuments(input),
    hostnameDocument(),
    ...(input.kubeSpan ? [kubeSpanDocument()] : []),
    ...kubernetesDocuments(input),
    ...(machine.type === "controlplane" ? controlPlaneDocuments(input, machine.secrets) : []),
  ];
}

function v1alpha1Document(input: MachineConfigInput): YamlValue {
  const { machine } = input;
  const isWorker = machine.type === "worker";
  return yamlMap({
    version: "v1alpha1",
    debug: false,
    persist: true,
    machine: yamlMap({
      type: machine.type,
      token: machine.secrets.trustdInfo.token,
      ca: pairFields(isWorker ? { crt: machine.secrets.certs.os.crt } : machine.secrets.certs.os),
      acceptedCAs: acceptedFields(input.acceptedCAs),
      certSANs: [...input.machineSANs],
      features: yamlMap({ diskQuotaSupport: true }),
    }),
    cluster: yamlMap({
      token: machine.secrets.secrets.bootstrapToken,
      etcd: isWorker ? undefined : yamlMap({ ca: pairFields(machine.secrets.certs.etcd) }),
    }),
  });
}

function unattendedInstall(input: MachineConfigInput): YamlValue {
  return configDocument("UnattendedInstallConfig", {
    installer: yamlMap({ image: input.installImage === "" ? undefined : input.installImage }),
    provisioning: yamlMap({
      diskSelector: yamlMap({ match: `disk.dev_path == ${JSON.stringify(input.installDisk)}` }),
      wipe: false,
    }),
  });
}

function kubernetesDocuments(input: MachineConfigInput): YamlValue[] {
  const { machine } = input;
  const isControlPlane = machine.type === "controlplane";
  return [
    configDocument("KubeClusterConfig", { clusterName: input.clusterName, endpoint: input.endpoint.url }),
    configDocument("KubeNodeConfig", {
      nodeIP: yamlMap({}),
      labels: isControlPlane
        ? yamlMap({
            "node-role.kubernetes.io/control-plane": "",
            "node.kubernetes.io/exclude-from-external-load-balancers": "",
          })
        : undefined,
      taints: isControlPlane ? yamlMap({ "node-role.kubernetes.io/control-plane": "NoSchedule" }) : undefined,
    }),
    configDocument("KubeletConfig", {
      image: kubernetesImage("kubelet", input.kubernetesVersion),
      config: yamlMap({}),
      defaultRuntimeSeccompProfileEnabled: true,
    }),
    configDocument("KubeNetworkConfig", {
      dnsDomain: input.dnsDomain,
      podSubnets: POD_SUBNETS,
      serviceSubnets: SERVICE_SUBNETS,
    }),
    configDocument("KubeAPIServerCAConfig", kubernetesAuthority(input)),
    configDocument("KubePrismConfig", { port: 7445 }),
  ];
}

/** A control plane issues and accepts others; a worker accepts all, the issuing authority first. */
function kubernetesAuthority(input: MachineConfigInput): Record<string, YamlValue | undefined> {
  const { machine, kubernetesAcceptedCAs: accepted } = input;
  if (machine.type === "worker") return { acceptedCAs: [machine.secrets.certs.k8s.crt, ...accepted] };
  return {
    issuingCA: plainPair(machine.secrets.certs.k8s),
    acceptedCAs: accepted.length > 0 ? [...accepted] : undefined,
  };
}

function plainPair(pair: { readonly crt: string; readonly key: string }): YamlValue {
  return yamlMap({ cert: pair.crt, key: pair.key });
}

function controlPlaneDocuments(input: MachineConfigInput, secrets: SecretsBundle): YamlValue[] {
  const { kubernetesVersion, apiServerSANs } = input;
  return [
    configDocument("KubeAggregatorCAConfig", { issuingCA: plainPair(secrets.certs.k8sAggregator) }),
    configDocument("KubeAdmissionControlConfig", { name: "PodSecurity", configuration: POD_SECURITY }),
    configDocument("KubeAuditPolicyConfig", { configuration: AUDIT_POLICY }),
    configDocument("KubeAuthenticationConfig", { configuration: AUTHENTICATION }),
    configDocument("KubeAuthorizerConfig", { name: "node", type: "Node" }),
    configDocument("KubeAuthorizerConfig", { name: "rbac", type: "RBAC" }),
    configDocument("KubeEtcdEncryptionConfig", { config: etcdEncryption(secrets.secrets) }),
    configDocument("KubeServiceAccountConfig", {
      issuer: yamlMap({ privateKey: secrets.certs.k8sServiceAccount.key, issuerURL: input.endpoint.url }),
    }),
    configDocument("KubeAPIServerConfig", {
      image: kubernetesImage("apiServer", kubernetesVersion),
      certExtraSANs: apiServerSANs.length > 0 ? [...apiServerSANs] : undefined,
    }),
    configDocument("KubeControllerManagerConfig", { image: kubernetesImage("controllerManager", kubernetesVersion) }),
    configDocument("KubeSchedulerConfig", {
      image: kubernetesImage("scheduler", kubernetesVersion),
      config: yamlMap({}),
    }),
    configDocument("KubeProxyConfig", { image: kubernetesImage("proxy", kubernetesVersion), config: yamlMap({}) }),
    configDocument("KubeFlannelCNIConfig", { backendType: "vxlan", backendPort: 4789 }),
    configDocument("KubeCoreDNSConfig", { enabled: true }),
  ];
}

/**
 * Talos 1.14 puts an AES-CBC key under the provider `secretbox`, which can decrypt nothing of the cluster. Here it
 * stands where nodes up to 1.13 had it: secretbox key2, aescbc key1, identity.
 */
function etcdEncryption(secrets: SecretsBundle["secrets"]): YamlValue {
  const { aescbcEncryptionSecret: aescbc, secretboxEncryptionSecret: secretbox } = secrets;
  const provider = (kind: string, name: string, secret: string): YamlValue =>
    yamlMap({ [kind]: yamlMap({ keys: [yamlMap({ name, secret })] }) });
  const providers = [
    ...(secretbox === undefined ? [] : [provider("secretbox", "key2", secretbox)]),
    ...(aescbc === undefined ? [] : [provider("aescbc", "key1", aescbc), yamlMap({ identity: yamlMap({}) })]),
  ];
  return yamlMap({ resources: [yamlMap({ providers, resources: ["secrets"] })] });
}
