import type { Problem } from "../../core/errors";
import {
  automaticStage,
  planRotation,
  type RotationPlan,
  type RotationRequest,
  type RotationState,
} from "../../core/lifecycle/rotation";
import type { DecodedCA } from "../../core/secrets/decodedPem";
import type { StagedName } from "../../core/secrets/inventory";
import type { Certificate } from "../../core/x509/certificate";
import type { DecodeContext } from "../../engine/decode";
import { type Gate, gateOf, type NodesInputs } from "./askedNodes";
import { lifetimeProblems, swapProblems } from "./lifetimes";
import type { StoredSecrets } from "./outputs";
import type { RotationRequests, StagedRequest } from "./requests";
import { readStagedStatus, rotationState, type StagedStatus } from "./state";
import type { SuppliedSecrets } from "./supplied";

/** The CA that a move takes, and the input that supplies it. */
export interface SuppliedCA {
  readonly ca: DecodedCA;
  readonly certificate: Certificate;
  readonly path: string;
}

/** What an update would do to a CA that rotates in stages. */
export interface StagedPlan extends RotationPlan {
  /** The CA that begins to be accepted, or is taken over; absent when one is made. */
  readonly supplied?: SuppliedCA;
  /** Whether a CA is supplied, or which, a preview does not know. */
  readonly isUnknown: boolean;
  /** The stage was chosen by `auto`. */
  readonly isAutomatic: boolean;
  /** Who is asked before the move. */
  readonly gate?: Gate;
}

/** What a staged rotation is planned from. */
export interface StagedContext {
  readonly outputs: StoredSecrets;
  readonly requests: RotationRequests;
  readonly supplied: SuppliedSecrets;
  readonly nodes: NodesInputs;
  readonly now: Date;
  readonly decoding: DecodeContext;
}

/** Plans the next step of one staged rotation. Problems go to the list; with any nothing may be done. */
export function planStaged(
  name: StagedName,
  { outputs, requests, supplied: values, nodes, now, decoding }: StagedContext,
  problems: Problem[],
): StagedPlan {
  const status = readStagedStatus(outputs, name);
  const position = rotationState(status);
  // Which rotation is asked for is unknown: nothing can be said, and nothing rejected.
  if (requests.unknown.includes(name))
    return { action: "none", state: position, problems: [], isUnknown: false, isAutomatic: false };
  const request = resolve(requests.staged[name], position);
  const plan = planRotation(position, request, `rotation.${name}`);
  problems.push(...plan.problems);
  const begins = plan.action === "begin" || plan.action === "takeOver";
  const own = ownCA(values, name);
  const supplied = begins ? takenBy(name, plan, request, own, status) : undefined;
  problems.push(
    ...(supplied === undefined ? [] : suppliedProblems(supplied, status, now)),
    ...(plan.action === "swap" ? swapProblems(outputs, name, now, decoding) : []),
    ...(begins || plan.problems.length > 0 ? [] : strangerProblems(name, request, status)),
    ...ownProblems(name, plan, request, own, supplied, status),
  );
  const isUnknown =
    begins && supplied === undefined && (request?.bringsAuthority === true || values.unknown.includes(name));
  // The other CAs have no judge of what nodes show.
  const gate = name === "os" ? gateOf(plan.action, nodes) : undefined;
  return {
    ...plan,
    isUnknown,
    isAutomatic: requests.staged[name]?.stage === "auto",
    ...(supplied === undefined ? {} : { supplied }),
    ...(gate === undefined ? {} : { gate }),
  };
}

/** A request with a stage in place of `auto`. */
type ResolvedRequest = RotationRequest & Pick<StagedRequest, "ca">;

function resolve(request: StagedRequest | undefined, position: RotationState): ResolvedRequest | undefined {
  if (request === undefined) return undefined;
  const { stage, id } = request;
  return { ...request, stage: stage === "auto" ? automaticStage(position, id) : stage };
}

/** The own CA among the supplied values. */
function ownCA({ bundle }: SuppliedSecrets, name: StagedName): SuppliedCA | undefined {
  const ca = bundle.ca(name);
  const { certificate } = ca;
  return certificate === undefined
    ? undefined
    : { ca, certificate, path: `certificateAuthorities.${name}.certificatePem` };
}

