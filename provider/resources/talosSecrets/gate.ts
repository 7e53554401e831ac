import { completion } from "../../core/lifecycle/rotationCheck";
import type { RotationVerdict } from "../../core/lifecycle/rotationCheck";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { StagedName } from "../../core/secrets/inventory";
import type { Context } from "../../engine/ports";
import { decideMoves, type GateResult, questionsOf, type Verdicts } from "./gateDecision";
import { judgeNodes } from "./judgeNodes";
import type { SecretsState } from "./state";
import type { UpdatePlan } from "./updatePlan";

/**
 * Asks the nodes before rotations go to their next stages. Where one is late, an explicit stage is rejected, and one that
 * `auto` has chosen is left out of the plan, with a warning.
 *
 * @throws PkiError ERR_ROTATION_NOT_PROPAGATED; then nothing may be changed
 */
export async function passGate(state: SecretsState, plan: UpdatePlan, context: Context): Promise<GateResult> {
  const verdicts: { [Name in StagedName]?: RotationVerdict } = {};
  for (const { name, asked } of questionsOf(plan)) {
    if (asked.length === 0) continue;
    const names = asked.map(({ node }) => shortNodeAddress(node)).join(", ");
    const what = completion(state.staged[name].position, "have", name);
    context.progress(`rotation.${name}: asks ${names} whether they ${what}`);
    verdicts[name] = await judgeNodes(name, state, asked, context);
  }
  return decideMoves(state, plan, verdicts satisfies Verdicts, context.environment.now());
}
