import type { ErrorCode } from "../../core/errorCodes";
import { PkiError } from "../../core/errors";
import { formatNodeAddress, shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { NodeSession } from "../../engine/nodes";
import type { Credulity, NodeAccess, Target } from "../live/nodeAccess";
import { type Attempt, Overdue, waitFor } from "../live/waiting";

export interface FirstContact {
  readonly access: NodeAccess;
  readonly target: Target;
  readonly decision: { readonly hasProved: boolean };
  readonly maintenance: { readonly fingerprint?: unknown; readonly allowUnverified?: unknown } | undefined;
  /** The longest that the whole operation may take, ms. */
  readonly time: number;
}

/** How a node without a config of the cluster looks to a control plane that forwards the call. */
const LACKS_CONFIG: readonly ErrorCode[] = ["ERR_NODE_UNTRUSTED", "ERR_NODE_MAINTENANCE"];

/**
 * A node of the cluster; or, if the user says so, a machine that has no config yet, which is called directly.
 *
 * @throws PkiError where the node is not there, or nobody vouches for it
 */
export async function firstContact(contact: FirstContact): Promise<NodeSession> {
  const { access, target, time } = contact;
  const milliseconds = Math.min(access.timeouts.connect, time);
  const credulity = credulityOf(contact);
  if (target.endpoint === undefined || credulity === undefined) {
    return access.reach(target, credulity ?? {}, milliseconds);
  }
  const what = `node ${shortNodeAddress(target.node)} to answer`;
  try {
    return await waitFor(what, access.patience(milliseconds), async (): Promise<Attempt<NodeSession>> => {
      try {
        return { found: await access.connect(target) };
      } catch (error) {
        if (!(await lacksConfig(error, contact))) throw error;
      }
      return { found: await access.connect({ node: target.node }, credulity) };
    });
  } catch (error) {
    throw error instanceof Overdue && error.error !== undefined ? error.error : error;
  }
}

/** Whether a failed call through the endpoint says that the node has no config of this cluster, and not the endpoint. */
async function lacksConfig(error: unknown, { access, target }: FirstContact): Promise<boolean> {
  const { endpoint, node } = target;
  if (endpoint === undefined || !(error instanceof PkiError) || !LACKS_CONFIG.includes(error.code)) return false;
  if (formatNodeAddress(endpoint) === formatNodeAddress(node)) return true;
  // An endpoint that is not verified itself tells nothing.
  await access.with({ node: endpoint }, (session) => session.version());
  return true;
}

/** How far to believe a machine that no CA vouches for. */
function credulityOf({ maintenance, decision }: FirstContact): Credulity | undefined {
  const { fingerprint, allowUnverified } = maintenance ?? {};
  if (typeof fingerprint === "string") return { pin: fingerprint };
  return allowUnverified === true && !decision.hasProved ? { anyone: true } : undefined;
}
