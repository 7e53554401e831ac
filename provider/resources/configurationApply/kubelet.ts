import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { NodeService, NodeSession } from "../../engine/nodes";
import type { NodeAccess, Target } from "../live/nodeAccess";
import { apiServerPod, kubeletService, staticPodChange } from "../live/nodeState";
import { type Attempt, type Patience, waitFor } from "../live/waiting";

/** How the kubelet of a control plane and its API server ran before a restart. */
export interface KubeletStart {
  /** Time of the last event of the service, ms; absent where there is none. */
  readonly at: number | undefined;
  /** Start of the container of the API server, RFC 3339; absent where the kubelet does not tell. */
  readonly apiServer: string | undefined;
}

interface KubeletRestart {
  readonly access: NodeAccess;
  readonly target: Target;
  readonly patience: Patience;
}

/**
 * Restarts the kubelet, which looks for changed static pods when it starts.
 *
 * @returns how it ran before
 * @throws Overdue, PkiError
 */
export function restartKubelet({ access, target, patience }: KubeletRestart): Promise<KubeletStart> {
  let before: KubeletStart | undefined;
  return waitFor(`the kubelet of node ${shortNodeAddress(target.node)} to restart`, patience, () =>
    access.with(target, async (session): Promise<Attempt<KubeletStart>> => {
      // What ran before the first try, whose answer may have been lost.
      before ??= { at: lastEvent(await kubeletService(session)), apiServer: (await apiServerPod(session))?.startedAt };
      await session.restartService("kubelet");
      return { found: before };
    }),
  );
}

/** State of a service that nobody will start again (siderolabs/talos internal/app/machined/pkg/system/events, v1.13). */
const FAILED = "Failed";

/**
 * A kubelet that failed to start, in a node that has its config already: an update that was killed meanwhile leaves it
 * down, and `kubeletGap` starts it.
 *
 * @returns how it is; `undefined` where it did not fail
 * @throws Overdue, PkiError
 */
export function failedKubelet({ access, target, patience }: KubeletRestart): Promise<KubeletStart | undefined> {
  return waitFor(`node ${shortNodeAddress(target.node)} to tell of its kubelet`, patience, () =>
    access.with(target, async (session): Promise<Attempt<KubeletStart | undefined>> => {
      const kubelet = await kubeletService(session);
      return { found: kubelet?.state === FAILED ? { at: lastEvent(kubelet), apiServer: undefined } : undefined };
    }),
  );
}

/**
 * What shows that the kubelet has not restarted, or has not restarted the API server yet. Starts a kubelet that failed to
 * start: Talos may restart it for the same change, one stop then ends the other start, and it stays down for ever.
 *
 * @throws PkiError
 */
export async function kubeletGap(session: NodeSession, before: KubeletStart): Promise<string | undefined> {
  const kubelet = await kubeletService(session);
  if (kubelet?.state === FAILED) await session.restartService("kubelet");
  if (kubelet?.state !== "Running" || kubelet.healthy === false) return "its kubelet does not run yet";
  const at = lastEvent(kubelet);
  if (before.at !== undefined && (at ?? 0) <= before.at) return "its kubelet has not restarted yet";
  const [pod, changed] = [await apiServerPod(session), await staticPodChange(session, "kube-apiserver")];
  if (pod === undefined) return undefined;
  const { startedAt, isReady } = pod;
  const isOld = startedAt === undefined || startedAt === before.apiServer || startsBefore(startedAt, changed);
  if (before.apiServer !== undefined && isOld) return "its API server has not restarted yet";
  return isReady ? undefined : "its API server is not Ready yet";
}

/** Talos writes secrets and manifest one after the other, and each restarts the pod. Kubernetes counts whole seconds. */
const startsBefore = (startedAt: string, changed: Date | undefined): boolean =>
  changed !== undefined && new Date(startedAt).getTime() < Math.floor(changed.getTime() / 1000) * 1000;

function lastEvent(service: NodeService | undefined): number | undefined {
  const times = (service?.events ?? []).map(({ at }) => at.getTime());
  return times.length === 0 ? undefined : Math.max(...times);
}
