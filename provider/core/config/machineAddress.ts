import { normaliseAddress } from "../netAddress";
import { isDnsName } from "../x509/subjectAltNames";

/** The address of a machine, in its parts. */
export interface MachineAddress {
  /** IP address or DNS name, without brackets and zone. */
  readonly host: string;
  /** Zone of a link-local IPv6 address, `eth0` in `fe80::1%eth0` (RFC 4007). */
  readonly zone?: string;
  /** 1 to 65535. */
  readonly port?: number;
  /** `https` in `https://10.0.0.2:50000/`. */
  readonly scheme?: string;
  /** An IPv6 address in brackets. */
  readonly isBracketed: boolean;
}

const URL_FORM = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#@\s]*)(?:[/?#][\x21-\x7e]*)?$/;
const HOST_AND_PORT = /^(?:\[([^\][]*)\]|([^:\][]*))(?::(\d{1,5}))?$/;

/**
 * Reads the address of a machine: `10.0.0.2`, `cp.example.org:50000`, `fd00::2`, `[fe80::1%eth0]:50000`,
 * `https://10.0.0.2:50000`. Who takes fewer forms looks at the parts.
 *
 * @returns `undefined` for anything else, and for a URL with a user, which may hold a password
 * @example
 * readMachineAddress("[fd00::2]:50000"); // { host: "fd00::2", port: 50000, isBracketed: true }
 */
export function readMachineAddress(text: string): MachineAddress | undefined {
  const [, scheme, authority] = URL_FORM.exec(text) ?? [];
  // A URL writes the `%` before a zone as `%25` (RFC 6874).
  const read = readAuthority(authority?.replace("%25", "%") ?? text);
  return read === undefined || scheme === undefined ? read : { ...read, scheme: scheme.toLowerCase() };
}

/** Host and port as Go's net.SplitHostPort parts them; a bare IPv6 address has no port. */
function readAuthority(text: string): MachineAddress | undefined {
  if (text.includes(":") && isHost(text)) return { ...hostAndZone(text), isBracketed: false };
  const [, ipv6, name, port] = HOST_AND_PORT.exec(text) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || !isHost(host) || (ipv6 !== undefined) !== host.includes(":")) return undefined;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined;
  return {
    ...hostAndZone(host),
    ...(port === undefined ? {} : { port: Number(port) }),
    isBracketed: ipv6 !== undefined,
  };
}

const isHost = (text: string): boolean =>
  normaliseAddress(text) !== undefined || (isDnsName(text.replace(/\.$/, "")) && !text.startsWith("*"));

function hostAndZone(text: string): Pick<MachineAddress, "host" | "zone"> {
  const [host = "", zone] = text.split("%");
  return { host, ...(zone === undefined ? {} : { zone }) };
}
