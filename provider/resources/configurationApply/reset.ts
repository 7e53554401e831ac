import { PkiError } from "../../core/errors";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { Context } from "../../engine/ports";
import { isKnown } from "../../engine/unknown";
import { osCredentials } from "../live/credentials";
import { NodeAccess } from "../live/nodeAccess";
import { etcdService } from "../live/nodeState";
import { timeoutsOf } from "../live/timeouts";
import { type Attempt, Overdue, waitFor } from "../live/waiting";
import { type StoredApply, storedTarget } from "./refresh";

/** Resets the node, if the resource says so; never the last member of etcd. @throws PkiError */
export async function resetNode({ inputs }: StoredApply, context: Context): Promise<void> {
  const { onDestroy } = inputs;
  if (onDestroy === undefined || !isKnown(onDestroy) || onDestroy.reset !== true) return;
  const target = storedTarget(inputs);
  const credentials = osCredentials(inputs);
  if (target === undefined || credentials === undefined) return;
  const timeouts = timeoutsOf(isKnown(inputs.timeouts) ? inputs.timeouts : {});
  const access = await NodeAccess.of(credentials, context, timeouts);
  const node = shortNodeAddress(target.node);
  const session = await access.reach(target);
  try {
    const etcd = (await etcdService(session))?.state;
    // A worker has none, and a control plane waits in this state until etcd is bootstrapped or joined.
    const members = etcd === undefined || etcd === "Preparing" ? [] : await session.etcdMembers();
    if (members.length === 1) {
      const message = `node ${node}: is the last member of etcd, and resetting it would lose the cluster; set onDestroy.reset to false, or delete the machine itself (ERR_NODE_UNSUPPORTED)`;
      throw new PkiError("ERR_NODE_UNSUPPORTED", message, { path: "onDestroy.reset" });
    }
    await session.reset({ graceful: onDestroy.graceful !== false, reboot: onDestroy.reboot === true });
  } finally {
    session.close();
  }
  try {
    await waitFor(`node ${node} to be reset`, access.patience(timeouts.delete), async (): Promise<Attempt<true>> => {
      const { chain } = await access.nodes.shakeHands(target.node, { patience: 2000, signal: context.signal });
      const [leaf] = chain;
      // Gone, or back without a config of this cluster.
      const isOurs =
        leaf !== undefined && credentials.trust.some((pem) => leaf.isSignedBy(context.pems.certificate(pem, "")));
      return isOurs ? { missing: "it still runs" } : { found: true };
    });
  } catch (error) {
    if (!(error instanceof Overdue)) throw error;
    throw new PkiError(
      "ERR_NODE_TIMEOUT",
      `node ${node}: was told to reset and still runs; look at the node (ERR_NODE_TIMEOUT)`,
    );
  }
}
