import {
  AUDIT_POLICY,
  AUTHENTICATION,
  kubernetesImage,
  POD_SECURITY,
  POD_SUBNETS,
  SERVICE_SUBNETS,
} from "./kubernetesDefaults";
import type { MachineConfigInput } from "./machineConfigOptions";
import { etcdEncryptionProviders, type StoredSecrets, storeSecrets } from "./storedSecrets";
import { configDocument, hostnameDocument, kubeSpanDocument, registryMirrorDocuments } from "./v1alpha1Layout";
import type { YamlValue } from "../yaml/emitter";
import { yamlMap } from "../yaml/map";

/**
 * The documents of a machine config from contract v1.14: v1alpha1 keeps what the Talos API and etcd need, the rest
 * has documents of its own. Source: siderolabs/talos pkg/machinery/config/generate, v1.14.1.
 */
export function documentLayout(input: MachineConfigInput): YamlValue[] {
  const { machine } = input;
  const secrets = storeSecrets(input);
  return [
    v1alpha1Document(input, secrets),
    ...(input.clusterDiscovery
      ? [configDocument("DiscoveryServiceConfig", { name: "default", endpoint: "https://discovery.talos.dev/" })]
      : []),
    configDocument("DiscoveryIdentityConfig", {
      clusterID: "",
      clusterSecret: "",
      ...secrets.document("DiscoveryIdentityConfig"),
    }),
    ...(input.installDisk === "" ? [] : [unattendedInstall(input)]),
    configDocument("ResolverConfig", { hostDNS: yamlMap({ enabled: true, forwardKubeDNSToHost: true }) }),
    configDocument("VolumeConfig", { name: "EPHEMERAL", mount: yamlMap({ secure: true }) }),
    configDocument("FilesystemTrimConfig", { interval: "168h0m0s" }),
    configDocument("SecurityProfileConfig", { workloadIsolation: true }),
    ...registryMirrorDocuments(input),
    hostnameDocument(),
    ...(input.kubeSpan ? [kubeSpanDocument()] : []),
    ...kubernetesDocuments(input, secrets),
    ...(machine.type === "controlplane" ? controlPlaneDocuments(input, secrets) : []),
  ];
}

function v1alpha1Document({ machine, machineSANs }: MachineConfigInput, secrets: StoredSecrets): YamlValue {
  return yamlMap({
    version: "v1alpha1",
    debug: false,
    persist: true,
    machine: yamlMap({
      type: machine.type,
      token: "",
      ca: undefined,
      acceptedCAs: undefined,
      certSANs: [...machineSANs],
      features: yamlMap({ diskQuotaSupport: true }),
      ...secrets.v1alpha1("machine"),
    }),
    cluster: yamlMap({ token: "", etcd: undefined, ...secrets.v1alpha1("cluster") }),
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

function kubernetesDocuments(input: MachineConfigInput, secrets: StoredSecrets): YamlValue[] {
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
    configDocument("KubeAPIServerCAConfig", caFields(secrets, "KubeAPIServerCAConfig")),
    configDocument("KubePrismConfig", { port: 7445 }),
  ];
}

/** The issuing CA comes before those that are accepted. */
const caFields = (secrets: StoredSecrets, kind: string): Record<string, YamlValue | undefined> => ({
  issuingCA: undefined,
  acceptedCAs: undefined,
  ...secrets.document(kind),
});

/** What is accepted beside the issuer, behind it. */
const acceptedOf = ({ accepted }: Readonly<Record<string, YamlValue>>): Record<string, YamlValue | undefined> => ({
  accepted,
});

function controlPlaneDocuments(input: MachineConfigInput, secrets: StoredSecrets): YamlValue[] {
  const { kubernetesVersion, apiServerSANs } = input;
  return [
    configDocument("KubeAggregatorCAConfig", caFields(secrets, "KubeAggregatorCAConfig")),
    configDocument("KubeAdmissionControlConfig", { name: "PodSecurity", configuration: POD_SECURITY }),
    configDocument("KubeAuditPolicyConfig", { configuration: AUDIT_POLICY }),
    configDocument("KubeAuthenticationConfig", { configuration: AUTHENTICATION }),
    configDocument("KubeAuthorizerConfig", { name: "node", type: "Node" }),
    configDocument("KubeAuthorizerConfig", { name: "rbac", type: "RBAC" }),
    configDocument("KubeEtcdEncryptionConfig", {
      config: yamlMap({ resources: [yamlMap({ providers: etcdEncryptionProviders(input), resources: ["secrets"] })] }),
    }),
    configDocument("KubeServiceAccountConfig", {
      issuer: yamlMap({
        privateKey: undefined,
        issuerURL: input.endpoint.url,
        ...secrets.document("KubeServiceAccountConfig", "issuer"),
      }),
      ...acceptedOf(secrets.document("KubeServiceAccountConfig")),
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
