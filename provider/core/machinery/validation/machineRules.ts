import { conflict, duplicate, formed, misplaced, missing, notAllowed, oneOf, REQUIRED, SET, wrong } from "./checks";
import { type ConfigValue, entriesOf, fieldOf, isEmpty, isPresent, listOf, numberOf, textOf } from "./facts";
import { isPrefix, isSubnetMatch } from "./formats";
import { ANNOTATIONS, LABELS, PROTECTED_KUBELET_FIELDS, TAINTS, TALOS_ROLE } from "./kubernetesChecks";
import { below, type Place, row, type Row, within } from "./rule";
import { parseGoUrl } from "../../goUrl";

const acceptedCAs = ({ config }: Place): boolean => !isEmpty(config.get("", "machine.acceptedCAs"));

const IDENTITY: readonly Row[] = [
  row("machine", SET),
  row(
    "machine.type",
    wrong("unknown machine type", 'use "controlplane" or "worker"', (_, { config }) => {
      return !config.isControlPlane && !config.isWorker;
    }),
  ),
  row(
    "machine.ca",
    missing(
      "an issuing CA or accepted CAs are required",
      "do not remove machine.ca and machine.acceptedCAs",
      (value, place) => {
        return !isPresent(value) && !acceptedCAs(place);
      },
    ),
    { since: 8 },
  ),
  row(
    "machine.ca",
    missing("the issuing CA is required", "do not remove it", (value) => !isPresent(value)),
    {
      since: 8,
      machine: "controlplane",
    },
  ),
  row(
    "machine.ca?.key",
    missing("the key of the issuing CA is required", "patch certificate and key together", isEmpty),
    {
      since: 8,
      machine: "controlplane",
    },
  ),
  row(
    "machine.ca?.crt",
    missing("a trusted CA certificate is required", "keep machine.ca.crt or machine.acceptedCAs", (value, place) => {
      return isEmpty(value) && !acceptedCAs(place);
    }),
    { since: 8, machine: "worker" },
  ),
  row(
    "persist",
    wrong("must be enabled", "remove it, or set it to true", (value) => value === false),
  ),
];

const hasSelector = (value: ConfigValue): boolean => entriesOf(value).some(([, item]) => !isEmpty(item));

const DISK_TYPES = ["ssd", "hdd", "nvme", "sd"];

const INSTALL: readonly Row[] = [
  ...within({ modes: ["metal"] }, [
    row(
      "machine.install",
      missing("is required for a machine of metal", "set at least machine.install.disk", (value) => !isPresent(value)),
      {
        until: 13,
      },
    ),
    row(
      "machine.install?.disk",
      missing(
        "a disk or a diskSelector is required",
        "set one of them, or installDisk",
        (value, { parent, config }) => {
          const selector = fieldOf(parent, "diskSelector");
          const matches = config.target.minor >= 9 ? isPresent(selector) : hasSelector(selector);
          return isEmpty(value) && (!matches || isBadSelector(selector, config.target.minor));
        },
      ),
    ),
    row("machine.install?.diskSelector?.name", notAllowed("any more", "select by another property of the disk"), {
      since: 9,
    }),
    row("machine.install?.diskSelector?.type", oneOf(DISK_TYPES), {
      since: 9,
      when: ({ parent }) => isEmpty(fieldOf(parent, "name")),
    }),
    row(
      "machine.install?.extraKernelArgs",
      conflict(
        "cannot be set together with grubUseUKICmdline",
        "set grubUseUKICmdline to false",
        (value, { parent }) => {
          return !isEmpty(value) && fieldOf(parent, "grubUseUKICmdline") === true;
        },
      ),
      { since: 12 },
    ),
  ]),
  row("machine.install?.diskSelector?.type", oneOf(DISK_TYPES, { anyCase: true }), { until: 8 }),
  row(
    "machine.install?.extensions",
    duplicate("has an image twice", "keep one of them", (value) => {
      const images = listOf(value).map((item) => textOf(fieldOf(item, "image")));
      return new Set(images).size < images.length;
    }),
  ),
];

/** From v1.9 a selector that cannot be made into an expression counts as none. */
function isBadSelector(selector: ConfigValue, minor: number): boolean {
  const type = textOf(fieldOf(selector, "type"));
  const isKnown = ["", ...DISK_TYPES].includes(type);
  return minor >= 9 && isPresent(selector) && (!isEmpty(fieldOf(selector, "name")) || !isKnown);
}

const hostDns = ({ config }: Place, key: string): boolean => config.get("", `machine.features.hostDNS.${key}`) === true;

