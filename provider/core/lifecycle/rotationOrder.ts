import type { Problem } from "../errors";
import { STAGED, type StagedName } from "../secrets/inventory";
import { authorityTitle } from "./authorities";
import { isUnderWay, type RotationRequest, type RotationStage, type RotationState } from "./rotation";

/** Stages on the way forth, in their order. */
const FORTH = ["accept", "swap", "finish"] as const;
type ForthStage = (typeof FORTH)[number];

/** What one update does to the CAs, by name. */
export type RotationStep = { readonly [Name in StagedName]?: ForthStage };

/**
 * The safe order in which all CAs rotate, one update each. etcd comes first, with nothing else that touches an API server;
 * its finish shares the last update, so that a control plane reboots twice in all. The OS CA restarts nothing and shares
 * the updates of the others. Source: measured on real nodes, docs/rotate.md.
 */
export const ROTATION_ORDER: readonly RotationStep[] = [
  { os: "accept", etcd: "accept" },
  { os: "swap", etcd: "swap" },
  { os: "finish", kubernetes: "accept", aggregator: "accept", serviceAccount: "accept" },
  { kubernetes: "swap", aggregator: "swap", serviceAccount: "swap" },
  { kubernetes: "finish", etcd: "finish", aggregator: "finish", serviceAccount: "finish" },
];

/** What may stay behind in a step for its own reason: its tokens are still in use. It goes on alone. */
export const MAY_LAG: readonly StagedName[] = ["serviceAccount"];

/** Where the rotation of each CA stands. */
export type RotationStates = Readonly<Record<StagedName, RotationState>>;

/** The request for a rotation of all CAs. */
export interface OrderRequest {
  /** Names the rotation; each CA gets it. */
  readonly id: string;
  /** `auto`: on; `abort`: back. */
  readonly stage: "auto" | "abort";
}

/** A step of the safe order. */
export interface OrderStep {
  /** From 1. */
  readonly number: number;
  /** How many steps there are. */
  readonly of: number;
  /** CAs under way that stay, and the step that moves each. */
  readonly resting: readonly { readonly name: StagedName; readonly until: number }[];
}

/** What a rotation of all CAs asks of each in the next update. */
export interface OrderPlan {
  /** For `planRotation`; absent for a CA that has not begun. */
  readonly requests: { readonly [Name in StagedName]?: RotationRequest };
  /** CAs that move. */
  readonly moving: readonly StagedName[];
  /** Where the update is on the way; absent where nothing moves forth. */
  readonly step?: OrderStep;
  /** ERR_ROTATION_ILLEGAL, with the way on. */
  readonly problems: readonly Problem[];
}

/**
 * Plans the next update of a rotation of all CAs. Data in, data out: whether the nodes allow it is another question.
 *
 * @param path property path, `rotation.all`
 * @example
 * const none = { position: "none", spentIds: [] } as const;
 * const states = { os: none, kubernetes: none, etcd: none, aggregator: none, serviceAccount: none };
 * planRotationOrder(states, { id: "2027-01", stage: "auto" }, "rotation.all").moving; // ["os", "etcd"]
 */
export function planRotationOrder(states: RotationStates, request: OrderRequest, path: string): OrderPlan {
  const problems = problemsOf(states, request, path);
  const { id } = request;
  const step = problems.length > 0 || request.stage !== "auto" ? undefined : stepForth(states, id);
  const targets = step?.targets ?? (problems.length === 0 && request.stage === "abort" ? back(states, id) : {});
  const requests = STAGED.flatMap((name) => {
    const state = states[name];
    const stage = targets[name] ?? (state.id === id && state.position !== "none" ? state.position : undefined);
    return stage === undefined ? [] : [[name, { id, stage, bringsAuthority: false }] as const];
  });
  return {
    requests: Object.fromEntries(requests),
    moving: STAGED.filter((name) => targets[name] !== undefined),
    ...(step === undefined ? {} : { step: orderStep(states, id, step) }),
    problems,
  };
}

