import { type NodeAddress, nodeAddressProblems, readNodeAddress } from "../../core/nodes/nodeAddress";
import { PkiError } from "../../core/errors";
import { customOf, row, STRING } from "../../engine/rows";

/** @throws PkiError ERR_ENDPOINT_INVALID */
function decodeAddress(value: unknown, path: string): NodeAddress {
  const address = readNodeAddress(String(value));
  if (address === undefined) throw PkiError.of(nodeAddressProblems(String(value), path));
  return address;
}

/** The type of an address of a node; decodes to host and port. */
export const ADDRESS = customOf(STRING, decodeAddress);

/** The inputs `node` and `endpoint`. */
export const TARGET_INPUTS = {
  node: row(ADDRESS, "IP address or DNS name of the node, with or without a port (50000).").asRequired(),
  endpoint: row(
    ADDRESS,
    "A control plane to call the node through. Default: the node itself. A machine in maintenance mode is always called directly.",
  ),
};
