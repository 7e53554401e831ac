import { HOUR } from "../duration";
import { formatTime } from "../environment";
import { collectProblems, type Problem, type Warning } from "../errors";
import { isUnusual } from "../x509/algorithms";
import { assertGoReads } from "../x509/goPem";
import type { PrivateKey } from "../x509/privateKey";
import { type DecodedBundle, decodeBundle, talosctlPaths } from "./decodedBundle";
import type { DecodedCA } from "./decodedPem";
import { BUNDLE_FIELDS, type BundleField } from "./fields";
import {
  CA_NAMES,
  ENCRYPTION_NAMES,
  INVENTORY,
  isCAName,
  isEncryption,
  KEY_NAMES,
  rowOf,
  TEXT_NAMES,
} from "./inventory";
import type { PartialSecretsBundle } from "./read";
import { TEXT_FORMS } from "./tokens";
import type { MachineType } from "./types";

/** What validateSecretsBundle reports about a bundle; without problems Talos accepts it. */
export interface BundleVerdict {
  /** What Talos or its users could not work with. */
  readonly problems: readonly Problem[];
  /** What Talos accepts and a person should know. */
  readonly warnings: readonly Warning[];
}

/**
 * Reports what is wrong with a bundle: everything that Talos's own loader rejects, and what it fails to notice (a key
 * that does not match, a certificate that is not a CA). What merely passes with time warns.
 *
 * Source: siderolabs/talos config/generate/secrets/validate, v1.13.
 *
 * @param now for warnings about lifetimes
 * @param path prefix of every path, such as `secretsYaml`
 * @example
 * const { problems, warnings } = validateSecretsBundle(bundle, new Date("2026-11-22T00:00:00Z"));
 */
export function validateSecretsBundle(bundle: PartialSecretsBundle, now: Date, path = ""): BundleVerdict {
  return validateDecodedBundle(decodeBundle(bundle, talosctlPaths(path)), now);
}

/** The same of a decoded bundle. */
export function validateDecodedBundle(decoded: DecodedBundle, now: Date): BundleVerdict {
  return {
    problems: [...missingProblems(decoded), ...pemProblems(decoded)],
    warnings: [...pemWarnings(decoded, now), ...formWarnings(decoded)],
  };
}

/** What is wrong with the CAs that have both halves, and with other keys. */
export function pemProblems(decoded: DecodedBundle): Problem[] {
  const cas = pairsOf(decoded).flatMap(({ problems, pem, paths }) =>
    problems.length > 0 ? problems : [...formProblems(pem.crt, paths.crt), ...formProblems(pem.key, paths.key)],
  );
  const keys = KEY_NAMES.map((name) => decoded.key(name)).flatMap((key) => {
    if (key === undefined) return [];
    return key.problems.length > 0 ? key.problems : formProblems(key.pem, key.path);
  });
  return [...cas, ...keys];
}

/** CAs with both halves, in the order in which talosctl writes, in which messages come. */
function pairsOf(decoded: DecodedBundle): DecodedCA[] {
  return CA_NAMES.toSorted((one, other) => INVENTORY[one].position - INVENTORY[other].position)
    .map((name) => decoded.ca(name))
    .filter(({ isPair }) => isPair);
}

/** Whether Go, and with it Talos, finds the PEM in the text. */
function formProblems(pem: string | undefined, path: string): Problem[] {
  const problems: Problem[] = [];
  if (pem !== undefined)
    collectProblems(problems, () => {
      assertGoReads(pem, path);
    });
  return problems;
}

function pemWarnings(decoded: DecodedBundle, now: Date): Warning[] {
  const cas = pairsOf(decoded).flatMap(({ problems, certificate, privateKey, paths }) =>
    problems.length > 0 || certificate === undefined || privateKey === undefined
      ? []
      : [...lifetimeWarnings(certificate, now, paths.crt), ...keyWarnings(privateKey, paths.key)],
  );
  const keys = KEY_NAMES.map((name) => decoded.key(name)).flatMap((key) =>
    key?.value === undefined ? [] : keyWarnings(key.value, key.path),
  );
  return [...cas, ...keys];
}

/**
 * What keeps a machine of this type from being configured: for a control plane everything, for a worker, which gets no
 * keys, what is wrong with the rest.
 */
export function machineProblems(decoded: DecodedBundle, machineType: MachineType): readonly Problem[] {
  // Lifetimes are no problems, so any time will do.
  if (machineType === "controlplane") return validateDecodedBundle(decoded, new Date(0)).problems;
  const part = decoded.forMachine(machineType);
  return BUNDLE_FIELDS.filter(({ isForWorker }) => isForWorker).flatMap((field): readonly Problem[] => {
    if (part.value(field)) return isCAName(field.secret) ? part.ca(field.secret).problems : [];
    const message = "is required; must be the bundle of a cluster";
    return [{ code: "ERR_INPUT_MISSING", path: part.pathOf(field.talosctl), message }];
  });
}

/**
 * Every field that Talos requires; a section that is missing wholly is named once, unless the file has other values in
 * the same map, as a machine config has in `cluster`.
 */
