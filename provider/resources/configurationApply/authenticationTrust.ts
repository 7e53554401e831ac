import { PkiError } from "../../core/errors";
import { AUTHENTICATION_CONFIG_MAP, surplusAuthorities } from "../../core/nodes/authenticationTrust";
import { formatNodeAddress, shortNodeAddress } from "../../core/nodes/nodeAddress";
import { configTrust } from "../../core/nodes/nodeConfig";
import { decodeControlPlaneConfig } from "../../core/secrets/controlPlaneConfig";
import { info, type Report } from "../../engine/definition";
import type { Context } from "../../engine/ports";
import { KubernetesClient } from "../live/kubernetesClient";
import type { NodeAccess, Target } from "../live/nodeAccess";
import { PORTS } from "../live/rotation/probedNode";
import { type Attempt, Overdue, type Patience, waitFor } from "../live/waiting";

export interface AuthenticationTrustOptions {
  readonly access: NodeAccess;
  readonly target: Target;
  /** The config that the control plane runs with. */
  readonly config: string;
  readonly context: Pick<Context, "environment">;
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
    const client = await clientOf(options);
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

/** A client of the Kubernetes CA of the config. @throws PkiError */
function clientOf({ access, config, context }: AuthenticationTrustOptions): Promise<KubernetesClient> {
  const { decoded } = decodeControlPlaneConfig(config, { now: context.environment.now(), path: "machineConfig" });
  const { accepted } = configTrust(config, "kubernetes", "machineConfig");
  const pems = accepted.map(({ pem }) => pem);
  return KubernetesClient.issuedBy(decoded.authority("kubernetes"), pems, access, context);
}

/** The API server of the control plane, or of the one that it is called through. */
const serverOf = ({ node, endpoint }: Target): string =>
  `https://${formatNodeAddress({ host: (endpoint ?? node).host, port: PORTS.apiServer })}`;

/** The CAs that the ConfigMap has too many; none where there is no ConfigMap. @throws Overdue, PkiError */
function surplus(
  client: KubernetesClient,
  { target, config }: AuthenticationTrustOptions,
  patience: Patience,
  { mustExist = false } = {},
): Promise<readonly string[]> {
  return waitFor(`the ${NAME}`, patience, async (): Promise<Attempt<readonly string[]>> => {
    const { status, body } = await client.get(serverOf(target), AUTHENTICATION_CONFIG_MAP);
    if (status === 200) return { found: surplusAuthorities(JSON.parse(body) as unknown, config) };
    return status === 404 && !mustExist ? { found: [] } : { missing: `its API server answers ${status}` };
  });
}

/** @throws PkiError */
async function remove(client: KubernetesClient, { target }: AuthenticationTrustOptions): Promise<void> {
  const { status } = await client.delete(serverOf(target), AUTHENTICATION_CONFIG_MAP);
  // Another one may have been faster.
  if (status !== 200 && status !== 404) {
    throw new PkiError("ERR_NODE_UNREACHABLE", `its API server answers ${status} to DELETE (ERR_NODE_UNREACHABLE)`);
  }
}
