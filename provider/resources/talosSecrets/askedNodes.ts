import { AUTHORITIES } from "../../core/lifecycle/authorities";
import { isUnderWay, type RotationAction, type RotationPosition } from "../../core/lifecycle/rotation";
import { asksNodes, completion } from "../../core/lifecycle/rotationCheck";
import { isConcerned } from "../../core/lifecycle/rotationProofs";
import { formatNodeAddress, shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { StagedName } from "../../core/secrets/inventory";
import type { MachineType } from "../../core/secrets/types";
import { isKnown, knownOr } from "../../engine/unknown";
import { type Target, targetOf } from "../live/nodeAccess";
import type { SecretsInputs } from "./inputs";

/** The inputs `nodes`: of this update, and of the last one. */
export interface NodesInputs {
  readonly now: SecretsInputs["nodes"];
  readonly before: SecretsInputs["nodes"];
}

/** Which nodes are asked before a rotation goes to its next stage. */
export interface Gate {
  readonly asked: readonly AskedNode[];
  /** Nodes that the last update did not have: they get their first config after this one. */
  readonly unasked: readonly AskedNode[];
  /** A preview does not know which nodes there are. */
  readonly isUnknown: boolean;
}

/** A node that is asked, and its role: a worker has no etcd. */
export interface AskedNode extends Target {
  readonly machineType: MachineType | undefined;
}

/** The nodes in the order of a rotation: control planes first. */
function targetsOf(nodes: SecretsInputs["nodes"]): AskedNode[] {
  if (nodes === undefined || !isKnown(nodes)) return [];
  const all = nodes.flatMap(({ address, endpoint, machineType }) => {
    // An address that is rejected is unknown.
    if (!isKnown(address) || !isKnown(endpoint)) return [];
    return [{ ...targetOf({ node: address, endpoint }), machineType: knownOr(machineType) }];
  });
  const isFirst = ({ machineType }: AskedNode): boolean => machineType === "controlplane";
  const ordered = [...all.filter(isFirst), ...all.filter((node) => !isFirst(node))];
  return [...new Map(ordered.map((target) => [formatNodeAddress(target.node), target])).values()];
}

/** Who is asked before a move; `undefined` where no nodes are configured, or none is asked before such a move. */
export function gateOf(name: StagedName, action: RotationAction, nodes: NodesInputs): Gate | undefined {
  return asksNodes(action) ? watchOf(name, nodes) : undefined;
}

/** Who shows a CA or key; `undefined` where no nodes are configured. */
export function watchOf(name: StagedName, { now, before }: NodesInputs): Gate | undefined {
  if (now === undefined) return undefined;
  const known = new Set(targetsOf(before).map(({ node }) => formatNodeAddress(node)));
  const targets = targetsOf(now).filter(({ machineType }) => isConcerned(name, machineType));
  const wasThere = ({ node }: Target): boolean => known.has(formatNodeAddress(node));
  return {
    asked: targets.filter(wasThere),
    unasked: targets.filter((target) => !wasThere(target)),
    isUnknown: !isKnown(now),
  };
}

/** Whether `auto` must stay where it is: a rotation is under way, and no node can be asked. */
export function isHeldBack({ asked, isUnknown }: Gate, position: RotationPosition): boolean {
  return isUnderWay(position) && asked.length === 0 && !isUnknown;
}

const namesOf = (targets: readonly Target[]): string => targets.map(({ node }) => shortNodeAddress(node)).join(", ");

/** The condition of a move, for a person: `, if all of 10.0.0.2, 10.0.0.3 have completed accept`; empty without one. */
export function describeGate(
  name: StagedName,
  { asked, isUnknown }: Gate,
  action: RotationAction,
  position: RotationPosition,
): string {
  if (!isUnknown && asked.length === 0) return "";
  const names = isUnknown ? "the nodes, which are unknown," : namesOf(asked);
  const isOne = !isUnknown && asked.length === 1;
  const { noun } = AUTHORITIES[name];
  const serves = noun === "CA" ? ["does not serve", "serves"] : ["does not sign with", "signs with"];
  if (action === "abort") return `, if ${isOne ? names : `none of ${names}`} ${serves[isOne ? 0 : 1]} the new ${noun}`;
  if (action === "takeOver") return `, if ${isOne ? `${names} uses` : `all of ${names} use`} it already`;
  return `, if ${isOne ? names : `all of ${names}`} ${completion(position, isOne ? "has" : "have", name)}`;
}

/** Nodes that are not asked, and why; `undefined` where all are. */
export function describeUnasked({ unasked }: Gate): string | undefined {
  if (unasked.length === 0) return undefined;
  const isOne = unasked.length === 1;
  return `nodes: ${namesOf(unasked)} ${isOne ? "is" : "are"} not asked, as ${isOne ? "it was" : "they were"} not in nodes at the last update`;
}
