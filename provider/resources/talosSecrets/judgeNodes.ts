import { isUnderWay } from "../../core/lifecycle/rotation";
import { judgeRotation, type RotationVerdict } from "../../core/lifecycle/rotationCheck";
import { DecodedCA } from "../../core/secrets/decodedPem";
import { STAGED, type StagedName } from "../../core/secrets/inventory";
import { publicParts, type StagedSecret } from "../../core/secrets/stagedSecret";
import type { Context } from "../../engine/ports";
import { NodeAccess } from "../live/nodeAccess";
import { observeNode, type RotationTarget } from "../live/rotation/nodes";
import { type RotationKey, type RotationKeys, RotationQuestion } from "../live/rotation/question";
import { timeoutsOf } from "../live/timeouts";
import { issuingSecret, type SecretsState } from "./state";

/** Judges what nodes show of a CA or key against its stage in the state, as clients that the CAs of the state certify. */
export async function judgeNodes(
  name: StagedName,
  state: SecretsState,
  nodes: readonly RotationTarget[],
  context: Context,
): Promise<RotationVerdict> {
  const issuing = state.bundle.authority("os");
  const other = keysOf(state, "os").other?.signer;
  const trusted = [state.bundle.ca("os"), ...(other === undefined ? [] : [DecodedCA.of(other)])];
  const trust = new Set(trusted.flatMap(({ certificates }) => certificates.map(({ pem }) => pem)));
  const signers = other === undefined ? [issuing] : [issuing, other];
  const access = await NodeAccess.of({ trust: [...trust], signers }, context, timeoutsOf(undefined));
  const question = new RotationQuestion({
    access,
    environment: context.environment,
    material: Object.fromEntries(STAGED.map((each) => [each, keysOf(state, each)] as const)),
    mayRead: true,
    mustRead: true,
  });
  const observed = await Promise.all(nodes.map((node) => observeNode(node, [name], question)));
  return judgeRotation(name, state.staged[name].position, observed.flat());
}

/** What is in play of a CA or key. */
function keysOf({ bundle, staged }: SecretsState, name: StagedName): RotationKeys {
  const { position, other, retired } = staged[name];
  return {
    issuing: keyOf(issuingSecret(bundle, name)),
    ...(other === undefined || !isUnderWay(position) ? {} : { other: keyOf(other) }),
    retired,
  };
}

function keyOf(secret: StagedSecret): RotationKey {
  const [part] = publicParts(secret);
  const signer = secret instanceof DecodedCA ? secret.authority() : undefined;
  return {
    fingerprint: part?.fingerprint ?? "",
    ...(part?.certificate === undefined ? {} : { certificate: part.certificate }),
    ...(signer === undefined ? {} : { signer }),
  };
}
