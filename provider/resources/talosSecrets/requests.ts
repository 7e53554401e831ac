import { collectProblems, type Problem } from "../../core/errors";
import { AUTHORITIES, unsupportedReason } from "../../core/lifecycle/authorities";
import type { RotationRequest, RotationStage } from "../../core/lifecycle/rotation";
import type { OrderRequest } from "../../core/lifecycle/rotationOrder";
import { TOKEN_GRACE_MS } from "../../core/lifecycle/rotationProofs";
import { DecodedPem } from "../../core/secrets/decodedPem";
import {
  isCAName,
  ONLY_IMMEDIATE,
  type OnlyImmediateName,
  STAGED,
  type StagedName,
} from "../../core/secrets/inventory";
import { stagedAlgorithm, type StagedSecret } from "../../core/secrets/stagedSecret";
import type { TalosVersion } from "../../core/talosVersion";
import type { DecodeContext } from "../../engine/decode";
import { isKnown, knownOr, type Unknown } from "../../engine/unknown";
import type { PairInput, SecretsInputs } from "./inputs";
import { judgeKey } from "./keyRules";
import { readPair } from "./supplied";

/** A request for a staged rotation, with the CA or key that it supplies; what `auto` asks for depends on the state. */
export interface StagedRequest extends Omit<RotationRequest, "stage"> {
  readonly stage: RotationStage | "auto";
  readonly secret?: StagedSecret;
}

/** What the `rotation` input asks for; what is unknown is left out. */
export interface RotationRequests {
  readonly staged: { readonly [Name in StagedName]?: StagedRequest };
  readonly immediate: { readonly [Name in OnlyImmediateName]?: string };
  /** A rotation of all CAs; then `staged` is empty. */
  readonly all?: OrderRequest;
  /** The etcd CA may rotate without a quorum that stands a reboot. */
  readonly allowsDowntime: boolean;
  /** How long tokens of the old service account key may still be in use, milliseconds. */
  readonly tokenGraceMs: number;
  /** Requests that a preview does not know. */
  readonly unknown: readonly (StagedName | OnlyImmediateName)[];
}

type Rotation = Exclude<SecretsInputs["rotation"], Unknown | undefined>;

/** Reads the `rotation` input, which has the right form. */
export function readRequests(
  { rotation, nodes }: SecretsInputs,
  version: TalosVersion | undefined,
  context: DecodeContext,
  problems: Problem[],
): RotationRequests {
  const none = { staged: {}, immediate: {}, allowsDowntime: false, tokenGraceMs: TOKEN_GRACE_MS };
  if (!isKnown(rotation)) return { ...none, unknown: [...STAGED, ...ONLY_IMMEDIATE] };
  const unknown: (StagedName | OnlyImmediateName)[] = [];
  const staged: { [Name in StagedName]?: StagedRequest } = {};
  for (const name of STAGED) {
    const request = rotation?.[name];
    if (request === undefined) continue;
    const read = readStagedRequest(name, request, { version, nodes, context }, problems);
    if (read === undefined) unknown.push(name);
    else staged[name] = read;
  }
  const immediate: { [Name in OnlyImmediateName]?: string } = {};
  for (const name of ONLY_IMMEDIATE) {
    const request = rotation?.[name];
    if (request === undefined) continue;
    const id = isKnown(request) ? request.id : request;
    if (!isKnown(id)) {
      unknown.push(name);
      continue;
    }
    immediate[name] = id;
    problems.push(...emptyIdProblems(id, `rotation.${name}`, "must be any text"));
  }
  const all = readAll(rotation, { version, nodes }, problems);
  if (all === "unknown") unknown.push(...STAGED.filter((name) => !unknown.includes(name)));
  return {
    staged,
    immediate,
    ...(all === undefined || all === "unknown" ? {} : { all }),
    ...optionsOf(rotation),
    unknown,
  };
}

/** Where a request is read. */
interface Occasion {
  readonly version: TalosVersion | undefined;
  readonly nodes: SecretsInputs["nodes"];
  readonly context: DecodeContext;
}

/** @returns `undefined` for a request that a preview does not know */
function readStagedRequest<Name extends StagedName>(
  name: Name,
  request: NonNullable<Rotation[Name]>,
  { version, nodes, context }: Occasion,
  problems: Problem[],
): StagedRequest | undefined {
  const path = `rotation.${name}`;
  if (!isKnown(request)) return undefined;
  const { id, stage } = request;
  const expected = stage === undefined ? "must be any text" : "must be a name of the rotation, such as 2026-11";
  if (isKnown(id)) problems.push(...emptyIdProblems(id, path, expected));
  if (!isKnown(id) || !isKnown(stage)) return undefined;
  const reason = stage === undefined || version === undefined ? undefined : unsupportedReason(name, version);
  if (reason !== undefined) problems.push({ code: "ERR_ROTATION_ILLEGAL", path, message: reason });
  if (stage === "auto") problems.push(...automaticProblems(`${path}.stage`, nodes));
  const brings = bringsOf(request);
  const secret = readNext(name, brings, path, context, problems);
  if (secret !== undefined)
    problems.push(...judgeKey(name, keyAlgorithm(secret), version, `${path}.privateKeyPem`).problems);
  return {
    id,
    stage: stage ?? "finish",
    ...(stage === undefined ? { isAtOnce: true } : {}),
    bringsAuthority: brings.certificatePem !== undefined || (!isCAName(name) && brings.privateKeyPem !== undefined),
    ...(secret === undefined ? {} : { secret }),
  };
}

