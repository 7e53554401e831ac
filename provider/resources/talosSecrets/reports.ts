import type { Warning } from "../../core/errors";
import { formatPeriod } from "../../core/goDuration";
import { AUTHORITIES, authorityTitle } from "../../core/lifecycle/authorities";
import type { RotationAction } from "../../core/lifecycle/rotation";
import { DecodedCA } from "../../core/secrets/decodedPem";
import {
  IMMEDIATE,
  type ImmediateName,
  INVENTORY,
  isCAName,
  isStaged,
  STAGED,
  type StagedName,
} from "../../core/secrets/inventory";
import { publicParts, stagedSecretOf } from "../../core/secrets/stagedSecret";
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
    ...stepReport(outputs, plan),
    ...STAGED.flatMap((name) => stagedReport(outputs, plan, name)),
    ...IMMEDIATE.flatMap((name) => replacedReport(plan, name)),
    ...plan.warnings,
    ...sharedInPlan(outputs, plan),
    ...keyReports(outputs, plan, inputs),
    ...shortWarnings(inputs, plan.made.filter(isCAName)),
    ...standingWarnings(outputs, plan.staged, context.environment.now(), context),
  ];
}

/** What a replacement at once interrupts. */
function replacedReport({ staged, immediate, requests }: UpdatePlan, name: ImmediateName): Info[] {
  const id = isStaged(name)
    ? staged[name].action === "replace"
      ? staged[name].state.id
      : undefined
    : immediate.includes(name)
      ? requests.immediate[name]
      : undefined;
  const { interrupts } = INVENTORY[name].rotation.immediate;
  return id === undefined
    ? []
    : [info(`rotation.${name} ${JSON.stringify(id)}: will be replaced at once; ${interrupts}`)];
}

/** How far a rotation of all is, and why CAs that are under way stay where they are. */
function stepReport(outputs: StoredSecrets, { all }: UpdatePlan): Info[] {
  if (all?.step === undefined) return [];
  const { number, of, resting } = all.step;
  const stays = resting.map(
    ({ name, until }) =>
      `; ${authorityTitle(name)} stays at ${readStagedStatus(outputs, name).position} until step ${until}`,
  );
  return [
    info(
      `rotation.all ${JSON.stringify(all.id)}: step ${number} of ${of}${number === of ? ", the last" : ""}${stays.join("")}`,
    ),
  ];
}

/** Moves that are in force on a control plane once it has rebooted, and the stage that they are for. */
const REBOOTS: { readonly [Action in RotationAction]?: "accept" | "finish" } = {
  begin: "accept",
  finish: "finish",
  abort: "accept",
};

function rebootsFor(name: StagedName, action: RotationAction): string {
  const { [action]: stage } = REBOOTS;
  const isReboot = stage !== undefined && AUTHORITIES[name].restarts[stage] === "reboot";
  return isReboot ? "; every control plane reboots for it, one after the other" : "";
}

function stagedReport(outputs: StoredSecrets, plan: UpdatePlan, name: StagedName): Info[] {
  const { action, state, supplied, isUnknown, gate, isAutomatic } = plan.staged[name];
  const before = readStagedStatus(outputs, name);
  if (action === "none") return abortedReport(plan, name, before);
  if (action === "replace") return [];
  const { noun } = AUTHORITIES[name];
  const { issuing = `the present ${noun}`, accepted } = before;
  const next = supplied?.part.fingerprint ?? (isUnknown ? `a ${noun} that is unknown` : undefined);
  const trust = describeMove(
    action,
    issuing,
    accepted[0] ?? "?",
    next ?? (action === "begin" ? `a new ${noun}, made in this update` : "?"),
  );
  const label = `rotation.${name} ${JSON.stringify(state.id)}`;
  if (isAutomatic && gate !== undefined && isHeldBack(gate, before.position)) {
    return [
      info(`${label}: stays at ${before.position}, as no node was in nodes at the last update; the next one asks`),
    ];
  }
  const condition =
    gate === undefined ? "" : describeGate(name, gate, action, before.position) + graceOf(plan, name, before);
  const unasked = gate === undefined ? undefined : describeUnasked(gate);
  return [
    info(`${label}: ${before.position} -> ${state.position}${condition}: ${trust}${rebootsFor(name, action)}`),
    ...(unasked === undefined ? [] : [info(unasked)]),
  ];
}

