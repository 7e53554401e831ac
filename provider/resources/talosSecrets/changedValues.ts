import type { Problem } from "../../core/errors";
import { valueAt } from "../../core/secrets/fields";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import { parseCertificate } from "../../core/x509/certificate";
import { parsePrivateKey } from "../../core/x509/privateKey";
import { VALUE_INPUTS } from "./given";
import { IMMEDIATE, type ImmediateName } from "./state";

/** Which bundle values each immediate rotation replaces, and which input gives the new one. */
const IMMEDIATE_VALUES: Readonly<
  Record<ImmediateName, { readonly input: string; readonly bundle: readonly string[] }>
> = {
  aggregator: { input: "certificateAuthorities.aggregator", bundle: ["certs", "k8sAggregator", "crt"] },
  serviceAccount: { input: "serviceAccount.privateKeyPem", bundle: ["certs", "k8sServiceAccount", "key"] },
  bootstrapToken: { input: "bootstrapToken", bundle: ["secrets", "bootstrapToken"] },
  trustdToken: { input: "trustdToken", bundle: ["trustdInfo", "token"] },
};

/** A given value must be the one in the state, unless a rotation takes it; then it must be another. */
export function changedValues(
  given: PartialSecretsBundle,
  current: PartialSecretsBundle,
  immediate: readonly ImmediateName[],
  unknown: readonly string[],
): Problem[] {
  const rows = [
    ...VALUE_INPUTS.map(({ input, bundle }) => ({ input: input.join("."), bundle })),
    ...Object.values(IMMEDIATE_VALUES).filter(({ bundle }) => bundle[0] === "certs"),
    { input: "certificateAuthorities.etcd", bundle: ["certs", "etcd", "crt"] },
  ];
  return rows.flatMap(({ input, bundle }): Problem[] => {
    const value = valueAt(given, bundle);
    if (value === undefined) return [];
    const same = sameSecret(value, valueAt(current, bundle), bundle);
    const rotation = IMMEDIATE.find((name) => IMMEDIATE_VALUES[name].bundle.join() === bundle.join());
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
