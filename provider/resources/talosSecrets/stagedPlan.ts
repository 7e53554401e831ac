import type { Problem } from "../../core/errors";
import { AUTHORITIES } from "../../core/lifecycle/authorities";
import {
  automaticStage,
  planRotation,
  type RotationPlan,
  type RotationRequest,
  type RotationState,
} from "../../core/lifecycle/rotation";
import { decodeBundle } from "../../core/secrets/decodedBundle";
import { INVENTORY, isCAName, type StagedName } from "../../core/secrets/inventory";
import { readBundleTree } from "../../core/secrets/read";
import { type PublicPart, publicParts, type StagedSecret, stagedSecretOf } from "../../core/secrets/stagedSecret";
import type { DecodeContext } from "../../engine/decode";
import { isKnown } from "../../engine/unknown";
import { type Gate, gateOf, type NodesInputs } from "./askedNodes";
import type { SecretsInputs } from "./inputs";
import { lifetimeProblems, swapProblems } from "./lifetimes";
import type { StoredSecrets } from "./outputs";
import { quorumProblems, type RotationRequests, type StagedRequest } from "./requests";
import { readStagedStatus, rotationState, type StagedStatus } from "./state";
import type { SuppliedSecrets } from "./supplied";

/** The CA or key that a move takes, and the input that supplies it. */
export interface SuppliedSecret {
  readonly secret: StagedSecret;
  /** What is public of it. */
  readonly part: PublicPart;
  readonly path: string;
}

/** What an update would do to a CA that rotates in stages. */
export interface StagedPlan extends RotationPlan {
  /** The CA or key that begins to be accepted, or is taken over; absent when one is made. */
  readonly supplied?: SuppliedSecret;
  /** Whether one is supplied, or which, a preview does not know. */
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
  /** The program's other inputs. */
  readonly inputs: Pick<SecretsInputs, "serviceAccount">;
  readonly supplied: SuppliedSecrets;
  readonly nodes: NodesInputs;
  readonly now: Date;
  readonly decoding: DecodeContext;
}

/** Plans the next step of one staged rotation. Problems go to the list; with any nothing may be done. */
export function planStaged(
  name: StagedName,
  { outputs, requests, inputs, supplied: values, nodes, now, decoding }: StagedContext,
  problems: Problem[],
): StagedPlan {
  const request = requests.staged[name];
  const own = ownSecret(values, name);
  const status = statusOf(outputs, name, own !== undefined || request?.secret !== undefined, decoding);
  const position = rotationState(status);
  // Which rotation is asked for is unknown: nothing can be said, and nothing rejected.
  if (requests.unknown.includes(name))
    return { action: "none", state: position, problems: [], isUnknown: false, isAutomatic: false };
  const path = `rotation.${name}`;
  const resolved = resolve(request, position);
  const plan = planRotation(position, resolved, path);
  const { action } = plan;
  problems.push(...plan.problems);
  const begins = action === "begin" || action === "takeOver" || action === "replace";
  const supplied = begins ? takenBy(name, plan, resolved, own, status) : undefined;
  problems.push(
    ...(supplied === undefined ? [] : suppliedProblems(supplied, status, now)),
    ...(action === "swap" ? swapProblems(outputs, name, now, decoding) : []),
    ...(REBOOTING.some((other) => other === action)
      ? quorumProblems(name, requests.all === undefined ? `${path}.stage` : "rotation.all", nodes.now, requests)
      : []),
    ...(begins || plan.problems.length > 0 ? [] : strangerProblems(name, resolved, status)),
    ...ownProblems(name, plan, resolved, own, supplied, status),
  );
  const isUnknown =
    begins && supplied === undefined && (resolved?.bringsAuthority === true || isSupplyUnknown(values, inputs, name));
  const gate = gateOf(name, action, nodes);
  return {
    ...plan,
    isUnknown,
    isAutomatic: requests.all !== undefined || request?.stage === "auto",
    ...(supplied === undefined ? {} : { supplied }),
    ...(gate === undefined ? {} : { gate }),
  };
}

/** Moves on the way forth, after which control planes may have to reboot. The way back is always open. */
const REBOOTING = ["begin", "swap", "finish"] as const;

/** Where a rotation stands; of a key that has not rotated the state has no fingerprint, but the key itself. */
function statusOf(
  outputs: StoredSecrets,
  name: StagedName,
  isCompared: boolean,
  { pems }: DecodeContext,
): StagedStatus {
  const status = readStagedStatus(outputs, name);
  if (status.issuing !== undefined || !isCompared) return status;
  const bundle = decodeBundle(readBundleTree(outputs.secrets ?? {}, "").bundle, undefined, pems);
  const secret = stagedSecretOf(bundle, name);
  const [part] = secret === undefined ? [] : publicParts(secret);
  return part === undefined
    ? status
    : { ...status, issuing: part.fingerprint, fingerprints: [part.fingerprint, ...status.fingerprints] };
}

/** Whether a preview knows if the program supplies one. */
function isSupplyUnknown(
  values: SuppliedSecrets,
  { serviceAccount }: StagedContext["inputs"],
  name: StagedName,
): boolean {
  if (isCAName(name)) return values.unknown.includes(name);
  return !isKnown(serviceAccount) || !isKnown(serviceAccount?.privateKeyPem);
}

