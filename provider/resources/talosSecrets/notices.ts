import { describeProblem } from "../../core/errors";
import type { RotationAction } from "../../core/lifecycle/rotation";
import { AUTHORITY_NAMES } from "../../core/secrets/authority";
import { lifetimeWarnings } from "../../core/secrets/validate";
import type { Values } from "../definition";
import type { SecretsPlan } from "./plan";
import { type ImmediateName, readStagedStatus, STAGED, type StagedName } from "./state";

/** What an immediate rotation interrupts. */
const INTERRUPTIONS: Readonly<Record<ImmediateName, string>> = {
  aggregator: "aggregated Kubernetes APIs (metrics and the like) fail until every control plane has its new config",
  serviceAccount:
    "every service account token issued so far is refused once the control planes have their new config; restart the pods that hold one",
  bootstrapToken: "nodes that have not joined yet cannot join with their old config",
  trustdToken: "workers cannot renew their API certificate until they and every control plane have their new config",
};

/** What a person should read before an update: rotations, what they interrupt, authorities near their end. */
export function planNotices(outputs: Values, plan: SecretsPlan, now: Date): string[] {
  return [
    ...STAGED.flatMap((name) => stagedNotice(outputs, plan, name)),
    ...plan.immediate.map(
      (name) =>
        `rotation.${name} ${JSON.stringify(plan.requests.immediate[name])}: will be replaced at once; ${INTERRUPTIONS[name]}`,
    ),
    ...lifetimeNotices(outputs, now),
  ];
}

function stagedNotice(outputs: Values, plan: SecretsPlan, name: StagedName): string[] {
  const { action, state } = plan.staged[name];
  if (action === "none") return [];
  const before = readStagedStatus(outputs, name);
  const [issuing = "?", other] = before.fingerprints;
  const brought = plan.requests.staged[name]?.authority?.certificate.fingerprint;
  const trust = describeMove(action, issuing, brought ?? other ?? "?", brought);
  return [`rotation.${name} ${JSON.stringify(state.id)}: ${before.position} -> ${state.position}: ${trust}`];
}

function describeMove(action: RotationAction, issuing: string, other: string, brought: string | undefined): string {
  switch (action) {
    case "begin":
      return `issuing stays ${issuing}, accepted will be ${brought ?? "a new authority, made in this update"}`;
    case "swap":
    case "unswap":
      return `issuing will be ${other}, accepted will be ${issuing}`;
    case "finish":
      return `issuing stays ${issuing}, ${other} is accepted no more and its key leaves the outputs (older versions of the state keep it)`;
    case "abort":
      return `issuing stays ${issuing}, ${other} is dropped`;
    case "takeOver":
      return `issuing will be ${brought ?? "?"}, which the nodes have already, instead of ${issuing}`;
    case "none":
      return "";
  }
}

function lifetimeNotices(outputs: Values, now: Date): string[] {
  const authorities = (outputs["certificateAuthorities"] ?? {}) as Record<
    string,
    { notBefore: string; notAfter: string } | undefined
  >;
  return AUTHORITY_NAMES.flatMap((name) => {
    const info = authorities[name];
    if (info === undefined) return [];
    const validity = { notBefore: new Date(info.notBefore), notAfter: new Date(info.notAfter) };
    return lifetimeWarnings(validity, now, `certificateAuthorities.${name}`).map(describeProblem);
  });
}
