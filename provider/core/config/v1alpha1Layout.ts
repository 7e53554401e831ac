import { hasFeature, type TalosFeature } from "../talosVersion";
import { AUDIT_POLICY, kubernetesImage, POD_SECURITY, POD_SUBNETS, SERVICE_SUBNETS } from "./kubernetesDefaults";
import type { MachineConfigInput } from "./machineConfigOptions";
import { KEY_MOUNT } from "./serviceAccountKeys";
import { type StoredSecrets, storeSecrets } from "./storedSecrets";
import type { YamlValue } from "../yaml/emitter";
import { byCodePoint, sortedMap, yamlMap } from "../yaml/map";

/**
 * The documents of a machine config up to contract v1.13: nearly everything in v1alpha1.
 * A secret's field without a value here only has its place in the order; the spread of the stored secrets fills it.
 * Source: siderolabs/talos pkg/machinery/config/generate/{init,worker,network,registry}.go, v1.13.0.
 */
export function v1alpha1Layout(input: MachineConfigInput): YamlValue[] {
  const has = (feature: TalosFeature): boolean => hasFeature(input.version, feature);
  const secrets = storeSecrets(input);
  return [
    yamlMap({
      version: "v1alpha1",
      debug: false,
      persist: true,
      machine: machineSection(input, secrets, has),
      cluster: clusterSection(input, secrets, has),
    }),
    ...(has("networkDocuments") ? registryMirrorDocuments(input) : []),
    ...(has("networkDocuments") ? [hostnameDocument()] : []),
    ...(has("kubeSpanDocument") && input.kubeSpan ? [kubeSpanDocument()] : []),
  ];
}

type Has = (feature: TalosFeature) => boolean;

const when = <T>(condition: boolean, value: T): T | undefined => (condition ? value : undefined);
const text = (value: string): string | undefined => when(value !== "", value);
const flag = (condition: boolean): true | undefined => when(condition, true);

function machineSection(input: MachineConfigInput, secrets: StoredSecrets, has: Has): YamlValue {
  const { machine } = input;
  return yamlMap({
    type: machine.type,
    token: "",
    ca: undefined,
    acceptedCAs: undefined,
    certSANs: [...input.machineSANs],
    kubelet: yamlMap({
      image: kubernetesImage("kubelet", input.kubernetesVersion),
      defaultRuntimeSeccompProfileEnabled: true,
      disableManifestsDirectory: flag(has("disableManifestsDirectory")),
    }),
    network: when(!has("kubeSpanDocument"), yamlMap({ kubespan: when(input.kubeSpan, yamlMap({ enabled: true })) })),
    install: yamlMap({
      disk: text(input.installDisk),
      image: text(input.installImage),
      wipe: false,
      grubUseUKICmdline: flag(has("grubUseUKICmdline")),
    }),
    registries: when(!has("networkDocuments"), legacyRegistries(input, has)),
    features: yamlMap({
      rbac: flag(has("rbac")),
      stableHostname: flag(!has("networkDocuments")),
      apidCheckExtKeyUsage: flag(has("apidCheckExtKeyUsage")),
      diskQuotaSupport: flag(has("diskQuotaSupport")),
      kubePrism: when(has("kubePrism"), yamlMap({ enabled: true, port: 7445 })),
      hostDNS: when(
        has("hostDNS"),
        yamlMap({ enabled: true, forwardKubeDNSToHost: flag(has("hostDNSForwardKubeDNS")) }),
      ),
    }),
    nodeLabels: when(
      machine.type === "controlplane" && has("excludeFromExternalLoadBalancers"),
      yamlMap({ "node.kubernetes.io/exclude-from-external-load-balancers": "" }),
    ),
    ...secrets.v1alpha1("machine"),
  });
}

function legacyRegistries(input: MachineConfigInput, has: Has): YamlValue | undefined {
  const mirrors = new Map(input.registryMirrors);
  if (has("alternateImageRegistries") && !mirrors.has("k8s.gcr.io")) {
    mirrors.set("k8s.gcr.io", ["https://registry.k8s.io", "https://k8s.gcr.io"]);
  }
  if (mirrors.size === 0) return undefined;
  return yamlMap({
    mirrors: sortedMap([...mirrors].map(([host, urls]) => [host, yamlMap({ endpoints: [...urls] })] as const)),
  });
}

function clusterSection(input: MachineConfigInput, secrets: StoredSecrets, has: Has): YamlValue {
  const { machine } = input;
  return yamlMap({
    id: undefined,
    secret: undefined,
    controlPlane: yamlMap({ endpoint: input.endpoint.url }),
    clusterName: when(machine.type === "controlplane" || has("clusterNameForWorkers"), text(input.clusterName)),
    network: yamlMap({ dnsDomain: input.dnsDomain, podSubnets: POD_SUBNETS, serviceSubnets: SERVICE_SUBNETS }),
    token: undefined,
    // Both are written as they are: talosctl drops the one that is not of the contract, and with it all that it encrypted.
    aescbcEncryptionSecret: undefined,
    secretboxEncryptionSecret: undefined,
    ca: undefined,
    acceptedCAs: undefined,
    aggregatorCA: undefined,
    serviceAccount: undefined,
    ...(machine.type === "controlplane" ? controlPlaneComponents(input, has) : {}),
    discovery: yamlMap({
      enabled: input.clusterDiscovery,
      registries: yamlMap({ kubernetes: yamlMap({ disabled: true }), service: yamlMap({}) }),
    }),
    etcd: undefined,
    ...secrets.v1alpha1("cluster"),
  });
}

function controlPlaneComponents(input: MachineConfigInput, has: Has): Record<string, YamlValue> {
  const image = (component: Parameters<typeof kubernetesImage>[0]): YamlValue =>
    yamlMap({ image: kubernetesImage(component, input.kubernetesVersion) });
  const sans = [...(has("apiServerSANsFromEndpoint") ? [input.endpoint.hostname] : []), ...input.apiServerSANs];
  return {
    apiServer: yamlMap({
      image: kubernetesImage("apiServer", input.kubernetesVersion),
      extraVolumes: when(input.serviceAccountKeys.length > 1, [yamlMap(KEY_MOUNT)]),
      certSANs: when(sans.length > 0, sans),
      disablePodSecurityPolicy: flag(has("disablePodSecurityPolicy")),
      admissionControl: [yamlMap({ name: "PodSecurity", configuration: POD_SECURITY })],
      auditPolicy: when(has("auditPolicy"), AUDIT_POLICY),
    }),
    controllerManager: image("controllerManager"),
    proxy: image("proxy"),
    scheduler: image("scheduler"),
  };
}

/** A document's head: `apiVersion`, `kind` and `name`, if it has one. */
export function configDocument(kind: string, fields: Readonly<Record<string, YamlValue | undefined>>): YamlValue {
  return yamlMap({ apiVersion: "v1alpha1", kind, ...fields });
}

/** RegistryMirrorConfig of each mirror, by name. */
export function registryMirrorDocuments(input: MachineConfigInput): YamlValue[] {
  return [...input.registryMirrors]
    .sort(([a], [b]) => byCodePoint(a, b))
    .map(([name, urls]) =>
      configDocument("RegistryMirrorConfig", {
        name,
        endpoints: when(
          urls.length > 0,
          urls.map((url) => yamlMap({ url })),
        ),
      }),
    );
}

export function hostnameDocument(): YamlValue {
  return configDocument("HostnameConfig", { auto: "stable" });
}

export function kubeSpanDocument(): YamlValue {
  return configDocument("KubeSpanConfig", { enabled: true });
}
