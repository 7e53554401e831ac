import { EXPRESSION } from "./cel/celChecks";
import { between, conflict, formed, missing, NOT_NEGATIVE, notAllowed, REQUIRED, SET, unique, wrong } from "./checks";
import { type ConfigValue, fieldOf, isEmpty, isPresent, listOf, numberOf, textOf } from "./facts";
import { isAddress, isKey32, isMasked, isPrefix, isSubnetMatch, isUnspecified, networksOverlap } from "./formats";
import { below, row, type Row, type RuleTable, within } from "./rule";
import { parseGoUrl } from "../../goUrl";
import { isIpAddress } from "../../ipAddress";

const NAME = row("name", REQUIRED);

/** `0.0.0.0` or `::` where a real address or network is needed. */
const SPECIFIED = wrong("must not be the unspecified address", "use one like 10.0.0.1", (value) => {
  return textOf(value) !== "" && isUnspecified(textOf(value));
});

/** Source: config/types/network/link.go, CommonLinkConfig.Validate. */
const LINK: readonly Row[] = [
  row("addresses[].address", REQUIRED),
  row("addresses[].address", SPECIFIED),
  row("routes[].destination", SPECIFIED),
  row("routes[].gateway", SPECIFIED),
  row("routes[].source", SPECIFIED),
];

const PROBE: readonly Row[] = [
  NAME,
  row("interval", NOT_NEGATIVE),
  row("failureThreshold", NOT_NEGATIVE),
  row("timeout", NOT_NEGATIVE),
];

const IS_DUID = "duid";

const DHCP: readonly Row[] = [
  NAME,
  row(
    "duidRaw",
    conflict(
      "is only allowed if clientIdentifier is duid",
      "remove it, or set clientIdentifier to duid",
      (value, { parent }) => {
        return !isEmpty(value) && fieldOf(parent, "clientIdentifier") !== IS_DUID;
      },
    ),
  ),
  row(
    "duidRaw",
    missing("is required if clientIdentifier is duid", "set it", (value, { parent }) => {
      return isEmpty(value) && fieldOf(parent, "clientIdentifier") === IS_DUID;
    }),
  ),
];

const HOSTNAME: readonly Row[] = [
  row(
    "",
    missing("says neither auto nor hostname", "set one of them", (value) => {
      return !isPresent(fieldOf(value, "auto")) && isEmpty(fieldOf(value, "hostname"));
    }),
    { since: 14 },
  ),
  row(
    "",
    missing("says neither auto nor hostname", "set one of them", (value) => {
      return isOff(fieldOf(value, "auto")) && isEmpty(fieldOf(value, "hostname"));
    }),
    { until: 13 },
  ),
  row(
    "hostname",
    conflict("cannot be set together with auto", "set auto to off", (value, { parent }) => {
      return !isEmpty(value) && !isOff(fieldOf(parent, "auto"));
    }),
  ),
  row(
    "auto",
    wrong("must be stable or off", "use one of them", (value) => value === "talos-addr"),
  ),
  row(
    "hostname",
    wrong("is longer than 253 octets", "shorten it", (value) => Buffer.byteLength(textOf(value)) > 253),
  ),
  row(
    "hostname",
    wrong("must begin with a label of 1 to 63 octets", "use one like node-1.example.org", (value) => {
      const label = textOf(value).split(".")[0]!;
      return !isEmpty(value) && (label === "" || Buffer.byteLength(label) > 63);
    }),
  ),
];

function isOff(auto: ConfigValue): boolean {
  return !isPresent(auto) || auto === "off" || auto === "";
}

