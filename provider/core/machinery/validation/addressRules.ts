import { isInterfaceAddress, isLooseCidr, isPrefix, isSubnetMatch } from "./formats";
import { isInIgnoredDevice } from "./interfaceRules";
import type { Place, Scope, ValidationRule } from "./rule";
import { memberText } from "../../yaml/node";
import type { YamlNode, YamlScalar } from "../../yaml/parser";
import { ConfigFault } from "../faults";

/** Texts of a machine config that must be addresses or networks, though their Go type is a mere string. */
interface AddressRule {
  /** The kind of the document; "" for v1alpha1. */
  readonly kind: string;
  /** Dotted; `[]` for every item of a list. */
  readonly path: string;
  readonly format: Format;
  /** Where Talos looks. */
  readonly scope: Scope;
}

interface Format {
  readonly what: string;
  readonly cure: string;
  accepts(text: string): boolean;
}

const orEmpty = (format: Format): Format => ({ ...format, accepts: (text) => text === "" || format.accepts(text) });

const CIDR = { what: "holds something else than a CIDR", cure: "must be one like 10.244.0.0/16" };
const PREFIX: Format = { ...CIDR, accepts: isPrefix };
const LOOSE_CIDR: Format = { ...CIDR, accepts: isLooseCidr };
const INTERFACE_ADDRESS: Format = {
  what: "an address is neither a CIDR nor an IP address",
  cure: "must be one like 10.0.0.2/24",
  accepts: isInterfaceAddress,
};
const SUBNET_MATCH: Format = {
  what: "a subnet is neither a CIDR nor an IP address",
  cure: "must be one like 10.0.0.0/8 or !10.0.0.0/8",
  accepts: isSubnetMatch,
};

const inDevice: Scope = { when: (place) => !isInIgnoredDevice(place) };
/** Up to v1.6 Talos looks at the etcd section of every machine. */
const ofEtcd: Scope = { when: ({ config }: Place) => config.isControlPlane || config.target.minor < 7 };
/** Talos only fails over these when it runs. */
const beyondTalos: Scope = { beyondTalos: true };

const v1alpha1 = (path: string, format: Format, scope: Scope = {}): AddressRule => ({ kind: "", path, format, scope });

/** Source: siderolabs/talos config/types/v1alpha1/v1alpha1_validation.go (v1.6.0 to v1.14.1) and config/types/k8s/node.go (v1.14.1). */
const ADDRESS_RULES: readonly AddressRule[] = [
  v1alpha1("cluster.network.podSubnets[]", PREFIX, beyondTalos),
  v1alpha1("cluster.network.serviceSubnets[]", PREFIX, beyondTalos),
  v1alpha1("cluster.etcd.advertisedSubnets[]", SUBNET_MATCH, ofEtcd),
  v1alpha1("cluster.etcd.listenSubnets[]", SUBNET_MATCH, ofEtcd),
  v1alpha1("cluster.etcd.subnet", orEmpty(SUBNET_MATCH), ofEtcd),
  v1alpha1("machine.kubelet.nodeIP.validSubnets[]", SUBNET_MATCH),
  v1alpha1("machine.network.interfaces[].addresses[]", INTERFACE_ADDRESS, inDevice),
  v1alpha1("machine.network.interfaces[].cidr", orEmpty(INTERFACE_ADDRESS), inDevice),
  v1alpha1("machine.network.interfaces[].vlans[].addresses[]", INTERFACE_ADDRESS, inDevice),
  v1alpha1("machine.network.interfaces[].vlans[].cidr", orEmpty(INTERFACE_ADDRESS), inDevice),
  v1alpha1("machine.network.interfaces[].routes[].network", orEmpty(LOOSE_CIDR), inDevice),
  v1alpha1("machine.network.interfaces[].wireguard.peers[].allowedIPs[]", LOOSE_CIDR, inDevice),
  { kind: "KubeNodeConfig", path: "nodeIP.validSubnets[]", format: SUBNET_MATCH, scope: {} },
];

/** The same as rules of validation: this package rejects what breaks them. */
export const ADDRESS_ROWS: readonly ValidationRule[] = ADDRESS_RULES.map(({ kind, path, format, scope }) => ({
  reason: "config-value",
  problem: format.what,
  remedy: format.cure,
  breaks: ({ value }) => typeof value === "string" && !format.accepts(value),
  ...scope,
  fatal: true,
  kind,
  path,
}));
/** `a.b[].c` as the steps to take. */
const stepsOf = (path: string): readonly string[] => path.replaceAll("[]", ".[]").split(".");

/** Where it stands in messages, kind and all. */
function placeOf({ kind, path }: AddressRule): string {
  const place = path.replace(/\[\]$/, "").replaceAll("[]", "");
  return kind === "" ? place : `${kind}.${place}`;
}

/** What is wrong with the addresses of a document as it was written, line by line. */
export function addressFaults(document: YamlNode): ConfigFault[] {
  const kind = memberText(document, "kind");
  return ADDRESS_RULES.filter((rule) => rule.kind === kind).flatMap((rule) =>
    scalarsAt(document, stepsOf(rule.path))
      .filter(({ text }) => !rule.format.accepts(text))
      .map((place) => new ConfigFault(rule.format.what, { place, field: placeOf(rule), remedy: rule.format.cure })),
  );
}

function scalarsAt(node: YamlNode, [step, ...rest]: readonly string[]): YamlScalar[] {
  if (step === undefined) return node.kind === "scalar" && node.tag !== "null" ? [node] : [];
  if (step === "[]") return node.kind === "sequence" ? node.items.flatMap((item) => scalarsAt(item, rest)) : [];
  if (node.kind !== "mapping") return [];
  return node.entries.filter(({ key }) => key === step).flatMap(({ value }) => scalarsAt(value, rest));
}
