import type { Problem, Warning } from "../../core/errors";
import type { DecodedBundle } from "../../core/secrets/decodedBundle";
import {
  CA_NAMES,
  type CAName,
  type CARow,
  INVENTORY,
  KEY_NAMES,
  type KeyName,
  type KeyRow,
  type KeyRule,
} from "../../core/secrets/inventory";
import type { TalosVersion } from "../../core/talosVersion";

/** Whose key it is. */
export type KeyOwner = CAName | KeyName;

function ruleOf(owner: KeyOwner): KeyRule | undefined {
  const row: CARow | KeyRow = INVENTORY[owner];
  return row.keyRule;
}

/** Whether a kind of key works for its owner on a version of Talos. */
export function isUsable(owner: KeyOwner, algorithm: string, version: TalosVersion): boolean {
  return ruleOf(owner)?.reason(algorithm, version) === undefined;
}

/** A key that is supplied or asked for: a problem where its owner's rule rejects it, else a warning. */
export function judgeKey(
  owner: KeyOwner,
  algorithm: string | undefined,
  version: TalosVersion | undefined,
  path: string,
): { readonly problems: readonly Problem[]; readonly warnings: readonly Warning[] } {
  const rule = ruleOf(owner);
  const reason = algorithm === undefined ? undefined : rule?.reason(algorithm, version);
  if (rule === undefined || reason === undefined) return { problems: [], warnings: [] };
  const message = `${reason}; must be ${rule.expected}`;
  return rule.isRejected
    ? { problems: [{ code: "ERR_KEY_UNSUPPORTED", path, message }], warnings: [] }
    : { problems: [], warnings: [unusable(path, message)] };
}

/** The same of a key that is in use already, which rejects nothing. */
export function unusableKeyWarnings(
  owner: KeyOwner,
  algorithm: string | undefined,
  version: TalosVersion | undefined,
  path: string,
): Warning[] {
  const rule = ruleOf(owner);
  const reason = algorithm === undefined ? undefined : rule?.reason(algorithm, version);
  return rule === undefined || reason === undefined ? [] : [unusable(path, `${reason}; ${rule.remedy}`)];
}

/** The same of the keys of an adopted bundle, which has no problems. */
export function adoptedKeyWarnings(adopted: DecodedBundle, version: TalosVersion | undefined, path: string): Warning[] {
  return [
    ...CA_NAMES.flatMap((name) => {
      const { algorithm } = adopted.ca(name).certificate ?? {};
      return unusableKeyWarnings(name, algorithm, version, `${path}.${INVENTORY[name].talosctl}.crt`);
    }),
    ...KEY_NAMES.flatMap((name) => {
      const { algorithm } = adopted.key(name)?.value ?? {};
      return unusableKeyWarnings(name, algorithm, version, `${path}.${INVENTORY[name].talosctl}`);
    }),
  ];
}

const unusable = (path: string, message: string): Warning => ({
  severity: "warning",
  reason: "unusable-key",
  path,
  message,
});
