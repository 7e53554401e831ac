import { PkiError } from "../../core/errors";
import { mayPass } from "../../core/nodes/failures";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { Context } from "../../engine/ports";
import type { NodeSession } from "../../engine/nodes";
import { isKnown } from "../../engine/unknown";
import { ClusterGuard } from "../live/clusterGuard";
import { osCredentials } from "../live/credentials";
import { NodeAccess, type Target } from "../live/nodeAccess";
import { etcdService } from "../live/nodeState";
import { timeoutsOf } from "../live/timeouts";
import { type Attempt, Overdue, type Patience, waitFor } from "../live/waiting";
import { type StoredApply, storedTarget } from "./refresh";

/** What Talos keeps on the system disk: the config, and all data. The rest boots the machine again into maintenance mode. */
const PARTITIONS = ["STATE", "EPHEMERAL"];

/** Resets the node, if the resource says so; never the last member of etcd. @throws PkiError */
export async function resetNode({ inputs }: StoredApply, context: Context): Promise<void> {
  const { onDestroy } = inputs;
  if (onDestroy === undefined || !isKnown(onDestroy) || onDestroy.reset !== true) return;
  const target = storedTarget(inputs);
  const credentials = osCredentials(inputs);
  if (target === undefined || credentials === undefined) return;
  const timeouts = timeoutsOf(isKnown(inputs.timeouts) ? inputs.timeouts : {});
  const access = await NodeAccess.of(credentials, context, timeouts);
  const graceful = onDestroy.graceful !== false;
  const patience = access.patience(timeouts.delete);
  const isMember = await withNode(access, target, mayBeMember);
  const guard = isMember ? await ClusterGuard.acquire({ access, target, act: "reset", patience }) : undefined;
  try {
    await withNode(access, target, async (session) => {
      if (isMember) await assertNotLast(session, target);
      const isContainer = await session.isContainer();
      if (isContainer && graceful && guard !== undefined) await leaveEtcd(session, guard);
      await session.reset({ graceful, reboot: onDestroy.reboot === true, partitions: isContainer ? [] : PARTITIONS });
    });
    await awaitEnd(target, access, access.patience(timeouts.delete), context);
    if (graceful) await guard?.assertLeft();
    await guard?.assertWell("after");
  } finally {
    guard?.release();
  }
}

/** A worker has no etcd, and a control plane waits in this state until etcd is bootstrapped or joined. */
async function mayBeMember(session: NodeSession): Promise<boolean> {
  const state = (await etcdService(session))?.state;
  return state !== undefined && state !== "Preparing";
}

/** @throws PkiError ERR_NODE_UNSUPPORTED, and where the members cannot be asked for */
async function assertNotLast(session: NodeSession, { node }: Target): Promise<void> {
  const members = await session.etcdMembers();
  if (members.length > 1) return;
  const message = `node ${shortNodeAddress(node)}: is the last member of etcd, and resetting it would lose the cluster; set onDestroy.reset to false, or delete the machine itself (ERR_NODE_UNSUPPORTED)`;
  throw new PkiError("ERR_NODE_UNSUPPORTED", message, { path: "onDestroy.reset" });
}

/** Leaves etcd, which may take longer than a call may; that it has happened is seen on the other members. @throws PkiError */
async function leaveEtcd(session: NodeSession, guard: ClusterGuard): Promise<void> {
  await session.etcdLeave().catch((error: unknown) => {
    if (!(error instanceof PkiError) || !mayPass(error)) throw error;
  });
  await guard.assertLeft();
}

async function withNode<T>(access: NodeAccess, target: Target, work: (session: NodeSession) => Promise<T>): Promise<T> {
  const session = await access.reach(target);
  try {
    return await work(session);
  } finally {
    session.close();
  }
}

/** Waits until the node is gone, or back without a config of this cluster. @throws PkiError ERR_NODE_TIMEOUT */
async function awaitEnd(target: Target, access: NodeAccess, patience: Patience, context: Context): Promise<void> {
  const node = shortNodeAddress(target.node);
  try {
    await waitFor(`node ${node} to be reset`, patience, async (): Promise<Attempt<true>> =>
      (await stillRuns(target, access, context)) ? { missing: "it still runs" } : { found: true },
    );
  } catch (error) {
    if (!(error instanceof Overdue)) throw error;
    throw new PkiError(
      "ERR_NODE_TIMEOUT",
      `node ${node}: was told to reset and still runs; look at the node (ERR_NODE_TIMEOUT)`,
    );
  }
}

const LOOK_MS = 2000;

async function stillRuns(target: Target, access: NodeAccess, { pems, signal }: Context): Promise<boolean> {
  if (target.endpoint === undefined) {
    const { chain } = await access.nodes.shakeHands(target.node, { onlyChain: true, patience: LOOK_MS, signal });
    const [leaf] = chain;
    return leaf !== undefined && access.authorities.some((pem) => leaf.isSignedBy(pems.certificate(pem, "")));
  }
  try {
    await access.with(target, (session) => session.version(), LOOK_MS);
    return true;
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
}
