import { isIpAddress } from "../ipAddress";
import { memberText } from "../yaml/node";
import type { YamlNode, YamlScalar } from "../yaml/parser";
import { ConfigFault } from "./faults";
import { type ConfigValue, isConfigList, isConfigMap } from "./value";
import { normaliseAddress, normalisePrefix } from "./netAddress";

/** Texts of a machine config that must be addresses or networks, though their Go type is a mere string. */
export interface AddressRule {
  /** The kind of the document; "" for v1alpha1. */
  readonly kind: string;
  /** Dotted; `[]` for every item of a list. */
  readonly path: string;
  readonly what: string;
  readonly cure: string;
  accepts(text: string): boolean;
}

type Check = Pick<AddressRule, "what" | "cure" | "accepts">;

const isPrefix = (text: string): boolean => normalisePrefix(text) !== undefined;
/** As Go's net.ParseCIDR, which takes leading zeros. */
const isLooseCidr = (text: string): boolean => isPrefix(text.replace(/\/0+(?=\d)/, "/"));
const orEmpty = (check: Check): Check => ({ ...check, accepts: (text) => text === "" || check.accepts(text) });

const CIDR = { what: "holds something else than a CIDR", cure: "expected one like 10.244.0.0/16" };
const PREFIX: Check = { ...CIDR, accepts: isPrefix };
const LOOSE_CIDR: Check = { ...CIDR, accepts: isLooseCidr };
const INTERFACE_ADDRESS: Check = {
  what: "an address is neither a CIDR nor an IP address",
  cure: "expected one like 10.0.0.2/24",
  accepts: (text) => isLooseCidr(text) || isIpAddress(text),
};
/** As siderolabs/net ParseSubnetOrAddress reads it, after a `!` for what is left out. */
const SUBNET_MATCH: Check = {
  what: "a subnet is neither a CIDR nor an IP address",
  cure: "expected one like 10.0.0.0/8 or !10.0.0.0/8",
  accepts(text) {
    const subnet = text.replace(/^!/, "");
    return isPrefix(subnet) || normaliseAddress(subnet) !== undefined;
  },
};

const v1alpha1 = (path: string, check: Check): AddressRule => ({ kind: "", path, ...check });

/** Source: siderolabs/talos config/types/v1alpha1/v1alpha1_validation.go (v1.13.0) and config/types/k8s/node.go (v1.14.1). */
export const ADDRESS_RULES: readonly AddressRule[] = [
  v1alpha1("cluster.network.podSubnets[]", PREFIX),
  v1alpha1("cluster.network.serviceSubnets[]", PREFIX),
  v1alpha1("cluster.etcd.advertisedSubnets[]", SUBNET_MATCH),
  v1alpha1("cluster.etcd.listenSubnets[]", SUBNET_MATCH),
  v1alpha1("cluster.etcd.subnet", orEmpty(SUBNET_MATCH)),
  v1alpha1("machine.kubelet.nodeIP.validSubnets[]", SUBNET_MATCH),
  v1alpha1("machine.network.interfaces[].addresses[]", INTERFACE_ADDRESS),
  v1alpha1("machine.network.interfaces[].cidr", orEmpty(INTERFACE_ADDRESS)),
  v1alpha1("machine.network.interfaces[].vlans[].addresses[]", INTERFACE_ADDRESS),
  v1alpha1("machine.network.interfaces[].vlans[].cidr", orEmpty(INTERFACE_ADDRESS)),
  v1alpha1("machine.network.interfaces[].routes[].network", orEmpty(LOOSE_CIDR)),
  v1alpha1("machine.network.interfaces[].wireguard.peers[].allowedIPs[]", LOOSE_CIDR),
  { kind: "KubeNodeConfig", path: "nodeIP.validSubnets[]", ...SUBNET_MATCH },
];

/** `a.b[].c` as the steps to take. */
const stepsOf = (path: string): readonly string[] => path.replaceAll("[]", ".[]").split(".");

/** Where it stands in messages, kind and all. */
export function placeOf({ kind, path }: AddressRule): string {
  const place = path.replace(/\[\]$/, "").replaceAll("[]", "");
  return kind === "" ? place : `${kind}.${place}`;
}

/** The texts of a rule in a document that has been read. */
export function textsOf(document: ConfigValue, { path }: AddressRule): readonly string[] {
  const texts = (value: ConfigValue, [step, ...rest]: readonly string[]): readonly string[] => {
    if (step === undefined) return typeof value === "string" ? [value] : [];
    if (step === "[]") return isConfigList(value) ? value.flatMap((item) => texts(item, rest)) : [];
    return isConfigMap(value) ? texts(value.get(step), rest) : [];
  };
  return texts(document, stepsOf(path));
}

/** What is wrong with the addresses of a document as it was written, line by line. */
export function addressFaults(document: YamlNode): ConfigFault[] {
  const kind = memberText(document, "kind");
  return ADDRESS_RULES.filter((rule) => rule.kind === kind).flatMap((rule) =>
    scalarsAt(document, stepsOf(rule.path))
      .filter(({ text }) => !rule.accepts(text))
      .map((place) => new ConfigFault(rule.what, { place, field: placeOf(rule), remedy: rule.cure })),
  );
}

function scalarsAt(node: YamlNode, [step, ...rest]: readonly string[]): YamlScalar[] {
  if (step === undefined) return node.kind === "scalar" && node.tag !== "null" ? [node] : [];
  if (step === "[]") return node.kind === "sequence" ? node.items.flatMap((item) => scalarsAt(item, rest)) : [];
  if (node.kind !== "mapping") return [];
  return node.entries.filter(({ key }) => key === step).flatMap(({ value }) => scalarsAt(value, rest));
}