const DNS: readonly Row[] = [
  ...["forwardKubeDNSToHost", "resolveMemberNames"].map((key) =>
    row(
      `hostDNS?.${key}`,
      conflict("needs hostDNS.enabled", "set hostDNS.enabled to true", (value, { parent }) => {
        return value === true && fieldOf(parent, "enabled") !== true;
      }),
    ),
  ),
  row(
    "nameservers[].tlsServerName",
    missing("is required for encrypted DNS", "set it", (value, { parent }) => {
      return isEmpty(value) && ["DoT", "DoH"].includes(textOf(fieldOf(parent, "protocol")));
    }),
  ),
  row(
    "nameservers[].tlsServerName",
    conflict("is not allowed for plain DNS", "remove it, or set protocol to DoT or DoH", (value, { parent }) => {
      return !isEmpty(value) && !["DoT", "DoH"].includes(textOf(fieldOf(parent, "protocol")));
    }),
  ),
  row("nameservers[].address", REQUIRED),
];

const KEY = formed("a WireGuard key, base64 of 32 octets", "the output of wg genkey", isKey32);

const WIREGUARD: readonly Row[] = [
  NAME,
  row("privateKey", REQUIRED),
  row("privateKey", KEY),
  row("listenPort", between(0n, 65535n)),
  row("peers[].publicKey", REQUIRED),
  row("peers[].publicKey", KEY),
  row("peers[].presharedKey", KEY),
  row("peers[].persistentKeepaliveInterval", NOT_NEGATIVE),
  ...LINK,
];

/** Interface names as Linux takes them. */
const VETH_NAME = formed("a name of at most 15 octets without blanks, / and :", "veth0", (text) => {
  return Buffer.byteLength(text) <= 15 && ![".", ".."].includes(text) && /^[^/:\p{Z}\p{C}]*$/u.test(text);
});

const RESERVED_TABLES = ["unspec", "local", "main", "default", ""];
const RESERVED_PRIORITIES = [0, 32500, 32766, 32767];

/** Go's ParseUint of 32 bits, which gives 0 for no number and the greatest for one that is too large. */
function priorityOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= 0xffffffff ? Number(text) : undefined;
}

const ROUTING_RULE: readonly Row[] = [
  NAME,
  row(
    "name",
    wrong("must be a priority", "use a number like 1000", (value) => priorityOf(textOf(value)) === undefined),
  ),
  row(
    "name",
    wrong("must not be a priority that Linux or Talos keeps for itself", "use a number like 1000", (value) => {
      const overflows = /^\d+$/.test(textOf(value)) && priorityOf(textOf(value)) === undefined;
      return !overflows && RESERVED_PRIORITIES.includes(priorityOf(textOf(value)) ?? 0);
    }),
  ),
  row(
    "table",
    missing("a table or an action other than unicast is required", "set one of them", (value, { parent }) => {
      return isUnspecifiedWord(value) && ["", "unspec", "unicast"].includes(textOf(fieldOf(parent, "action")));
    }),
  ),
  row(
    "fwMask",
    conflict(
      "needs fwMark",
      "set fwMark",
      (value, { parent }) => !isEmpty(value) && isEmpty(fieldOf(parent, "fwMark")),
    ),
  ),
];

function isUnspecifiedWord(value: ConfigValue): boolean {
  return ["", "unspec"].includes(textOf(value));
}

/** A port range as Talos writes it: `80`, `80-90`. */
function portsOf(value: ConfigValue): readonly [number, number] {
  const [low = "0", high] = textOf(value).split("-");
  return [Number(low), Number(high ?? low)];
}

const PORTS = wrong("must be ranges that go up and do not overlap", "use ones like 80 and 1000-2000", (value) => {
  const ranges = listOf(value)
    .map(portsOf)
    .sort(([a], [b]) => a - b);
  return ranges.some(([low, high], index) => low > high || (index > 0 && low <= ranges[index - 1]![1]));
});

