import type { Problem } from "../../core/errors";
import { SECRET_FIELDS, valueAt } from "../../core/secrets/fields";
import {
  IMMEDIATE,
  type ImmediateName,
  INVENTORY,
  isCAName,
  type SecretName,
  STAGED,
} from "../../core/secrets/inventory";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import { parseCertificate } from "../../core/x509/certificate";
import { parsePrivateKey } from "../../core/x509/privateKey";

const isStaged = (name: SecretName): boolean => STAGED.some((staged) => staged === name);

/** Secrets whose change is seen here; a CA that rotates in stages has a plan of its own. */
const COMPARED = SECRET_FIELDS.filter(({ secret, half }) => !isStaged(secret) && !(isCAName(secret) && half === "key"));

/** A given value must be the one in the state, unless a rotation takes it; then it must be another. */
export function changedValues(
  given: PartialSecretsBundle,
  current: PartialSecretsBundle,
  immediate: readonly ImmediateName[],
  unknown: readonly string[],
): Problem[] {
  return COMPARED.flatMap(({ secret, input: at, bundle }): Problem[] => {
    const input = isCAName(secret) ? INVENTORY[secret].input : at.join(".");
    const value = valueAt(given, bundle);
    if (value === undefined) return [];
    const same = sameSecret(value, valueAt(current, bundle), bundle);
    const rotation = IMMEDIATE.find((name) => name === secret);
    if (rotation !== undefined && immediate.includes(rotation)) {
      return same
        ? [
            changed(
              input,
              `is unchanged although rotation.${rotation} has a new id; give the new value, or leave the input out to have one made`,
            ),
          ]
        : [];
    }
    // A preview may not know whether the rotation that takes the value has a new id.
    if (same || (rotation !== undefined && unknown.includes(rotation))) return [];
    return [
      changed(
        input,
        rotation === undefined
          ? "differs from the value in the state, and Talos cannot rotate it; expected the old value, or none"
          : `differs from the value in the state; to replace it set rotation.${rotation} to a new id, else give the old value, or none`,
      ),
    ];
  });
}

const changed = (path: string, message: string): Problem => ({ code: "ERR_SECRET_CHANGED", path, message });

function sameSecret(given: unknown, current: unknown, bundle: readonly string[]): boolean {
  const last = bundle[bundle.length - 1];
  if (last === "crt") return fingerprintOfPem(given) === fingerprintOfPem(current);
  if (last === "key") return publicKeyOf(given) === publicKeyOf(current);
  return String(given).trim() === String(current).trim();
}

function fingerprintOfPem(pem: unknown): string | undefined {
  return typeof pem === "string" ? parseCertificate(pem, "").fingerprint : undefined;
}

/** Keys are compared by their public half: the same key may stand under another PEM label. */
function publicKeyOf(pem: unknown): string | undefined {
  return typeof pem === "string" ? Buffer.from(parsePrivateKey(pem, "").publicKeyDer).toString("hex") : undefined;
}
