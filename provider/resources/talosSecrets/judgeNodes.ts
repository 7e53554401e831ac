import { isUnderWay } from "../../core/lifecycle/rotation";
import { judgeRotation, type RotationVerdict, settlingParts } from "../../core/lifecycle/rotationCheck";
import type { NodeObservation } from "../../core/lifecycle/rotationProofs";
import { DecodedCA } from "../../core/secrets/decodedPem";
import { STAGED, type StagedName } from "../../core/secrets/inventory";
import { publicParts, type StagedSecret } from "../../core/secrets/stagedSecret";
import { formatNodeAddress, shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { Context } from "../../engine/ports";
import { NodeAccess } from "../live/nodeAccess";
import { observeNode, SETTLING_MS } from "../live/rotation/nodes";
import { type RotationKey, type RotationKeys, RotationQuestion } from "../live/rotation/question";
import { timeoutsOf } from "../live/timeouts";
import { Overdue, waitFor } from "../live/waiting";
import type { AskedNode } from "./askedNodes";
import type { NodesQuestion, Verdicts } from "./gateDecision";
import { issuingSecret, type SecretsState } from "./state";

/**
 * Judges what nodes show of CAs and keys against their stages in the state, as clients that the CAs of the state certify.
 * Each node is asked once for all of them.
 */
export async function judgeNodes(
  questions: readonly NodesQuestion[],
  state: SecretsState,
  context: Context,
): Promise<Verdicts> {
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
  const nodes = new Map<string, { readonly target: AskedNode; readonly names: StagedName[] }>();
  for (const { name, asked } of questions) {
    for (const target of asked) {
      const key = formatNodeAddress(target.node);
      const known = nodes.get(key);
      if (known === undefined) nodes.set(key, { target, names: [name] });
      else known.names.push(name);
    }
  }
  const shown = new Map(
    await Promise.all(
      [...nodes].map(async ([key, { target, names }]) => {
        const observations = await observeSettled(target, names, question);
        return [key, new Map(names.map((name, index) => [name, observations[index]!]))] as const;
      }),
    ),
  );
  const verdicts = questions.map(({ name, asked }): readonly [StagedName, RotationVerdict] => {
    const observations = asked.map(({ node }) => shown.get(formatNodeAddress(node))!.get(name)!);
    return [name, judgeRotation(name, state.staged[name].position, observations)];
  });
  return Object.fromEntries(verdicts);
}

/** Asks a node again for as long as a server on it says that it is not ready: no config mends that, and time does. */
async function observeSettled(
  target: AskedNode,
  names: readonly StagedName[],
  question: RotationQuestion,
): Promise<readonly NodeObservation[]> {
  let seen: readonly NodeObservation[] = [];
  const what = `node ${shortNodeAddress(target.node)} to be ready`;
  try {
    return await waitFor(what, question.access.patience(SETTLING_MS), async () => {
      seen = await observeNode(target, names, question);
      const settling = seen.flatMap(settlingParts)[0];
      return settling === undefined ? { found: seen } : { missing: settling };
    });
  } catch (error) {
    if (!(error instanceof Overdue) || seen.length === 0) throw error;
    return seen;
  }
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
