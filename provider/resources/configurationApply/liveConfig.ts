import { type NodeConfig, nodeConfigHash } from "../../core/nodes/nodeConfig";
import { releaseHasFeature } from "../../core/talosVersion";
import type { NodeSession } from "../../engine/nodes";

/** Whether a node tells which config it starts with next; before that its answer to a staged one is all there is. */
export function keepsPersistentConfig(talosVersion: string | undefined): boolean {
  return releaseHasFeature(talosVersion, "persistentConfig");
}

/** The config that the node has, where a change would go; `undefined` for a node without one. @throws PkiError */
export function liveConfig(
  session: NodeSession,
  talosVersion: string | undefined,
  { isStaged }: { readonly isStaged: boolean },
): Promise<string | undefined> {
  return session.machineConfig(isStaged && keepsPersistentConfig(talosVersion) ? "persistent" : "active");
}

/**
 * Hash of that config.
 *
 * @throws PkiError
 */
export async function liveHash(
  session: NodeSession,
  talosVersion: string | undefined,
  { text, hash }: Pick<NodeConfig, "text" | "hash">,
  options: { readonly isStaged: boolean },
): Promise<string | undefined> {
  const live = await liveConfig(session, talosVersion, options);
  if (live === undefined) return undefined;
  // A config that only newlines and comments tell apart is the same.
  return live === text ? hash : nodeConfigHash(live);
}
