import { isUnderWay } from "../../core/lifecycle/rotation";
import { judgeRotation, type RotationVerdict } from "../../core/lifecycle/rotationCheck";
import { DecodedCA } from "../../core/secrets/decodedPem";
import { STAGED, type StagedName } from "../../core/secrets/inventory";
import { publicParts, type StagedSecret, stagedSecretOf } from "../../core/secrets/stagedSecret";
import type { Context } from "../../engine/ports";
import { NodeAccess } from "../live/nodeAccess";
import { observeNode } from "../live/rotation/nodes";
import {
  type RotationKey,
  type RotationKeys,
  type RotationMaterial,
  RotationQuestion,
} from "../live/rotation/question";
import { timeoutsOf } from "../live/timeouts";
import type { AskedNode } from "./askedNodes";
import type { SecretsState } from "./state";

/** Judges what nodes show of an authority against its stage in the state, as clients that the CAs of the state certify. */
export async function judgeNodes(
  name: StagedName,
  state: SecretsState,
  nodes: readonly AskedNode[],
  context: Context,
): Promise<RotationVerdict> {
  const issuing = state.bundle.authority("os");
  const other = otherOf(state, "os")?.signer;
  const trusted = [state.bundle.ca("os"), ...(other === undefined ? [] : [DecodedCA.of(other)])];
  const trust = new Set(trusted.flatMap(({ certificates }) => certificates.map(({ pem }) => pem)));
  const signers = other === undefined ? [issuing] : [issuing, other];
  const access = await NodeAccess.of({ trust: [...trust], signers }, context, timeoutsOf(undefined));
  const question = new RotationQuestion({
    access,
    environment: context.environment,
    material: materialOf(state),
    mayRead: true,
    mustRead: true,
  });
  const observed = await Promise.all(nodes.map((node) => observeNode(node, [name], question)));
  return judgeRotation(name, state.staged[name].position, observed.flat());
}

/** What is in play of each authority, with the keys of the state. */
function materialOf(state: SecretsState): RotationMaterial {
  const known = STAGED.flatMap((name): (readonly [StagedName, RotationKeys])[] => {
    const issuing = keyOf(stagedSecretOf(state.bundle, name));
    if (issuing === undefined) return [];
    const other = otherOf(state, name);
    const { retired } = state.staged[name];
    return [[name, { issuing, ...(other === undefined ? {} : { other }), retired }]];
  });
  return Object.fromEntries(known);
}

/** `undefined` where there is none, or nothing public of it can be read. */
function keyOf(secret: StagedSecret | undefined): RotationKey | undefined {
  const [part] = secret === undefined ? [] : publicParts(secret);
  if (part === undefined) return undefined;
  const { fingerprint, certificate } = part;
  const signer = secret instanceof DecodedCA ? secret.authority() : undefined;
  return { fingerprint, ...(certificate && { certificate }), ...(signer && { signer }) };
}

/** The other one of a rotation under way. */
function otherOf(state: SecretsState, name: StagedName): RotationKey | undefined {
  const { position, other } = state.staged[name];
  return isUnderWay(position) ? keyOf(other) : undefined;
}
