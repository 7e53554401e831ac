import { AUTHORITIES } from "./authorities";
import { isUnderWay, type RotationAction, type RotationPosition, type RotationStage } from "./rotation";
import {
  type ComponentObservation,
  isConcerned,
  type NodeObservation,
  type PlaceObservation,
  placeRow,
  placesOf,
  PROOFS,
  ROTATION_PARTIES,
  type RotationParty,
} from "./rotationProofs";
import type { StagedName } from "../secrets/inventory";

/** A node, what it showed, and what that means. */
export interface NodeVerdict extends NodeObservation {
  /** It has something to show of this authority: a worker has no etcd. */
  readonly concerned: boolean;
  /** The node shows the stage that the state is at; a node that is not concerned always does. */
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

/**
 * What each party is called by people at a stage.
 *
 * @example
 * partyName("accept", "other", "serviceAccount"); // "the new key"
 */
export function partyName(
  position: RotationPosition,
  party: RotationParty | "stranger",
  authority: StagedName = "os",
): string {
  const { noun } = AUTHORITIES[authority];
  if (party === "stranger") return `another ${noun}`;
  if (party === "retired") return `the old ${noun}`;
  if (!isUnderWay(position)) return `the ${noun}`;
  const isOld = (position === "accept") === (party === "issuing");
  return `the ${isOld ? "old" : "new"} ${noun}`;
}

/**
 * Judges what nodes showed against the stage that the state is at. What could not be tried counts as a gap, as the next
 * stage could lock somebody out. A node has no gap where the CA itself is the reason.
 *
 * @example
 * judgeRotation("etcd", "accept", [{ node: "10.0.0.2", machineType: "controlplane", places: [], components: [] }]).safe; // false
 */
export function judgeRotation(
  authority: StagedName,
  position: RotationPosition,
  observations: readonly NodeObservation[],
  unusable: UnusableCAs = {},
): RotationVerdict {
  const { next, back } = EXPECTATIONS[position];
  const isUsable = Object.keys(unusable).length === 0;
  const nodes = observations.map((observation): NodeVerdict => {
    const concerned = isConcerned(authority, observation.machineType);
    const gaps = concerned ? gapsOf(authority, position, observation, unusable) : [];
    return { ...observation, concerned, through: gaps.length === 0, gaps };
  });
  return {
    safe: nodes.some(({ concerned }) => concerned) && nodes.every(({ through }) => through) && isUsable,
    ...(isUsable ? {} : { unusable }),
    untried:
      position === "finish" &&
      PROOFS[authority].removal === "client" &&
      nodes.some(({ places }) => places.some((shown) => wasReached(shown) && shown.trusts.retired === undefined)),
    ...(next === undefined ? {} : { next }),
    ...(back === undefined ? {} : { back }),
    nodes,
  };
}

/** Somebody answered there. */
const wasReached = ({ place, serves, trusts }: PlaceObservation): boolean =>
  placeRow(place).shows === undefined ? Object.keys(trusts).length > 0 : serves !== undefined;

function gapsOf(
  authority: StagedName,
  position: RotationPosition,
  { machineType, places, components }: NodeObservation,
  unusable: UnusableCAs,
): string[] {
  const name = (party: RotationParty | "stranger"): string => partyName(position, party, authority);
  const gaps = placesOf(authority, machineType).flatMap((place) => {
    const { title } = placeRow(place);
    const shown = places.find((observed) => observed.place === place);
    const found = placeGaps(position, shown ?? { place, trusts: {} }, unusable, name);
    return found.map((gap) => (title === "" ? gap : `${title}: ${gap}`));
  });
  const needed = machineType === "worker" ? [] : (PROOFS[authority].restarts[position] ?? []);
  return [
    ...gaps,
    ...restartGaps(needed.map((name) => components.find(({ component }) => component === name) ?? { component: name })),
  ];
}

function placeGaps(
  position: RotationPosition,
  shown: PlaceObservation,
  unusable: UnusableCAs,
  name: (party: RotationParty | "stranger") => string,
): string[] {
  const expected = EXPECTATIONS[position];
  const { place, serves, trusts, reason, unread, isSettling } = shown;
  const { shows, rejects, admits, untried } = placeRow(place);
  if (!wasReached(shown)) {
    const state = isSettling === true ? "is not ready yet" : "cannot be reached";
    return [`${state}${reason === undefined ? "" : `: ${reason}`}`];
  }
  const gaps: string[] = [];
  if (shows !== undefined && serves !== undefined && serves !== expected.serves) {
    const [verb, preposition] = shows;
    gaps.push(`${verb} ${preposition} ${name(serves)}, not ${preposition} ${name(expected.serves)}`);
  }
  for (const party of ROTATION_PARTIES) {
    const [wanted, seen] = [expected.trusts[party], trusts[party]];
    if (wanted === undefined || wanted === seen || (wanted && unusable[party] !== undefined)) continue;
    // Nobody knocks at a stranger's.
    if (serves === "stranger" && seen === undefined) continue;
    // An old client to knock with is a luxury once the rotation is over.
    if (seen === undefined && !wanted) continue;
    if (seen === undefined) gaps.push(`${untried(name(party))}${reason === undefined ? "" : `: ${reason}`}`);
    else gaps.push(wanted ? rejects(name(party)) : admits(name(party)));
  }
  return gaps.length === 0 && unread !== undefined ? [`cannot be asked: ${unread}`] : gaps;
}

/** Programs that are late for the same reason are one gap. */
function restartGaps(components: readonly ComponentObservation[]): string[] {
  const late = components.filter(({ isCurrent }) => isCurrent !== true);
  const kinds = new Map(late.map((one) => [JSON.stringify([one.isCurrent, one.reason]), one]));
  return [...kinds.values()].map(({ isCurrent, reason }) => {
    const names = late.filter((one) => one.isCurrent === isCurrent && one.reason === reason);
    const list = names.map(({ component }) => component).join(" and ");
    const why = reason === undefined ? "" : `: ${reason}`;
    const isOne = names.length === 1;
    return isCurrent === false
      ? `${list} ${isOne ? "does" : "do"} not run with the config yet${why}`
      : `nobody could tell whether ${list} ${isOne ? "runs" : "run"} with the config${why}`;
  });
}

/** Moves before which nodes are asked. A step back from `swap` mends a node that is late, and must not wait for it. */
const ASKING: readonly RotationAction[] = ["begin", "swap", "finish", "abort", "takeOver"];

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
 * enough that no node serves a certificate of it. Where it has issued, in a rotation that went back, a node that cannot be
 * reached may have one. A CA that is taken over must be in use everywhere.
 *
 * @param hasIssued whether the next CA has issued before
 * @example
 * lateNodes("swap", judgeRotation("os", "accept", [{ node: "10.0.0.2", places: [], components: [] }])).length; // 1
 */
export function lateNodes(action: RotationAction, { nodes }: RotationVerdict, hasIssued = false): NodeVerdict[] {
  if (!asksNodes(action)) return [];
  if (action === "takeOver") {
    const isOther = ({ serves }: PlaceObservation): boolean => serves !== undefined && serves !== "issuing";
    return nodes.filter(({ concerned, places }) => concerned && (places.some(isOther) || !places.some(wasReached)));
  }
  if (action !== "abort") return nodes.filter(({ through }) => !through);
  return nodes.filter(
    ({ concerned, places }) =>
      places.some(({ serves }) => serves === "other") || (hasIssued && concerned && !places.some(wasReached)),
  );
}

/**
 * What nodes have done that have completed the stage of a position.
 *
 * @example
 * completion("accept", "have"); // "have completed accept"
 */
export function completion(position: RotationPosition, verb: "have" | "has", authority: StagedName = "os"): string {
  if (position !== "none") return `${verb} completed ${position}`;
  const name = partyName(position, "issuing", authority);
  if (authority === "serviceAccount") return verb === "have" ? `sign tokens with ${name}` : `signs tokens with ${name}`;
  return verb === "have" ? `serve and accept ${name}` : `serves and accepts ${name}`;
}

/**
 * What of a node needs nothing but time, and what it says; the next look may find another state.
 *
 * @example
 * const places = [{ place: "kubelet", trusts: {}, reason: "it answers HTTP 500", isSettling: true }] as const;
 * settlingParts({ node: "10.0.0.2", places, components: [] }); // ["kubelet: it answers HTTP 500"]
 */
export function settlingParts({ places, components }: NodeObservation): readonly string[] {
  const parts = [
    ...places.map(({ place, ...shown }) => ({ title: placeRow(place).title, ...shown })),
    ...components.map(({ component, ...shown }) => ({ title: component, ...shown })),
  ];
  return parts.flatMap(({ title, isSettling, reason = "" }) => (isSettling === true ? [`${title}: ${reason}`] : []));
}

/** Some of the nodes that were asked: `1 of 3 nodes`, `1 of 1 node`. */
export const someOfNodes = (count: number, asked: number): string =>
  `${count} of ${asked} ${asked === 1 ? "node" : "nodes"}`;

/**
 * Nodes that are late, and what each serves and accepts.
 *
 * @param action the move that they forbid
 * @example
 * describeLateNodes("os", "accept", late, 3); // "1 of 3 nodes has not completed accept: 10.0.0.2 cannot be reached: …"
 */
export function describeLateNodes(
  authority: StagedName,
  position: RotationPosition,
  late: readonly NodeVerdict[],
  asked: number,
  action?: RotationAction,
): string {
  const isOne = late.length === 1;
  const isTaken = action === "takeOver";
  const missing =
    position === "none" || isTaken
      ? `${isOne ? "does" : "do"} not use ${partyName("none", "issuing", authority)} ${isTaken ? "that is taken over" : "of the state"}`
      : `${isOne ? "has" : "have"} not completed ${position}`;
  const nodes = late.map(({ node, gaps, places }) => {
    const lack = `${node} ${gaps.join(", and ")}`;
    const [shown, another] = places;
    // With several places the gaps name each.
    if (shown?.serves === undefined || another !== undefined || placeRow(shown.place).title !== "") return lack;
    const accepted = ROTATION_PARTIES.filter((party) => shown.trusts[party] === true);
    const [verb, preposition] = placeRow(shown.place).shows ?? ["serves", ""];
    const serves = authority === "os" ? "serves" : `${verb} ${preposition}`;
    const none = `none of the cluster's ${AUTHORITIES[authority].noun}s`;
    const accepts = accepted.map((party) => partyName(position, party, authority)).join(" and ") || none;
    return `${lack} (it ${serves} ${partyName(position, shown.serves, authority)}, and accepts ${accepts})`;
  });
  return `${someOfNodes(late.length, asked)} ${missing}: ${nodes.join("; ")}`;
}