/**
 * A rotation takes the CA that is supplied with it, else the new value of the own CA. Only what is supplied with it is
 * taken over: to issue at once with what no node trusts yet would lock everybody out.
 */
function takenBy(
  name: StagedName,
  { action }: RotationPlan,
  request: ResolvedRequest | undefined,
  own: SuppliedCA | undefined,
  status: StagedStatus,
): SuppliedCA | undefined {
  const { ca } = request ?? {};
  const certificate = ca?.certificate;
  if (ca !== undefined && certificate !== undefined)
    return { ca, certificate, path: `rotation.${name}.certificatePem` };
  return action !== "begin" || own === undefined || isInState(own, status) ? undefined : own;
}

const isInState = ({ certificate }: SuppliedCA, { fingerprints }: StagedStatus): boolean =>
  fingerprints.includes(certificate.fingerprint);

function suppliedProblems({ certificate, path }: SuppliedCA, { issuing }: StagedStatus, now: Date): Problem[] {
  return [
    ...lifetimeProblems(certificate, now, path),
    ...(certificate.fingerprint === issuing
      ? [illegal(path, "is the CA that issues already; must be another one")]
      : []),
  ];
}

/** The CA may stay beside a rotation that it began; another cannot take its place. */
function strangerProblems(
  name: StagedName,
  request: ResolvedRequest | undefined,
  { position, issuing, accepted }: StagedStatus,
): Problem[] {
  const certificate = request?.ca?.certificate;
  // What an aborted rotation was supplied with is in no state any more.
  if (certificate === undefined || position === "abort") return [];
  const next = position === "accept" ? accepted[0] : issuing;
  return certificate.fingerprint === next
    ? []
    : [
        illegal(
          `rotation.${name}.certificatePem`,
          "differs from the CA that this rotation began with; must be the same one, or none",
        ),
      ];
}

/** An own CA may stay as an input for as long as the state knows it; a new one needs a rotation that takes it. */
function ownProblems(
  name: StagedName,
  plan: RotationPlan,
  request: RotationRequest | undefined,
  own: SuppliedCA | undefined,
  taken: SuppliedCA | undefined,
  status: StagedStatus,
): Problem[] {
  if (own === undefined) return [];
  const path = `certificateAuthorities.${name}`;
  const { fingerprint } = own.certificate;
  if (isInState(own, status)) {
    // To bring back what issued before may be meant, and may be a danger: the program must say so.
    const isUnclear = plan.action === "begin" && request?.bringsAuthority === false && fingerprint !== status.issuing;
    return isUnclear
      ? [
          changed(
            path,
            `is a CA that issued before; to bring it back give it in rotation.${name} too (certificatePem and privateKeyPem), to have a new one made leave it out here`,
          ),
        ]
      : [];
  }
  if (isAborted(request, status)) return [];
  if (taken !== undefined) {
    return taken.certificate.fingerprint === fingerprint
      ? []
      : [changed(path, `differs from ${taken.path}; must be the same CA in both, or in one of them`)];
  }
  const id = JSON.stringify(status.id);
  return [
    changed(
      path,
      status.position === "accept" || status.position === "swap"
        ? `differs from the CAs of rotation ${id}, which is under way; finish or abort it first, then rotate to this one`
        : `differs from the CA in the state; to replace it set rotation.${name} to a new id with stage "accept", which takes it, else give the old CA, or none`,
    ),
  ];
}

/** The program still names a rotation that was aborted, and with it what it would have taken. */
export function isAborted(
  request: Pick<StagedRequest, "id" | "stage"> | undefined,
  { position, id }: StagedStatus,
): boolean {
  return position === "abort" && request?.stage === "abort" && request.id === id;
}

const illegal = (path: string, message: string): Problem => ({ code: "ERR_ROTATION_ILLEGAL", path, message });
const changed = (path: string, message: string): Problem => ({ code: "ERR_SECRET_CHANGED", path, message });
