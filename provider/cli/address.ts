import { readMachineAddress } from "../core/config/machineAddress";
import { isIpAddress } from "../core/ipAddress";
import { type NodeAddress, readNodeAddress } from "../core/nodes/nodeAddress";
import { CliError } from "./cliContext";

/**
 * Reads the address of a node.
 *
 * @throws CliError
 */
export function parseNodeAddress(text: string): NodeAddress {
  const address = readNodeAddress(text);
  if (address !== undefined) return address;
  const shown = text.includes("@") ? "the address" : JSON.stringify(text);
  throw new CliError(
    `${shown} is not the address of a node; must be an IP address or DNS name, with or without a port, such as 10.0.0.2, [fd00::2]:50000 or https://10.0.0.2:50000`,
  );
}

/** The same of a word that may be a file too: a name without port and scheme is one. */
export function readTargetAddress(text: string): NodeAddress | undefined {
  const address = readMachineAddress(text);
  if (address === undefined) return undefined;
  const { host, port, scheme } = address;
  return isIpAddress(host) || port !== undefined || scheme !== undefined ? readNodeAddress(text) : undefined;
}
