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
  /** The node is not verified, so it was not asked whether it lets the client in. */
  readonly isStranger: boolean;
}

interface MeetingOptions {
  readonly identity: ClientIdentity | undefined;
  /** CAs to verify the node with. */
  readonly authorities: readonly Certificate[];
}

/** Shakes hands with a node and asks it nothing. */
export async function meetNode(
  address: NodeAddress,
  { identity, authorities }: MeetingOptions,
  cli: CliContext,
): Promise<Meeting> {
  const nodes = await cli.nodes();
  const { chain, accepted, failure } = await nodes.shakeHands(address, {
    ...(identity === undefined ? {} : { identity: nodeIdentity(identity) }),
    ...(authorities.length === 0 ? {} : { authorities: authorities.map(({ pem }) => pem) }),
  });
  const isStranger = failure?.code === "ERR_NODE_UNTRUSTED";
  return {
    chain,
    accepted,
    reached: chain.length > 0,
    isStranger,
    ...(failure === undefined ? {} : { reason: failure.reason }),
  };
}
