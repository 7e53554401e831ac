import type { Problem } from "../errors";
import type { StagedName } from "../secrets/inventory";
import { AUTHORITIES, describeApply } from "./authorities";

/** Stages that a user asks for, one `pulumi up` each. */
export const ROTATION_STAGES = ["accept", "swap", "finish", "abort"] as const;
/** A stage that a user asks for. */
export type RotationStage = (typeof ROTATION_STAGES)[number];

/** What a user may ask for: a stage, or the next one as soon as every node has completed the present one. */
export const ROTATION_REQUESTS = [...ROTATION_STAGES, "auto"] as const;

/** Where a rotation stands: `none` before the first, `finish` and `abort` after one. */
export type RotationPosition = RotationStage | "none";

/** Where the rotation of one CA stands, as kept in the state. */
export interface RotationState {
  /** The stage that was reached last. */
  readonly position: RotationPosition;
  /** Id of the rotation under way, or of the last. */
  readonly id?: string;
  /** Ids of rotations that are over. */
  readonly spentIds: readonly string[];
}

/** The input `rotation.os` and its like. */
export interface RotationRequest {
  /** Names the rotation; never used before when it begins. */
  readonly id: string;
  /** The stage to go to. */
  readonly stage: RotationStage;
  /** A CA is given with the request. */
  readonly bringsAuthority: boolean;
  /** No stage was asked for, but a replacement at once, which reads as `finish`. */
  readonly isAtOnce?: boolean;
}

/** What a move does to the CAs. */
export type RotationAction =
  /** Nothing. */
  | "none"
  /** The next authority is made (or taken) and accepted. */
  | "begin"
  /** The next authority issues; the old one is accepted. */
  | "swap"
  /** The old authority issues again; the next one is accepted. */
  | "unswap"
  /** The old authority is dropped. */
  | "finish"
  /** The next authority is dropped. */
  | "abort"
  /** An authority that already issues on the nodes becomes the issuing one. */
  | "takeOver"
  /** Another authority takes the place of the old one, which nobody accepts any more. */
  | "replace";

interface MoveRow {
  readonly from: readonly RotationPosition[];
  readonly to: RotationStage;
  /** The id must be that of the rotation under way, or one never used. */
  readonly id: "same" | "new";
  readonly brings?: true;
  readonly isAtOnce?: true;
  readonly action: RotationAction;
}

const RESTING = ["none", "finish", "abort"] as const;

/** Every legal move; what is not here is rejected. */
const MOVES: readonly MoveRow[] = [
  { from: RESTING, to: "accept", id: "new", action: "begin" },
  { from: ["accept"], to: "swap", id: "same", action: "swap" },
  { from: ["swap"], to: "accept", id: "same", action: "unswap" },
  { from: ["swap"], to: "finish", id: "same", action: "finish" },
  { from: ["accept"], to: "abort", id: "same", action: "abort" },
  { from: RESTING, to: "finish", id: "new", isAtOnce: true, action: "replace" },
  { from: RESTING, to: "finish", id: "new", brings: true, action: "takeOver" },
];

/** What one step of a rotation does; with problems, nothing. */
export interface RotationPlan {
  /** What is to be done with the CAs. */
  readonly action: RotationAction;
  /** The state after the move. */
  readonly state: RotationState;
  /** ERR_ROTATION_ILLEGAL, with the way on; empty when the move is legal. */
  readonly problems: readonly Problem[];
}

const UNDER_WAY: readonly RotationPosition[] = ["accept", "swap"];

/**
 * Whether a rotation is in the middle, when two CAs are in play.
 *
 * @example
 * isUnderWay("swap"); // true
 */
export function isUnderWay(position: RotationPosition): boolean {
  return UNDER_WAY.includes(position);
}

/**
 * Plans one step of a rotation. Data in, data out: the shell makes keys and writes state.
 *
 * @param state where the rotation stands
 * @param request what is asked for; `undefined` when the input is absent
 * @param path property path, such as `rotation.os`
 * @returns the plan; with problems (ERR_ROTATION_ILLEGAL, each with the way on) nothing may be done
 * @example
 * planRotation({ position: "none", spentIds: [] }, { id: "2026-11", stage: "accept", bringsAuthority: false }, "rotation.os").action; // "begin"
 */
