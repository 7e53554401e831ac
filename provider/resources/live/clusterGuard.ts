import { PkiError } from "../../core/errors";
import { apidAt, shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { EtcdMember, NodeSession } from "../../engine/nodes";
import { ClusterQueue } from "./clusterQueue";
import type { NodeAccess, Target } from "./nodeAccess";
import { apiServerPod, etcdService, memberHost } from "./nodeState";
import { type Attempt, Overdue, type Patience, waitFor } from "./waiting";

/** What becomes of the control plane: it comes back, or leaves for good and need not be well itself. */
export type GuardedAct = "restart" | "reset";

export interface GuardOptions {
  readonly access: NodeAccess;
  /** The control plane that is about to go. */
  readonly target: Target;
  readonly act: GuardedAct;
  readonly patience: Patience;
}

const WORDS = {
  restart: { before: "is not restarted", after: "has restarted", next: "restarts" },
  reset: { before: "is not reset", after: "was reset", next: "is reset" },
} as const;

/** The members of etcd as one of them knows them. */
interface Membership {
  readonly members: readonly EtcdMember[];
  /** Id of the member that was asked. */
  readonly own: string | undefined;
}

const queue = new ClusterQueue();

/**
 * Lets one control plane of a cluster go at a time, and only while every member of etcd is healthy and every peer's API
 * server is Ready. Two stacks of one cluster have two processes: the question alone keeps them apart.
 */
export class ClusterGuard {
  private constructor(
    private readonly options: GuardOptions,
    private readonly membership: Membership,
    readonly release: () => void,
  ) {}

  /** @throws PkiError when the others do not become well in time */
  static async acquire(options: GuardOptions): Promise<ClusterGuard> {
    const { access, target } = options;
    const release = await queue.enter(access.authorities);
    try {
      const membership = await access.with(target, membershipOf);
      // Waiting for others is no part of this operation's time.
      const patience = access.patience(options.patience.deadline - access.nodes.uptime());
      const guard = new ClusterGuard({ ...options, patience }, membership, release);
      await guard.assertWell("before");
      return guard;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** How many members etcd had when the guard was acquired; 0 for a node that is none. */
  get size(): number {
    return this.membership.members.length;
  }

  /** Waits until every member of etcd is healthy and every API server Ready. @throws PkiError */
  async assertWell(when: "before" | "after"): Promise<void> {
    const { act } = this.options;
    const asked = act === "reset" ? this.peers : this.membership.members;
    await this.wait("every control plane to be well", when, async () => {
      for (const member of asked) {
        const gap = await this.gapOf(member);
        if (gap !== undefined) return gap;
      }
      return undefined;
    });
  }

  /** Waits until the other members know this one no more. @throws PkiError */
  async assertLeft(): Promise<void> {
    const { own } = this.membership;
    const [peer] = this.peers;
    if (own === undefined || peer === undefined) return;
    await this.wait("etcd to be left", "after", async () => {
      const members = await this.askMember(peer, (session) => session.etcdMembers());
      if (typeof members === "string") return members;
      return members.some(({ id }) => id === own) ? `it is still the member ${own} of etcd` : undefined;
    });
  }

  private get peers(): readonly EtcdMember[] {
    const { members, own } = this.membership;
    return members.filter(({ id }) => id !== own);
  }

  /** @param look says what is missing */
  private async wait(what: string, when: "before" | "after", look: () => Promise<string | undefined>): Promise<void> {
    try {
      await waitFor(what, this.options.patience, async (): Promise<Attempt<true>> => {
        const gap = await look();
        return gap === undefined ? { found: true } : { missing: gap };
      });
    } catch (error) {
      if (!(error instanceof Overdue)) throw error;
      const node = shortNodeAddress(this.options.target.node);
      const words = WORDS[this.options.act];
      const message =
        when === "before"
          ? `node ${node}: ${words.before}, because ${error.missing}; mend that control plane first (ERR_NODE_BUSY)`
          : `node ${node}: ${words.after}, and ${error.missing}; mend that control plane before another one ${words.next} (ERR_NODE_BUSY)`;
      throw new PkiError("ERR_NODE_BUSY", message);
    }
  }

  private async gapOf(member: EtcdMember): Promise<string | undefined> {
    const { hostname, isLearner } = member;
    if (isLearner) return `etcd's member ${hostname} is still a learner`;
    return this.askMember(member, async (session) => {
      const { errors } = await session.etcdStatus();
      if (errors.length > 0) return `etcd on ${hostname} reports ${errors.join(", ")}`;
      return (await apiServerPod(session))?.isReady === false
        ? `the API server on ${hostname} is not Ready`
        : undefined;
    });
  }

  private async askMember<T>(member: EtcdMember, work: (session: NodeSession) => Promise<T>): Promise<T | string> {
    const host = memberHost(member);
    if (host === undefined) return `etcd's member ${member.hostname} has no address`;
    return this.options.access.with({ node: apidAt(host) }, work);
  }
}

/** A control plane whose etcd does not run takes nothing from a cluster; one that cannot be asked might. */
async function membershipOf(session: NodeSession): Promise<Membership> {
  if ((await etcdService(session))?.state !== "Running") return { members: [], own: undefined };
  const members = await session.etcdMembers();
  return { members, own: (await session.etcdStatus()).memberId };
}
