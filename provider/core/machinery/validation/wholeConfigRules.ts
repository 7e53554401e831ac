import { conflict, misplaced, missing } from "./checks";
import { type ConfigFacts, type ConfigValue, fieldOf, isEmpty, isPresent, listOf, textOf } from "./facts";
import { row, type Row } from "./rule";

/** Kinds of documents that only a control plane takes. Source: ControlplaneOnlyDocument in config/types/k8s, v1.14.1. */
const CONTROL_PLANE_KINDS = [
  "KubeAPIServerConfig",
  "KubeAdmissionControlConfig",
  "KubeAggregatorCAConfig",
  "KubeAuditPolicyConfig",
  "KubeAuthenticationConfig",
  "KubeAuthorizerConfig",
  "KubeControllerManagerConfig",
  "KubeCoreDNSConfig",
  "KubeEtcdEncryptionConfig",
  "KubeFlannelCNIConfig",
  "KubeProxyConfig",
  "KubeSchedulerConfig",
  "KubeServiceAccountConfig",
  "KubeTalosAPIAccessConfig",
];

/** The settings of the DNS of the host: those of the document if it has any, else those of v1alpha1. */
function hostDns(config: ConfigFacts): ConfigValue {
  return config.has("ResolverConfig") && !isEmpty(config.get("ResolverConfig", "hostDNS"))
    ? config.get("ResolverConfig", "hostDNS")
    : config.get("", "machine.features.hostDNS");
}

const hostDnsSays = (config: ConfigFacts, key: string): boolean => fieldOf(hostDns(config), key) === true;

/** Whether the config names a service that members of the cluster find each other by. */
function hasDiscovery(config: ConfigFacts): boolean {
  return usesLegacyDiscovery(config) || config.has("DiscoveryServiceConfig");
}

function usesLegacyDiscovery(config: ConfigFacts): boolean {
  return (
    config.get("", "cluster.discovery.enabled") === true &&
    config.get("", "cluster.discovery.registries.service.disabled") !== true
  );
}

/** An id or secret of the cluster, of v1alpha1 if that says either. */
function identity(config: ConfigFacts, legacy: string, path: string): string {
  const isLegacy = ["cluster.id", "cluster.secret"].some((key) => !isEmpty(config.get("", key)));
  return textOf(isLegacy ? config.get("", legacy) : config.get("DiscoveryIdentityConfig", path));
}

function isKubeSpanOn(config: ConfigFacts): boolean {
  const legacy = config.get("", "machine.network.kubespan");
  const isOn = isPresent(legacy) ? fieldOf(legacy, "enabled") : config.get("KubeSpanConfig", "enabled");
  return isOn === true;
}

const hasKubernetesCA = (config: ConfigFacts): boolean =>
  config.has("KubeAPIServerCAConfig") || config.legacy("cluster.ca") || !isEmpty(config.get("", "cluster.acceptedCAs"));

const usesEncryptedDns = (config: ConfigFacts): boolean =>
  listOf(config.get("ResolverConfig", "nameservers")).some((server) =>
    ["DoT", "DoH"].includes(textOf(fieldOf(server, "protocol"))),
  );

const SINCE_14 = { since: 14 } as const;

/** What only the config as a whole shows. Source: config/container/validate.go, v1.14.1. */
export const WHOLE_CONFIG_RULES: readonly Row[] = [
  ...["enabled", "forwardKubeDNSToHost"].map((key) =>
    row(
      "hostDNS",
      missing(`${key} must be true in a container`, "set it in the document ResolverConfig", (_, { config }) => {
        return !hostDnsSays(config, key);
      }),
      { since: 14, modes: ["container"] },
    ),
  ),
  row(
    "hostDNS",
    conflict(
      "must be enabled for encrypted DNS",
      "set hostDNS.enabled of the document ResolverConfig",
      (_, { config }) => {
        return usesEncryptedDns(config) && !hostDnsSays(config, "enabled");
      },
    ),
    SINCE_14,
  ),
  ...(
    [
      ["id", "cluster.id", "clusterID"],
      ["secret", "cluster.secret", "clusterSecret"],
    ] as const
  ).map(([what, legacy, path]) =>
    row(
      "discovery",
      missing(
        `the ${what} of the cluster is required for cluster discovery`,
        "keep the document DiscoveryIdentityConfig",
        (_, { config }) => {
          return hasDiscovery(config) && identity(config, legacy, path) === "";
        },
      ),
      SINCE_14,
    ),
  ),
  row(
    "kubeSpan",
    conflict("KubeSpan requires cluster discovery to be enabled", "turn it on", (_, { config }) => {
      return isKubeSpanOn(config) && !hasDiscovery(config);
    }),
    SINCE_14,
  ),
  row(
    "cluster",
    missing(
      "etcd encryption config is required for control plane machines running kube-apiserver",
      "leave it in",
      (_, { config }) => {
        const legacy = ["cluster.secretboxEncryptionSecret", "cluster.aescbcEncryptionSecret"];
        const isEncrypted =
          config.has("KubeEtcdEncryptionConfig") || legacy.some((path) => !isEmpty(config.get("", path)));
        return hasKubernetesCA(config) && !isEncrypted;
      },
    ),
    { since: 14, machine: "controlplane" },
  ),
  row(
    "cluster",
    missing(
      "a name and an endpoint of the cluster are required",
      "keep the document KubeClusterConfig",
      (_, { config }) => {
        const hasEndpoint = config.has("KubeClusterConfig") || config.legacy("cluster.controlPlane.endpoint");
        return hasKubernetesCA(config) && !hasEndpoint;
      },
    ),
    SINCE_14,
  ),
];

/** Documents that only a control plane takes. */
export const CONTROL_PLANE_RULES = Object.fromEntries(
  CONTROL_PLANE_KINDS.map((kind) => [
    kind,
    [
      row(
        "",
        misplaced(
          "is only allowed on control plane machines",
          "remove the document",
          (_, { config }) => !config.isControlPlane,
        ),
        SINCE_14,
      ),
    ],
  ]),
);
