import { netipAddress } from "./ipAddress";

/** An address as Go's netip writes it, zone included; `undefined` for what netip does not read. */
export function normaliseAddress(text: string): string | undefined {
  const [address = "", ...zones] = text.split("%");
  if (zones.length === 0) return netipAddress(address);
  const zone = zones.join("%");
  const canonical = zone === "" || !address.includes(":") ? undefined : netipAddress(address);
  return canonical === undefined ? undefined : `${canonical}%${zone}`;
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
  const match = /^(?:\[([^\]:]*:[^\]]*)\]|([^:]*)):(\d+)$/.exec(text);
  const address = match === null ? undefined : normaliseAddress((match[1] ?? match[2])!);
  if (match === null || address === undefined || Number(match[3]) > 65535) return undefined;
  return address.includes(":") ? `[${address}]:${Number(match[3])}` : `${address}:${Number(match[3])}`;
}
