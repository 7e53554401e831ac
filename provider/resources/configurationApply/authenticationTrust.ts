import { PkiError } from "../../core/errors";
import { AUTHENTICATION_CONFIG_MAP, surplusAuthorities } from "../../core/nodes/authenticationTrust";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import { info, type Report } from "../../engine/definition";
import type { KubernetesClient } from "../live/kubernetesClient";
import { type Attempt, Overdue, type Patience, waitFor } from "../live/waiting";
import { administratorOf, apiServerOf, type ControlPlane } from "./controlPlane";

export interface AuthenticationTrustOptions extends ControlPlane {
  /** The change has dropped a CA; otherwise nobody knows, and an API server that does not answer has nothing to say. */
  readonly isNeeded: boolean;
  readonly patience: Patience;
}

const NAME = "ConfigMap kube-system/extension-apiserver-authentication";

/**
 * Deletes the ConfigMap by which extension API servers know clients, where it has CAs that the config has not: API servers
 * only ever add to it, and write it anew with what they trust now. Those of other control planes that still have an old
 * CA add it again, so the last one to get the config leaves it right.
 *
 * Whether it succeeds says nothing of the config, so a failure is reported and nothing else.
 */
export async function refreshAuthenticationTrust(options: AuthenticationTrustOptions): Promise<readonly Report[]> {
  const { access, target, isNeeded, patience } = options;
  const node = shortNodeAddress(target.node);
  const longest = access.patience(isNeeded ? access.timeouts.connect : 0).deadline;
  const limited = { ...patience, deadline: Math.min(patience.deadline, longest) };
  try {
    const client = await administratorOf(options);
    const before = await surplus(client, options, limited);
    if (before.length === 0) return [];
    await remove(client, options);
    const again = { ...patience, deadline: access.patience(access.timeouts.connect).deadline };
    const after = await surplus(client, options, again, { mustExist: true });
    const renewed = `node ${node}: deleted the ${NAME}, which still had ${before.join(", ")}; API servers have written it anew`;
    return [
      info(
        after.length === 0
          ? renewed
          : `${renewed}, with ${after.join(", ")} of control planes that do not have the config yet`,
      ),
    ];
  } catch (error) {
    if (!(error instanceof PkiError || error instanceof Overdue) || access.signal.aborted) throw error;
    if (!isNeeded) return [];
    const reason = error instanceof Overdue ? error.missing : error.message;
    return [
      info(
        `node ${node}: the ${NAME} may still have CAs that are not in use any more: ${reason}; delete it by hand, and API servers write it anew`,
      ),
    ];
  }
}

/** The CAs that the ConfigMap has too many; none where there is no ConfigMap. @throws Overdue, PkiError */
function surplus(
  client: KubernetesClient,
  { target, config }: AuthenticationTrustOptions,
  patience: Patience,
  { mustExist = false } = {},
): Promise<readonly string[]> {
  return waitFor(`the ${NAME}`, patience, async (): Promise<Attempt<readonly string[]>> => {
    const { status, body } = await client.get(apiServerOf(target), AUTHENTICATION_CONFIG_MAP);
    if (status === 200) return { found: surplusAuthorities(JSON.parse(body) as unknown, config) };
    return status === 404 && !mustExist ? { found: [] } : { missing: `its API server answers ${status}` };
  });
}

/** @throws PkiError */
async function remove(client: KubernetesClient, { target }: AuthenticationTrustOptions): Promise<void> {
  const { status } = await client.delete(apiServerOf(target), AUTHENTICATION_CONFIG_MAP);
  // Another one may have been faster.
  if (status !== 200 && status !== 404) {
    throw new PkiError("ERR_NODE_UNREACHABLE", `its API server answers ${status} to DELETE (ERR_NODE_UNREACHABLE)`);
  }
}
