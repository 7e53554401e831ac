import type { Warning } from "../../core/errors";
import type { RotationAction } from "../../core/lifecycle/rotation";
import { INVENTORY, STAGED, type StagedName } from "../../core/secrets/inventory";
import { parseTalosVersion } from "../../core/talosVersion";
import { info, type Info, type Report } from "../../engine/definition";
import type { Context } from "../../engine/ports";
import { isKnown, knownOr } from "../../engine/unknown";
import { describeGate, describeUnasked, isHeldBack } from "./askedNodes";
import { caInput, type SecretsInputs } from "./inputs";
import { judgeKey, unusableKeyWarnings } from "./keyRules";
import { shortWarnings, standingWarnings } from "./lifetimes";
import type { StoredSecrets } from "./outputs";
import { sharedInPlan } from "./sharedCAs";
import { isAborted } from "./stagedPlan";
import { readStagedStatus, type StagedStatus } from "./state";
import type { UpdatePlan } from "./updatePlan";

/** What a person should read before an update: rotations, what they interrupt, CAs near their end. */
export function reportUpdate(
  outputs: StoredSecrets,
  plan: UpdatePlan,
  inputs: SecretsInputs,
  context: Context,
): Report[] {
  return [
    ...STAGED.flatMap((name) => stagedReport(outputs, plan, name)),
    ...plan.immediate.map((name) => {
      const { interrupts } = INVENTORY[name].rotation.immediate;
      const id = JSON.stringify(plan.requests.immediate[name]);
      return info(`rotation.${name} ${id}: will be replaced at once; ${interrupts}`);
    }),
    ...plan.warnings,
    ...sharedInPlan(outputs, plan),
    ...keyReports(outputs, plan, inputs),
    ...shortWarnings(inputs, plan.made),
    ...standingWarnings(outputs, plan.staged, context.environment.now(), context),
  ];
}

function stagedReport(outputs: StoredSecrets, plan: UpdatePlan, name: StagedName): Info[] {
  const { action, state, supplied, isUnknown, gate, isAutomatic } = plan.staged[name];
  const before = readStagedStatus(outputs, name);
  if (action === "none") return abortedReport(plan, name, before);
  const { issuing = "?", accepted } = before;
  const next = supplied?.certificate.fingerprint ?? (isUnknown ? "a CA that is unknown" : undefined);
  const trust = describeMove(action, issuing, accepted[0] ?? "?", next);
  const label = `rotation.${name} ${JSON.stringify(state.id)}`;
  if (isAutomatic && gate !== undefined && isHeldBack(gate, before.position)) {
    return [
      info(`${label}: stays at ${before.position}, as no node was in nodes at the last update; the next one asks`),
    ];
  }
  const condition = gate === undefined ? "" : describeGate(gate, action, before.position);
  const unasked = gate === undefined ? undefined : describeUnasked(gate);
  return [
    info(`${label}: ${before.position} -> ${state.position}${condition}: ${trust}`),
    ...(unasked === undefined ? [] : [info(unasked)]),
  ];
}

/** An own CA beside the aborted rotation that would have taken it: it looks as if it were in use. */
function abortedReport(plan: UpdatePlan, name: StagedName, before: StagedStatus): Info[] {
  const own = plan.supplied.bundle.ca(name).certificate?.fingerprint;
  if (own === undefined || before.fingerprints.includes(own) || !isAborted(plan.requests.staged[name], before))
    return [];
  return [
    info(
      `certificateAuthorities.${name}: is not in use, as rotation ${JSON.stringify(before.id)}, which would have taken it, was aborted; leave it out, or rotate to it with a new id`,
    ),
  ];
}

/** @param next the CA that the move brings in */
function describeMove(action: RotationAction, issuing: string, other: string, next: string | undefined): string {
  switch (action) {
    case "begin":
      return `issuing stays ${issuing}, accepted will be ${next ?? "a new CA, made in this update"}`;
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

/** Keys that come into use, and those in use, of kinds that do not work. */
function keyReports(outputs: StoredSecrets, plan: UpdatePlan, inputs: SecretsInputs): readonly Warning[] {
  const version = parseTalosVersion(plan.talosVersion);
  const staged = STAGED.flatMap((name): readonly Warning[] => {
    const { action, supplied, state } = plan.staged[name];
    const path = `certificateAuthorities.${name}`;
    if (supplied !== undefined)
      return judgeKey(name, supplied.ca.privateKey?.algorithm, version, supplied.path).warnings;
    if (plan.made.includes(name)) {
      const asked = caInput(inputs, name);
      const algorithm = isKnown(asked) ? knownOr(asked?.algorithm) : undefined;
      return judgeKey(name, algorithm, version, `${path}.algorithm`).warnings;
    }
    // One that is about to leave needs no more than to be let go.
    const stays = action !== "swap" && action !== "unswap" && state.position !== "accept";
    const { algorithm } = outputs.certificateAuthorities?.[name] ?? {};
    return stays ? unusableKeyWarnings(name, algorithm, version, path) : [];
  });
  return [...staged, ...(plan.immediate.includes("serviceAccount") ? serviceAccountReports(plan, inputs) : [])];
}

function serviceAccountReports({ supplied }: UpdatePlan, { serviceAccount }: SecretsInputs): readonly Warning[] {
  const key = supplied.bundle.key("serviceAccount");
  if (key !== undefined) return judgeKey("serviceAccount", key.value?.algorithm, undefined, key.path).warnings;
  const algorithm = isKnown(serviceAccount) ? knownOr(serviceAccount?.algorithm) : undefined;
  return judgeKey("serviceAccount", algorithm, undefined, "serviceAccount.algorithm").warnings;
}
