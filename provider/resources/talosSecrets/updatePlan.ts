import type { Problem, Warning } from "../../core/errors";
import {
  CA_NAMES,
  type CAName,
  IMMEDIATE,
  type ImmediateName,
  STAGED,
  type StagedName,
} from "../../core/secrets/inventory";
import { hasFeature, parseTalosVersion } from "../../core/talosVersion";
import type { Context } from "../../engine/ports";
import { knownOr } from "../../engine/unknown";
import type { NodesInputs } from "./askedNodes";
import { changedSecrets } from "./changedSecrets";
import type { SecretsInputs } from "./inputs";
import { clockProblems, lifetimeProblems } from "./lifetimes";
import { byStagedCA } from "./names";
import type { StoredSecrets } from "./outputs";
import { readRequests, type RotationRequests } from "./requests";
import { planStaged, type StagedPlan } from "./stagedPlan";
import { readImmediateIds } from "./state";
import { readSupplied, type SuppliedSecrets } from "./supplied";
import { tryEach } from "./trial";

/** What an update would do, as data. */
export interface UpdatePlan {
  readonly requests: RotationRequests;
  readonly staged: Readonly<Record<StagedName, StagedPlan>>;
  /** Secrets to replace at once. */
  readonly immediate: readonly ImmediateName[];
  /** CAs that are made. */
  readonly made: readonly CAName[];
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
  const requests = readRequests(inputs, version, context, problems);
  // What the state has is in use, whatever a rule of an older version says of it.
  const judged = hasFeature(version, "anyOsAuthorityAlgorithm") ? version : undefined;
  const supplied = readSupplied(inputs, { version: judged, now: undefined }, context, problems);
  const ids = readImmediateIds(outputs);
  const immediate = IMMEDIATE.filter(
    (name) => requests.immediate[name] !== undefined && requests.immediate[name] !== ids[name],
  );
  const nodes: NodesInputs = { now: inputs.nodes, before: before.nodes };
  const staged = byStagedCA((name) =>
    planStaged(name, { outputs, requests, supplied, nodes, now, decoding: context }, problems),
  );
  problems.push(...changedSecrets(supplied.bundle, outputs, immediate, requests, context));
  const replaced = CA_NAMES.filter((name) => immediate.some((other) => other === name));
  for (const name of replaced) {
    const { certificate, paths } = supplied.bundle.ca(name);
    if (certificate !== undefined) problems.push(...lifetimeProblems(certificate, now, paths.crt));
  }
  const trial = await tryEach(
    [
      ...STAGED.flatMap((name) => {
        const { supplied: taken } = staged[name];
        return taken === undefined ? [] : [{ name, ca: taken.ca }];
      }),
      ...replaced.map((name) => ({ name, ca: supplied.bundle.ca(name) })),
    ],
    context,
  );
  problems.push(...trial.problems);
  const made: CAName[] = [
    ...STAGED.filter((name) => {
      const { action, isUnknown, supplied: taken } = staged[name];
      return action === "begin" && !isUnknown && taken === undefined;
    }),
    ...replaced.filter((name) => !supplied.bundle.ca(name).isPair && !supplied.unknown.includes(name)),
  ];
  if (made.length > 0) problems.push(...clockProblems(outputs, now));
  const plan = { requests, staged, immediate, made, talosVersion, supplied, warnings: trial.warnings };
  return { ...plan, changes: hasChanges(plan, outputs.talosVersion) };
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
