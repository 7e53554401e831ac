import { formatNodeAddress } from "../../core/nodes/nodeAddress";
import { configTrust } from "../../core/nodes/nodeConfig";
import { decodeControlPlaneConfig } from "../../core/secrets/controlPlaneConfig";
import type { Context } from "../../engine/ports";
import { KubernetesClient } from "../live/kubernetesClient";
import type { NodeAccess, Target } from "../live/nodeAccess";
import { PORTS } from "../live/rotation/probedNode";

/** A control plane that runs with its config. */
export interface ControlPlane {
  readonly access: NodeAccess;
  readonly target: Target;
  readonly config: string;
  readonly context: Pick<Context, "environment">;
}

/** An administrator of Kubernetes, issued by the Kubernetes CA of the config. @throws PkiError */
export function administratorOf({ access, config, context }: ControlPlane): Promise<KubernetesClient> {
  const { decoded } = decodeControlPlaneConfig(config, { now: context.environment.now(), path: "machineConfig" });
  const { accepted } = configTrust(config, "kubernetes", "machineConfig");
  const pems = accepted.map(({ pem }) => pem);
  return KubernetesClient.issuedBy(decoded.authority("kubernetes"), pems, access, context);
}

/** The API server of the control plane, or of the one that it is called through. */
export const apiServerOf = ({ node, endpoint }: Target): string =>
  `https://${formatNodeAddress({ host: (endpoint ?? node).host, port: PORTS.apiServer })}`;
