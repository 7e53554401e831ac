import { collectProblems } from "../../core/errors";
import { droppedAuthorities } from "../../core/nodes/authenticationTrust";
import { droppedBootstrapToken } from "../../core/nodes/bootstrapToken";
import type { Report } from "../../engine/definition";
import type { Patience } from "../live/waiting";
import { refreshAuthenticationTrust } from "./authenticationTrust";
import { removeBootstrapToken } from "./bootstrapToken";
import type { ControlPlane } from "./controlPlane";

/** What a config takes away that stays in Kubernetes, as no config says that it goes. */
export interface Leftovers {
  /** A CA by which API servers know clients; `undefined` where that is not known any more. */
  readonly dropsAuthority: boolean | undefined;
  /** The Secret of a bootstrap token, as a path of the Kubernetes API. */
  readonly bootstrapToken?: string;
}

export const NO_LEFTOVERS: Leftovers = { dropsAuthority: false };

/** What stays behind when a control plane goes from one config to another. */
export function leftoversOf(before: string, after: string): Leftovers {
  // Whether a certificate can be read is for the node to say.
  const dropped = collectProblems([], () => droppedAuthorities(before, after)) ?? [];
  const bootstrapToken = collectProblems([], () => droppedBootstrapToken(before, after));
  return { dropsAuthority: dropped.length > 0, ...(bootstrapToken === undefined ? {} : { bootstrapToken }) };
}

/** Clears away what the control plane, which has its config, has left in Kubernetes. */
export async function clearLeftovers(
  { dropsAuthority, bootstrapToken }: Leftovers,
  plane: ControlPlane,
  patience: Patience,
): Promise<readonly Report[]> {
  const ofCAs =
    dropsAuthority === false
      ? []
      : await refreshAuthenticationTrust({ ...plane, isNeeded: dropsAuthority === true, patience });
  const ofToken =
    bootstrapToken === undefined ? [] : await removeBootstrapToken({ ...plane, secret: bootstrapToken, patience });
  return [...ofCAs, ...ofToken];
}