const NEIGHBOR: readonly Row[] = below("neighbors[]", [
  row(
    "",
    conflict("needs exactly one of address and link", "set one of them", (value) => {
      return isEmpty(fieldOf(value, "address")) === isEmpty(fieldOf(value, "link"));
    }),
  ),
  row("holdTime", NOT_NEGATIVE),
  row("bfd?", notAllowed("in a BGP instance with a VRF"), {
    when: ({ document }) => !isEmpty(document.value.get("vrf")),
  }),
  row("bfd?.transmitInterval", NOT_NEGATIVE),
  row("bfd?.receiveInterval", NOT_NEGATIVE),
]);

/** The neighbour itself, if it says one. */
function neighborKey(neighbor: ConfigValue): string | undefined {
  const [address, link] = [textOf(fieldOf(neighbor, "address")), textOf(fieldOf(neighbor, "link"))];
  return (address === "") === (link === "") ? undefined : address || link;
}

const prefixesOf = (route: ConfigValue): readonly string[] => listOf(fieldOf(route, "prefixes")).map(textOf);

/** Prefixes of one source that overlap. */
function overlapsItself(route: ConfigValue): boolean {
  const prefixes = prefixesOf(route).filter((prefix) => prefix !== "");
  return prefixes.some((prefix, index) => prefixes.slice(0, index).some((other) => networksOverlap(prefix, other)));
}

/** Masked prefixes of two sources that overlap. */
function overlapEachOther(routes: readonly ConfigValue[]): boolean {
  const sets = routes.map((route) => prefixesOf(route).filter((prefix) => prefix !== "" && isMasked(prefix)));
  return sets.some((own, index) =>
    own.some((prefix) => sets.slice(0, index).some((others) => others.some((other) => networksOverlap(prefix, other)))),
  );
}

const IMPORTS: readonly Row[] = [
  row("importRoutes[].bgpInstance", REQUIRED),
  row(
    "importRoutes[].bgpInstance",
    conflict("must be another instance", "name another BGPInstanceConfig", (value, { document }) => {
      return !isEmpty(value) && textOf(value) === document.name;
    }),
  ),
  row(
    "importRoutes",
    unique("a BGP instance", (route) => textOf(fieldOf(route, "bgpInstance")) || undefined),
  ),
  row("importRoutes[].prefixes", REQUIRED),
  row("importRoutes[].prefixes[]", REQUIRED),
  row(
    "importRoutes[].prefixes[]",
    wrong("must be masked", "clear the bits behind its length", (value) => !isEmpty(value) && !isMasked(textOf(value))),
  ),
  row("importRoutes[]", conflict("has prefixes that overlap", "remove one", overlapsItself)),
  row(
    "importRoutes",
    conflict("has prefixes of two instances that overlap", "remove one", (value) => overlapEachOther(listOf(value))),
  ),
];

const LINK_ALIAS_NAME = wrong("must end in %d if it is a pattern", "use one like net%d", (value) => {
  const percent = textOf(value).indexOf("%");
  return percent !== -1 && (percent === 0 || textOf(value).slice(percent + 1) !== "d");
});

const ADDRESS = formed("an IP address", "10.0.0.1", isAddress);

const VIP: readonly Row[] = [NAME, row("name", ADDRESS), row("link", REQUIRED)];

const HTTP: readonly Row[] = [
  row("url", REQUIRED),
  row(
    "url",
    wrong("must be a URL of http or https with a host", "use one like https://example.org/healthz", (value) => {
      const url = parseGoUrl(textOf(value));
      return (
        !isEmpty(value) && (!["http", "https"].includes(url?.scheme ?? "") || url?.opaque !== "" || url.hostname === "")
      );
    }),
  ),
];

const TIME: readonly Row[] = [
  row("bootTimeout", NOT_NEGATIVE),
  row(
    "ptp?",
    conflict("cannot be set together with ntp", "remove one of them", (_, { parent }) =>
      isPresent(fieldOf(parent, "ntp")),
    ),
  ),
  row(
    "ntp?.servers[]",
    wrong("must be a name, as NTS needs a certificate", "use one like time.cloudflare.com", (value) =>
      isIpAddress(textOf(value)),
    ),
    {
      when: ({ config, document }) =>
        fieldOf(document.value.get("ntp"), "useNTS") === true && config.target.minor >= 14,
    },
  ),
];

