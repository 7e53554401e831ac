import { readMachineAddress } from "../config/machineAddress";
import type { Problem } from "../errors";

/** Where something listens. */
export interface NodeAddress {
  /** Name or IP address, without brackets; a zone is part of it (`fe80::1%eth0`). */
  readonly host: string;
  readonly port: number;
}

/** apid's port (siderolabs/talos pkg/machinery/constants, v1.13). */
const APID_PORT = 50_000;
/** talosctl's port for a URL of https without one (siderolabs/talos pkg/machinery/client/connection.go, v1.13). */
const HTTPS_PORT = 443;

/**
 * Reads the address of a node, in any of the forms that talosctl, browsers and people write; the port is apid's where
 * none is given.
 *
 * @returns `undefined` for what is no address
 * @example
 * readNodeAddress("[fd00::2]"); // { host: "fd00::2", port: 50000 }
 */
export function readNodeAddress(text: string): NodeAddress | undefined {
  const address = readMachineAddress(text);
  if (address === undefined) return undefined;
  const { host, zone, scheme } = address;
  const port = address.port ?? (scheme === "https" ? HTTPS_PORT : APID_PORT);
  return { host: zone === undefined ? host : `${host}%${zone}`, port };
}

/**
 * What keeps a text from being the address of a node.
 *
 * @returns ERR_ENDPOINT_INVALID, or nothing
 * @example
 * nodeAddressProblems("10.0.0.2:50000", "node"); // []
 */
export function nodeAddressProblems(text: string, path: string): Problem[] {
  if (readNodeAddress(text) !== undefined) return [];
  // What stands before an `@` may be a password.
  const shown =
    text === "" ? "is empty" : text.includes("@") ? "is no address" : `${JSON.stringify(text)} is no address`;
  const message = `${shown}; must be an IP address or DNS name, with or without a port, such as 10.0.0.2 or [fd00::2]:50000`;
  return [{ code: "ERR_ENDPOINT_INVALID", path, message }];
}

/**
 * Where apid of a host listens.
 *
 * @example
 * apidAt("10.0.0.2"); // { host: "10.0.0.2", port: 50000 }
 */
export const apidAt = (host: string): NodeAddress => ({ host, port: APID_PORT });

/** The host as certificates name it: without a zone. */
export function certificateName({ host }: NodeAddress): string {
  return host.split("%")[0]!;
}

/** `10.0.0.2:50000`, `[fd00::2]:50000`. */
export function formatNodeAddress({ host, port }: NodeAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The same without the port where it is apid's, as people write it. */
export function shortNodeAddress(address: NodeAddress): string {
  return address.port === APID_PORT ? address.host : formatNodeAddress(address);
}
