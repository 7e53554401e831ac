import { formatTime } from "../../core/environment";
import { PkiError, type Problem, type Warning } from "../../core/errors";
import { AUTHORITIES, authorityTitle, describeApply } from "../../core/lifecycle/authorities";
import { isUnderWay, type RotationAction, type RotationPosition } from "../../core/lifecycle/rotation";
import { describeLateNodes, lateNodes, type RotationVerdict } from "../../core/lifecycle/rotationCheck";
import { MAY_LAG } from "../../core/lifecycle/rotationOrder";
import { tokenGrace } from "../../core/lifecycle/rotationProofs";
import { STAGED, type StagedName } from "../../core/secrets/inventory";
import { publicParts, withStagedSecret } from "../../core/secrets/stagedSecret";
import { type AskedNode, type Gate, isHeldBack } from "./askedNodes";
import type { StagedPlan } from "./stagedPlan";
import { issuingFingerprint, rotationState, type SecretsState } from "./state";
import { hasChanges, type UpdatePlan } from "./updatePlan";

/** What the nodes showed, judged; of those that were asked. */
export type Verdicts = { readonly [Name in StagedName]?: RotationVerdict };

/** What may be done once the nodes have been asked. */
export interface GateResult {
  readonly plan: UpdatePlan;
  readonly warnings: readonly Warning[];
}

/** Which nodes are to be judged for one CA or key. */
export interface NodesQuestion {
  readonly name: StagedName;
  readonly asked: readonly AskedNode[];
}

/** What is to be judged before a plan may be carried out. */
export function questionsOf(plan: UpdatePlan): NodesQuestion[] {
  return STAGED.flatMap((name) => {
    const gate = plan.staged[name].gate ?? plan.all?.watched[name];
    return gate === undefined ? [] : [{ name, asked: gate.asked }];
  });
}

/** The state that nodes must show before a plan: what is taken over they use already. */
export function judgedState(state: SecretsState, plan: UpdatePlan): SecretsState {
  return STAGED.reduce((judged, name) => {
    const { action, supplied } = plan.staged[name];
    if (action !== "takeOver" || supplied === undefined) return judged;
    const { [name]: before } = judged.staged;
    const retired = [...before.retired, issuingFingerprint(judged.bundle, name)];
    const staged = { ...judged.staged, [name]: { ...before, position: "finish" as const, retired } };
    return { ...judged, bundle: withStagedSecret(judged.bundle, name, supplied.secret), staged };
  }, state);
}

/** Where the rotations stand, for the decision. */
type Standing = Pick<SecretsState, "staged" | "talosVersion">;

/**
 * What of a plan may be done. Data in, data out: the shell asks the nodes.
 *
 * @param verdicts of the nodes that `questionsOf` names
 * @throws PkiError ERR_ROTATION_NOT_PROPAGATED for stages that the program has set; then nothing may be changed
 */
export function decideMoves(state: Standing, plan: UpdatePlan, verdicts: Verdicts, now: Date): GateResult {
  const occasion = { state, plan, verdicts, now };
  return plan.all === undefined ? decideEach(occasion) : decideStep(occasion);
}

interface Occasion {
  readonly state: Standing;
  readonly plan: UpdatePlan;
  readonly verdicts: Verdicts;
  readonly now: Date;
}

/** Each CA on its own. */
function decideEach(occasion: Occasion): GateResult {
  const { state, plan } = occasion;
  const warnings: Warning[] = [];
  const problems: Problem[] = [];
  let left = plan;
  for (const name of STAGED) {
    const { gate, isAutomatic, action, state: next } = plan.staged[name];
    if (gate === undefined) continue;
    const { position } = state.staged[name];
    const why = lateReason(name, gate, action, occasion) ?? graceReason(name, action, occasion);
    if (why === undefined) continue;
    if (isAutomatic) {
      left = withoutMoves(left, state, [name]);
      warnings.push(waits(`rotation.${name}`, position, why.again));
    } else {
      const message = `cannot go from ${position} to ${next.position}, because ${why.once}; then run the update again`;
      problems.push({ code: "ERR_ROTATION_NOT_PROPAGATED", path: `rotation.${name}.stage`, message });
    }
  }
  if (problems.length > 0) throw PkiError.of(problems);
  return { plan: left, warnings };
}

/** A step of a rotation of all: it waits for every CA, but for one that may lag behind. */
function decideStep(occasion: Occasion): GateResult {
  const { state, plan } = occasion;
  const { moving = [], watched = {}, stage } = plan.all ?? {};
  const late = STAGED.flatMap((name) => {
    const { gate, action } = plan.staged[name];
    // On the way back nobody waits for those that stay.
    const shown = gate ?? (stage === "auto" ? watched[name] : undefined);
    const why =
      shown === undefined ? undefined : lateReason(name, shown, gate === undefined ? "swap" : action, occasion);
    return why === undefined ? [] : [{ name, why }];
  });
  const path = "rotation.all";
  const [first] = late;
  if (first !== undefined && moving.length > 0) {
    const reasons = late.map(({ name, why }) => `for ${authorityTitle(name)}, ${why.again}`);
    const positions = moving.map((name) => `${name} ${state.staged[name].position}`).join(", ");
    const message = `waits before its next step (${positions}), because ${reasons.join("; ")}`;
    const warning: Warning = { severity: "warning", reason: "rotation-waits", path, message };
    return { plan: withoutMoves(plan, state, moving), warnings: [warning] };
  }
  const lagging = moving.flatMap((name) => {
    const why = MAY_LAG.includes(name) ? graceReason(name, plan.staged[name].action, occasion) : undefined;
    return why === undefined ? [] : [{ name, why }];
  });
  return {
    plan:
      lagging.length === 0
        ? plan
        : withoutMoves(
            plan,
            state,
            lagging.map(({ name }) => name),
          ),
    warnings: lagging.map(({ name, why }) => waits(path, state.staged[name].position, why.again, name)),
  };
}

