import type { Problem } from "../../core/errors";
import { type DecodedBundle, decodeBundle } from "../../core/secrets/decodedBundle";
import { INVENTORY, ONLY_IMMEDIATE, type OnlyImmediateName, TEXT_NAMES } from "../../core/secrets/inventory";
import { readBundleTree } from "../../core/secrets/read";
import type { DecodeContext } from "../../engine/decode";
import type { StoredSecrets } from "./outputs";
import type { RotationRequests } from "./requests";

/**
 * A supplied text must be the one in the state, unless a rotation takes it; then it must be another. CAs and keys rotate in
 * stages, and have a plan of their own.
 *
 * @param immediate the rotations that replace their value in this update
 */
export function changedSecrets(
  supplied: DecodedBundle,
  outputs: StoredSecrets,
  immediate: readonly OnlyImmediateName[],
  requests: RotationRequests,
  { pems }: DecodeContext,
): Problem[] {
  const compared = TEXT_NAMES.filter((name) => supplied.text(name) !== undefined);
  if (compared.length === 0) return [];
  const current = decodeBundle(readBundleTree(outputs.secrets ?? {}, "").bundle, undefined, pems);
  return compared.flatMap((name): Problem[] => {
    const { input } = INVENTORY[name];
    const isSame = supplied.text(name)?.trim() === current.text(name)?.trim();
    const rotation = ONLY_IMMEDIATE.find((other) => other === name);
    if (rotation !== undefined && immediate.includes(rotation)) {
      return isSame
        ? [
            changed(
              input,
              `is unchanged although rotation.${rotation} has a new id; give the new value, or leave the input out to have one made`,
            ),
          ]
        : [];
    }
    // A preview may not know whether the rotation that takes the value has a new id.
    if (isSame || (rotation !== undefined && requests.unknown.includes(rotation))) return [];
    return [
      changed(
        input,
        rotation === undefined
          ? "differs from the value in the state, and Talos cannot rotate it; must be the old value, or none"
          : `differs from the value in the state; to replace it set rotation.${rotation} to a new id, else give the old value, or none`,
      ),
    ];
  });
}

const changed = (path: string, message: string): Problem => ({ code: "ERR_SECRET_CHANGED", path, message });
