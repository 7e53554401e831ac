/** A YAML value without types, as a patch has it. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };
export type PlainMap = { readonly [key: string]: Plain };

const KEY = "8HmhzYYi+3zHsTPTmdZVOvfzAuUC7a5+5JqWNA2Gl0k=";
const DISK = { diskSelector: { match: "disk.size > 10u * GiB" } };
const PROVISIONING = { ...DISK, minSize: "10GiB", maxSize: "50GiB" };
const ENCRYPTION = {
  provider: "luks2",
  keys: [
    { slot: 0, nodeID: {} },
    { slot: 1, static: { passphrase: "x" } },
  ],
};
const LINK = {
  addresses: [{ address: "10.0.0.2/24" }],
  routes: [{ destination: "10.1.0.0/16", gateway: "10.0.0.1", source: "10.0.0.2" }],
};
const CONFIG = { apiVersion: "v1", kind: "X" };

/** A document of every kind that Talos takes, without apiVersion and kind. */
export const VALID_DOCUMENTS: Readonly<Record<string, PlainMap>> = {
  BGPInstanceConfig: {
    name: "bgp1",
    localASN: 65001,
    routerID: "10.0.0.1",
    neighbors: [{ address: "10.0.0.9", peerASN: 65002, bfd: { transmitInterval: "1s" } }, { link: "eth1" }],
    importRoutes: [{ bgpInstance: "bgp2", prefixes: ["10.9.0.0/16", "10.8.0.0/16"] }],
  },
  BlackholeRouteConfig: { name: "10.99.0.0/16", metric: 100 },
  BondConfig: { name: "bond7", links: ["eth5", "eth6"], bondMode: "802.3ad", ...LINK },
  BridgeConfig: { name: "br7", links: ["eth8"], ...LINK },
  CRIBaseRuntimeSpecConfig: { overrides: { process: { noNewPrivileges: true } } },
  CRICustomizationConfig: { name: "mine", content: "[metrics]" },
  ContainerConfig: {
    name: "app",
    image: "ghcr.io/example/app:v1",
    environment: ["A=b"],
    mounts: [
      { tmpfs: { destination: "/tmp", options: ["ro"] } },
      { hostPath: { source: "/var", destination: "/data" } },
      { userVolume: { name: "v", destination: "/v" } },
    ],
    security: { profile: "restricted", capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] } },
    network: { mode: "host" },
    resources: { limits: { cpu: "100m", memory: "1GiB" } },
    dependsOn: { paths: ["/var"], networks: ["addresses"] },
    runAs: { uid: 1, gid: 2 },
  },
  DHCPv4Config: { name: "eth2" },
  DHCPv6Config: { name: "eth2", clientIdentifier: "duid", duidRaw: "00:01:02" },
  DiscoveryIdentityConfig: { clusterID: "id", clusterSecret: KEY },
  DiscoveryServiceConfig: { name: "second", endpoint: "https://discovery.example.org/" },
  DummyLinkConfig: { name: "dummy7", ...LINK },
  EnvironmentConfig: { variables: { GRPC_GO: "x" } },
  EtcFileConfig: { name: "my.conf", contents: "x", mode: 420 },
  EthernetConfig: { name: "eth2", rings: { rx: 16 } },
  EventSinkConfig: { endpoint: "10.0.0.1:4000" },
  ExistingVolumeConfig: {
    name: "old",
    discovery: { volumeSelector: { match: "volume.partition_label == 'x'" } },
    mount: { readOnly: true },
  },
  ExtensionServiceConfig: { name: "nut", configFiles: [{ content: "x", mountPath: "/x" }], environment: ["A=b"] },
  ExternalVolumeConfig: { name: "share", filesystemType: "virtiofs", mount: { virtiofs: { tag: "data" } } },
  FilesystemScrubConfig: { interval: "24h" },
  FilesystemTrimConfig: { interval: "24h" },
  HCloudVIPConfig: { name: "10.0.0.8", link: "eth2", apiToken: "t" },
  HTTPProbeConfig: { name: "probe", url: "https://example.org/x", interval: "5s", timeout: "1s", failureThreshold: 2 },
  HostnameConfig: { auto: "off", hostname: "node.example.org" },
  ImageCacheConfig: { local: { enabled: true } },
  ImageVerificationConfig: {
    rules: [
      { image: "a/*", keyless: { issuer: "https://i", subject: "s" } },
      { image: "b/*", skip: true },
      { image: "c/*", publicKey: { certificate: "x" } },
    ],
  },
  KernelModuleConfig: { name: "br_netfilter" },
  KmsgLogConfig: { name: "log", url: "tcp://10.0.0.1:514/" },
  KubeAPIServerCAConfig: {},
  KubeAPIServerConfig: {
    image: "registry.k8s.io/kube-apiserver:v1.37.0",
    extraArgs: { v: "2" },
    resources: { requests: { cpu: "1" } },
  },
  KubeAdmissionControlConfig: { name: "PodSecurity", configuration: CONFIG },
  KubeAggregatorCAConfig: {},
  KubeAuditPolicyConfig: { configuration: CONFIG },
  KubeAuthenticationConfig: { configuration: CONFIG },
  KubeAuthorizerConfig: { name: "extra", type: "Webhook", webhook: { timeout: "3s" } },
  KubeClusterConfig: { clusterName: "c", endpoint: "https://10.0.0.1:6443" },
  KubeControllerManagerConfig: { image: "registry.k8s.io/kube-controller-manager:v1.37.0" },
  KubeCoreDNSConfig: { enabled: true },
  KubeCredentialProviderConfig: { configuration: CONFIG },
  KubeEtcdEncryptionConfig: { config: { resources: [] } },
  KubeExternalManifestConfig: { name: "m", url: "https://example.org/m.yaml" },
  KubeFlannelCNIConfig: { backendType: "vxlan" },
  KubeInlineManifestConfig: { name: "m", manifest: "x" },
  KubeNetworkConfig: {
    dnsDomain: "cluster.local",
    podSubnets: ["10.244.0.0/16", "fd00:10:244::/56"],
    serviceSubnets: ["10.96.0.0/12", "fd00:10:96::/112"],
  },
  KubeNodeConfig: {
    nodeIP: { validSubnets: ["10.0.0.0/8", "!10.1.0.0/16"] },
    labels: { "node-role.kubernetes.io/control-plane": "", a: "b" },
    annotations: { "example.org/a": "any thing" },
    taints: { "example.org/t": "v:NoSchedule" },
  },
  KubePrismConfig: { port: 7445 },
  KubeProxyConfig: { image: "registry.k8s.io/kube-proxy:v1.37.0", mode: "nftables", config: {} },
  KubeSchedulerConfig: { image: "registry.k8s.io/kube-scheduler:v1.37.0", config: {} },
  KubeServiceAccountConfig: {},
  KubeSpanConfig: { enabled: false, mtu: 1400, filters: { endpoints: ["0.0.0.0/0", "!10.0.0.0/8"] } },
  KubeSpanEndpointsConfig: { extraAnnouncedEndpoints: ["10.0.0.1:51820"] },
  KubeStaticPodConfig: { name: "pod", pod: CONFIG },
  KubeTalosAPIAccessConfig: { allowedRoles: ["os:reader"], allowedKubernetesNamespaces: ["x"] },
  KubeletConfig: { image: "ghcr.io/siderolabs/kubelet:v1.37.0", config: { maxPods: 5 } },
  LVMLogicalVolumeConfig: {
    name: "lv",
    type: "raid10",
    mirrors: 1,
    stripes: 2,
    provisioning: { volumeGroup: "vg", minSize: "1GiB", maxSize: "2GiB" },
  },
  LVMVolumeGroupConfig: { name: "vg", provisioning: { volumeSelector: { match: "volume.name == 'x'" } } },
  Layer2VIPConfig: { name: "10.0.0.7", link: "eth2" },
  LinkAliasConfig: { name: "net0", selector: { match: "link.driver == 'virtio_net'" } },
  LinkConfig: { name: "eth3", ...LINK },
  NetworkDefaultActionConfig: { ingress: "block" },
  NetworkRuleConfig: {
    name: "rule",
    portSelector: { ports: [80, "90-100"], protocol: "tcp" },
    ingress: [{ subnet: "10.0.0.0/8", except: "10.1.0.0/16" }],
  },
  OOMConfig: { sampleInterval: "500ms" },
  PCIDriverRebindConfig: { name: "0000:00:00.0", targetDriver: "vfio-pci" },
  RAIDArrayConfig: { name: "md", level: "raid1", provisioning: { volumeSelector: { match: "volume.name == 'x'" } } },
  RawVolumeConfig: { name: "raw", provisioning: PROVISIONING, encryption: ENCRYPTION },
  RegistryAuthConfig: { name: "ghcr.io", username: "u", password: "p" },
  RegistryMirrorConfig: { name: "docker.io", endpoints: [{ url: "https://mirror.example.org" }] },
  RegistryTLSConfig: { name: "ghcr.io", insecureSkipVerify: true },
  ResolverConfig: { nameservers: [{ address: "1.1.1.1" }], searchDomains: { domains: ["example.org"] } },
  RoutingRuleConfig: { name: "1000", table: "100", fwMark: 1, fwMask: 2, src: "10.0.0.0/8" },
  SecurityProfileConfig: { workloadIsolation: true },
  SideroLinkConfig: { apiUrl: "https://siderolink.example.org?jointoken=x" },
  StaticHostConfig: { name: "10.5.0.2", hostnames: ["h"] },
  SwapVolumeConfig: { name: "swap1", provisioning: PROVISIONING, encryption: ENCRYPTION },
  SysctlConfig: { params: { "net.core.somaxconn": "1" } },
  SysfsConfig: { params: { "devices.x": "1" } },
  TCPProbeConfig: { name: "probe", endpoint: "example.org:80", interval: "5s", timeout: "1s" },
  TimeSyncConfig: { bootTimeout: "1m", ntp: { servers: ["time.example.org", "10.0.0.1"] } },
  TrustedRootsConfig: { name: "root", certificates: "x" },
  UdevRulesConfig: { rules: ["x"] },
  UnattendedInstallConfig: { installer: { image: "i:1" }, provisioning: DISK },
  UserVolumeConfig: { name: "data", provisioning: PROVISIONING, filesystem: { type: "xfs" }, encryption: ENCRYPTION },
  VLANConfig: { name: "vlan7", vlanID: 7, parent: "eth4", vlanMode: "802.1q", ...LINK },
  VRFConfig: { name: "vrf7", table: "123", links: ["eth9"], ...LINK },
  VethConfig: { name: "veth0", peer: { name: "veth1", ...LINK }, ...LINK },
  VolumeConfig: { name: "EPHEMERAL", provisioning: PROVISIONING, encryption: ENCRYPTION },
  WatchdogTimerConfig: { device: "/dev/watchdog0", timeout: "2m" },
  WireguardConfig: {
    name: "wg0",
    privateKey: KEY,
    listenPort: 51820,
    peers: [
      {
        publicKey: KEY,
        presharedKey: KEY,
        endpoint: "10.0.0.1:51820",
        persistentKeepaliveInterval: "10s",
        allowedIPs: ["10.0.0.0/8"],
      },
    ],
    ...LINK,
  },
  ZswapConfig: { maxPoolPercent: 20 },
};