function missingProblems(decoded: DecodedBundle): Problem[] {
  const places = BUNDLE_FIELDS.map((field) => ({ field, path: decoded.pathOf(field.talosctl) }));
  const absent = BUNDLE_FIELDS.filter((field) => !decoded.value(field));
  const gaps = new Map<string, readonly string[]>();
  for (const { secret, talosctl } of absent) {
    if (isEncryption(secret)) continue;
    const depth = talosctl.findIndex((_, index) => {
      const map = decoded.pathOf(talosctl.slice(0, index + 1));
      const siblings = places.filter(({ path }) => path === map || path.startsWith(`${map}.`));
      return siblings.every(({ field }) => absent.includes(field));
    });
    const gap = talosctl.slice(0, depth + 1);
    gaps.set(gap.join("."), gap);
  }
  const problems = pathsOfGaps(decoded, [...gaps.values()], absent).map((path): Problem => ({
    code: "ERR_INPUT_MISSING",
    path,
    message: "is required; must be what talosctl writes there",
  }));
  return [...problems, ...encryptionProblems(decoded)];
}

/** A section of a bundle may be spread over a config, with no map of its own: then each of its fields is named. */
function pathsOfGaps(
  decoded: DecodedBundle,
  gaps: readonly (readonly string[])[],
  absent: readonly BundleField[],
): readonly string[] {
  const paths = gaps.map((gap) => decoded.pathOf(gap));
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(path, (counts.get(path) ?? 0) + 1);
  const fields = (gap: readonly string[]): readonly string[] =>
    absent.flatMap(({ secret, talosctl }) =>
      !isEncryption(secret) && gap.every((step, index) => talosctl[index] === step) ? [decoded.pathOf(talosctl)] : [],
    );
  const root = decoded.pathOf([]);
  return gaps.flatMap((gap, index) => {
    const path = paths[index]!;
    return counts.get(path) === 1 && path !== root ? [path] : fields(gap);
  });
}

/** A cluster has exactly one key that encrypts Secrets in etcd. */
function encryptionProblems(decoded: DecodedBundle): Problem[] {
  const present = ENCRYPTION_NAMES.filter((name) => decoded.text(name));
  if (present.length === 1) return [];
  const paths = ENCRYPTION_NAMES.map((name) => rowOf(name).talosctl.split("."));
  const names = paths.map((steps) => steps.at(-1)).join(", ");
  const path = decoded.pathOf((paths[0] ?? []).slice(0, -1));
  return present.length === 0
    ? [{ code: "ERR_INPUT_MISSING", path, message: `one of ${names} is required; give the one that the cluster uses` }]
    : [
        {
          code: "ERR_INPUT_INVALID",
          path,
          message: `only one of ${names} is allowed; keep the one that the cluster uses`,
        },
      ];
}

/** From when on before its end the rotation of a CA is to be planned, milliseconds. */
export const YEAR = 365 * 24 * HOUR;

export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Where a CA is in its life: over, not begun, within a year of its end, or none of these. */
export type LifeStage = "over" | "early" | "ending" | "fine";

/**
 * Where a CA is in its life.
 *
 * @example
 * lifeStage({ notBefore, notAfter }, new Date("2026-11-22T00:00:00Z")); // "fine"
 */
export function lifeStage({ notBefore, notAfter }: Lifetime, now: Date): LifeStage {
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return "over";
  if (notBefore.getTime() > now.getTime()) return "early";
  return left < YEAR ? "ending" : "fine";
}

/** The reason of a warning about a CA at each stage of its life. */
export const LIFE_REASONS = { over: "expired", early: "not-yet-valid", ending: "expires-soon" } as const;

/** A CA that has expired, is not valid yet, or comes within a year of its end. */
export function lifetimeWarnings(certificate: Lifetime, now: Date, path: string): Warning[] {
  const [from, until] = [formatTime(certificate.notBefore), formatTime(certificate.notAfter)];
  const stage = lifeStage(certificate, now);
  if (stage === "fine") return [];
  const message = {
    over: `the CA expired at ${until}; rotate it`,
    early: `the CA is valid only from ${from}; look at the clock`,
    ending: `the CA expires at ${until}, in less than a year; plan its rotation`,
  }[stage];
  return [{ severity: "warning", reason: LIFE_REASONS[stage], path, message }];
}

/** A kind of key that Talos accepts silently. */
export function keyWarnings(key: PrivateKey, path: string): Warning[] {
  if (!isUnusual(key.keyObject)) return [];
  const message = `is of the kind ${key.algorithm}, which Talos takes; plan its rotation to ECDSA P-256 or RSA of 2048 bits or more`;
  return [{ severity: "warning", reason: "unusual-key", path, message }];
}

/** Texts of another form than Talos makes. */
function formWarnings(decoded: DecodedBundle): Warning[] {
  return TEXT_NAMES.flatMap((name): Warning[] => {
    const { form, talosctl } = INVENTORY[name];
    const text = decoded.text(name);
    if (!text) return [];
    const path = decoded.pathOf(talosctl.split("."));
    return TEXT_FORMS[form]
      .oddities(text)
      .map((message) => ({ severity: "warning", reason: "unusual-form", path, message }));
  });
}
