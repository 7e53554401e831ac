import { PkiError } from "../../core/errors";
import { type NodeAddress, shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { Authority } from "../../core/x509/authority";
import type { HandshakeResult, NodeIdentity, Nodes, NodeSession, NodeTrust } from "../../engine/nodes";
import type { Context } from "../../engine/ports";
import type { OsCredentials } from "./credentials";
import { talosClientOf } from "./passingClient";
import type { Timeouts } from "./timeouts";
import { Overdue, type Patience, waitFor } from "./waiting";

/** A node, and the control plane to call it through. */
export interface Target {
  readonly node: NodeAddress;
  readonly endpoint?: NodeAddress;
}

/** The node and endpoint that a resource's inputs name. */
export function targetOf({ node, endpoint }: { node: NodeAddress; endpoint?: NodeAddress | undefined }): Target {
  return { node, ...(endpoint === undefined ? {} : { endpoint }) };
}

/** How far to believe a node that no CA vouches for. */
export type Credulity = Pick<NodeTrust, "pin" | "anyone">;

/** A single attempt is given no more, so that a wait can say what it waits for. */
const LONGEST_ATTEMPT_MS = 10_000;

/** What access to nodes needs of its surroundings. */
export type AccessContext = Pick<Context, "environment" | "nodes" | "progress" | "signal">;

/** Opens verified connections to the nodes of one cluster, for one operation. */
export class NodeAccess {
  /** The signer that a node accepted last is tried first. */
  private preferred = 0;

  private constructor(
    readonly nodes: Nodes,
    private readonly credentials: OsCredentials,
    private readonly context: AccessContext,
    readonly timeouts: Timeouts,
  ) {}

  static async of(credentials: OsCredentials, context: AccessContext, timeouts: Timeouts): Promise<NodeAccess> {
    return new NodeAccess(await context.nodes(), credentials, context, timeouts);
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  /** The OS CAs of the cluster, PEM. */
  get authorities(): readonly string[] {
    return this.credentials.trust;
  }

  progress(line: string): void {
    this.context.progress(line);
  }

  /** A wait of at most so many milliseconds. */
  patience(milliseconds: number): Patience {
    const { nodes, signal } = this;
    return {
      nodes,
      signal,
      progress: (line) => {
        this.progress(line);
      },
      deadline: nodes.uptime() + milliseconds,
    };
  }

  /** A client of this CA. @throws PkiError for one that cannot sign */
  identityOf(signer: Authority): Promise<NodeIdentity> {
    return talosClientOf(signer, this.context.environment);
  }

  /**
   * Connects once, on a connection of its own, as a client of whichever CA the node accepts.
   *
   * @throws PkiError
   */
  async connect(target: Target, credulity: Credulity = {}, patience = this.timeouts.connect): Promise<NodeSession> {
    const { given, signers } = this.credentials;
    if (given !== undefined) return this.connectAs(target, given, credulity, patience);
    const order = [...signers.slice(this.preferred), ...signers.slice(0, this.preferred)];
    for (const [index, signer] of order.entries()) {
      try {
        const session = await this.connectAs(target, await this.identityOf(signer), credulity, patience);
        this.preferred = signers.indexOf(signer);
        return session;
      } catch (error) {
        const isLast = index === order.length - 1;
        if (isLast || !(error instanceof PkiError) || error.code !== "ERR_CLIENT_REJECTED") throw error;
      }
    }
    throw new RangeError("no CA can sign a client");
  }

  /**
   * The same as one client. apid rejects a client after the handshake: the first call shows whether it is let in.
   *
   * @throws PkiError
   */
  async connectAs(
    { node, endpoint }: Target,
    identity: NodeIdentity,
    credulity: Credulity = {},
    patience = this.timeouts.connect,
  ): Promise<NodeSession> {
    const session = await this.nodes.connect({
      node,
      ...(endpoint === undefined ? {} : { endpoint }),
      identity,
      trust: { authorities: this.credentials.trust, ...credulity },
      patience: Math.max(1, Math.min(patience, LONGEST_ATTEMPT_MS)),
      signal: this.signal,
    });
    try {
      await session.version();
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /**
   * Connects, waiting for a node that may be booting.
   *
   * @throws PkiError the last failure, once the time is over
   */
  async reach(target: Target, credulity: Credulity = {}, milliseconds = this.timeouts.connect): Promise<NodeSession> {
    const patience = this.patience(milliseconds);
    try {
      return await waitFor(`node ${shortNodeAddress(target.node)} to answer`, patience, async () => ({
        found: await this.connect(target, credulity, patience.deadline - this.nodes.uptime()),
      }));
    } catch (error) {
      throw error instanceof Overdue && error.error !== undefined ? error.error : error;
    }
  }

  /** Connects once, works, and closes. @throws PkiError */
  async with<T>(target: Target, work: (session: NodeSession) => Promise<T>, patience?: number): Promise<T> {
    const session = await this.connect(target, {}, patience);
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }

  /** Shakes hands as a client of this CA, and asks nothing. */
  async shakeHandsAs({ node }: Target, signer: Authority): Promise<HandshakeResult> {
    const identity = await this.identityOf(signer);
    return this.nodes.shakeHands(node, { identity, authorities: this.authorities, signal: this.signal });
  }
}
