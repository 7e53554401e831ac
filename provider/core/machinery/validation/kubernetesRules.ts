import { between, conflict, formed, missing, oneOf, REQUIRED, wrong } from "./checks";
import { type ConfigValue, entriesOf, fieldOf, isEmpty, isPresent, listOf, numberOf, textOf } from "./facts";
import { isEndpointUrl, isMasked, networkOf } from "./formats";
import {
  ANNOTATIONS,
  AUTHORIZER_TYPES,
  LABELS,
  OBJECT_NAME,
  POD_RESOURCES,
  PROTECTED_KUBELET_FIELDS,
  TAINTS,
  TALOS_ROLE,
} from "./kubernetesChecks";
import { ACCEPTED_CA, isPem, ISSUING_CA } from "./pemChecks";
import { below, type Check, type Place, row, type Row, type RuleTable, within } from "./rule";
import { parseGoUrl } from "../../goUrl";

const RESOURCES = below("resources", POD_RESOURCES);

/** Arguments of kube-apiserver that documents set. Source: config/types/k8s/apiserver.go, v1.14.1. */
const DENIED_ARGUMENTS =
  "anonymous-auth oidc- authentication-config authorization-config authorization-mode authorization-webhook-".split(
    " ",
  );

const ARGUMENTS = conflict(
  "has an argument that a document sets",
  "use KubeAuthenticationConfig and KubeAuthorizerConfig",
  (value) => entriesOf(value).some(([key]) => DENIED_ARGUMENTS.some((prefix) => key.startsWith(prefix))),
);

const isOn = ({ document }: Place): boolean => document.value.get("enabled") !== false;

/** A component that can be turned off; then nothing else of it is looked at. */
function component(rows: readonly Row[]): Row[] {
  return within({ when: isOn }, [row("image", REQUIRED), ...RESOURCES, ...rows]);
}

const CA_OF_API_SERVER: readonly Row[] = [...below("issuingCA?", ISSUING_CA), row("acceptedCAs[]", ACCEPTED_CA)];

/** Sizes of networks. Source: pkg/machinery/constants, v1.14.1. */
const LEAST_HOST_BITS = 4;
const MOST_SERVICE_BITS = 20;
const MOST_NODE_BITS = 16;

/** The length of a node's part, and whether it is one. */
function nodeMask({ document }: Place, prefix: string): { readonly bits: number; readonly isValid: boolean } {
  const isV6 = prefix.includes(":");
  const bits = Number(numberOf(document.value.get(isV6 ? "nodeCIDRMaskSizeIPv6" : "nodeCIDRMaskSizeIPv4")));
  return { bits: bits === 0 ? (isV6 ? 64 : 24) : bits, isValid: bits >= 0 && bits <= (isV6 ? 128 : 32) };
}

/** Talos stops at the first subnet that is wrong; so does each of these. */
const SUBNET = wrong("must be masked and leave at least 4 bits for hosts", "use one like 10.244.0.0/16", (value) => {
  const prefix = textOf(value);
  if (prefix === "") return true;
  const { bits, length } = networkOf(prefix);
  return !isMasked(prefix) || length - bits < LEAST_HOST_BITS;
});

const POD_SUBNET = wrong(
  "does not suit the size of a node's part",
  "use one like 10.244.0.0/16 with nodeCIDRMaskSizeIPv4: 24",
  (value, place) => {
    const { bits, isValid } = nodeMask(place, textOf(value));
    const own = networkOf(textOf(value)).bits;
    return !isEmpty(value) && isValid && (own > bits || bits - own > MOST_NODE_BITS);
  },
);

const SERVICE_SUBNET = wrong("is too large", "leave at most 20 bits for hosts, such as 10.96.0.0/12", (value) => {
  const { bits, length } = networkOf(textOf(value));
  return !isEmpty(value) && length - bits > MOST_SERVICE_BITS;
});

