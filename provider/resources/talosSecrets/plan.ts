import type { Problem } from "../../core/errors";
import { type PartialSecretsBundle, readBundleTree } from "../../core/secrets/read";
import type { AuthorityName } from "../../core/secrets/types";
import { hasFeature, parseTalosVersion } from "../../core/talosVersion";
import { changedValues } from "./changedValues";
import { type GivenSecrets, readGiven } from "./given";
import { clockProblems, lifetimeProblems } from "./lifetimes";
import { readRequests, type RotationRequests } from "./requests";
import { planStaged, type StagedPlan } from "./stagedPlan";
import { IMMEDIATE, type ImmediateName, readImmediateIds, STAGED, type StagedName } from "./state";
import type { Values } from "../definition";

/** What an update would do, as data. */
export interface SecretsPlan {
  readonly requests: RotationRequests;
  readonly staged: Readonly<Record<StagedName, StagedPlan>>;
  /** Values to replace at once. */
  readonly immediate: readonly ImmediateName[];
  /** Authorities that are made. */
  readonly made: readonly AuthorityName[];
  readonly talosVersion: string;
  /** Values given as inputs, which a rotation takes. */
  readonly given: PartialSecretsBundle;
  /** Authorities of one's own among them. */
  readonly authorities: GivenSecrets["authorities"];
  readonly changes: boolean;
  readonly problems: readonly Problem[];
}

/**
 * Plans an update: reads the state's plain outputs and, where values are given, the secrets they must agree with.
 *
 * @param outputs outputs in the state
 * @param inputs inputs under the names that a program uses
 */
export function planUpdate(outputs: Values, inputs: Values, now: Date): SecretsPlan {
  const problems: Problem[] = [];
  const talosVersion = String(inputs["talosVersion"] ?? outputs["talosVersion"]);
  const version = parseTalosVersion(talosVersion);
  const requests = readRequests(inputs, version, problems);
  const given = readGiven(
    inputs,
    hasFeature(version, "anyOsAuthorityAlgorithm") ? version : undefined,
    undefined,
    problems,
  );
  const current = readBundleTree((outputs["secrets"] ?? {}) as Values, "").bundle;
  const ids = readImmediateIds(outputs);
  const immediate = IMMEDIATE.filter(
    (name) => requests.immediate[name] !== undefined && requests.immediate[name] !== ids[name],
  );
  const staged = Object.fromEntries(
    STAGED.map((name) => [name, planStaged(outputs, requests, given, name, now, problems)]),
  ) as unknown as Record<StagedName, StagedPlan>;
  problems.push(...changedValues(given.bundle, current, immediate, requests.unknown));
  const changes =
    immediate.length > 0 ||
    requests.unknown.length > 0 ||
    STAGED.some((name) => staged[name].action !== "none") ||
    talosVersion !== outputs["talosVersion"];
  const { bundle, authorities } = given;
  const { aggregator } = authorities;
  const takesAggregator = immediate.includes("aggregator");
  if (takesAggregator && aggregator !== undefined)
    problems.push(...lifetimeProblems(aggregator.certificate, now, "certificateAuthorities.aggregator.certificatePem"));
  const made: AuthorityName[] = [
    ...STAGED.filter((name) => staged[name].action === "begin" && !staged[name].awaits && !staged[name].brought),
    ...(takesAggregator && aggregator === undefined && !given.unknown.includes("aggregator")
      ? (["aggregator"] as const)
      : []),
  ];
  if (made.length > 0) problems.push(...clockProblems(outputs, now));
  return {
    requests,
    staged,
    immediate,
    made,
    talosVersion,
    given: bundle,
    authorities,
    changes,
    problems,
  };
}
