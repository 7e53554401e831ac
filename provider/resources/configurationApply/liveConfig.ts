import { collectProblems } from "../../core/errors";
import { type NodeConfig, nodeConfigHash } from "../../core/nodes/nodeConfig";
import { parseTalosVersion } from "../../core/talosVersion";
import type { NodeSession } from "../../engine/nodes";

/** Whether a node tells which config it starts with next; up to v1.9 its answer to a staged one is all there is. */
export function keepsPersistentConfig(talosVersion: string | undefined): boolean {
  const version = talosVersion === undefined ? undefined : collectProblems([], () => parseTalosVersion(talosVersion));
  return (version?.minor ?? 0) >= 10;
}

/**
 * Hash of the config that the node has, where a change would go.
 *
 * @returns `undefined` for a node without one
 * @throws PkiError
 */
export async function liveHash(
  session: NodeSession,
  talosVersion: string | undefined,
  { text, hash }: Pick<NodeConfig, "text" | "hash">,
  { isStaged }: { readonly isStaged: boolean },
): Promise<string | undefined> {
  const live = await session.machineConfig(isStaged && keepsPersistentConfig(talosVersion) ? "persistent" : "active");
  if (live === undefined) return undefined;
  // A config that only newlines and comments tell apart is the same.
  return live === text ? hash : nodeConfigHash(live);
}