function subnets(path: string, size: Check): Row[] {
  return [
    row(path, REQUIRED),
    row(
      path,
      wrong("must be one or two subnets", "use one for IPv4 and one for IPv6", (value) => listOf(value).length > 2),
    ),
    row(path, conflict("has two subnets of one family", "use one for IPv4 and one for IPv6", hasTwoOfAFamily)),
    row(`${path}[]`, SUBNET),
    row(`${path}[]`, size),
  ];
}

function hasTwoOfAFamily(value: ConfigValue): boolean {
  const families = listOf(value).map((subnet) => textOf(subnet).includes(":"));
  return families.length === 2 && families[0] === families[1];
}

const NETWORK: readonly Row[] = [
  row("nodeCIDRMaskSizeIPv4", between(0n, 32n)),
  row("nodeCIDRMaskSizeIPv6", between(0n, 128n)),
  ...subnets("podSubnets", POD_SUBNET),
  ...subnets("serviceSubnets", SERVICE_SUBNET),
  row(
    "serviceSubnets",
    conflict("must be as many as podSubnets", "use the same families for both", (value, { parent }) => {
      return listOf(value).length !== listOf(fieldOf(parent, "podSubnets")).length;
    }),
  ),
];

const OBJECT: readonly Row[] = [row("name", REQUIRED), row("name", OBJECT_NAME)];

const WEBHOOK = missing("is required for a Webhook", "set it", (value, { parent }) => {
  return isEmpty(value) && fieldOf(parent, "type") === "Webhook";
});

/** Source: config/types/k8s, v1.14.1. */
export const KUBERNETES_RULES: RuleTable = {
  KubeAPIServerCAConfig: CA_OF_API_SERVER,
  KubeAPIServerConfig: [row("image", REQUIRED), row("extraArgs", ARGUMENTS), ...RESOURCES],
  KubeAdmissionControlConfig: [row("name", REQUIRED)],
  KubeAggregatorCAConfig: [
    row(
      "issuingCA",
      missing("is required", "set certificate and key", (value) => !isPresent(value)),
    ),
    ...CA_OF_API_SERVER,
  ],
  KubeAuthorizerConfig: [
    row("name", REQUIRED),
    row("type", oneOf(AUTHORIZER_TYPES, { evenEmpty: true })),
    row("webhook", WEBHOOK),
  ],
  KubeClusterConfig: [
    row("clusterName", REQUIRED),
    row("endpoint", REQUIRED),
    row("endpoint", formed("a URL with a host", "https://10.0.0.1:6443", isEndpointUrl)),
  ],
  KubeControllerManagerConfig: component([]),
  KubeEtcdEncryptionConfig: [row("config", REQUIRED)],
  KubeExternalManifestConfig: [
    ...OBJECT,
    row("url", REQUIRED),
    row(
      "url",
      wrong("must be a URL of http or https", "use one like https://example.org/manifest.yaml", (value) => {
        return !isEmpty(value) && !["http", "https"].includes(parseGoUrl(textOf(value))?.scheme ?? "");
      }),
    ),
  ],
  KubeFlannelCNIConfig: [row("backendType", REQUIRED), ...RESOURCES],
  KubeInlineManifestConfig: OBJECT,
  KubeNetworkConfig: NETWORK,
  KubeNodeConfig: [...below("labels", LABELS), ...below("annotations", ANNOTATIONS), ...below("taints", TAINTS)],
  KubePrismConfig: [row("port", between(1n, 65535n))],
  KubeProxyConfig: component([row("mode", oneOf(["nftables", "iptables", "ipvs"]))]),
  KubeSchedulerConfig: component([]),
  KubeServiceAccountConfig: [
    row(
      "issuer.privateKey",
      wrong("must be a private key in PEM", "begin it with -----BEGIN", (value, { config }) => {
        return !config.trusted.has(textOf(value)) && !isPem(textOf(value), { certificate: false, loads: true });
      }),
    ),
    row("issuer.issuerURL", REQUIRED),
  ],
  KubeStaticPodConfig: [...OBJECT, row("pod", REQUIRED)],
  KubeTalosAPIAccessConfig: [row("allowedRoles[]", TALOS_ROLE)],
  KubeletConfig: [row("image", REQUIRED), row("config", PROTECTED_KUBELET_FIELDS)],
};
