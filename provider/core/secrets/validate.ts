import { HOUR } from "../duration";
import { collectProblems, type Problem } from "../errors";
import { formatTime } from "../environment";
import { isUnusual } from "../x509/algorithms";
import { parseAuthority } from "../x509/authority";
import { assertGoReads } from "../x509/goPem";
import { parsePrivateKey, type PrivateKey } from "../x509/privateKey";
import { BUNDLE_FIELDS, valueAt } from "./fields";
import { joinPath, type PartialSecretsBundle } from "./read";
import { isSecret, TOKEN_FORM } from "./tokens";
import type { SecretsBundle } from "./types";

/** What validateSecretsBundle says to a bundle; without problems Talos takes it. */
export interface BundleVerdict {
  /** What Talos or its users could not work with. */
  readonly problems: readonly Problem[];
  /** What Talos takes and a person should know. */
  readonly warnings: readonly Problem[];
}

const ENCRYPTION_SECRETS = ["secrets.aescbcencryptionsecret", "secrets.secretboxencryptionsecret"];
/** From when on before its end an authority's rotation is to be planned, milliseconds. */
export const YEAR = 365 * 24 * HOUR;

/** Authorities of a bundle: name in the bundle and in talosctl's YAML. */
const AUTHORITIES = [
  ["etcd", "certs.etcd"],
  ["k8s", "certs.k8s"],
  ["k8sAggregator", "certs.k8saggregator"],
  ["os", "certs.os"],
] as const;

/**
 * Says what is wrong with a bundle: everything that Talos's own loader refuses, and what it fails to notice (a key
 * that does not fit, a certificate that is no authority). What merely passes with time warns.
 *
 * Source: siderolabs/talos config/generate/secrets/validate, v1.13.
 *
 * @param now for warnings about lifetimes
 * @param path prefix of every path, such as `secretsYaml`
 * @example
 * const { problems, warnings } = validateSecretsBundle(bundle, new Date("2026-11-22T00:00:00Z"));
 */
export function validateSecretsBundle(bundle: PartialSecretsBundle, now: Date, path = ""): BundleVerdict {
  const problems: Problem[] = missing(bundle, path);
  const warnings: Problem[] = [];
  for (const [name, talosctl] of AUTHORITIES) {
    const pair = bundle.certs?.[name];
    if (pair?.crt === undefined || pair.key === undefined) continue;
    const at = joinPath(path, [talosctl]);
    const authority = collectProblems(problems, () =>
      parseAuthority({ crt: pair.crt!, key: pair.key! }, { crt: `${at}.crt`, key: `${at}.key` }),
    );
    if (authority === undefined) continue;
    for (const half of ["crt", "key"] as const) {
      collectProblems(problems, () => {
        assertGoReads(pair[half]!, `${at}.${half}`);
      });
    }
    warnings.push(...lifetimeWarnings(authority.certificate, now, `${at}.crt`));
    warnings.push(...keyWarnings(authority.key, `${at}.key`));
  }
  const serviceAccount = bundle.certs?.k8sServiceAccount?.key;
  if (serviceAccount !== undefined) {
    const at = joinPath(path, ["certs", "k8sserviceaccount", "key"]);
    collectProblems(problems, () => {
      const key = parsePrivateKey(serviceAccount, at);
      assertGoReads(serviceAccount, at);
      warnings.push(...keyWarnings(key, at));
    });
  }
  warnings.push(...formWarnings(bundle, path));
  return { problems, warnings };
}