type Targets = { readonly [Name in StagedName]?: RotationStage };

/** How many stages of a rotation a CA has reached. */
function progressOf({ id: current, position }: RotationState, id: string): number {
  return current === id ? FORTH.findIndex((stage) => stage === position) + 1 : 0;
}

/** A step that is not done, and what it still has to do. */
interface PendingStep {
  /** From 0. */
  readonly index: number;
  readonly targets: Targets;
}

/** The first step that is not done; one that has been gone back on is done again, stage by stage. */
function stepForth(states: RotationStates, id: string): PendingStep | undefined {
  for (const [index, step] of ROTATION_ORDER.entries()) {
    const pending = STAGED.flatMap((name) => {
      const [wanted, done] = [step[name], progressOf(states[name], id)];
      return wanted === undefined || done > FORTH.indexOf(wanted) ? [] : [[name, FORTH[done]] as const];
    });
    if (pending.length > 0) return { index, targets: Object.fromEntries(pending) };
  }
  return undefined;
}

function orderStep(states: RotationStates, id: string, { index, targets }: PendingStep): OrderStep {
  const resting = STAGED.flatMap((name) => {
    const isResting = states[name].id === id && isUnderWay(states[name].position) && targets[name] === undefined;
    const until = ROTATION_ORDER.findIndex((step, at) => at > index && step[name] !== undefined);
    return isResting ? [{ name, until: until + 1 }] : [];
  });
  return { number: index + 1, of: ROTATION_ORDER.length, resting };
}

/** First every CA that has swapped back to accept, then the next ones are dropped. */
function back(states: RotationStates, id: string): Targets {
  const at = (position: "accept" | "swap"): StagedName[] =>
    STAGED.filter((name) => states[name].id === id && states[name].position === position);
  const [swapped, accepted] = [at("swap"), at("accept")];
  return swapped.length > 0
    ? Object.fromEntries(swapped.map((name) => [name, "accept"]))
    : Object.fromEntries(accepted.map((name) => [name, "abort"]));
}

function problemsOf(states: RotationStates, { id, stage }: OrderRequest, path: string): Problem[] {
  const illegal = (message: string): Problem => ({ code: "ERR_ROTATION_ILLEGAL", path, message });
  const named = JSON.stringify(id);
  const others = STAGED.filter((name) => isUnderWay(states[name].position) && states[name].id !== id);
  if (others.length > 0)
    return others.map((name) =>
      illegal(
        `rotation ${JSON.stringify(states[name].id)} of ${authorityTitle(name)} is under way at stage "${states[name].position}", so ${named} cannot begin; finish or abort the one under way first`,
      ),
    );
  const begun = STAGED.filter((name) => states[name].id === id && states[name].position !== "none");
  if (stage === "abort") {
    const isOver = begun.length > 0 && begun.every((name) => states[name].position === "finish");
    if (begun.length === 0) return [illegal(`no rotation ${named} is under way; leave it out, or set stage "auto"`)];
    return isOver ? [illegal(`rotation ${named} is over and cannot be aborted; leave stage "auto"`)] : [];
  }
  const spent = STAGED.filter((name) => states[name].spentIds.includes(id) && !isOfThis(states, name, id));
  return spent.length === 0
    ? []
    : [
        illegal(
          `the id ${named} is spent for ${spent.map(authorityTitle).join(", ")}; begin with an id that no CA has used`,
        ),
      ];
}

/** Whether a rotation that is over was part of this one: then those that come before its last step have the id too. */
function isOfThis(states: RotationStates, name: StagedName, id: string): boolean {
  if (states[name].id !== id || states[name].position !== "finish") return false;
  const last = ROTATION_ORDER.findIndex((step) => step[name] === "finish");
  const before = ROTATION_ORDER.slice(0, last).flatMap((step) => Object.keys(step) as StagedName[]);
  return before.every((other) => states[other].id === id);
}
