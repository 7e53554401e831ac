import { PkiError } from "../../core/errors";
import { apidAt, shortNodeAddress } from "../../core/nodes/nodeAddress";
import { osTrustGaps } from "../../core/nodes/osTrust";
import { info, type Report } from "../../engine/definition";
import type { NodeAccess, Target } from "../live/nodeAccess";
import { apiCertificates } from "../live/nodeState";
import { type Attempt, Overdue, type Patience, waitFor } from "../live/waiting";
import type { ApplyDecision } from "./decision";

interface EndpointWait {
  readonly access: NodeAccess;
  readonly target: Target;
  readonly decision: ApplyDecision;
}

/**
 * A worker gets its certificate from a control plane: that one must be through first, as far as it can be reached.
 *
 * @throws PkiError when the user cancels
 */
export async function awaitEndpoint(
  { access, target, decision }: EndpointWait,
  patience: Patience,
): Promise<readonly Report[]> {
  const { clusterHost, os } = decision.config;
  const endpoint = target.endpoint ?? (clusterHost === undefined ? undefined : apidAt(clusterHost));
  if (endpoint === undefined) return [];
  const name = shortNodeAddress(endpoint);
  const longest = access.patience(access.timeouts.connect).deadline;
  try {
    await waitFor(
      `control plane ${name} to have the CAs of this config`,
      { ...patience, deadline: Math.min(patience.deadline, longest) },
      async () =>
        access.with({ node: endpoint }, async (session): Promise<Attempt<true>> => {
          const gaps = osTrustGaps(os, await apiCertificates(session));
          return gaps.length === 0 ? { found: true } : { missing: `it ${gaps.join(", and ")}` };
        }),
    );
    return [];
  } catch (error) {
    // One that cannot be asked cannot be waited for; the proof of the worker itself follows.
    if (error instanceof Overdue) {
      return [info(`control plane ${name} was not seen with the CAs of this config: ${error.missing}`)];
    }
    if (!(error instanceof PkiError) || patience.signal.aborted) throw error;
    return [];
  }
}
