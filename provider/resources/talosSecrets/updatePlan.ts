import type { Problem, Warning } from "../../core/errors";
import { isUnderWay } from "../../core/lifecycle/rotation";
import { type OrderRequest, type OrderStep, planRotationOrder } from "../../core/lifecycle/rotationOrder";
import { DecodedCA } from "../../core/secrets/decodedPem";
import {
  isCAName,
  ONLY_IMMEDIATE,
  type OnlyImmediateName,
  STAGED,
  type StagedName,
} from "../../core/secrets/inventory";
import { hasFeature, parseTalosVersion } from "../../core/talosVersion";
import type { Context } from "../../engine/ports";
import { knownOr } from "../../engine/unknown";
import { type Gate, type NodesInputs, watchOf } from "./askedNodes";
import { changedSecrets } from "./changedSecrets";
import type { SecretsInputs } from "./inputs";
import { clockProblems } from "./lifetimes";
import { byStagedCA } from "./names";
import type { StoredSecrets } from "./outputs";
import { readRequests, type RotationRequests } from "./requests";
import { planStaged, type StagedPlan } from "./stagedPlan";
import { readImmediateIds, readStagedStatus, rotationState } from "./state";
import { readSupplied, type SuppliedSecrets } from "./supplied";
import { tryEach } from "./trial";

/** A step of a rotation of all CAs. */
export interface OrderedPlan extends OrderRequest {
  /** CAs and keys that move. */
  readonly moving: readonly StagedName[];
  /** Where this update is on the way; absent on the way back, and where nothing moves. */
  readonly step?: OrderStep;
  /** Who shows those that are under way and stay: a step waits for them too. */
  readonly watched: { readonly [Name in StagedName]?: Gate };
}

/** What an update would do, as data. */
export interface UpdatePlan {
  readonly requests: RotationRequests;
  readonly staged: Readonly<Record<StagedName, StagedPlan>>;
  /** The step of a rotation of all, where one is asked for. */
  readonly all?: OrderedPlan;
  /** Secrets to replace at once that have no stages. */
  readonly immediate: readonly OnlyImmediateName[];
  /** CAs and keys that are made. */
  readonly made: readonly StagedName[];
  readonly talosVersion: string;
  /** Values that the program supplies, which a rotation takes. */
  readonly supplied: SuppliedSecrets;
  readonly changes: boolean;
  /** What there is to know of the CAs that it takes. */
  readonly warnings: readonly Warning[];
}

/** Plans an update: reads the state's plain outputs and, where values are supplied, the secrets that they must match. */
export async function planUpdate(
  outputs: StoredSecrets,
  inputs: SecretsInputs,
  before: Pick<SecretsInputs, "nodes">,
  context: Context,
  problems: Problem[],
): Promise<UpdatePlan> {
  const now = context.environment.now();
  const talosVersion = knownOr(inputs.talosVersion) ?? outputs.talosVersion ?? "";
  const version = parseTalosVersion(talosVersion);
  const asked = readRequests(inputs, version, context, problems);
  const nodes: NodesInputs = { now: inputs.nodes, before: before.nodes };
  const { requests, all } = orderRequests(asked, outputs, nodes, problems);
  // What the state has is in use, whatever a rule of an older version says of it.
  const judged = hasFeature(version, "anyOsAuthorityAlgorithm") ? version : undefined;
  const supplied = readSupplied(inputs, { version: judged, now: undefined }, context, problems);
  const ids = readImmediateIds(outputs);
  const immediate = ONLY_IMMEDIATE.filter(
    (name) => requests.immediate[name] !== undefined && requests.immediate[name] !== ids[name],
  );
  const staged = byStagedCA((name) =>
    planStaged(name, { outputs, requests, inputs, supplied, nodes, now, decoding: context }, problems),
  );
  problems.push(...changedSecrets(supplied.bundle, outputs, immediate, requests, context));
  const trial = await tryEach(
    STAGED.flatMap((name) => {
      const secret = staged[name].supplied?.secret;
      return isCAName(name) && secret instanceof DecodedCA ? [{ name, ca: secret }] : [];
    }),
    context,
  );
  problems.push(...trial.problems);
  const made = STAGED.filter((name) => {
    const { action, isUnknown, supplied: taken } = staged[name];
    return (action === "begin" || action === "replace") && !isUnknown && taken === undefined;
  });
  if (made.length > 0) problems.push(...clockProblems(outputs, now));
  const plan = {
    requests,
    staged,
    ...(all === undefined ? {} : { all }),
    immediate,
    made,
    talosVersion,
    supplied,
    warnings: trial.warnings,
  };
  return { ...plan, changes: hasChanges(plan, outputs.talosVersion) };
}

/** A rotation of all as requests for each. */
function orderRequests(
  requests: RotationRequests,
  outputs: StoredSecrets,
  nodes: NodesInputs,
  problems: Problem[],
): { readonly requests: RotationRequests; readonly all?: OrderedPlan } {
  if (requests.all === undefined) return { requests };
  const states = byStagedCA((name) => rotationState(readStagedStatus(outputs, name)));
  const order = planRotationOrder(states, requests.all, "rotation.all");
  problems.push(...order.problems);
  // What cannot be planned leaves everything as it is, and reports no more.
  const unknown = order.problems.length > 0 ? [...new Set([...requests.unknown, ...STAGED])] : requests.unknown;
  const watched = STAGED.filter((name) => isUnderWay(states[name].position) && !order.moving.includes(name));
  const gates = watched.flatMap((name) => {
    const gate = watchOf(name, nodes);
    return gate === undefined ? [] : [[name, gate] as const];
  });
  return {
    requests: { ...requests, staged: order.requests, unknown },
    all: {
      ...requests.all,
      moving: order.moving,
      ...(order.step === undefined ? {} : { step: order.step }),
      watched: Object.fromEntries(gates),
    },
  };
}

/** Whether an update changes anything in the state. */
export function hasChanges(
  { immediate, requests, staged, talosVersion }: Omit<UpdatePlan, "changes">,
  before: string | undefined,
): boolean {
  return (
    immediate.length > 0 ||
    requests.unknown.length > 0 ||
    STAGED.some((name) => staged[name].action !== "none") ||
    talosVersion !== before
  );
}
