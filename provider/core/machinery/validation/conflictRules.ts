import { conflict } from "./checks";
import { type ConfigFacts, fieldOf, isEmpty, isPresent, listOf, numberOf, textOf } from "./facts";
import { isAddress } from "./formats";
import { type Place, row, type Row, rulesOf, type RuleTable, type Scope, type ValidationRule } from "./rule";

/** What of v1alpha1 says the same as a document, and when it does. */
interface Twin {
  readonly path: string;
  readonly isSet?: (config: ConfigFacts) => boolean;
  readonly scope?: Scope;
}

const there = (...paths: readonly string[]): Twin[] => paths.map((path) => ({ path }));
const filled = (...paths: readonly string[]): Twin[] =>
  paths.map((path) => ({ path, isSet: (config) => !isEmpty(config.get("", path)) }));
const on = (path: string): Twin => ({ path, isSet: (config) => config.get("", path) === true });

const ENCRYPTED_VOLUMES: readonly (readonly [label: string, path: string])[] = [
  ["STATE", "machine.systemDiskEncryption.state"],
  ["EPHEMERAL", "machine.systemDiskEncryption.ephemeral"],
];

const ADMISSION = filled("cluster.apiServer.admissionControl");

/** The parts of v1alpha1 that exclude a document. Source: V1Alpha1ConflictValidate in config/types, v1.11.0 to v1.14.1. */
const TWINS: Readonly<Record<string, readonly Twin[]>> = {
  CRIBaseRuntimeSpecConfig: there("machine.baseRuntimeSpecOverrides"),
  DiscoveryIdentityConfig: filled("cluster.id", "cluster.secret"),
  DiscoveryServiceConfig: there("cluster.discovery"),
  HostnameConfig: [...filled("machine.network.hostname"), on("machine.features.stableHostname")],
  ImageCacheConfig: there("machine.features.imageCache"),
  KubeAPIServerCAConfig: there("cluster.ca"),
  KubeAPIServerConfig: [
    ...there("cluster.apiServer"),
    {
      path: "cluster.controlPlane.localAPIServerPort",
      isSet: (config) => numberOf(config.get("", "cluster.controlPlane.localAPIServerPort")) !== 0n,
    },
  ],
  KubeAdmissionControlConfig: ADMISSION,
  KubeAggregatorCAConfig: there("cluster.aggregatorCA"),
  KubeAuditPolicyConfig: filled("cluster.apiServer.auditPolicy"),
  // Talos looks at the admission plugins, not at the authorizers.
  KubeAuthorizerConfig: ADMISSION,
  KubeClusterConfig: [...filled("cluster.clusterName"), ...there("cluster.controlPlane.endpoint")],
  KubeControllerManagerConfig: there("cluster.controllerManager", "machine.controlPlane.controllerManager"),
  KubeCoreDNSConfig: there("cluster.coreDNS"),
  KubeCredentialProviderConfig: there("machine.kubelet"),
  KubeEtcdEncryptionConfig: filled("cluster.secretboxEncryptionSecret", "cluster.aescbcEncryptionSecret"),
  KubeFlannelCNIConfig: there("cluster.network"),
  KubeNetworkConfig: there("cluster.network"),
  KubeNodeConfig: [
    ...there(
      "cluster.allowSchedulingOnControlPlanes",
      "cluster.allowSchedulingOnMasters",
      "machine.kubelet.skipNodeRegistration",
      "machine.kubelet.registerWithFQDN",
      "machine.kubelet.nodeIP",
    ),
    ...filled("machine.nodeLabels", "machine.nodeAnnotations", "machine.nodeTaints"),
  ],
  KubePrismConfig: there("machine.features.kubePrism"),
  KubeProxyConfig: there("cluster.proxy"),
  KubeSchedulerConfig: there("cluster.scheduler", "machine.controlPlane.scheduler"),
  KubeServiceAccountConfig: there("cluster.serviceAccount"),
  KubeSpanConfig: there("machine.network.kubespan"),
  KubeTalosAPIAccessConfig: there("machine.features.kubernetesTalosAPIAccess"),
  KubeletConfig: there("machine.kubelet"),
  ResolverConfig: [
    ...filled("machine.network.searchDomains"),
    {
      path: "machine.network.nameservers",
      isSet: (config) =>
        listOf(config.get("", "machine.network.nameservers")).some((server) => isAddress(textOf(server))),
    },
    on("machine.network.disableSearchDomain"),
  ],
  TimeSyncConfig: [on("machine.time.disabled"), ...filled("machine.time.servers", "machine.time.bootTimeout")],
  UnattendedInstallConfig: there("machine.install"),
};

function twinRow(kind: string, { path, isSet, scope = {} }: Twin): Row {
  const problem = `cannot be set together with the document ${kind}`;
  const check = conflict(problem, "patch the document instead", (value, { config }) => {
    return config.has(kind) && (isSet === undefined ? isPresent(value) : isSet(config));
  });
  return row(path, check, scope);
}

const VOLUME_TWINS: readonly Row[] = ENCRYPTED_VOLUMES.map(([label, path]) =>
  row(
    path,
    conflict(
      `cannot be set together with the encryption of the VolumeConfig ${label}`,
      "leave one of them",
      (value, place) => {
        return isPresent(value) && isEncrypted(place, label);
      },
    ),
    { since: 11 },
  ),
);

function isEncrypted({ config }: Place, label: string): boolean {
  const { minor } = config.target;
  return config.all("VolumeConfig").some(({ name, value }) => {
    const provider = textOf(fieldOf(value.get("encryption"), "provider"));
    return name === label && !["", "none"].includes(provider) && minor >= 11;
  });
}

const HOST_DNS: Row = row(
  "machine.features.hostDNS",
  conflict(
    "cannot be set together with hostDNS of the document ResolverConfig",
    "patch the document instead",
    (value, { config }) => {
      return isPresent(value) && !isEmpty(config.get("ResolverConfig", "hostDNS"));
    },
  ),
  { since: 14 },
);

const TWIN_TABLE: RuleTable = {
  "": [
    ...Object.entries(TWINS).flatMap(([kind, twins]) => twins.map((twin) => twinRow(kind, twin))),
    ...VOLUME_TWINS,
    HOST_DNS,
  ],
};

export const CONFLICT_RULES: readonly ValidationRule[] = rulesOf(TWIN_TABLE);
