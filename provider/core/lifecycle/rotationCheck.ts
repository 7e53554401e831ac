import { isUnderWay, type RotationAction, type RotationPosition, type RotationStage } from "./rotation";

/** CAs that are in play in a rotation, seen from the state: the issuing one, the other that is accepted, and the old ones. */
export const ROTATION_PARTIES = ["issuing", "other", "retired"] as const;
export type RotationParty = (typeof ROTATION_PARTIES)[number];

/** What a node showed to those who knocked. */
export interface NodeObservation {
  /** Its address. */
  readonly node: string;
  /** Whose certificate it serves; `undefined` when it could not be reached. */
  readonly serves?: RotationParty | "stranger";
  /** Whether it let in a client of each party; a party that nobody could speak for is absent. */
  readonly trusts: { readonly [Party in RotationParty]?: boolean };
  /** Why it could not be reached, or did not let somebody in. */
  readonly reason?: string;
  /** Why it could not be asked what it has in use, where that must be known. */
  readonly unread?: string;
}

export interface NodeVerdict extends NodeObservation {
  /** The node shows the stage that the state is at. */
  readonly through: boolean;
  /** What is missing; empty when it is through. */
  readonly gaps: readonly string[];
}

/** Why nodes reject what the CAs in play issue, whatever their configs; a CA that can be used is absent. */
export type UnusableCAs = { readonly [Party in RotationParty]?: readonly string[] };

export interface RotationVerdict {
  /** Every node is through, and every CA in play can be used. */
  readonly safe: boolean;
  /** CAs that cannot be used: the reason why nodes reject their clients, whatever their config; absent when there is none. */
  readonly unusable?: UnusableCAs;
  /** Whether the old CA is out was not tried, for want of one of its clients. */
  readonly untried: boolean;
  /** The stage that may be set next; absent at rest. */
  readonly next?: RotationStage;
  /** The stage that leads back; absent at rest. */
  readonly back?: RotationStage;
  readonly nodes: readonly NodeVerdict[];
}

interface Expectation {
  /** The CA whose certificate a node must serve. */
  readonly serves: "issuing";
  readonly trusts: { readonly [Party in RotationParty]?: boolean };
  readonly next?: RotationStage;
  readonly back?: RotationStage;
}

const AT_REST: Expectation = { serves: "issuing", trusts: { issuing: true, retired: false } };

/**
 * What every node shows when a stage is through, and only then the next one locks nobody out. At `accept` the other
 * CA is the next one; at `swap` it is the old one, and a node must still let its clients in, for they may not
 * have their new certificates yet.
 */
const EXPECTATIONS: Readonly<Record<RotationPosition, Expectation>> = {
  none: AT_REST,
  accept: { serves: "issuing", trusts: { issuing: true, other: true }, next: "swap", back: "abort" },
  swap: { serves: "issuing", trusts: { issuing: true, other: true }, next: "finish", back: "accept" },
  finish: AT_REST,
  abort: AT_REST,
};

/** What each party is called by people at a stage. */
export function partyName(position: RotationPosition, party: RotationParty | "stranger"): string {
  if (party === "stranger") return "another CA";
  if (party === "retired") return "the old CA";
  if (!isUnderWay(position)) return "the CA";
  const isOld = (position === "accept") === (party === "issuing");
  return isOld ? "the old CA" : "the new CA";
}

/**
 * Judges what nodes showed against the stage that the state is at. What could not be tried counts as a gap, as the next
 * stage could lock somebody out. A node has no gap where the CA itself is the reason.
 *
 * @example
 * judgeRotation("accept", [{ node: "10.0.0.2:50000", serves: "issuing", trusts: { issuing: true, other: false } }]).safe; // false
 */