const FEATURES: readonly Row[] = [
  row(
    "machine.features.hostDNS.enabled",
    missing("must be true in a container", "set it to true", (_, place) => !hostDns(place, "enabled")),
    { since: 7, until: 13, modes: ["container"] },
  ),
  row(
    "machine.features.hostDNS.forwardKubeDNSToHost",
    missing("must be true in a container", "set it to true", (_, place) => !hostDns(place, "forwardKubeDNSToHost")),
    { since: 7, until: 13, modes: ["container"] },
  ),
  row(
    "machine.features?.hostDNS?.forwardKubeDNSToHost",
    conflict("needs hostDNS.enabled", "set machine.features.hostDNS.enabled to true", (value, place) => {
      return value === true && !hostDns(place, "enabled");
    }),
    { since: 13 },
  ),
  row("machine.features?.nodeAddressSortAlgorithm", oneOf(["v1", "v2"]), { since: 9 }),
  ...within({ when: ({ config }) => config.get("", "machine.features.kubernetesTalosAPIAccess.enabled") === true }, [
    row(
      "machine.features?.kubernetesTalosAPIAccess?.enabled",
      conflict("needs RBAC of the Talos API", "set machine.features.rbac to true", (_, { config }) => {
        return config.get("", "machine.features.rbac") !== true;
      }),
      { until: 11 },
    ),
    row(
      "machine.features?.kubernetesTalosAPIAccess?.enabled",
      misplaced(
        "is allowed on control plane machines only",
        "set it to false",
        (_, { config }) => !config.isControlPlane,
      ),
    ),
    row("machine.features?.kubernetesTalosAPIAccess?.allowedRoles[]", TALOS_ROLE),
  ]),
];

const SUBNETS = formed("a network or an address, perhaps after !", "10.0.0.0/8", isSubnetMatch, { evenEmpty: true });

const KUBESPAN: readonly Row[] = [
  ...within({ when: ({ config }) => config.get("", "machine.network.kubespan.enabled") === true }, [
    row(
      "machine.network?.kubespan?.mtu",
      wrong("must be at least 1280", "raise it, or remove it", (value) => !isEmpty(value) && numberOf(value) < 1280n),
    ),
    ...within({ until: 13 }, [
      row(
        "machine.network?.kubespan?.enabled",
        conflict(
          "KubeSpan requires cluster discovery to be enabled",
          "set cluster.discovery.enabled to true",
          (_, place) => {
            return place.config.get("", "cluster.discovery.enabled") !== true;
          },
        ),
      ),
      ...["id", "secret"].map((key) =>
        row(
          "machine.network?.kubespan?.enabled",
          conflict(`KubeSpan requires cluster.${key}`, `set cluster.${key}`, (_, place) => {
            return isEmpty(place.config.get("", `cluster.${key}`));
          }),
        ),
      ),
    ]),
    row("machine.network?.kubespan?.filters?.endpoints[]", SUBNETS),
    row(
      "machine.network?.kubespan?.filters?.excludeAdvertisedNetworks[]",
      formed("a network", "10.0.0.0/8", isPrefix, { evenEmpty: true }),
      { since: 13 },
    ),
  ]),
];

const KUBELET: readonly Row[] = [row("machine.kubelet?.extraConfig", PROTECTED_KUBELET_FIELDS)];

const DISKS: readonly Row[] = [
  row(
    "machine.disks[]",
    missing("is null", "remove it", (value) => value === null),
    { since: 9, until: 13 },
  ),
  row(
    "machine.disks[].partitions",
    wrong("has a partition that takes the rest of the disk before another one", "give it a size", (value) => {
      return listOf(value)
        .slice(0, -1)
        .some((partition) => isEmpty(fieldOf(partition, "size")));
    }),
  ),
];

const ENCRYPTION: readonly Row[] = ["state", "ephemeral"].flatMap((label) =>
  below(`machine.systemDiskEncryption?.${label}?`, [
    row("keys", REQUIRED),
    row(
      "keys",
      duplicate("has a slot twice", "give each key a slot of its own", (value) => {
        const slots = listOf(value).map((key) => numberOf(fieldOf(key, "slot")));
        return new Set(slots).size < slots.length;
      }),
    ),
    row(
      "keys[]",
      missing("says no kind of key", "set one of static, nodeID, kms and tpm", (value) => {
        return !["static", "nodeID", "kms", "tpm"].some((kind) => isPresent(fieldOf(value, kind)));
      }),
    ),
  ]),
);

const LOGGING: readonly Row[] = below("machine.logging?.destinations[]", [
  row("endpoint", SET),
  row(
    "endpoint?",
    wrong("must have a host", "use one like tcp://10.0.0.1:514", (value) => !parseGoUrl(textOf(value))?.host),
  ),
  row(
    "endpoint?",
    wrong("must be a URL of tcp or udp", "use one like tcp://10.0.0.1:514", (value) => {
      return !["tcp", "udp"].includes(parseGoUrl(textOf(value))?.scheme ?? "");
    }),
  ),
  row("format", oneOf(["json_lines"], { evenEmpty: true })),
]);

const NODE: readonly Row[] = [
  ...below("machine.nodeLabels", LABELS),
  ...within({ since: 8 }, below("machine.nodeAnnotations", ANNOTATIONS)),
  ...below("machine.nodeTaints", TAINTS),
];

const REGISTRIES: readonly Row[] = ["machine.registries.config{}", "machine.registries.mirrors{}"].map((path) =>
  row(
    path,
    missing("is null", "remove it", (value) => value === null),
    { since: 9, until: 13 },
  ),
);

/** Source: config/types/v1alpha1/v1alpha1_validation.go, Config.Validate, v1.6.0 to v1.14.1. */
export const MACHINE_RULES: readonly Row[] = [
  ...IDENTITY,
  ...INSTALL,
  ...FEATURES,
  ...KUBESPAN,
  ...KUBELET,
  ...DISKS,
  ...ENCRYPTION,
  ...LOGGING,
  ...NODE,
  ...REGISTRIES,
];