/** Why a stage must wait: for who tries again by hand, and for who waits for the next update. */
interface Reason {
  readonly once: string;
  readonly again: string;
}

function lateReason(
  name: StagedName,
  gate: Gate,
  action: RotationAction,
  { state, plan, verdicts }: Occasion,
): Reason | undefined {
  const { position } = state.staged[name];
  if (plan.staged[name].isAutomatic && isHeldBack(gate, position)) {
    const why = "no node was in nodes at the last update, so none can be asked; the next update asks them";
    return { once: why, again: why };
  }
  const verdict = verdicts[name];
  if (gate.asked.length === 0) return undefined;
  const late = verdict === undefined ? undefined : lateNodes(action, verdict, hasIssued(state, name));
  if (late?.length === 0) return undefined;
  const shown = action === "takeOver" ? "finish" : position;
  const why =
    late === undefined
      ? "the nodes have not been asked"
      : describeLateNodes(name, shown, late, gate.asked.length, action);
  const remedy = `${why}; ${remedyFor(name, position, action)}`;
  return { once: remedy, again: `${remedy}; the next update asks again` };
}

function remedyFor(name: StagedName, position: RotationPosition, action: RotationAction): string {
  if (action === "takeOver")
    return `take over what every node uses already; to replace the ${AUTHORITIES[name].noun} begin a rotation with stage "accept"`;
  const config = isUnderWay(position) ? `machine config of stage ${position}` : "present machine config";
  const order =
    AUTHORITIES[name].asked === "all"
      ? "control planes first, then workers; a worker asks for its certificate only when its own config changes"
      : describeApply(name, position === "none" ? "finish" : position).replace("the machine configs", "it");
  return `apply the ${config} there (${order}), or leave out of nodes what is gone for good`;
}

/** The other CA or key has issued before, in a rotation that went back. */
function hasIssued({ staged }: Standing, name: StagedName): boolean {
  const { other, retired } = staged[name];
  return other !== undefined && publicParts(other).some(({ fingerprint }) => retired.includes(fingerprint));
}

/** Until when tokens of the key that is about to go may be in use. */
function graceReason(
  name: StagedName,
  action: RotationAction,
  { state, plan: { requests, all }, verdicts, now }: Occasion,
): Reason | undefined {
  const { [name]: verdict } = verdicts;
  const { tokenGraceMs } = requests;
  const drops = action === "finish" || (action === "abort" && hasIssued(state, name));
  if (name !== "serviceAccount" || !drops || verdict === undefined || tokenGraceMs === 0) return undefined;
  const [stays, goes] = action === "finish" ? ["new", "old"] : ["old", "new"];
  const { until, unknown } = tokenGrace(verdict.nodes, tokenGraceMs);
  if (unknown.length > 0) {
    const why = `it is not known since when the API server of ${unknown.join(", ")} signs tokens with the ${stays} key`;
    return {
      once: `${why}; look at kube-apiserver there`,
      again: `${why}; look at kube-apiserver there; the next update asks again`,
    };
  }
  if (until === undefined || until.getTime() <= now.getTime()) return undefined;
  const period = `rotation.${all === undefined ? name : "all"}.tokenGracePeriod`;
  const why = `pods may hold tokens of the ${goes} key until ${formatTime(until)} (${period} after the start of the last API server that signs with the ${stays} one, and longer where one restarts until then)`;
  return {
    once: `${why}; wait until then, or shorten ${period}`,
    again: `${why}; an update after that goes on`,
  };
}

function waits(path: string, position: RotationPosition, why: string, name?: StagedName): Warning {
  const who = name === undefined ? "" : `${authorityTitle(name)} `;
  const message = `${who}${isUnderWay(position) ? `stays at ${position}` : "does not begin yet"}, because ${why}`;
  return { severity: "warning", reason: "rotation-waits", path, message };
}

/** The same update without some moves. */
function withoutMoves(plan: UpdatePlan, { staged, talosVersion }: Standing, names: readonly StagedName[]): UpdatePlan {
  const resting = names.map((name): readonly [StagedName, StagedPlan] => {
    const { isAutomatic } = plan.staged[name];
    const state = rotationState(staged[name]);
    return [name, { action: "none", state, problems: [], isUnknown: false, isAutomatic }];
  });
  const without = { ...plan, staged: { ...plan.staged, ...Object.fromEntries(resting) } };
  return { ...without, changes: hasChanges(without, talosVersion) };
}