/** Parts of v1alpha1 that Talos takes, on contracts that have no documents for them. */
export const VALID_SECTIONS: readonly PlainMap[] = [
  { machine: { type: "worker" } },
  {
    machine: {
      install: { disk: "/dev/sda", extraKernelArgs: ["a=b"], grubUseUKICmdline: false, extensions: [{ image: "e:1" }] },
    },
  },
  { machine: { install: { diskSelector: { model: "x*", size: ">= 10GB" } } } },
  { machine: { features: { hostDNS: { enabled: true, forwardKubeDNSToHost: true }, nodeAddressSortAlgorithm: "v2" } } },
  {
    machine: {
      features: {
        kubernetesTalosAPIAccess: { enabled: true, allowedRoles: ["os:reader"], allowedKubernetesNamespaces: ["x"] },
      },
    },
  },
  {
    machine: {
      network: {
        hostname: "n",
        nameservers: ["1.1.1.1"],
        searchDomains: ["example.org"],
        disableSearchDomain: false,
        kubespan: { enabled: true, mtu: 1400, filters: { endpoints: ["10.0.0.0/8"] } },
      },
    },
  },
  {
    machine: {
      network: {
        interfaces: [
          {
            interface: "eth0",
            addresses: ["10.0.0.2/24"],
            routes: [{ network: "0.0.0.0/0", gateway: "10.0.0.1", source: "10.0.0.2" }],
            vlans: [{ vlanId: 5, addresses: ["10.5.0.2/24"], routes: [] }],
          },
          {
            interface: "bond0",
            dhcp: true,
            bond: {
              interfaces: ["eth1", "eth2"],
              mode: "802.3ad",
              lacpRate: "fast",
              miimon: 100,
              updelay: 200,
              downdelay: 200,
            },
          },
          { interface: "br0", bridge: { interfaces: ["eth3"], stp: { enabled: true } } },
          { deviceSelector: { driver: "virtio" }, dhcp: true },
          {
            interface: "wg0",
            addresses: ["10.9.0.1/24"],
            wireguard: {
              privateKey: KEY,
              peers: [{ publicKey: KEY, endpoint: "10.0.0.1:51820", allowedIPs: ["10.0.0.0/8"] }],
            },
          },
        ],
      },
    },
  },
  { machine: { network: { interfaces: [{ interface: "eth0", vip: { ip: "10.0.0.9" } }] } } },
  {
    machine: {
      disks: [{ device: "/dev/sdb", partitions: [{ mountpoint: "/a", size: "10GB" }, { mountpoint: "/b" }] }],
    },
  },
  {
    machine: {
      kubelet: { nodeIP: { validSubnets: ["10.0.0.0/8"] }, extraConfig: { maxPods: 1 }, clusterDNS: ["10.96.0.10"] },
      logging: { destinations: [{ endpoint: "tcp://10.0.0.1:514", format: "json_lines" }] },
      time: { servers: ["time.example.org"], bootTimeout: "1m", disabled: false },
    },
  },
  {
    machine: {
      systemDiskEncryption: {
        state: { provider: "luks2", keys: [{ slot: 0, nodeID: {} }] },
        ephemeral: {
          provider: "luks2",
          keys: [
            { slot: 0, kms: { endpoint: "https://k" } },
            { slot: 1, nodeID: {} },
          ],
        },
      },
    },
  },
  {
    machine: {
      nodeLabels: { "a/b": "c", d: "" },
      nodeAnnotations: { "a/b": "x y" },
      nodeTaints: { t: "v:NoExecute", u: "NoSchedule" },
    },
  },
  {
    machine: {
      baseRuntimeSpecOverrides: { process: { noNewPrivileges: true } },
      registries: {
        mirrors: { "docker.io": { endpoints: ["https://m"] } },
        config: { x: { auth: { username: "u" } } },
      },
    },
  },
  {
    cluster: {
      network: {
        cni: { name: "custom", urls: ["https://example.org/cni.yaml"] },
        dnsDomain: "k8s.lan",
        podSubnets: ["10.1.0.0/16"],
      },
    },
  },
  {
    cluster: {
      network: { cni: { name: "flannel", flannel: { extraArgs: ["--x"], kubeNetworkPoliciesEnabled: true } } },
    },
  },
  { cluster: { etcd: { advertisedSubnets: ["10.0.0.0/8"], listenSubnets: ["!10.0.0.0/8"], extraArgs: { a: "b" } } } },
  { cluster: { etcd: { subnet: "10.0.0.0/8" } } },
  { cluster: { externalCloudProvider: { enabled: true, manifests: ["https://example.org/ccm.yaml"] } } },
  {
    cluster: {
      inlineManifests: [
        { name: "a", contents: "x" },
        { name: "b", contents: "y" },
      ],
    },
  },
  {
    cluster: { discovery: { enabled: true, registries: { service: { endpoint: "https://discovery.example.org/" } } } },
  },
  {
    cluster: {
      apiServer: {
        extraArgs: { v: "2" },
        resources: { requests: { cpu: "1" }, limits: { memory: "1Gi" } },
        authorizationConfig: [{ type: "Node", name: "node" }],
      },
      controllerManager: { resources: { requests: { cpu: "1" } } },
      scheduler: { resources: { limits: { cpu: "1" } } },
    },
  },
  {
    cluster: {
      controlPlane: { endpoint: "https://10.0.0.5:6443", localAPIServerPort: 6444 },
      allowSchedulingOnControlPlanes: true,
    },
  },
  { persist: true, debug: true },
];
