import { conflict, excludes, formed, misplaced, missing, notAllowed, oneOf, wrong } from "./checks";
import { type ConfigValue, fieldOf, isEmpty, isPresent, listOf, numberOf, textOf } from "./facts";
import { isHostPort, isKey32 } from "./formats";
import { below, type Place, row, type Row, within } from "./rule";
import { isIpAddress } from "../../ipAddress";

const IP = formed("an IP address", "10.0.0.1", isIpAddress);

const INTERFACES = "machine.network?.interfaces";

const interfacesOf = ({ config }: Place): readonly ConfigValue[] =>
  listOf(config.get("", "machine.network.interfaces"));

const nameOf = (device: ConfigValue): string => textOf(fieldOf(device, "interface"));

/** The links that a bond or bridge takes, with the kind of taker; Talos up to v1.8 tells them apart. */
function takenLinks(device: ConfigValue, kind: "bond" | "bridge"): readonly string[] {
  return listOf(fieldOf(fieldOf(device, kind), "interfaces")).map(textOf);
}

/** Whether two devices take one link, as Talos from v1.9 sees it. */
function isTakenTwice(place: Place): boolean {
  const owners = new Map<string, string>();
  return interfacesOf(place).some((device) => {
    const links = isPresent(fieldOf(device, "bridge")) ? takenLinks(device, "bridge") : takenLinks(device, "bond");
    const isTwice = links.some((link) => owners.has(link) && owners.get(link) !== nameOf(device));
    for (const link of links) owners.set(link, nameOf(device));
    return isTwice;
  });
}

/** The same as Talos up to v1.8 sees it: between two bonds, two bridges, or one of each. */
function isTakenTwiceByKind(place: Place): boolean {
  const owners = { bond: new Map<string, string>(), bridge: new Map<string, string>() };
  return interfacesOf(place).some((device) =>
    (["bond", "bridge"] as const)
      .map((kind) => {
        const [own, other] = kind === "bond" ? [owners.bond, owners.bridge] : [owners.bridge, owners.bond];
        return takenLinks(device, kind)
          .map((link) => {
            const isTwice = (own.has(link) && own.get(link) !== nameOf(device)) || other.has(link);
            own.set(link, nameOf(device));
            return isTwice;
          })
          .includes(true);
      })
      .includes(true),
  );
}

/** The links that belong to a bond, and from v1.9 to a bridge. */
function memberLinks(place: Place): ReadonlySet<string> {
  const known = members.get(place.config);
  if (known !== undefined) return known;
  const isNew = place.config.target.minor >= 9;
  const links = interfacesOf(place).flatMap((device) =>
    isNew && isPresent(fieldOf(device, "bridge")) ? takenLinks(device, "bridge") : takenLinks(device, "bond"),
  );
  const set = new Set(links);
  members.set(place.config, set);
  return set;
}

const members = new WeakMap<object, ReadonlySet<string>>();

const IDENTITY: readonly Row[] = [
  row(
    "",
    missing("says no interface", "set interface or deviceSelector", (value) => {
      return nameOf(value) === "" && !isPresent(fieldOf(value, "deviceSelector"));
    }),
  ),
  row(
    "deviceSelector?",
    conflict("cannot be set together with interface", "remove one of them", (_, { parent }) => nameOf(parent) !== ""),
  ),
  row(
    "deviceSelector?",
    missing("is empty", "set at least one property", (value) => isZeroSelector(value)),
  ),
  row(
    "",
    misplaced(
      "is part of a bond or bridge, so it has no addresses",
      "remove dhcp, cidr, addresses and vip",
      (value, place) => {
        const addressed = ["cidr", "addresses"].some((key) => !isEmpty(fieldOf(value, key)));
        const dhcp = fieldOf(value, "dhcp") === true;
        return memberLinks(place).has(nameOf(value)) && (addressed || dhcp || isPresent(fieldOf(value, "vip")));
      },
    ),
  ),
  row("addresses", excludes("cidr")),
  row("vip?.ip", { ...IP, breaks: ({ value }) => !isIpAddress(textOf(value)) }),
];

function isZeroSelector(value: ConfigValue): boolean {
  const keys = ["busPath", "hardwareAddr", "permanentAddr", "pciID", "driver"];
  return keys.every((key) => isEmpty(fieldOf(value, key))) && !isPresent(fieldOf(value, "physical"));
}

const ROUTES: readonly Row[] = below("routes[]", [
  row("gateway", IP),
  row("source", IP),
  row(
    "",
    missing("has neither network nor gateway", "set one of them", (value) => {
      return isEmpty(fieldOf(value, "network")) && isEmpty(fieldOf(value, "gateway"));
    }),
  ),
]);

const MODES = ["balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"];

