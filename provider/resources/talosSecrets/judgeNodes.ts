import { isUnderWay } from "../../core/lifecycle/rotation";
import { judgeRotation, type RotationVerdict } from "../../core/lifecycle/rotationCheck";
import { DecodedCA } from "../../core/secrets/decodedPem";
import type { StagedName } from "../../core/secrets/inventory";
import type { Context } from "../../engine/ports";
import { NodeAccess, type Target } from "../live/nodeAccess";
import { apiCertificates } from "../live/nodeState";
import { clientsOf, observeNode } from "../live/rotationNodes";
import { timeoutsOf } from "../live/timeouts";
import type { AskedNode } from "./askedNodes";
import type { SecretsState } from "./state";

/** Judges what nodes show of the OS CA against the stage of the state, as clients that the CAs of the state certify. */
export async function judgeNodes(
  name: StagedName,
  state: SecretsState,
  nodes: readonly AskedNode[],
  context: Context,
): Promise<RotationVerdict> {
  const { position, other: otherCA, retired } = state.staged.os;
  const issuing = state.bundle.authority("os");
  const other = isUnderWay(position) && otherCA instanceof DecodedCA ? otherCA.authority() : undefined;
  const signers = other === undefined ? [issuing] : [issuing, other];
  const trusted = [state.bundle.ca("os"), ...(other === undefined ? [] : [DecodedCA.of(other)])];
  const trust = new Set(trusted.flatMap(({ certificates }) => certificates.map(({ pem }) => pem)));
  const access = await NodeAccess.of({ trust: [...trust], signers }, context, timeoutsOf(undefined));
  const question = {
    nodes: access.nodes,
    signal: context.signal,
    authorities: {
      issuing: issuing.certificate,
      ...(other === undefined ? {} : { other: other.certificate }),
      retired,
    },
    clients: await clientsOf({ issuing, ...(other === undefined ? {} : { other }) }, access),
    read: (target: Target) => access.with(target, apiCertificates),
    mustRead: true,
  };
  return judgeRotation(name, position, await Promise.all(nodes.map((node) => observeNode(node, question))));
}
