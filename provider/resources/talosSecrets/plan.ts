import { collectProblems, type Problem } from "../../core/errors";
import { assertClock } from "../../core/lifecycle/renewal";
import { planRotation, type RotationPlan } from "../../core/lifecycle/rotation";
import { BUNDLE_KEYS } from "../../core/secrets/authority";
import { valueAt } from "../../core/secrets/fields";
import { type PartialSecretsBundle, readBundleTree } from "../../core/secrets/read";
import { hasFeature, parseTalosVersion } from "../../core/talosVersion";
import { parseCertificate } from "../../core/x509/certificate";
import { parsePrivateKey } from "../../core/x509/privateKey";
import { expiredProblems, readGiven, VALUE_INPUTS } from "./given";
import { readRequests, type RotationRequests } from "./requests";
import { IMMEDIATE, type ImmediateName, readImmediateIds, readStagedStatus, STAGED, type StagedName } from "./state";
import type { Values } from "../definition";

/** What an update would do, as data. */
export interface SecretsPlan {
  readonly requests: RotationRequests;
  readonly staged: Readonly<Record<StagedName, RotationPlan>>;
  /** Values to replace at once. */
  readonly immediate: readonly ImmediateName[];
  readonly talosVersion: string;
  /** Values given as inputs, which a rotation takes. */
  readonly given: PartialSecretsBundle;
  readonly changes: boolean;
  readonly problems: readonly Problem[];
}

/** Which bundle values each immediate rotation replaces, and which input gives the new one. */
export const IMMEDIATE_VALUES: Readonly<
  Record<ImmediateName, { readonly input: string; readonly bundle: readonly string[] }>
> = {
  aggregator: { input: "certificateAuthorities.aggregator", bundle: ["certs", "k8sAggregator", "crt"] },
  serviceAccount: { input: "serviceAccount.privateKeyPem", bundle: ["certs", "k8sServiceAccount", "key"] },
  bootstrapToken: { input: "bootstrapToken", bundle: ["secrets", "bootstrapToken"] },
  trustdToken: { input: "trustdToken", bundle: ["trustdInfo", "token"] },
};

/**
 * Plans an update: reads the state's plain outputs and, where values are given, the secrets they must agree with.
 *
 * @param outputs outputs in the state
 * @param inputs inputs under the names that a program uses
 */
export function planUpdate(outputs: Values, inputs: Values, now: Date): SecretsPlan {
  const problems: Problem[] = [];
  const talosVersion = String(inputs["talosVersion"] ?? outputs["talosVersion"]);
  const version = parseTalosVersion(talosVersion);
  const requests = readRequests(inputs, version, problems);
  const given = readGiven(
    inputs,
    hasFeature(version, "anyOsAuthorityAlgorithm") ? version : undefined,
    undefined,
    problems,
  );
  const current = readBundleTree((outputs["secrets"] ?? {}) as Values, "").bundle;
  const ids = readImmediateIds(outputs);
  const immediate = IMMEDIATE.filter(
    (name) => requests.immediate[name] !== undefined && requests.immediate[name] !== ids[name],
  );
  const staged = Object.fromEntries(
    STAGED.map((name) => [name, planStaged(outputs, requests, name, now, problems)]),
  ) as unknown as Record<StagedName, RotationPlan>;
  problems.push(
    ...changedValues(given.bundle, current, immediate),
    ...changedAuthorities(given.bundle, outputs, current),
  );
  const changes =
    immediate.length > 0 ||
    requests.unknown.length > 0 ||
    STAGED.some((name) => staged[name].action !== "none") ||
    talosVersion !== outputs["talosVersion"];
  const { os } = outputs["certificateAuthorities"] as { os: { notBefore: string } };
  if (changes)
    collectProblems(problems, () => {
      assertClock(now, new Date(os.notBefore), "certificateAuthorities.os");
    });
  return { requests, staged, immediate, talosVersion, given: given.bundle, changes, problems };
}

function planStaged(
  outputs: Values,
  requests: RotationRequests,
  name: StagedName,
  now: Date,
  problems: Problem[],
): RotationPlan {
  const state = readStagedStatus(outputs, name);
  const { retired: _, fingerprints, ...position } = state;
  if (requests.unknown.includes(name)) return { action: "none", state: position, problems: [] };
  const request = requests.staged[name];
  const path = `rotation.${name}`;
  const plan = planRotation(position, request, path);
  problems.push(...plan.problems);
  const brought = request?.authority;
  if (brought === undefined || plan.problems.length > 0) return plan;
  const { fingerprint } = brought.certificate;
  if (plan.action === "begin" || plan.action === "takeOver") {
    problems.push(...expiredProblems(brought, now, `${path}.certificatePem`));
    if (fingerprints.includes(fingerprint)) {
      problems.push({
        code: "ERR_ROTATION_ILLEGAL",
        path: `${path}.certificatePem`,
        message: "is an authority that this cluster has or had already; expected a new one",
      });
    }
  } else if (plan.state.position !== "abort" && !fingerprints.includes(fingerprint)) {
    problems.push({
      code: "ERR_ROTATION_ILLEGAL",
      path: `${path}.certificatePem`,
      message: "differs from the authority that this rotation began with; expected the same one, or none",
    });
  }
  return plan;
}

/** A given value must be the one in the state, unless a rotation takes it; then it must be another. */
function changedValues(
  given: PartialSecretsBundle,
  current: PartialSecretsBundle,
  immediate: readonly ImmediateName[],
): Problem[] {
  const rows = [
    ...VALUE_INPUTS.map(({ input, bundle }) => ({ input: input.join("."), bundle })),
    ...Object.values(IMMEDIATE_VALUES).filter(({ bundle }) => bundle[0] === "certs"),
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
    if (same) return [];
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

/** An own authority stays valid as an input after it was rotated away; any other is a change. */
function changedAuthorities(given: PartialSecretsBundle, outputs: Values, current: PartialSecretsBundle): Problem[] {
  const problems: Problem[] = [];
  for (const name of STAGED) {
    const pem = given.certs?.[BUNDLE_KEYS[name]]?.crt;
    const fingerprint = fingerprintOfPem(pem);
    if (fingerprint !== undefined && !readStagedStatus(outputs, name).fingerprints.includes(fingerprint)) {
      problems.push(
        changed(
          `certificateAuthorities.${name}`,
          `differs from the authority in the state; to replace it rotate: rotation.${name} with a new id, stage "accept", certificatePem and privateKeyPem`,
        ),
      );
    }
  }
  const etcd = given.certs?.etcd?.crt;
  if (etcd !== undefined && fingerprintOfPem(etcd) !== fingerprintOfPem(current.certs?.etcd?.crt)) {
    problems.push(
      changed(
        "certificateAuthorities.etcd",
        "differs from the authority in the state, and Talos cannot rotate etcd's; expected the old one, or none",
      ),
    );
  }
  return problems;
}