/** Every field that Talos asks for; a section that is missing wholly is named once. */
function missing(bundle: PartialSecretsBundle, path: string): Problem[] {
  const absent = BUNDLE_FIELDS.filter((field) => !valueAt(bundle, field.bundle));
  const gaps = new Set<string>();
  for (const field of absent) {
    if (ENCRYPTION_SECRETS.includes(field.talosctl.join("."))) continue;
    const depth = field.talosctl.findIndex((_, index) => {
      const prefix = field.talosctl.slice(0, index + 1);
      const siblings = BUNDLE_FIELDS.filter((other) => prefix.every((step, at) => other.talosctl[at] === step));
      return siblings.every((other) => absent.includes(other));
    });
    gaps.add(field.talosctl.slice(0, depth + 1).join("."));
  }
  const problems: Problem[] = [...gaps].map((gap) => ({
    code: "ERR_INPUT_MISSING",
    path: joinPath(path, [gap]),
    message: "is required; expected what talosctl writes there",
  }));
  const { aescbcEncryptionSecret, secretboxEncryptionSecret } = bundle.secrets ?? {};
  const encryption = (message: string): Problem => ({
    code: aescbcEncryptionSecret ? "ERR_INPUT_INVALID" : "ERR_INPUT_MISSING",
    path: joinPath(path, ["secrets"]),
    message,
  });
  if (!aescbcEncryptionSecret && !secretboxEncryptionSecret) {
    problems.push(
      encryption(
        "one of secretboxencryptionsecret, aescbcencryptionsecret is required; give the one that the cluster uses",
      ),
    );
  } else if (aescbcEncryptionSecret && secretboxEncryptionSecret) {
    problems.push(
      encryption(
        "only one of secretboxencryptionsecret, aescbcencryptionsecret is allowed; keep the one that the cluster uses",
      ),
    );
  }
  return problems;
}

/** A kind of key that Talos takes without a word. */
export function keyWarnings(key: PrivateKey, path: string): Problem[] {
  if (!isUnusual(key.keyObject)) return [];
  const message = `is of the kind ${key.algorithm}, which Talos takes; plan its rotation to ECDSA P-256 or RSA of 2048 bits or more`;
  return [{ code: "ERR_KEY_UNSUPPORTED", path, message }];
}

export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Where an authority is in its life: over, not begun, within a year of its end, or none of these. */
export type LifeStage = "over" | "early" | "ending" | "fine";

/**
 * Where an authority is in its life.
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

/** An authority that has expired, is not valid yet, or comes within a year of its end. */
export function lifetimeWarnings(certificate: Lifetime, now: Date, path: string): Problem[] {
  const [from, until] = [formatTime(certificate.notBefore), formatTime(certificate.notAfter)];
  switch (lifeStage(certificate, now)) {
    case "over":
      return [{ code: "ERR_AUTHORITY_EXPIRED", path, message: `the authority expired at ${until}; rotate it` }];
    case "early":
      return [
        {
          code: "ERR_CERTIFICATE_NOT_YET_VALID",
          path,
          message: `the authority is valid only from ${from}; look at the clock`,
        },
      ];
    case "ending":
      return [
        {
          code: "ERR_AUTHORITY_EXPIRED",
          path,
          message: `the authority expires at ${until}, in less than a year; plan its rotation`,
        },
      ];
    case "fine":
      return [];
  }
}

function formWarnings(bundle: PartialSecretsBundle, path: string): Problem[] {
  const warnings: Problem[] = [];
  const warn = (talosctl: string, message: string): void => {
    warnings.push({ code: "ERR_INPUT_INVALID", path: joinPath(path, [talosctl]), message });
  };
  const tokens = {
    "secrets.bootstraptoken": bundle.secrets?.bootstrapToken,
    "trustdinfo.token": bundle.trustdInfo?.token,
  };
  for (const [at, token] of Object.entries(tokens)) {
    if (!token) continue;
    if (/^[0-9.]+$/.test(token))
      warn(at, "is all digits; it is quoted here, but other YAML readers take it for a number where it is not");
    if (!TOKEN_FORM.test(token))
      warn(at, "has an unusual form; Talos makes 6 and 16 characters of 0-9 and a-z with a dot between");
  }
  const secrets = {
    "cluster.secret": bundle.cluster?.secret,
    "secrets.aescbcencryptionsecret": bundle.secrets?.aescbcEncryptionSecret,
    "secrets.secretboxencryptionsecret": bundle.secrets?.secretboxEncryptionSecret,
  };
  for (const [at, secret] of Object.entries(secrets)) {
    if (secret && !isSecret(secret)) warn(at, "is not the base64 of 32 bytes; Talos v1.14 refuses it");
  }
  return warnings;
}

/** Narrows a bundle that has no problems. */
export function isComplete(_bundle: PartialSecretsBundle, verdict: BundleVerdict): _bundle is SecretsBundle {
  return verdict.problems.length === 0;
}