/** The mode of a bond; one that Talos does not know counts as the default. */
function modeOf(bond: ConfigValue): string {
  const mode = textOf(fieldOf(bond, "mode"));
  return MODES.includes(mode) ? mode : "balance-rr";
}

function onlyIn(...modes: readonly string[]): ReturnType<typeof misplaced> {
  return misplaced(`is not available in this mode`, `use it with ${modes.join(", ")} only`, (value, { parent }) => {
    return !isEmpty(value) && !modes.includes(modeOf(parent));
  });
}

function notIn(...modes: readonly string[]): ReturnType<typeof misplaced> {
  return onlyIn(...MODES.filter((mode) => !modes.includes(mode)));
}

const DELAY = wrong("must be a multiple of miimon", "set both, one a multiple of the other", (value, { parent }) => {
  const interval = numberOf(fieldOf(parent, "miimon"));
  return interval === 0n ? numberOf(value) !== 0n : numberOf(value) % interval !== 0n;
});

const BALANCING = ["balance-alb", "balance-tlb"];

/** Source: v1alpha1_validation.go, checkBond. */
const BOND: readonly Row[] = below("bond?", [
  row("mode", oneOf(MODES)),
  row("xmitHashPolicy", oneOf(["layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4"])),
  row("lacpRate", oneOf(["slow", "fast"])),
  row("arpValidate", oneOf(["none", "active", "backup", "all", "filter", "filter-active", "filter-backup"])),
  row("arpAllTargets", oneOf(["any", "all"])),
  row("primaryReselect", oneOf(["always", "better", "failure"])),
  row("failOverMac", oneOf(["none", "active", "follow"])),
  row("adSelect", oneOf(["stable", "bandwidth", "count"])),
  row("updelay", DELAY),
  row("downdelay", DELAY),
  row("arpIPTarget", notAllowed("in a bond of Talos")),
  row("adActorSystem", notAllowed("in a bond of Talos")),
  row("lacpRate", onlyIn("802.3ad")),
  row("arpValidate", notIn("802.3ad", ...BALANCING)),
  row("primary", onlyIn("active-backup", ...BALANCING)),
  row("arpInterval", notIn("802.3ad", ...BALANCING)),
  row("packetsPerSlave", onlyIn("balance-rr"), { when: ({ value }) => numberOf(value) > 1n }),
  row("tlbDynamicLb", onlyIn(...BALANCING)),
  row("adActorSysPrio", onlyIn("802.3ad")),
  row("adUserPortKey", onlyIn("802.3ad")),
]);

const KEY = formed("a WireGuard key, base64 of 32 octets", "the output of wg genkey", isKey32, { evenEmpty: true });

const WIREGUARD: readonly Row[] = below("wireguard?", [
  row("privateKey", KEY),
  row("peers[].publicKey", KEY),
  row("peers[].endpoint", formed("an address with a port", "10.0.0.1:51820", isHostPort)),
]);

const OF_A_DEVICE: readonly Row[] = [
  ...IDENTITY,
  ...ROUTES,
  ...BOND,
  ...WIREGUARD,
  row("vlans[].addresses", excludes("cidr")),
];

/** The device that a place is in or is. */
export function isInIgnoredDevice(place: Place): boolean {
  const index = /^machine\.network\.interfaces\[(\d+)\]/.exec(place.path)?.[1];
  return index !== undefined && fieldOf(interfacesOf(place)[Number(index)], "ignore") === true;
}

const VIP = misplaced("a virtual IP is not allowed on a worker", "remove it", isPresent);

/** Source: config/types/v1alpha1/v1alpha1_validation.go, v1.6.0 to v1.14.1. */
export const INTERFACE_RULES: readonly Row[] = [
  ...within({ when: (place) => !isInIgnoredDevice(place) }, below(`${INTERFACES}[]`, OF_A_DEVICE)),
  row(`${INTERFACES}[].vip`, VIP, { machine: "worker" }),
  row(`${INTERFACES}[].vlans[].vip`, VIP, { machine: "worker" }),
  row(
    `${INTERFACES}[].bridge?`,
    conflict("cannot be set together with bond", "remove one of them", (_, { parent }) =>
      isPresent(fieldOf(parent, "bond")),
    ),
  ),
  row(
    `${INTERFACES}[].bond?.deviceSelectors`,
    conflict("cannot be set together with interfaces", "remove one of them", (value, { parent }) => {
      return !isEmpty(value) && !isEmpty(fieldOf(parent, "interfaces"));
    }),
  ),
  row(
    INTERFACES,
    conflict("one link belongs to two bonds or bridges", "leave it in one of them", (_, p) => isTakenTwice(p)),
    {
      since: 9,
    },
  ),
  row(
    INTERFACES,
    conflict("one link belongs to two bonds or bridges", "leave it in one of them", (_, p) => isTakenTwiceByKind(p)),
    { until: 8 },
  ),
];
