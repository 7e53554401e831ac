import { isUnderWay } from "../../core/lifecycle/rotation";
import { judgeRotation, type RotationVerdict } from "../../core/lifecycle/rotationCheck";
import type { ProvedName } from "../../core/lifecycle/rotationProofs";
import { DecodedCA } from "../../core/secrets/decodedPem";
import { CA_NAMES, type CAName, STAGED, type StagedName } from "../../core/secrets/inventory";
import type { Authority } from "../../core/x509/authority";
import type { Context } from "../../engine/ports";
import { NodeAccess } from "../live/nodeAccess";
import { observeNode, type RotationTarget } from "../live/rotation/nodes";
import {
  type RotationKey,
  type RotationKeys,
  type RotationMaterial,
  RotationQuestion,
} from "../live/rotation/question";
import { timeoutsOf } from "../live/timeouts";
import type { SecretsState } from "./state";

/** Judges what nodes show of an authority against its stage in the state, as clients that the CAs of the state certify. */
export async function judgeNodes(
  name: StagedName,
  state: SecretsState,
  nodes: readonly RotationTarget[],
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
  const cas = CA_NAMES.map((name): readonly [ProvedName, RotationKeys] => {
    const other = isStaged(name) ? otherOf(state, name) : undefined;
    const retired = isStaged(name) ? state.staged[name].retired : [];
    return [name, { issuing: keyOf(state.bundle.authority(name)), ...(other === undefined ? {} : { other }), retired }];
  });
  return Object.fromEntries(cas);
}

const isStaged = (name: CAName): name is CAName & StagedName => STAGED.some((staged) => staged === name);

const keyOf = (signer: Authority): RotationKey => ({
  fingerprint: signer.certificate.fingerprint,
  certificate: signer.certificate,
  signer,
});

/** The other CA of a rotation under way. */
function otherOf(state: SecretsState, name: StagedName): RotationKey | undefined {
  const { position, other } = state.staged[name];
  const signer = isUnderWay(position) ? other?.authority() : undefined;
  return signer === undefined ? undefined : keyOf(signer);
}
