import { PkiError, type Warning } from "../../core/errors";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import { nodeConfigHash } from "../../core/nodes/nodeConfig";
import { info, type ReadResult, type StoredResource } from "../../engine/definition";
import type { NodeSession } from "../../engine/nodes";
import type { Context } from "../../engine/ports";
import { isKnown, knownOr } from "../../engine/unknown";
import { osCredentials } from "../live/credentials";
import { NodeAccess, type Target, targetOf } from "../live/nodeAccess";
import { timeoutsOf } from "../live/timeouts";
import { keepsPersistentConfig, liveConfig } from "./liveConfig";
import type { INPUTS } from "./inputs";
import type { OUTPUTS } from "./outputs";

export type StoredApply = StoredResource<typeof INPUTS, typeof OUTPUTS>;

/** The node of a stored resource; `undefined` where the state lacks it. */
export function storedTarget({ node, endpoint }: StoredApply["inputs"]): Target | undefined {
  return isKnown(node) ? targetOf({ node, endpoint: knownOr(endpoint) }) : undefined;
}

/** The hash of the config that the node has; `""` without one. A node that cannot tell has what it was given. */
async function hashOfLive(
  session: NodeSession,
  talosVersion: string | undefined,
  { inputs, outputs }: StoredApply,
): Promise<string | undefined> {
  const isStaged = inputs.applyMode === "staged";
  if (isStaged && !keepsPersistentConfig(talosVersion)) return outputs.liveHash;
  const text = await liveConfig(session, talosVersion, { isStaged });
  return text === undefined ? "" : nodeConfigHash(text);
}

/** Looks which config the node has. One that cannot be asked stays as it is stored, with a warning. */
export async function readNode(stored: StoredApply, context: Context): Promise<ReadResult<typeof OUTPUTS>> {
  const { outputs, inputs } = stored;
  const target = storedTarget(inputs);
  const credentials = osCredentials(inputs);
  if (target === undefined || credentials === undefined) return { outputs };
  const access = await NodeAccess.of(credentials, context, timeoutsOf(isKnown(inputs.timeouts) ? inputs.timeouts : {}));
  try {
    const session = await access.reach(target);
    try {
      const talosVersion = await session.version();
      const liveHash = await hashOfLive(session, talosVersion, stored);
      const { configHash } = outputs;
      const isOther = liveHash !== undefined && liveHash !== configHash;
      return {
        outputs: {
          ...outputs,
          ...(liveHash === undefined ? {} : { liveHash }),
          ...(talosVersion === undefined ? {} : { talosVersion }),
        },
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
