import { unknown } from "./checks";
import { isZero } from "./facts";
import { row, rulesOf, type ValidationRule } from "./rule";

/** The first Talos, by its minor, that knows a kind of document. Those of v1.14 are known to its own schema only. */
const DOCUMENTS: Readonly<Record<string, number>> = {
  BlackholeRouteConfig: 13,
  BondConfig: 12,
  BridgeConfig: 12,
  DHCPv4Config: 12,
  DHCPv6Config: 12,
  DummyLinkConfig: 12,
  EnvironmentConfig: 13,
  EthernetConfig: 10,
  ExistingVolumeConfig: 11,
  ExtensionServiceConfig: 7,
  ExternalVolumeConfig: 13,
  HCloudVIPConfig: 12,
  HostnameConfig: 12,
  ImageVerificationConfig: 13,
  KubeSpanConfig: 13,
  KubeSpanEndpointsConfig: 8,
  Layer2VIPConfig: 12,
  LinkAliasConfig: 12,
  LinkConfig: 12,
  OOMConfig: 12,
  PCIDriverRebindConfig: 10,
  RawVolumeConfig: 11,
  RegistryAuthConfig: 12,
  RegistryMirrorConfig: 12,
  RegistryTLSConfig: 12,
  ResolverConfig: 12,
  RoutingRuleConfig: 13,
  StaticHostConfig: 12,
  SwapVolumeConfig: 11,
  TCPProbeConfig: 13,
  TimeSyncConfig: 12,
  TrustedRootsConfig: 8,
  UserVolumeConfig: 10,
  VLANConfig: 12,
  VRFConfig: 13,
  VolumeConfig: 8,
  WatchdogTimerConfig: 7,
  WireguardConfig: 12,
  ZswapConfig: 11,
};

/**
 * The same of fields that came later than their document, up to v1.13; `test/differential/validate fields` lists them.
 * A `?` marks one that is written even if it is empty.
 */
const FIELDS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "": {
    "cluster.acceptedCAs": 7,
    "cluster.apiServer.authorizationConfig": 9,
    "cluster.network.cni.flannel.kubeNetworkPoliciesEnabled": 13,
    "machine.acceptedCAs": 7,
    "machine.baseRuntimeSpecOverrides{}": 9,
    "machine.features.hostDNS?": 7,
    "machine.features.imageCache?": 9,
    "machine.features.nodeAddressSortAlgorithm": 9,
    "machine.install.grubUseUKICmdline": 12,
    "machine.logging.destinations[].extraTags": 7,
    "machine.network.interfaces[].bond.deviceSelectors[].permanentAddr": 9,
    "machine.network.interfaces[].bond.deviceSelectors[].physical": 7,
    "machine.network.interfaces[].bridge.vlan?": 8,
    "machine.network.interfaces[].bridgePort?": 9,
    "machine.network.interfaces[].deviceSelector.permanentAddr": 9,
    "machine.network.interfaces[].deviceSelector.physical": 7,
    "machine.network.kubespan.filters.excludeAdvertisedNetworks": 13,
    "machine.network.searchDomains": 9,
    "machine.nodeAnnotations{}": 8,
    "machine.registries.mirrors{}.skipFallback": 9,
    "machine.systemDiskEncryption.ephemeral.keys[].tpm.checkSecurebootStatusOnEnroll": 8,
    "machine.systemDiskEncryption.state.keys[].tpm.checkSecurebootStatusOnEnroll": 8,
  },
  // Talos 1.12 has the field, but reads none of the names of its values.
  BondConfig: { "failOverMac?": 13 },
  EthernetConfig: { wakeOnLan: 12 },
  ExistingVolumeConfig: { "mount.disableAccessTime": 13, "mount.secure": 13 },
  RawVolumeConfig: { "encryption.keys[].tpm.options?": 12 },
  SideroLinkConfig: { uniqueToken: 10 },
  SwapVolumeConfig: { "encryption.keys[].tpm.options?": 12 },
  UserVolumeConfig: {
    "encryption.keys[].lockToState": 11,
    "encryption.keys[].tpm.options?": 12,
    "filesystem.projectQuotaSupport": 11,
    mount: 13,
    volumeType: 12,
  },
  VolumeConfig: { "encryption.keys": 11, "encryption.provider": 11, "encryption.keys[].tpm.options?": 12, mount: 13 },
};

/** What a node of an older Talos cannot read: it rejects the whole config. */
export const NEWER_RULES: readonly ValidationRule[] = [
  ...rulesOf(
    Object.fromEntries(
      Object.entries(DOCUMENTS).map(([kind, since]) => [
        kind,
        [
          row(
            "",
            unknown(`needs Talos v1.${since}`, "remove the document", () => true),
            { until: since - 1 },
          ),
        ],
      ]),
    ),
  ),
  ...rulesOf(
    Object.fromEntries(
      Object.entries(FIELDS).map(([kind, fields]) => [
        kind,
        Object.entries(fields).map(([path, since]) =>
          row(
            path,
            unknown(
              `needs Talos v1.${since}`,
              "remove it",
              (value) => /[?}]$/.test(path) || !(isZero(value) || value === "none"),
            ),
            { until: since - 1 },
          ),
        ),
      ]),
    ),
  ),
];
