import { readMachineAddress } from "../core/config/machineAddress";
import { isIpAddress } from "../core/ipAddress";
import { CliError } from "./cliContext";

/** Where a node listens. */
export interface Address {
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
 * @throws CliError
 */
export function readNodeAddress(text: string): Address {
  const address = findNodeAddress(text);
  if (address !== undefined) return address;
  const shown = text.includes("@") ? "the address" : JSON.stringify(text);
  throw new CliError(
    `${shown} is not the address of a node; must be an IP address or DNS name, with or without a port, such as 10.0.0.2, [fd00::2]:50000 or https://10.0.0.2:50000`,
  );
}

/** The same of a word that may be a file too: a name without port and scheme is one. */
export function readTargetAddress(text: string): Address | undefined {
  const address = readMachineAddress(text);
  if (address === undefined) return undefined;
  const { host, port, scheme } = address;
  return isIpAddress(host) || port !== undefined || scheme !== undefined ? findNodeAddress(text) : undefined;
}

function findNodeAddress(text: string): Address | undefined {
  const address = readMachineAddress(text);
  if (address === undefined) return undefined;
  const { host, zone, scheme } = address;
  const port = address.port ?? (scheme === "https" ? HTTPS_PORT : APID_PORT);
  return { host: zone === undefined ? host : `${host}%${zone}`, port };
}

/** The host as certificates name it: without a zone. */
export function certificateName({ host }: Address): string {
  return host.split("%")[0]!;
}

export function formatAddress({ host, port }: Address): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
