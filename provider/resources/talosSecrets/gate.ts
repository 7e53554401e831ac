import { completion } from "../../core/lifecycle/rotationCheck";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { Context } from "../../engine/ports";
import { decideMoves, type GateResult, judgedState, questionsOf } from "./gateDecision";
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
  const questions = questionsOf(plan).filter(({ asked }) => asked.length > 0);
  for (const { name, asked } of questions) {
    const names = asked.map(({ node }) => shortNodeAddress(node)).join(", ");
    const isOne = asked.length === 1;
    const isTaken = plan.staged[name].action === "takeOver";
    const use = isOne ? "uses it already" : "use it already";
    const what = isTaken ? use : completion(state.staged[name].position, isOne ? "has" : "have", name);
    context.progress(`rotation.${name}: asks ${names} whether ${isOne ? "it" : "they"} ${what}`);
  }
  const verdicts = questions.length === 0 ? {} : await judgeNodes(questions, judgedState(state, plan), context);
  return decideMoves(state, plan, verdicts, context.environment.now());
}
