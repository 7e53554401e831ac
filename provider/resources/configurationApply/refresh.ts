import { PkiError, type Warning } from "../../core/errors";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import { nodeConfigHash } from "../../core/nodes/nodeConfig";
import { info, type ReadResult, type StoredResource } from "../../engine/definition";
import type { Context } from "../../engine/ports";
import { isKnown } from "../../engine/unknown";
import { osCredentials } from "../live/credentials";
import { NodeAccess, type Target } from "../live/nodeAccess";
import { timeoutsOf } from "../live/timeouts";
import type { INPUTS } from "./inputs";
import type { OUTPUTS } from "./outputs";

export type StoredApply = StoredResource<typeof INPUTS, typeof OUTPUTS>;

/** The node of a stored resource; `undefined` where the state lacks it. */
export function targetOf({ node, endpoint }: StoredApply["inputs"]): Target | undefined {
  if (!isKnown(node)) return undefined;
  return { node, ...(endpoint === undefined || !isKnown(endpoint) ? {} : { endpoint }) };
}

/** Looks which config the node has. One that cannot be asked stays as it is stored, with a warning. */
export async function readNode(stored: StoredApply, context: Context): Promise<ReadResult<typeof OUTPUTS>> {
  const { outputs, inputs } = stored;
  const target = targetOf(inputs);
  const credentials = osCredentials(inputs);
  if (target === undefined || credentials === undefined) return { outputs };
  const access = await NodeAccess.of(credentials, context, timeoutsOf(isKnown(inputs.timeouts) ? inputs.timeouts : {}));
  try {
    const session = await access.reach(target);
    try {
      const talosVersion = await session.version();
      const text = await session.machineConfig(inputs.applyMode === "staged" ? "persistent" : "active");
      const liveHash = text === undefined ? "" : nodeConfigHash(text);
      const { configHash } = outputs;
      const isOther = liveHash !== configHash;
      return {
        outputs: { ...outputs, liveHash, ...(talosVersion === undefined ? {} : { talosVersion }) },
        reports: isOther
          ? [
              info(
                `node ${shortNodeAddress(target.node)} has another config than the one that was applied; the next update applies it again`,
              ),
            ]
          : [],
      };
    } finally {
      session.close();
    }
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const warning: Warning = {
      severity: "warning",
      reason: "node-unreachable",
      path: "node",
      message: `${error.message}; what is stored of it stays`,
    };
    return { outputs, reports: [warning] };
  }
}
