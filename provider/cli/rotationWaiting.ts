import { formatTime } from "../core/environment";
import { parseGoDuration } from "../core/goDuration";
import { isUnderWay, type RotationPosition } from "../core/lifecycle/rotation";
import { settlingParts } from "../core/lifecycle/rotationCheck";
import { type OrderPlan, planRotationOrder, type RotationStates } from "../core/lifecycle/rotationOrder";
import { TOKEN_GRACE_MS, tokenGrace } from "../core/lifecycle/rotationProofs";
import { STAGED } from "../core/secrets/inventory";
import type { JudgedRotation } from "./rotationQuestion";
import { type KnownRotation, type KnownRotations, titleOf } from "./rotationState";

/** What a rotation waits for, and where: the same text twice means that another run would change nothing. */
export interface Waiting {
  readonly key: string;
  readonly reason: string;
}

/** The rotations of a cluster, and what its nodes showed of those that were asked about. */
export interface AskedRotations {
  readonly known: KnownRotations;
  /** Empty where no node is known. */
  readonly judged: readonly JudgedRotation[];
}

/** The rotations that are not at their end, and why. A rotation of all is one: while one CA moves, the others rest. */
export function waitingRotations(asked: AskedRotations, now: Date): readonly Waiting[] {
  const order = orderOf(asked.known);
  if (order !== undefined) return waitingOrder(order, asked, now);
  const { known, judged } = asked;
  const waiting = ({ authority, position }: KnownRotation, why: string): Waiting => ({
    key: `${known.resource}, ${titleOf(authority)}`,
    reason: `stays at ${position}; ${why}`,
  });
  return judged.length === 0
    ? known.rotations.filter(isPending).map((rotation) => waiting(rotation, rotation.todo ?? ""))
    : judged.filter(isPending).map((rotation) => waiting(rotation, reasonOf(rotation, known, now)));
}

/** A rotation under way, or one that the program asks for and that has not begun. */
function isPending({ position, id, requested }: KnownRotation): boolean {
  return isUnderWay(position) || (requested?.stage === "auto" && requested.id !== id);
}

/** The next step of a rotation of all, as an update plans it. */
function orderOf({ all, rotations }: KnownRotations): OrderPlan | undefined {
  if (all === undefined) return undefined;
  const stateOf = ({ position, id }: KnownRotation): RotationStates["os"] => ({
    position,
    spentIds: [],
    ...(id === undefined ? {} : { id }),
  });
  const states = Object.fromEntries(rotations.map((rotation) => [rotation.authority, stateOf(rotation)]));
  return planRotationOrder(states as RotationStates, all, "rotation.all");
}

function waitingOrder({ moving, step }: OrderPlan, { known, judged }: AskedRotations, now: Date): readonly Waiting[] {
  if (moving.length === 0) return [];
  const before = step === undefined ? "the next step back" : `step ${step.number} of ${step.of}`;
  const positions = STAGED.flatMap((name) => {
    const rotation = known.rotations.find(({ authority }) => authority === name);
    return rotation !== undefined && moving.includes(name) ? [`${titleOf(name)} at ${rotation.position}`] : [];
  });
  const reasons = judged
    .filter(({ authority, position }) => moving.includes(authority) || isUnderWay(position))
    .flatMap((rotation) => {
      const why =
        lateReason(rotation) ?? (moving.includes(rotation.authority) ? graceReason(rotation, known, now) : undefined);
      return why === undefined ? [] : [`${titleOf(rotation.authority)}: ${why}`];
    });
  const why = reasons.length > 0 ? reasons.join("; ") : judged.length === 0 ? "" : THROUGH;
  return [
    {
      key: `${known.resource}, the rotation of all`,
      reason: `stays before ${before} (${positions.join(", ")})${why === "" ? "" : `; ${why}`}`,
    },
  ];
}

const THROUGH = "every node is through";

/** Why a rotation is where it is; the same text for the same reason. */
function reasonOf(rotation: JudgedRotation, known: KnownRotations, now: Date): string {
  const { todo, requested } = rotation;
  const free = requested?.stage === "auto" ? THROUGH : (todo ?? THROUGH);
  return lateReason(rotation) ?? graceReason(rotation, known, now) ?? free;
}

function lateReason({ verdict }: JudgedRotation): string | undefined {
  const late = verdict.nodes.filter(({ through }) => !through);
  return late.length === 0 ? undefined : late.map(({ node, gaps }) => `${node} ${gaps.join(", and ")}`).join("; ");
}

/** Until when tokens of the old key may be in use. */
function graceReason(
  { authority, position, verdict }: JudgedRotation,
  { tokenGracePeriod }: KnownRotations,
  now: Date,
): string | undefined {
  const nanoseconds = tokenGracePeriod === undefined ? undefined : parseGoDuration(tokenGracePeriod);
  const period = nanoseconds === undefined ? TOKEN_GRACE_MS : Number(nanoseconds / NANOSECONDS);
  if (authority !== "serviceAccount" || position !== "swap" || period === 0) return undefined;
  const { until } = tokenGrace(verdict.nodes, period);
  return until !== undefined && until > now
    ? `tokens of the old key may be in use until ${formatTime(until)}`
    : undefined;
}

/** In a millisecond. */
const NANOSECONDS = 1_000_000n;

/** What is over by the state, and not on every node. */
const OVER: readonly RotationPosition[] = ["finish", "abort"];

/** Nodes that have not completed a rotation that is over, and what each lacks. */
export function unfinishedNodes({ known, judged }: AskedRotations): readonly Waiting[] {
  return judged.flatMap((rotation) => {
    const why = OVER.includes(rotation.position) ? lateReason(rotation) : undefined;
    return why === undefined ? [] : [{ key: `${known.resource}, ${titleOf(rotation.authority)}`, reason: why }];
  });
}

/** Whether nothing but time is missing there. */
export function onlySettles({ judged }: AskedRotations): boolean {
  const late = judged
    .filter(({ position }) => OVER.includes(position))
    .flatMap(({ verdict }) => verdict.nodes.filter(({ through }) => !through));
  return late.length > 0 && late.every((node) => settlingParts(node).length > 0);
}
