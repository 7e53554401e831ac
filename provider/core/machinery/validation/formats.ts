import { isIpAddress } from "../../ipAddress";
import { decodeBase64 } from "../../x509/pem";
import { parseGoUrl } from "../../goUrl";
import { normaliseAddress, normalisePrefix } from "../../netAddress";

/** An address, as Go's netip reads it. */
export const isAddress = (text: string): boolean => normaliseAddress(text) !== undefined;

/** A network, as Go's netip reads it. */
export const isPrefix = (text: string): boolean => normalisePrefix(text) !== undefined;

/** As Go's net.ParseCIDR, which takes leading zeros in the length. */
export const isLooseCidr = (text: string): boolean => isPrefix(text.replace(/\/0+(?=\d)/, "/"));

/** An address alone or with the length of its network, as the interfaces of v1alpha1 take it. */
export const isInterfaceAddress = (text: string): boolean =>
  text.includes("/") ? isLooseCidr(text) : isIpAddress(text);

/** As siderolabs/net ParseSubnetOrAddress reads it, after a `!` for what is left out. */
export function isSubnetMatch(text: string): boolean {
  const subnet = text.replace(/^!/, "");
  return isPrefix(subnet) || isAddress(subnet);
}

/** A URL with a host, and a port that can be one. Source: siderolabs/net v0.4.0, ValidateEndpointURI. */
export function isEndpointUrl(text: string): boolean {
  const url = parseGoUrl(text);
  if (url === undefined || url.hostname === "") return false;
  return url.port === "" || Number(url.port) <= 65535;
}

/** `host:port` as Go's net.SplitHostPort takes it apart; the port may be empty. */
export function hostOfHostPort(text: string): string | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(text);
  return match === null ? undefined : (match[1] ?? match[2]);
}

/** A host and a port, where an IPv6 address must be one. Source: siderolabs/net v0.4.0, AddressContainsPort. */
export function isHostPort(text: string): boolean {
  const host = hostOfHostPort(text);
  return host !== undefined && (!host.includes(":") || isAddress(host));
}

/** A DNS name as Talos takes it for the domain of a cluster, with underscores and a dot at the end. */
export function isDomain(text: string): boolean {
  return (
    text.replaceAll(".", "").length <= 255 && /^[A-Za-z0-9_][\w-]{0,62}(?:\.[A-Za-z0-9_][\w-]{0,62})*[._]?$/.test(text)
  );
}

/** RFC 1123, lower case, as names of Kubernetes objects. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text);
}

const NAME = /^(?:[A-Za-z0-9][-\w.]*)?[A-Za-z0-9]$/;

/** The key of a label: a name, and perhaps a domain before it. */
export function isLabelKey(text: string): boolean {
  const parts = text.split("/");
  if (parts.length > 2 || (parts.length === 2 && !isDnsSubdomain(parts[0]!))) return false;
  return isName(parts.at(-1)!);
}

export function isLabelValue(text: string): boolean {
  return text === "" || isName(text);
}

/** At most 63 octets; the pattern allows ASCII only. */
function isName(text: string): boolean {
  return text.length <= 63 && NAME.test(text);
}

/** `NoSchedule`, or with a value before it: `value:NoSchedule`. */
export function isTaint(text: string): boolean {
  const colon = text.indexOf(":");
  const [value, effect] = colon === -1 ? ["", text] : [text.slice(0, colon), text.slice(colon + 1)];
  return ["NoSchedule", "PreferNoSchedule", "NoExecute"].includes(effect) && isLabelValue(value);
}

/** Base64 of 32 octets. */
export function isKey32(text: string): boolean {
  return decodeBase64(text.replace(/[\r\n]/g, ""))?.length === 32;
}

/** An address of a network, as a number, with the bits that are left for hosts. */
interface Network {
  readonly address: bigint;
  readonly bits: number;
  readonly length: 32 | 128;
}

/** The parts of a network that netip has read. */
export function networkOf(prefix: string): Network {
  const [address = "", length = "0"] = prefix.split("/");
  return { address: numberOfAddress(address), bits: Number(length), length: address.includes(":") ? 128 : 32 };
}

function numberOfAddress(address: string): bigint {
  if (!address.includes(":")) return address.split(".").reduce((total, octet) => total * 256n + BigInt(octet), 0n);
  const [head = "", tail] = address.replace(/(?<=:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/, dottedGroups).split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [left, right] = [groups(head), groups(tail ?? "")];
  const all = [...left, ...new Array<string>(8 - left.length - right.length).fill("0"), ...right];
  return all.reduce((total, group) => total * 65536n + BigInt(`0x${group}`), 0n);
}

function dottedGroups(_: string, ...octets: string[]): string {
  const [a, b, c, d] = octets.slice(0, 4).map(Number) as [number, number, number, number];
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** Whether no bit behind the length is set. */
export function isMasked(prefix: string): boolean {
  const { address, bits, length } = networkOf(prefix);
  return address % (1n << BigInt(length - bits)) === 0n;
}

export function networksOverlap(left: string, right: string): boolean {
  const [a, b] = [networkOf(left), networkOf(right)];
  if (a.length !== b.length) return false;
  const shift = BigInt(a.length - Math.min(a.bits, b.bits));
  return a.address >> shift === b.address >> shift;
}

/** `0.0.0.0` or `::`, with or without a length. */
export function isUnspecified(text: string): boolean {
  return networkOf(text.replace(/%.*$/, "")).address === 0n;
}
