import {
  conflict,
  excludes,
  formed,
  misplaced,
  missing,
  notAllowed,
  oneOf,
  REQUIRED,
  SET,
  unique,
  wrong,
} from "./checks";
import { type ConfigValue, entriesOf, fieldOf, isEmpty, isPresent, textOf } from "./facts";
import { isDomain, isEndpointUrl } from "./formats";
import { AUTHORIZER_TYPES, POD_RESOURCES } from "./kubernetesChecks";
import { below, type Place, row, type Row, within } from "./rule";
import { parseGoRequestUrl } from "../../goUrl";

const URL_WITH_HOST = formed("a URL with a host", "https://example.org/manifest.yaml", isEndpointUrl, {
  evenEmpty: true,
});

/** Talos looks at the rest of the cluster section only where there is an endpoint, or none is needed. */
function hasEndpoint({ config }: Place): boolean {
  const needsNone = config.target.minor >= 14 && !config.legacy("cluster.controlPlane");
  return needsNone || config.legacy("cluster.controlPlane.endpoint");
}

const isRole = ({ config }: Place): boolean => config.isControlPlane;

const ETCD: readonly Row[] = [
  row("etcd", misplaced("etcd config is only allowed on control plane machines", "remove it", isPresent), {
    since: 7,
    when: (place) => !isRole(place),
  }),
  ...within({ when: (place) => isRole(place) || place.config.target.minor < 7 }, [
    row("etcd?.ca", SET),
    row("etcd?.advertisedSubnets", excludes("subnet")),
  ]),
];

const cniOf = ({ config }: Place): ConfigValue => config.get("", "cluster.network.cni");
const isCni =
  (...names: readonly string[]) =>
  (place: Place): boolean =>
    names.includes(textOf(fieldOf(cniOf(place), "name")));

const CNI: readonly Row[] = within({ machine: "controlplane" }, [
  row("name", oneOf(["flannel", "custom", "none"], { evenEmpty: true })),
  row("urls", notAllowed("for this CNI", "remove it, or set the name to custom"), { when: isCni("flannel", "none") }),
  row("flannel?.extraArgs", notAllowed("for another CNI"), { when: isCni("none", "custom") }),
  row("flannel?.kubeNetworkPoliciesEnabled", notAllowed("for another CNI"), {
    since: 13,
    when: isCni("none", "custom"),
  }),
  row("urls[]", URL_WITH_HOST, { when: isCni("custom") }),
]);

const isEnabled = (place: Place, path: string): boolean => place.config.get("", path) === true;

const CLOUD_PROVIDER: readonly Row[] = [
  row("externalCloudProvider?.manifests", notAllowed("while the provider is disabled", "set enabled to true"), {
    when: (place) => !isEnabled(place, "cluster.externalCloudProvider.enabled"),
  }),
  row("externalCloudProvider?.manifests[]", URL_WITH_HOST, {
    when: (place) => isEnabled(place, "cluster.externalCloudProvider.enabled"),
  }),
];

const usesService = (place: Place): boolean =>
  isEnabled(place, "cluster.discovery.enabled") && !isEnabled(place, "cluster.discovery.registries.service.disabled");

const DISCOVERY: readonly Row[] = within({ when: usesService }, [
  row(
    "discovery?.registries.service.endpoint",
    formed("a URL", "https://discovery.talos.dev/", (text) => parseGoRequestUrl(text) !== undefined),
  ),
  row(
    "discovery?.registries.service.endpoint",
    wrong("must have no path", "use one like https://discovery.talos.dev/", (value) => {
      return !["", "/"].includes(parseGoRequestUrl(textOf(value))?.path ?? "");
    }),
  ),
  row("id", missing("is required for cluster discovery", "do not remove it", isEmpty)),
  row("secret", missing("is required for cluster discovery", "do not remove it", isEmpty)),
]);

const argumentsOf = ({ parent }: Place): readonly string[] =>
  entriesOf(fieldOf(parent, "extraArgs")).map(([key]) => key);
const ownAuthorization = (key: string): boolean =>
  key === "authorization-mode" || key.startsWith("authorization-webhook-");

const API_SERVER: readonly Row[] = within({ since: 9 }, [
  row(
    "authorizationConfig",
    conflict("cannot be set together with authorization arguments", "remove them from extraArgs", (value, place) => {
      return isPresent(value) && argumentsOf(place).some(ownAuthorization);
    }),
  ),
  row("authorizationConfig[].type", oneOf(AUTHORIZER_TYPES, { evenEmpty: true })),
  row("authorizationConfig[].name", REQUIRED),
]);

const SECTIONS: readonly Row[] = [
  row(
    "controlPlane?.endpoint",
    formed("a URL with a host", "https://10.0.0.1:6443", isEndpointUrl, { evenEmpty: true }),
    {
      when: hasEndpoint,
    },
  ),
  row("network?.dnsDomain", formed("a DNS name", "cluster.local", isDomain)),
  ...ETCD,
  ...CLOUD_PROVIDER,
  ...DISCOVERY,
  row(
    "inlineManifests[].name",
    missing("must not be blank", "set it", (value) => textOf(value).trim() === ""),
  ),
  row(
    "inlineManifests",
    unique("a name", (item) => textOf(fieldOf(item, "name"))),
  ),
  ...below("apiServer?", API_SERVER),
  ...["apiServer", "controllerManager", "scheduler"].flatMap((part) => below(`${part}?.resources?`, POD_RESOURCES)),
];

/** Source: config/types/v1alpha1/v1alpha1_validation.go, ClusterConfig.Validate, v1.6.0 to v1.14.1. */
export const CLUSTER_RULES: readonly Row[] = [
  row("cluster", SET),
  row("cluster?.controlPlane.endpoint", SET, { until: 13 }),
  row("cluster?.controlPlane?.endpoint", SET, { since: 14 }),
  row(
    "cluster?.serviceAccount",
    conflict(
      "needs the endpoint in the same document",
      "use the document KubeServiceAccountConfig",
      (value, { config }) => {
        return isPresent(value) && !config.legacy("cluster.controlPlane.endpoint");
      },
    ),
    { since: 14, when: hasEndpoint },
  ),
  row("cluster?.ca?.key", notAllowed("on machines other than control planes", "remove the key"), {
    since: 7,
    when: (place) => hasEndpoint(place) && !isRole(place),
  }),
  ...below("cluster?", within({ when: hasEndpoint }, SECTIONS)),
  ...below("cluster?.network?.cni?", CNI),
];