/** For how long a service account key that has signed tokens stays, too. */
function graceOf(
  { staged, requests: { tokenGraceMs } }: UpdatePlan,
  name: StagedName,
  { accepted, retired }: StagedStatus,
): string {
  const { action } = staged[name];
  const goesBack = action === "abort" && accepted.some((fingerprint) => retired.includes(fingerprint));
  if (name !== "serviceAccount" || tokenGraceMs === 0 || !(action === "finish" || goesBack)) return "";
  const stays = goesBack ? "old" : "new";
  return `, and the last API server has signed with the ${stays} key for ${formatPeriod(tokenGraceMs)}`;
}

/** An own CA beside the aborted rotation that would have taken it: it looks as if it were in use. */
function abortedReport(plan: UpdatePlan, name: StagedName, before: StagedStatus): Info[] {
  const secret = stagedSecretOf(plan.supplied.bundle, name);
  const own = secret === undefined ? undefined : publicParts(secret)[0]?.fingerprint;
  if (own === undefined || before.fingerprints.includes(own) || !isAborted(plan.requests.staged[name], before))
    return [];
  return [
    info(
      `${INVENTORY[name].input}: is not in use, as rotation ${JSON.stringify(before.id)}, which would have taken it, was aborted; leave it out, or rotate to it with a new id`,
    ),
  ];
}

/** @param next the CA that the move brings in */
function describeMove(action: RotationAction, issuing: string, other: string, next: string): string {
  switch (action) {
    case "begin":
      return `issuing stays ${issuing}, accepted will be ${next}`;
    case "swap":
    case "unswap":
      return `issuing will be ${other}, accepted will be ${issuing}`;
    case "finish":
      return `issuing stays ${issuing}, ${other} is accepted no more and its key leaves the outputs (older versions of the state keep it)`;
    case "abort":
      return `issuing stays ${issuing}, ${other} is dropped`;
    case "takeOver":
      return `issuing will be ${next}, which the nodes have already, instead of ${issuing}`;
    case "replace":
    case "none":
      return "";
  }
}

/** Keys that come into use, and those in use, of kinds that do not work. */
function keyReports(outputs: StoredSecrets, plan: UpdatePlan, inputs: SecretsInputs): readonly Warning[] {
  const version = parseTalosVersion(plan.talosVersion);
  return STAGED.flatMap((name): readonly Warning[] => {
    const { action, supplied, state } = plan.staged[name];
    const { input } = INVENTORY[name];
    if (supplied !== undefined) {
      const { secret, path } = supplied;
      const key = secret instanceof DecodedCA ? secret.privateKey : secret.value;
      return judgeKey(name, key?.algorithm, version, path).warnings;
    }
    if (plan.made.includes(name)) {
      const asked = isCAName(name) ? caInput(inputs, name) : inputs.serviceAccount;
      const algorithm = isKnown(asked) ? knownOr(asked?.algorithm) : undefined;
      const path = isCAName(name) ? `${input}.algorithm` : "serviceAccount.algorithm";
      return judgeKey(name, algorithm, version, path).warnings;
    }
    if (!isCAName(name)) return [];
    // One that is about to leave needs no more than to be let go.
    const stays = action !== "swap" && action !== "unswap" && state.position !== "accept";
    const { algorithm } = outputs.certificateAuthorities?.[name] ?? {};
    return stays ? unusableKeyWarnings(name, algorithm, version, input) : [];
  });
}
