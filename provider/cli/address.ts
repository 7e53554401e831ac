import { isIpAddress } from "../core/ipAddress";

/** Where a node listens. */
export interface Address {
  /** Name or IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** apid's port (siderolabs/talos pkg/machinery/constants, v1.13). */
export const APID_PORT = 50_000;

/**
 * Reads `10.0.0.2:50000`, `[2001:db8::1]:50000`, `cp-1.example.org:6443`; without a port where `port` is given.
 *
 * @returns `undefined` for anything else
 */
export function parseAddress(text: string, port?: number): Address | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const bareIpv6 = port !== undefined && text.includes(":") && isIpAddress(text);
  const host = bareIpv6 ? text : (match?.[1] ?? match?.[2]);
  const given = bareIpv6 || match?.[3] === undefined ? port : Number(match[3]);
  return host === undefined || given === undefined || given < 1 || given > 65_535 ? undefined : { host, port: given };
}

export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
