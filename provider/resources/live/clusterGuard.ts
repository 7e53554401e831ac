import { PkiError } from "../../core/errors";
import { readMachineAddress } from "../../core/config/machineAddress";
import { apidAt, shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { EtcdMember } from "../../engine/nodes";
import type { NodeAccess, Target } from "./nodeAccess";
import { apiServerReady, etcdService } from "./nodeState";
import { type Attempt, Overdue, type Patience, waitFor } from "./waiting";

export interface GuardOptions {
  readonly access: NodeAccess;
  /** The control plane that is about to restart. */
  readonly target: Target;
  /** What the nodes of one cluster have in common. */
  readonly cluster: string;
  readonly patience: Patience;
}

/** The end of the queue of each cluster: whoever comes next waits for it. One provider process serves all resources. */
const queues = new Map<string, Promise<void>>();

/**
 * Lets one control plane of a cluster restart at a time, and only while every member of etcd is healthy and every peer's
 * API server is Ready. Two stacks of one cluster have two processes: the question alone keeps them apart.
 */
export class ClusterGuard {
  private constructor(
    private readonly options: GuardOptions,
    private readonly members: readonly EtcdMember[],
    readonly release: () => void,
  ) {}

  /** @throws PkiError when the others do not become well in time */
  static async acquire(options: GuardOptions): Promise<ClusterGuard> {
    const { cluster, access } = options;
    const before = queues.get(cluster) ?? Promise.resolve();
    let release = (): void => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    queues.set(
      cluster,
      before.then(() => mine),
    );
    await before;
    try {
      const members = await access.with(options.target, async (session) =>
        // A control plane whose etcd does not run takes nothing from a cluster; one that cannot be asked might.
        (await etcdService(session))?.state === "Running" ? session.etcdMembers() : [],
      );
      // Waiting for others is no part of this operation's time.
      const patience = access.patience(options.patience.deadline - access.nodes.uptime());
      const guard = new ClusterGuard({ ...options, patience }, members, release);
      await guard.assertWell("before");
      return guard;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Waits until every member of etcd is healthy and every API server Ready. @throws PkiError */
  async assertWell(when: "before" | "after"): Promise<void> {
    const { patience } = this.options;
    if (this.members.length === 0) return;
    try {
      await waitFor("every control plane to be well", patience, async (): Promise<Attempt<true>> => {
        for (const member of this.members) {
          const gap = await this.gapOf(member);
          if (gap !== undefined) return { missing: gap };
        }
        return { found: true };
      });
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      const node = shortNodeAddress(this.options.target.node);
      const message =
        when === "before"
          ? `node ${node}: is not restarted, because ${error.missing}; mend that control plane first (ERR_NODE_BUSY)`
          : `node ${node}: has restarted, and ${error.missing}; mend that control plane before another one restarts (ERR_NODE_BUSY)`;
      throw new PkiError("ERR_NODE_BUSY", message);
    }
  }

  private async gapOf({ hostname, peerUrls, isLearner }: EtcdMember): Promise<string | undefined> {
    const host = peerUrls.map((url) => readMachineAddress(url)?.host).find((found) => found !== undefined);
    if (host === undefined) return `etcd's member ${hostname} has no address`;
    if (isLearner) return `etcd's member ${hostname} is still a learner`;
    return this.options.access.with({ node: apidAt(host) }, async (session) => {
      const { errors } = await session.etcdStatus();
      if (errors.length > 0) return `etcd on ${hostname} reports ${errors.join(", ")}`;
      return (await apiServerReady(session)) === false ? `the API server on ${hostname} is not Ready` : undefined;
    });
  }
}
