import { PkiError } from "../../../core/errors";
import { isConcerned, type NodeObservation, placesOf, PROOFS } from "../../../core/lifecycle/rotationProofs";
import { shortNodeAddress } from "../../../core/nodes/nodeAddress";
import { MACHINE_TYPES, type MachineType } from "../../../core/secrets/types";
import type { Target } from "../nodeAccess";
import { observeComponents } from "./components";
import { observePlace } from "./places";
import type { RotationQuestion } from "./question";
import { ProbedNode, readingOf } from "./probedNode";
import type { StagedName } from "../../../core/secrets/inventory";

/**
 * How long a server that is not ready yet is waited for, milliseconds. A kubelet whose API server restarts with new CAs
 * needs 45 seconds (measured with Talos v1.13 on a busy machine).
 */
export const SETTLING_MS = 90_000;

/** A node, and what it is where that is known. */
export type RotationTarget = Target & { readonly machineType?: MachineType | undefined };

/**
 * Looks what a node shows of authorities, on fresh connections: whom it serves and lets in, and whether its programs run
 * with the files of its config. Nothing is written, and what cannot be found out is left open, with the reason.
 *
 * @returns one observation for each authority, in their order
 */
export async function observeNode(
  target: RotationTarget,
  authorities: readonly StagedName[],
  question: RotationQuestion,
): Promise<readonly NodeObservation[]> {
  const node = await ProbedNode.open(target, question);
  try {
    const machineType = target.machineType ?? (await machineTypeOf(node));
    return await Promise.all(
      authorities.map(async (authority): Promise<NodeObservation> => {
        const concerned = isConcerned(authority, machineType);
        const [places, components] = await Promise.all([
          Promise.all(placesOf(authority, machineType).map((place) => observePlace(authority, place, node))),
          concerned && machineType !== "worker" && hasRestarts(authority) ? observeComponents(authority, node) : [],
        ]);
        return {
          node: shortNodeAddress(target.node),
          ...(machineType === undefined ? {} : { machineType }),
          places,
          components,
        };
      }),
    );
  } finally {
    node.close();
  }
}

const hasRestarts = (authority: StagedName): boolean => Object.keys(PROOFS[authority].restarts).length > 0;

/** What the node itself says that it is. Source: siderolabs/talos pkg/machinery/resources/config/machine_type.go, v1.13. */
async function machineTypeOf(node: ProbedNode): Promise<MachineType | undefined> {
  const found = await readingOf(node.resource("config", "MachineTypes.config.talos.dev", "machine-type"));
  if (found instanceof PkiError) return undefined;
  const spec = found?.spec.trim();
  return MACHINE_TYPES.find((type) => type === (spec === "init" ? "controlplane" : spec));
}