export function judgeRotation(
  position: RotationPosition,
  observations: readonly NodeObservation[],
  unusable: UnusableCAs = {},
): RotationVerdict {
  const expected = EXPECTATIONS[position];
  const isUsable = Object.keys(unusable).length === 0;
  const nodes = observations.map((observation): NodeVerdict => {
    const gaps = gapsOf(position, expected, observation, unusable);
    return { ...observation, through: gaps.length === 0, gaps };
  });
  return {
    safe: nodes.length > 0 && nodes.every(({ through }) => through) && isUsable,
    ...(isUsable ? {} : { unusable }),
    untried:
      position === "finish" && nodes.some(({ serves, trusts }) => serves !== undefined && trusts.retired === undefined),
    ...(expected.next === undefined ? {} : { next: expected.next }),
    ...(expected.back === undefined ? {} : { back: expected.back }),
    nodes,
  };
}

function gapsOf(
  position: RotationPosition,
  expected: Expectation,
  observation: NodeObservation,
  unusable: UnusableCAs,
): string[] {
  const { serves, trusts, reason, unread } = observation;
  const name = (party: RotationParty | "stranger"): string => partyName(position, party);
  if (serves === undefined) return [`cannot be reached${reason === undefined ? "" : `: ${reason}`}`];
  const gaps =
    serves === expected.serves ? [] : [`serves a certificate of ${name(serves)}, not of ${name(expected.serves)}`];
  for (const party of ROTATION_PARTIES) {
    const [wanted, shown] = [expected.trusts[party], trusts[party]];
    if (wanted === undefined || wanted === shown || (wanted && unusable[party] !== undefined)) continue;
    // An old client to knock with is a luxury once the rotation is over.
    if (shown === undefined && !wanted) continue;
    if (shown === undefined) gaps.push(`nobody could knock as a client of ${name(party)}`);
    else gaps.push(wanted ? `does not let clients of ${name(party)} in` : `still lets clients of ${name(party)} in`);
  }
  return gaps.length === 0 && unread !== undefined ? [`cannot be asked: ${unread}`] : gaps;
}

/** Moves before which nodes are asked. A step back from `swap` mends a node that is late, and must not wait for it. */
const ASKING: readonly RotationAction[] = ["begin", "swap", "finish", "abort"];

/**
 * Whether nodes are asked before a move.
 *
 * @example
 * asksNodes("unswap"); // false
 */
export function asksNodes(action: RotationAction): boolean {
  return ASKING.includes(action);
}

/**
 * The nodes that forbid a move. Before each stage every node must have completed the one before; to drop the next CA it is
 * enough that no node serves a certificate of it.
 *
 * @example
 * lateNodes("swap", judgeRotation("accept", [{ node: "10.0.0.2", trusts: {} }])).length; // 1
 */
export function lateNodes(action: RotationAction, { nodes }: RotationVerdict): NodeVerdict[] {
  if (!asksNodes(action)) return [];
  return nodes.filter(({ through, serves }) => (action === "abort" ? serves === "other" : !through));
}

/** What nodes have done that have completed the stage of a position: `have completed accept`. */
export function completion(position: RotationPosition, verb: "have" | "has"): string {
  if (position !== "none") return `${verb} completed ${position}`;
  return verb === "have" ? "serve and accept the CA" : "serves and accepts the CA";
}

/**
 * Nodes that are late, and what each serves and accepts.
 *
 * @example
 * describeLateNodes("accept", late, 3); // "1 of 3 nodes has not completed accept: 10.0.0.2 cannot be reached: …"
 */
export function describeLateNodes(position: RotationPosition, late: readonly NodeVerdict[], asked: number): string {
  const isOne = late.length === 1;
  const missing =
    position === "none"
      ? `${isOne ? "does" : "do"} not use the CA of the state`
      : `${isOne ? "has" : "have"} not completed ${position}`;
  const nodes = late.map(({ node, gaps, serves, trusts }) => {
    const lack = `${node} ${gaps.join(", and ")}`;
    if (serves === undefined) return lack;
    const accepted = ROTATION_PARTIES.filter((party) => trusts[party] === true);
    const accepts = accepted.map((party) => partyName(position, party)).join(" and ") || "none of the cluster's CAs";
    return `${lack} (it serves ${partyName(position, serves)}, and accepts ${accepts})`;
  });
  return `${late.length} of ${asked} nodes ${missing}: ${nodes.join("; ")}`;
}
