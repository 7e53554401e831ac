import ipaddr from "ipaddr.js";

/** An address as Go's netip writes it; `undefined` for what netip does not read. */
export function normaliseAddress(text: string): string | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  const [address, zone, ...more] = text.split("%");
  if (address === undefined || more.length > 0 || zone === "" || !ipaddr.IPv6.isValid(address)) return undefined;
  // netip takes no dotted part with leading zeros, and no other IPv6 text that the library takes besides RFC 4291.
  if (!/^[0-9A-Fa-f:]+(?:(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2}))?$/.test(address)) return undefined;
  const parsed = ipaddr.IPv6.parse(address);
  const canonical = parsed.isIPv4MappedAddress()
    ? `::ffff:${parsed.toIPv4Address().toString()}`
    : parsed.toRFC5952String();
  return zone === undefined ? canonical : `${canonical}%${zone}`;
}

/** `10.0.0.0/8` as Go's netip writes it. */
export function normalisePrefix(text: string): string | undefined {
  const slash = text.lastIndexOf("/");
  const address = text.includes("%") || slash === -1 ? undefined : normaliseAddress(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (address === undefined || !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return undefined;
  return Number(bits) <= (address.includes(":") ? 128 : 32) ? `${address}/${bits}` : undefined;
}

/** `10.0.0.1:51820`, `[fd00::1]:51820` as Go's netip writes it. */
export function normaliseAddressPort(text: string): string | undefined {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^:]*)):(\d+)$/.exec(text);
  const address = match === null ? undefined : normaliseAddress((match[1] ?? match[2])!);
  if (match === null || address === undefined || Number(match[3]) > 65535) return undefined;
  return address.includes(":") ? `[${address}]:${Number(match[3])}` : `${address}:${Number(match[3])}`;
}