/** Source: config/types/network, v1.6.0 to v1.14.1. */
export const NETWORK_RULES: RuleTable = {
  BGPInstanceConfig: [
    NAME,
    row("localASN", REQUIRED),
    row(
      "routerID",
      formed("an IPv4 address", "10.0.0.1", (text) => !text.includes(":")),
    ),
    ...NEIGHBOR,
    row("neighbors", unique("a neighbor", neighborKey)),
    ...IMPORTS,
  ],
  BlackholeRouteConfig: [NAME, row("name", formed("a network", "10.0.0.0/8", isPrefix, { evenEmpty: true }))],
  BondConfig: [NAME, row("links", REQUIRED), row("bondMode", SET), ...LINK],
  BridgeConfig: [NAME, ...LINK],
  DHCPv4Config: DHCP,
  DHCPv6Config: DHCP,
  DummyLinkConfig: [NAME, ...LINK],
  EthernetConfig: [NAME],
  HCloudVIPConfig: [...VIP, row("apiToken", REQUIRED)],
  HTTPProbeConfig: [...PROBE, ...HTTP],
  HostnameConfig: HOSTNAME,
  KubeSpanConfig: [
    row(
      "mtu",
      wrong("must be at least 1280", "raise it, or remove it", (value) => isPresent(value) && numberOf(value) < 1280n),
    ),
    row(
      "filters?.endpoints[]",
      formed("a network or an address, perhaps after !", "10.0.0.0/8", isSubnetMatch, { evenEmpty: true }),
    ),
  ],
  Layer2VIPConfig: VIP,
  LinkAliasConfig: [
    NAME,
    row("name", LINK_ALIAS_NAME, { since: 13 }),
    row("selector.match", REQUIRED),
    row("selector.match", EXPRESSION.link),
  ],
  LinkConfig: [NAME, ...LINK],
  NetworkRuleConfig: [
    NAME,
    // What Talos writes for none it cannot read.
    row("portSelector.protocol", REQUIRED),
    ...within({ when: ({ document }) => document.name !== "" }, [
      row("portSelector.ports", REQUIRED),
      row("portSelector.ports", PORTS),
      row("ingress[].subnet", REQUIRED),
    ]),
  ],
  ResolverConfig: within({ since: 14 }, DNS),
  RoutingRuleConfig: ROUTING_RULE,
  StaticHostConfig: [
    NAME,
    row("name", formed("an IP address", "10.0.0.1", isAddress, { evenEmpty: true })),
    row("hostnames", REQUIRED),
  ],
  TCPProbeConfig: [...PROBE, row("endpoint", REQUIRED)],
  TimeSyncConfig: TIME,
  VLANConfig: [
    NAME,
    row("vlanID", between(1n, 4094n)),
    row("parent", REQUIRED),
    row(
      "vlanMode",
      wrong(
        "must be 802.1q or 802.1ad",
        "use one of them",
        (value) => isPresent(value) && !["802.1q", "802.1ad"].includes(textOf(value)),
      ),
    ),
    ...LINK,
  ],
  VRFConfig: [
    NAME,
    row(
      "table",
      wrong("must not be a table that Linux keeps for itself", "use a number like 100", (value) =>
        RESERVED_TABLES.includes(textOf(value)),
      ),
    ),
    ...LINK,
  ],
  VethConfig: [
    NAME,
    row("name", VETH_NAME),
    row("peer.name", REQUIRED),
    row("peer.name", VETH_NAME),
    row(
      "peer.name",
      conflict("must differ from the name of the other end", "use another name", (value, { document }) => {
        return !isEmpty(value) && textOf(value) === document.name;
      }),
    ),
    ...LINK,
    ...below("peer", LINK),
  ],
  WireguardConfig: WIREGUARD,
};
