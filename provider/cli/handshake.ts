import type { NodeAddress } from "../core/nodes/nodeAddress";
import type { Certificate } from "../core/x509/certificate";
import { nodeIdentity } from "../resources/live/passingClient";
import type { ClientIdentity } from "./client";
import type { CliContext } from "./cliContext";

/** How a node met a client. */
export interface Meeting {
  /** The node's own certificate and those behind it; empty when it did not get that far. */
  readonly chain: readonly Certificate[];
  /** The node let the client in. */
  readonly accepted: boolean;
  /** Why not. */
  readonly reason?: string;
  /** Whether the node answered at all. */
  readonly reached: boolean;
}

/** Shakes hands with a node and asks it nothing. */
export async function meetNode(
  address: NodeAddress,
  client: ClientIdentity | undefined,
  cli: CliContext,
): Promise<Meeting> {
  const nodes = await cli.nodes();
  const { chain, accepted, failure } = await nodes.shakeHands(
    address,
    client === undefined ? {} : { identity: nodeIdentity(client) },
  );
  return { chain, accepted, reached: chain.length > 0, ...(failure === undefined ? {} : { reason: failure.reason }) };
}
