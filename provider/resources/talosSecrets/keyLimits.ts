import type { Problem } from "../../core/errors";
import {
  type CAName,
  type CARow,
  INVENTORY,
  type KeyName,
  type KeyRow,
  type KeyRule,
} from "../../core/secrets/inventory";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import type { TalosVersion } from "../../core/talosVersion";
import { parseCertificate } from "../../core/x509/certificate";
import { parsePrivateKey } from "../../core/x509/privateKey";
import { holdsUnknown } from "../wire";

/** Whose key it is. */
export type KeyOwner = CAName | KeyName;

function limitOf(owner: KeyOwner): KeyRule | undefined {
  const row: CARow | KeyRow = INVENTORY[owner];
  return row.keyRule;
}

/** Whether a kind of key serves its owner on a version of Talos. */
export function serves(owner: KeyOwner, algorithm: string, version: TalosVersion): boolean {
  return limitOf(owner)?.reason(algorithm, version) === undefined;
}

/** What is to be said of the kind of a key that is given or asked for; what is refused is among the problems only. */
export function keyLimits(
  owner: KeyOwner,
  algorithm: string | undefined,
  version: TalosVersion | undefined,
  path: string,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] } {
  const limit = limitOf(owner);
  if (limit === undefined || algorithm === undefined || holdsUnknown(algorithm)) return { problems: [], warnings: [] };
  const reason = limit.reason(algorithm, version);
  if (reason === undefined) return { problems: [], warnings: [] };
  const told: Problem[] = [{ code: "ERR_KEY_UNSUPPORTED", path, message: `${reason}; expected ${limit.expected}` }];
  return limit.isRejected ? { problems: told, warnings: [] } : { problems: [], warnings: told };
}

/** The same of a key that is in use already, which refuses nothing. */
export function keyWarnings(
  owner: KeyOwner,
  algorithm: string | undefined,
  version: TalosVersion | undefined,
  path: string,
): Problem[] {
  const limit = limitOf(owner);
  const reason = algorithm === undefined ? undefined : limit?.reason(algorithm, version);
  if (limit === undefined || reason === undefined) return [];
  return [{ code: "ERR_KEY_UNSUPPORTED", path, message: `${reason}; ${limit.remedy}` }];
}

/** The same of the keys of an adopted bundle, which has no problems. */
export function adoptedKeyWarnings(
  { certs }: PartialSecretsBundle,
  version: TalosVersion | undefined,
  path: string,
): Problem[] {
  const kind = (crt: string | undefined): string | undefined =>
    crt === undefined ? undefined : parseCertificate(crt, path).algorithm;
  const { key } = certs?.k8sServiceAccount ?? {};
  return [
    ...keyWarnings("os", kind(certs?.os?.crt), version, `${path}.certs.os.crt`),
    ...keyWarnings("kubernetes", kind(certs?.k8s?.crt), version, `${path}.certs.k8s.crt`),
    ...keyWarnings(
      "serviceAccount",
      key === undefined ? undefined : parsePrivateKey(key, path).algorithm,
      version,
      `${path}.certs.k8sserviceaccount.key`,
    ),
  ];
}