/** A request with a stage in place of `auto`. */
type ResolvedRequest = RotationRequest & Pick<StagedRequest, "secret">;

function resolve(request: StagedRequest | undefined, position: RotationState): ResolvedRequest | undefined {
  if (request === undefined) return undefined;
  const { stage, id } = request;
  return { ...request, stage: stage === "auto" ? automaticStage(position, id) : stage };
}

/** The own CA or key among the supplied values. */
function ownSecret({ bundle }: SuppliedSecrets, name: StagedName): SuppliedSecret | undefined {
  const secret = stagedSecretOf(bundle, name);
  const [part] = secret === undefined ? [] : publicParts(secret);
  const { input } = INVENTORY[name];
  return secret === undefined || part === undefined
    ? undefined
    : { secret, part, path: isCAName(name) ? `${input}.certificatePem` : input };
}

/**
 * A rotation takes what is supplied with it, else the new value of the own CA or key. Only what is supplied with it is
 * taken over: to issue at once with what no node trusts yet would lock everybody out.
 */
function takenBy(
  name: StagedName,
  { action }: RotationPlan,
  request: ResolvedRequest | undefined,
  own: SuppliedSecret | undefined,
  status: StagedStatus,
): SuppliedSecret | undefined {
  const { secret } = request ?? {};
  const [part] = secret === undefined ? [] : publicParts(secret);
  if (secret !== undefined && part !== undefined)
    return { secret, part, path: `rotation.${name}.${isCAName(name) ? "certificatePem" : "privateKeyPem"}` };
  return action === "takeOver" || own === undefined || isInState(own, status) ? undefined : own;
}

const isInState = ({ part }: SuppliedSecret, { fingerprints }: StagedStatus): boolean =>
  fingerprints.includes(part.fingerprint);

function suppliedProblems({ part, path }: SuppliedSecret, { issuing }: StagedStatus, now: Date): Problem[] {
  const { certificate, fingerprint } = part;
  return [
    ...(certificate === undefined ? [] : lifetimeProblems(certificate, now, path)),
    ...(fingerprint === issuing
      ? [
          illegal(
            path,
            certificate === undefined
              ? "is the key that signs already; must be another one"
              : "is the CA that issues already; must be another one",
          ),
        ]
      : []),
  ];
}

/** The CA or key may stay beside a rotation that it began; another cannot take its place. */
function strangerProblems(
  name: StagedName,
  request: ResolvedRequest | undefined,
  { position, issuing, accepted }: StagedStatus,
): Problem[] {
  const [part] = request?.secret === undefined ? [] : publicParts(request.secret);
  // What an aborted rotation was supplied with is in no state any more.
  if (part === undefined || position === "abort") return [];
  const next = position === "accept" ? accepted[0] : issuing;
  const { noun } = AUTHORITIES[name];
  return part.fingerprint === next
    ? []
    : [
        illegal(
          `rotation.${name}.${noun === "CA" ? "certificatePem" : "privateKeyPem"}`,
          `differs from the ${noun} that this rotation began with; must be the same one, or none`,
        ),
      ];
}

/** An own CA or key may stay as an input for as long as the state knows it; a new one needs a rotation that takes it. */
function ownProblems(
  name: StagedName,
  plan: RotationPlan,
  request: RotationRequest | undefined,
  own: SuppliedSecret | undefined,
  taken: SuppliedSecret | undefined,
  status: StagedStatus,
): Problem[] {
  if (own === undefined) return [];
  const path = INVENTORY[name].input;
  const { noun } = AUTHORITIES[name];
  const { fingerprint } = own.part;
  if (isInState(own, status)) {
    if (plan.action === "replace" && taken === undefined)
      return [
        changed(
          path,
          `is unchanged although rotation.${name} has a new id; give the new value, or leave the input out to have one made`,
        ),
      ];
    // To bring back what issued before may be meant, and may be a danger: the program must say so.
    const isUnclear = plan.action === "begin" && request?.bringsAuthority === false && fingerprint !== status.issuing;
    const pair = noun === "CA" ? "certificatePem and privateKeyPem" : "privateKeyPem";
    return isUnclear
      ? [
          changed(
            path,
            `is a ${noun} that issued before; to bring it back give it in rotation.${name} too (${pair}), to have a new one made leave it out here`,
          ),
        ]
      : [];
  }
  if (isAborted(request, status)) return [];
  if (taken !== undefined) {
    return taken.part.fingerprint === fingerprint
      ? []
      : [changed(path, `differs from ${taken.path}; must be the same ${noun} in both, or in one of them`)];
  }
  const id = JSON.stringify(status.id);
  const all = noun === "CA" ? "CAs" : "keys";
  return [
    changed(
      path,
      status.position === "accept" || status.position === "swap"
        ? `differs from the ${all} of rotation ${id}, which is under way; finish or abort it first, then rotate to this one`
        : `differs from the ${noun} in the state; to replace it set rotation.${name} to a new id with stage "accept", which takes it, else give the old ${noun}, or none`,
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
