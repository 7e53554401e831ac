import type { Problem } from "../../core/errors";
import { planRotation, type RotationPlan, type RotationRequest } from "../../core/lifecycle/rotation";
import type { Values } from "../definition";
import type { GivenAuthority } from "./authorityInput";
import type { GivenSecrets } from "./given";
import { lifetimeProblems, swapProblems } from "./lifetimes";
import type { RotationRequests } from "./requests";
import { readStagedStatus, rotationState, type StagedName, type StagedStatus } from "./state";

/** The authority that a move takes, and the input that gives it. */
export interface Brought {
  readonly authority: GivenAuthority;
  readonly path: string;
}

/** What an update would do to an authority that rotates in stages. */
export interface StagedPlan extends RotationPlan {
  /** The authority that begins to be accepted, or is taken over; absent when one is made. */
  readonly brought?: Brought;
  /** Whether an authority is brought, or which, a preview does not know. */
  readonly awaits: boolean;
}

/** Plans the next step of one staged rotation. Problems go to the list; with any nothing may be done. */
export function planStaged(
  outputs: Values,
  requests: RotationRequests,
  given: GivenSecrets,
  name: StagedName,
  now: Date,
  problems: Problem[],
): StagedPlan {
  const status = readStagedStatus(outputs, name);
  const position = rotationState(status);
  // Which rotation is asked for is not known: nothing can be said, and nothing refused.
  if (requests.unknown.includes(name)) return { action: "none", state: position, problems: [], awaits: false };
  const request = requests.staged[name];
  const plan = planRotation(position, request, `rotation.${name}`);
  problems.push(...plan.problems);
  const begins = plan.action === "begin" || plan.action === "takeOver";
  const brought = begins ? broughtBy(name, plan, request?.authority, given, status) : undefined;
  problems.push(
    ...(brought === undefined ? [] : broughtProblems(brought, status, now)),
    ...(plan.action === "swap" ? swapProblems(outputs, name, now) : []),
    ...(begins || plan.problems.length > 0 ? [] : strangerProblems(name, request, status)),
    ...ownProblems(name, plan, request, given.authorities[name], brought, status),
  );
  const awaits = begins && brought === undefined && (request?.bringsAuthority === true || given.unknown.includes(name));
  return { ...plan, awaits, ...(brought === undefined ? {} : { brought }) };
}

/**
 * A rotation takes the authority that is given with it, else the new value of the own authority. Only what is given
 * with it is taken over: to issue at once with what no node trusts yet would lock everybody out.
 */
function broughtBy(
  name: StagedName,
  { action }: RotationPlan,
  authority: GivenAuthority | undefined,
  given: GivenSecrets,
  status: StagedStatus,
): Brought | undefined {
  if (authority !== undefined) return { authority, path: `rotation.${name}.certificatePem` };
  const own = given.authorities[name];
  if (action !== "begin" || own === undefined || isKnown(own, status)) return undefined;
  return { authority: own, path: `certificateAuthorities.${name}.certificatePem` };
}

const isKnown = ({ certificate }: GivenAuthority, { fingerprints }: StagedStatus): boolean =>
  fingerprints.includes(certificate.fingerprint);

function broughtProblems({ authority, path }: Brought, { issuing }: StagedStatus, now: Date): Problem[] {
  return [
    ...lifetimeProblems(authority.certificate, now, path),
    ...(authority.certificate.fingerprint === issuing
      ? [illegal(path, "is the authority that issues already; expected another one")]
      : []),
  ];
}

/** The authority may stay beside a rotation that it began; another cannot take its place. */
function strangerProblems(
  name: StagedName,
  request: RotationRequests["staged"][StagedName],
  { position, issuing, accepted }: StagedStatus,
): Problem[] {
  // What an aborted rotation brought is in no state any more.
  if (request?.authority === undefined || position === "abort") return [];
  const next = position === "accept" ? accepted[0] : issuing;
  return request.authority.certificate.fingerprint === next
    ? []
    : [
        illegal(
          `rotation.${name}.certificatePem`,
          "differs from the authority that this rotation began with; expected the same one, or none",
        ),
      ];
}

/** An own authority may stay as an input for as long as the state knows it; a new one needs a rotation that takes it. */
function ownProblems(
  name: StagedName,
  plan: RotationPlan,
  request: RotationRequest | undefined,
  own: GivenAuthority | undefined,
  brought: Brought | undefined,
  status: StagedStatus,
): Problem[] {
  if (own === undefined) return [];
  const path = `certificateAuthorities.${name}`;
  const { fingerprint } = own.certificate;
  if (isKnown(own, status)) {
    // To bring back what issued before may be meant, and may be a danger: it is to be said.
    const isUnclear = plan.action === "begin" && request?.bringsAuthority === false && fingerprint !== status.issuing;
    return isUnclear
      ? [
          changed(
            path,
            `is an authority that issued before; to bring it back give it in rotation.${name} too (certificatePem and privateKeyPem), to have a new one made leave it out here`,
          ),
        ]
      : [];
  }
  if (isAborted(request, status)) return [];
  if (brought !== undefined) {
    return brought.authority.certificate.fingerprint === fingerprint
      ? []
      : [changed(path, `differs from ${brought.path}; expected the same authority in both, or in one of them`)];
  }
  const id = JSON.stringify(status.id);
  return [
    changed(
      path,
      status.position === "accept" || status.position === "swap"
        ? `differs from the authorities of rotation ${id}, which is under way; finish or abort it first, then rotate to this one`
        : `differs from the authority in the state; to replace it set rotation.${name} to a new id with stage "accept", which takes it, else give the old authority, or none`,
    ),
  ];
}

/** The program still names a rotation that was aborted, and with it what it would have taken. */
export function isAborted(request: RotationRequest | undefined, { position, id }: StagedStatus): boolean {
  return position === "abort" && request?.stage === "abort" && request.id === id;
}

const illegal = (path: string, message: string): Problem => ({ code: "ERR_ROTATION_ILLEGAL", path, message });
const changed = (path: string, message: string): Problem => ({ code: "ERR_SECRET_CHANGED", path, message });
