import type { NodeConfig } from "../../core/nodes/nodeConfig";
import type { Authority } from "../../core/x509/authority";
import type { OsCredentials } from "../live/credentials";
import type { ApplyOutputs } from "./outputs";

/** What an apply brings to a node. */
export interface ApplyDecision {
  readonly config: NodeConfig;
  readonly redactedConfig: string;
  readonly credentials: OsCredentials;
  /** CAs whose keys the state still has, of which the node must accept no client any more. */
  readonly retired: readonly Authority[];
  /** The resource has proved this very node, so an unverified one is not believed any more. */
  readonly hasProved: boolean;
  /** What stays as it is, because the update changes nothing of the node: then it is not called. */
  readonly settled?: ApplyOutputs;
}