export function planRotation(state: RotationState, request: RotationRequest | undefined, path: string): RotationPlan {
  const stay: RotationPlan = { action: "none", state, problems: [] };
  if (request === undefined) {
    return isUnderWay(state.position) ? refuse(state, path, droppedMessage(state)) : stay;
  }
  if (request.id === state.id && request.stage === state.position) return stay;
  const isNew = request.id !== state.id && !state.spentIds.includes(request.id);
  const move = MOVES.find(
    (row) =>
      row.from.includes(state.position) &&
      row.to === request.stage &&
      (row.id === "new" ? isNew : request.id === state.id) &&
      (row.brings !== true || request.bringsAuthority) &&
      (row.isAtOnce !== true || request.isAtOnce === true),
  );
  if (move === undefined) return refuse(state, path, wayOn(state, request));
  const ends = request.stage === "finish" || request.stage === "abort";
  return {
    action: move.action,
    state: {
      position: request.stage,
      id: request.id,
      spentIds: ends ? [...state.spentIds, request.id] : state.spentIds,
    },
    problems: [],
  };
}

/**
 * The stage that `auto` asks for from here; `planRotation` judges it as any other.
 *
 * @param id of the rotation that is asked for
 * @example
 * automaticStage({ position: "accept", id: "r", spentIds: [] }, "r"); // "swap"
 */
export function automaticStage({ position, id: current }: RotationState, id: string): RotationStage {
  if (id !== current) return "accept";
  return position === "accept" ? "swap" : position === "swap" || position === "finish" ? "finish" : "accept";
}

function refuse(state: RotationState, path: string, message: string): RotationPlan {
  return { action: "none", state, problems: [{ code: "ERR_ROTATION_ILLEGAL", path, message }] };
}

function droppedMessage(state: RotationState): string {
  const id = JSON.stringify(state.id);
  return state.position === "accept"
    ? `rotation ${id} is under way at stage "accept" and cannot be dropped; go on with stage "swap", or end it with stage "abort"`
    : `rotation ${id} is under way at stage "swap" and cannot be dropped; go on with stage "finish", or go back with stage "accept"`;
}

/** Why a move is rejected, and which would be right. */
function wayOn(state: RotationState, request: RotationRequest): string {
  const id = JSON.stringify(request.id);
  if (isUnderWay(state.position)) {
    if (request.id !== state.id) {
      return `rotation ${JSON.stringify(state.id)} is under way at stage "${state.position}", so ${id} cannot begin; finish or abort the one under way first`;
    }
    return state.position === "accept"
      ? `stage "accept" cannot be followed by "${request.stage}"; must be "swap" (go on) or "abort" (go back)`
      : `stage "swap" cannot be followed by "${request.stage}"; must be "finish" (go on) or "accept" (go back)`;
  }
  if (request.id === state.id || state.spentIds.includes(request.id)) {
    return `rotation ${id} is over and its id is spent; begin another with a new id and stage "accept"`;
  }
  if (request.stage === "finish") {
    return 'a rotation begins with stage "accept"; stage "finish" with a new id takes over a CA rotated elsewhere and needs its certificatePem and privateKeyPem';
  }
  return `no rotation is under way, so ${id} cannot begin with stage "${request.stage}"; begin with stage "accept"`;
}

/**
 * What a person does next, in a sentence: the `todo` of `rotationStatus`.
 *
 * @param options `isAutomatic`: the stages are set by `auto`; `order`: a rotation of all sets them, and `restsUntil` is
 * its next step that moves this one; `authority`: what rotates, default `os`
 * @example
 * nextStep({ position: "none", spentIds: [] }); // "nothing is under way"
 */
export function nextStep(
  { position }: RotationState,
  options: {
    readonly isAutomatic?: boolean;
    readonly order?: { readonly restsUntil?: number };
    readonly authority?: StagedName;
  } = {},
): string {
  if (position === "none") return "nothing is under way";
  const { authority = "os", isAutomatic = false, order } = options;
  const { noun, shows, asked } = AUTHORITIES[authority];
  const apply = `${describeApply(authority, position)}, unless ConfigurationApply or a TalosCluster does it`;
  switch (position) {
    case "finish":
      return `the old ${noun} is out; ${apply}`;
    case "abort":
      return `nothing has been rotated; ${apply}`;
    case "accept":
    case "swap": {
      const [next, back] = position === "accept" ? (["swap", "abort"] as const) : (["finish", "accept"] as const);
      if (order?.restsUntil !== undefined) {
        return `stays at stage "${position}" until step ${order.restsUntil} of rotation.all; ${apply}`;
      }
      const every = asked === "all" ? "every node" : "every control plane";
      const wayBack = order === undefined ? `set stage "${back}"` : 'set stage "abort" of rotation.all';
      return isAutomatic
        ? `the next update goes to stage "${next}" if ${every} has completed "${position}" (${wayBack} to go back); ${apply}`
        : `${apply}; when ${every} ${shows[position]}, set stage "${next}" (or "${back}" to go back)`;
    }
  }
}
