import { formatNodeAddress, type NodeAddress } from "../core/nodes/nodeAddress";
import { parseNodeAddress } from "./address";
import { type Client, omniIdentity } from "./client";
import { CliError } from "./cliContext";

/**
 * Which nodes to ask: those that are named, else the endpoints and nodes of the first client's context, each once.
 *
 * @throws CliError for what is no address, or when only Omni would answer
 */
export function nodeAddresses(named: readonly string[] | undefined, clients: readonly Client[]): NodeAddress[] {
  const omni = clients.find(({ context }) => omniIdentity(context) !== undefined);
  if (omni !== undefined && named === undefined) {
    throw new CliError(
      `context ${JSON.stringify(omni.contextName)} goes through Omni, whose endpoint shows no certificate of a node; give --nodes with addresses of their own`,
    );
  }
  const given = named ?? [...(clients[0]?.context.endpoints ?? []), ...(clients[0]?.context.nodes ?? [])];
  return [...new Map(given.map(parseNodeAddress).map((node) => [formatNodeAddress(node), node])).values()];
}