/** A CA or key that comes with a request; what a row does not have is absent. */
const bringsOf = (request: object): PairInput => request as PairInput;

/** Rules of keys are of the private one. */
const keyAlgorithm = (secret: StagedSecret): string | undefined =>
  "privateKey" in secret ? secret.privateKey?.algorithm : stagedAlgorithm(secret);

function readNext(
  name: StagedName,
  brings: PairInput,
  path: string,
  context: DecodeContext,
  problems: Problem[],
): StagedSecret | undefined {
  if (isCAName(name)) return readPair(brings, path, context, problems);
  const pem = knownOr(brings.privateKeyPem);
  if (pem === undefined) return undefined;
  const at = `${path}.privateKeyPem`;
  const key = collectProblems(problems, () => context.pems.privateKey(pem, at));
  return key === undefined ? undefined : DecodedPem.of(key.pem, at, key);
}

/** The request for all CAs; it excludes those for single ones. */
function readAll(
  rotation: Rotation | undefined,
  { version, nodes }: Omit<Occasion, "context">,
  problems: Problem[],
): OrderRequest | "unknown" | undefined {
  const request = rotation?.all;
  if (rotation === undefined || request === undefined) return undefined;
  const beside = STAGED.filter((name) => rotation[name] !== undefined);
  problems.push(
    ...beside.map((name): Problem => ({
      code: "ERR_INPUT_INVALID",
      path: `rotation.${name}`,
      message: "is configured beside rotation.all, which rotates it too; configure one of the two",
    })),
  );
  if (!isKnown(request) || !isKnown(request.id) || !isKnown(request.stage)) return "unknown";
  const { id, stage } = request;
  problems.push(...emptyIdProblems(id, "rotation.all", "must be a name of the rotation, such as 2027-01"));
  const reasons = version === undefined ? [] : STAGED.flatMap((name) => unsupportedReason(name, version) ?? []);
  problems.push(
    ...[...new Set(reasons)]
      .slice(0, 1)
      .map((message): Problem => ({ code: "ERR_ROTATION_ILLEGAL", path: "rotation.all", message })),
  );
  if (stage === "auto") problems.push(...automaticProblems("rotation.all.stage", nodes));
  return { id, stage };
}

/** What the requests allow beside the stages. */
function optionsOf(rotation: Rotation | undefined): Pick<RotationRequests, "allowsDowntime" | "tokenGraceMs"> {
  const part = <T extends object>(value: T | Unknown | undefined): Partial<T> => (isKnown(value) ? (value ?? {}) : {});
  const [all, etcd, key] = [part(rotation?.all), part(rotation?.etcd), part(rotation?.serviceAccount)];
  const downtime = [all.allowDowntime, etcd.allowDowntime];
  // What a preview does not know rejects nothing.
  const allowsDowntime = downtime.some((allowed) => allowed === true || !isKnown(allowed));
  const tokenGraceMs = knownOr(all.tokenGracePeriod) ?? knownOr(key.tokenGracePeriod) ?? TOKEN_GRACE_MS;
  return { allowsDowntime, tokenGraceMs };
}

/** How a TalosCluster, which passes its nodes on, calls them. */
const IN_CLUSTER = "(of a TalosCluster: controlPlaneNodes and workerNodes)";

/** Who is to be asked whether the next stage may begin. */
function automaticProblems(path: string, nodes: SecretsInputs["nodes"]): Problem[] {
  if (!isKnown(nodes) || (nodes !== undefined && nodes.length > 0)) return [];
  const message = `is required where ${path} is "auto"; list every node of the cluster ${IN_CLUSTER}`;
  return [{ code: "ERR_INPUT_MISSING", path: "nodes", message }];
}

/**
 * Why the nodes do not allow a stage that takes control planes away, one after the other: etcd needs a majority.
 *
 * @param path of the request
 */
export function quorumProblems(
  name: StagedName,
  path: string,
  nodes: SecretsInputs["nodes"],
  { allowsDowntime }: Pick<RotationRequests, "allowsDowntime">,
): Problem[] {
  const { quorum } = AUTHORITIES[name];
  if (quorum === undefined || allowsDowntime || !isKnown(nodes)) return [];
  const types = (nodes ?? []).map(({ machineType }) => machineType);
  if (types.some((type) => !isKnown(type))) return [];
  const count = types.filter((type) => type === "controlplane").length;
  if (count >= quorum) return [];
  const allowance = `${path.replace(/\.stage$/, "")}.allowDowntime: true`;
  const message = `reboots each control plane, and nodes has ${count === 0 ? "none" : count}, where three keep etcd's majority; list all of them in nodes (of a TalosCluster: controlPlaneNodes), or set ${allowance}, and the cluster is away while one reboots`;
  return [{ code: "ERR_ROTATION_ILLEGAL", path, message }];
}

const emptyIdProblems = (id: string, path: string, expected: string): Problem[] =>
  id.trim() === "" ? [{ code: "ERR_INPUT_MISSING", path: `${path}.id`, message: `is empty; ${expected}` }] : [];
