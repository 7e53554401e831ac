import type { Problem } from "../../core/errors";
import { type DecodedBundle, decodeBundle } from "../../core/secrets/decodedBundle";
import {
  IMMEDIATE,
  INVENTORY,
  isCAName,
  KEY_NAMES,
  type SecretName,
  SECRET_NAMES,
  STAGED,
  TEXT_NAMES,
} from "../../core/secrets/inventory";
import { readBundleTree } from "../../core/secrets/read";
import type { DecodeContext } from "../../engine/decode";
import type { StoredSecrets } from "./outputs";
import type { RotationRequests } from "./requests";

/** Secrets whose change is seen here; a CA that rotates in stages has a plan of its own. */
const COMPARED = SECRET_NAMES.filter((name) => !STAGED.some((staged) => staged === name));

/**
 * A supplied value must be the one in the state, unless a rotation takes it; then it must be another.
 *
 * @param immediate the rotations that replace their value in this update
 */
export function changedSecrets(
  supplied: DecodedBundle,
  outputs: StoredSecrets,
  immediate: readonly SecretName[],
  requests: RotationRequests,
  { pems }: DecodeContext,
): Problem[] {
  const compared = COMPARED.filter((name) => isSupplied(supplied, name));
  if (compared.length === 0) return [];
  const current = decodeBundle(readBundleTree(outputs.secrets ?? {}, "").bundle, undefined, pems);
  return compared.flatMap((name): Problem[] => {
    const { input } = INVENTORY[name];
    const isSame = identityOf(supplied, name) === identityOf(current, name);
    const rotation = IMMEDIATE.find((other) => other === name);
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

const isSupplied = (bundle: DecodedBundle, name: SecretName): boolean => identityOf(bundle, name) !== undefined;

/** What makes a secret the same: a certificate's fingerprint; of a key the public half, whatever its PEM label. */
function identityOf(bundle: DecodedBundle, name: SecretName): string | undefined {
  if (isCAName(name)) return bundle.ca(name).certificate?.fingerprint;
  const key = KEY_NAMES.find((other) => other === name);
  if (key !== undefined) {
    const { publicKeyDer } = bundle.key(key)?.value ?? {};
    return publicKeyDer === undefined ? undefined : Buffer.from(publicKeyDer).toString("hex");
  }
  const text = TEXT_NAMES.find((other) => other === name);
  return text === undefined ? undefined : bundle.text(text)?.trim();
}
