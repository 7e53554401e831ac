import ipaddr from "ipaddr.js";

type Address = ReturnType<typeof ipaddr.parse>;

const HEXADECIMAL = /^[0-9A-Fa-f:]+$/;

/** Strict: four decimal octets, or RFC 4291 text without a zone; no CIDR, no port, no brackets. */
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const groups = withoutDots(text);
  return HEXADECIMAL.test(groups) && ipaddr.IPv6.isValid(groups) ? ipaddr.IPv6.parse(groups) : undefined;
}

/** `::ffff:10.0.0.2` as `::ffff:a00:2`. The library takes leading zeros there, and `::10.0.0.2` for that address too. */
function withoutDots(text: string): string {
  const dotted = text.lastIndexOf(":") + 1;
  const tail = text.slice(dotted);
  if (!ipaddr.IPv4.isValidFourPartDecimal(tail)) return text;
  const [a, b, c, d] = ipaddr.IPv4.parse(tail).octets as [number, number, number, number];
  return `${text.slice(0, dotted)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/**
 * Whether a text is an IP address: four decimal octets, or RFC 4291 text without a zone; no CIDR, no port, no brackets.
 *
 * @example
 * isIpAddress("2001:db8::1"); // true
 */
export function isIpAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

/**
 * An address in the one form in which certificates are compared and shown: that of Go's `net.IP.String`. IPv6 is
 * written by RFC 5952; an IPv4 address in IPv6 clothes (`::ffff:10.0.0.2`) is the IPv4 address.
 *
 * @returns `undefined` for what is not an IP address
 * @example
 * canonicalIpAddress("2001:DB8:0:0::1"); // "2001:db8::1"
 */
export function canonicalIpAddress(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : describeAddress(asIpv4(address));
}

/** An address as Go's `netip.Addr.String` writes it: what is written as IPv6 stays so, in its dotted form. */
export function netipAddress(text: string): string | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  return isMapped(address) ? `::ffff:${asIpv4(address).toString()}` : describeAddress(address);
}

function isMapped(address: Address): address is ipaddr.IPv6 {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
}

function asIpv4(address: Address): Address {
  return isMapped(address) ? address.toIPv4Address() : address;
}

function describeAddress(address: Address): string {
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}
