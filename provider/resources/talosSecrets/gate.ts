import { PkiError, type Warning } from "../../core/errors";
import { isUnderWay, type RotationPosition } from "../../core/lifecycle/rotation";
import { completion, describeLateNodes, lateNodes } from "../../core/lifecycle/rotationCheck";
import { shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { Context } from "../../engine/ports";
import { isHeldBack } from "./askedNodes";
import { judgeNodes } from "./judgeNodes";
import { rotationState, type SecretsState } from "./state";
import type { StagedPlan } from "./stagedPlan";
import { hasChanges, type UpdatePlan } from "./updatePlan";

/** What may be done once the nodes have been asked. */
export interface GateResult {
  readonly plan: UpdatePlan;
  readonly warnings: readonly Warning[];
}

/**
 * Asks the nodes before a rotation goes to its next stage. Where one is late, an explicit stage is rejected, and one that
 * `auto` has chosen is left out of the plan, with a warning.
 *
 * @throws PkiError ERR_ROTATION_NOT_PROPAGATED; then nothing may be changed
 */
export async function passGate(state: SecretsState, plan: UpdatePlan, context: Context): Promise<GateResult> {
  const { action, gate, isAutomatic, state: next } = plan.staged.os;
  if (gate === undefined) return { plan, warnings: [] };
  const { position } = state.staged.os;
  const stays = (why: string): GateResult => ({ plan: withoutMove(plan, state), warnings: [waits(position, why)] });
  if (isAutomatic && isHeldBack(gate, position)) {
    return stays("no node was in nodes at the last update, so none can be asked; the next update asks them");
  }
  if (gate.asked.length === 0) return { plan, warnings: [] };
  const names = gate.asked.map(({ node }) => shortNodeAddress(node)).join(", ");
  context.progress(`rotation.os: asks ${names} whether they ${completion(position, "have")}`);
  const late = lateNodes(action, await judgeNodes("os", state, gate.asked, context));
  if (late.length === 0) return { plan, warnings: [] };
  const why = describeLateNodes("os", position, late, gate.asked.length);
  const config = isUnderWay(position) ? `machine config of stage ${position}` : "present machine config";
  const remedy = `apply the ${config} there (control planes first, then workers; a worker asks for its certificate only when its own config changes), or leave out of nodes what is gone for good`;
  if (isAutomatic) return stays(`${why}; ${remedy}; the next update asks again`);
  throw new PkiError(
    "ERR_ROTATION_NOT_PROPAGATED",
    `cannot go from ${position} to ${next.position}, because ${why}; ${remedy}; then run the update again`,
    { path: "rotation.os.stage" },
  );
}

function waits(position: RotationPosition, why: string): Warning {
  const message = `${isUnderWay(position) ? `stays at ${position}` : "does not begin yet"}, because ${why}`;
  return { severity: "warning", reason: "rotation-waits", path: "rotation.os", message };
}

/** The same update without a move of the OS CA. */
function withoutMove(plan: UpdatePlan, { staged: { os }, talosVersion }: SecretsState): UpdatePlan {
  const { isAutomatic } = plan.staged.os;
  const rest: StagedPlan = { action: "none", state: rotationState(os), problems: [], isUnknown: false, isAutomatic };
  const without = { ...plan, staged: { ...plan.staged, os: rest } };
  return { ...without, changes: hasChanges(without, talosVersion) };
}
