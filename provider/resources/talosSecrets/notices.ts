import { describeProblem, type Problem } from "../../core/errors";
import type { RotationAction } from "../../core/lifecycle/rotation";
import { INVENTORY } from "../../core/secrets/inventory";
import { parseTalosVersion } from "../../core/talosVersion";
import { parsePrivateKey } from "../../core/x509/privateKey";
import type { Values } from "../definition";
import { keyLimits, keyWarnings } from "./keyLimits";
import { shortWarnings, standingWarnings } from "./lifetimes";
import type { SecretsPlan } from "./plan";
import { sharedInPlan } from "./sharedAuthorities";
import { isAborted } from "./stagedPlan";
import { readStagedStatus, STAGED, type StagedName, type StagedStatus } from "./state";

/** What a person should read before an update: rotations, what they interrupt, authorities near their end. */
export function planNotices(outputs: Values, plan: SecretsPlan, inputs: Values, now: Date): string[] {
  return [
    ...STAGED.flatMap((name) => stagedNotice(outputs, plan, name)),
    ...plan.immediate.map(
      (name) =>
        `rotation.${name} ${JSON.stringify(plan.requests.immediate[name])}: will be replaced at once; ${INVENTORY[name].rotation.immediate.interrupts}`,
    ),
    ...sharedInPlan(outputs, plan).map(describeProblem),
    ...keyNotices(outputs, plan, inputs).map(describeProblem),
    ...shortWarnings(inputs, plan.made).map(describeProblem),
    ...standingWarnings(outputs, plan.staged, now).map(describeProblem),
  ];
}

function stagedNotice(outputs: Values, plan: SecretsPlan, name: StagedName): string[] {
  const { action, state, brought, awaits } = plan.staged[name];
  const before = readStagedStatus(outputs, name);
  if (action === "none") return abortedNotice(plan, name, before);
  const { issuing = "?", accepted } = before;
  const next =
    brought?.authority.certificate.fingerprint ?? (awaits ? "an authority that is not known yet" : undefined);
  const trust = describeMove(action, issuing, accepted[0] ?? "?", next);
  return [`rotation.${name} ${JSON.stringify(state.id)}: ${before.position} -> ${state.position}: ${trust}`];
}

/** An own authority beside the aborted rotation that would have taken it: it looks as if it were in use. */
function abortedNotice(plan: SecretsPlan, name: StagedName, before: StagedStatus): string[] {
  const own = plan.authorities[name]?.certificate.fingerprint;
  if (own === undefined || before.fingerprints.includes(own) || !isAborted(plan.requests.staged[name], before))
    return [];
  return [
    `certificateAuthorities.${name}: is not in use, as rotation ${JSON.stringify(before.id)}, which would have taken it, was aborted; leave it out, or rotate to it with a new id`,
  ];
}

/** @param next the authority that the move brings in */
function describeMove(action: RotationAction, issuing: string, other: string, next: string | undefined): string {
  switch (action) {
    case "begin":
      return `issuing stays ${issuing}, accepted will be ${next ?? "a new authority, made in this update"}`;
    case "swap":
    case "unswap":
      return `issuing will be ${other}, accepted will be ${issuing}`;
    case "finish":
      return `issuing stays ${issuing}, ${other} is accepted no more and its key leaves the outputs (older versions of the state keep it)`;
    case "abort":
      return `issuing stays ${issuing}, ${other} is dropped`;
    case "takeOver":
      return `issuing will be ${next ?? "?"}, which the nodes have already, instead of ${issuing}`;
    case "none":
      return "";
  }
}

/** Keys that come into use, and those in use, of kinds that do not serve. */
function keyNotices(outputs: Values, plan: SecretsPlan, inputs: Values): Problem[] {
  const version = parseTalosVersion(plan.talosVersion);
  const authorities = outputs["certificateAuthorities"] as Record<string, { readonly algorithm?: string }>;
  const asked = (inputs["certificateAuthorities"] ?? {}) as Record<string, { readonly algorithm?: string } | undefined>;
  const staged = STAGED.flatMap((name): readonly Problem[] => {
    const { action, brought, state } = plan.staged[name];
    const path = `certificateAuthorities.${name}`;
    if (brought !== undefined) {
      return keyLimits(name, brought.authority.key.algorithm, version, brought.path).warnings;
    }
    if (plan.made.includes(name)) return keyLimits(name, asked[name]?.algorithm, version, `${path}.algorithm`).warnings;
    // One that is about to leave needs no more than to be let go.
    const stays = action !== "swap" && action !== "unswap" && state.position !== "accept";
    return stays ? keyWarnings(name, authorities[name]?.algorithm, version, path) : [];
  });
  return [...staged, ...(plan.immediate.includes("serviceAccount") ? serviceAccountNotices(plan, inputs) : [])];
}

function serviceAccountNotices({ given }: SecretsPlan, inputs: Values): readonly Problem[] {
  const { key } = given.certs?.k8sServiceAccount ?? {};
  const path = "serviceAccount.privateKeyPem";
  if (key !== undefined)
    return keyLimits("serviceAccount", parsePrivateKey(key, path).algorithm, undefined, path).warnings;
  const { algorithm } = (inputs["serviceAccount"] ?? {}) as { readonly algorithm?: string };
  return keyLimits("serviceAccount", algorithm, undefined, "serviceAccount.algorithm").warnings;
}
