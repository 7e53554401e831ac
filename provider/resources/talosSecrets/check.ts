import { collectProblems, describeProblem, type Diagnostic, type Problem } from "../../core/errors";
import { AUTHORITY_NAMES, BUNDLE_KEYS } from "../../core/secrets/authority";
import { valueAt } from "../../core/secrets/fields";
import { NEWEST_TALOS_VERSION, parseTalosVersion, type TalosVersion } from "../../core/talosVersion";
import type { CheckVerdict, Host, Values } from "../definition";
import { checkProperties, wellFormed } from "../schema";
import { holdsUnknown } from "../wire";
import { lateAdoption, mergeGiven, readAdopted } from "./adopt";
import { type GivenSecrets, readGiven } from "./given";
import { ADOPT_INPUTS, INPUTS, RENAMED_INPUTS } from "./inputs";
import { adoptedKeyWarnings } from "./keyLimits";
import { shortWarnings } from "./lifetimes";
import { readRequests } from "./requests";
import { sharedInBundle } from "./sharedAuthorities";

/** Checks the inputs; what depends on the state (moves of a rotation, changed values) is for diff. */
export async function check(olds: Values, news: Values, host: Host): Promise<CheckVerdict> {
  const { etcd, ...rotation } = (news["rotation"] ?? {}) as Record<string, unknown>;
  const given = etcd === undefined ? news : { ...news, rotation };
  const problems: Problem[] = checkProperties(given, INPUTS);
  const known = wellFormed(given, INPUTS, problems);
  if (etcd !== undefined) problems.push(ETCD_ROTATION);
  const creates = Object.keys(olds).length === 0;
  const inputs: Record<string, unknown> = {
    ...known,
    talosVersion: known["talosVersion"] ?? olds["talosVersion"] ?? NEWEST_TALOS_VERSION,
  };
  for (const [name, kept] of Object.entries(RENAMED_INPUTS)) {
    if (known[name] !== undefined) inputs[kept] = known[name];
    Reflect.deleteProperty(inputs, name);
  }
  const version = holdsUnknown(inputs["talosVersion"])
    ? undefined
    : collectProblems(problems, () => parseTalosVersion(String(inputs["talosVersion"])));
  if (version !== undefined) inputs["talosVersion"] = spell(version, olds["talosVersion"]);
  const now = host.environment.now();
  const values = readGiven(known, version, creates ? now : undefined, problems);
  const notices = values.warnings.map(describeProblem);
  if (creates) {
    problems.push(...creationProblems(known));
    notices.push(...(await checkCreation(known, values, version, host, problems)).map(describeProblem));
  } else notices.push(...lateAdoption(olds, known));
  problems.push(...doubledProblems(olds, inputs));
  readRequests(known, version, problems);
  return { inputs, problems, notices };
}

/** A version as the outputs have it. What a state has in another spelling stays: the same version is no change. */
function spell(version: TalosVersion, kept: unknown): string {
  const name = ({ contract, release }: TalosVersion): string => release ?? contract;
  const before = typeof kept === "string" ? collectProblems([], () => parseTalosVersion(kept)) : undefined;
  return before !== undefined && name(before) === name(version) ? String(kept) : name(version);
}

/** Reads what is adopted, and warns of what does not fit together. */
async function checkCreation(
  known: Values,
  values: GivenSecrets,
  version: TalosVersion | undefined,
  host: Host,
  problems: Problem[],
): Promise<Diagnostic[]> {
  const adopted = await readAdopted(known, values.bundle, host, problems);
  const merged = mergeGiven(adopted.bundle, values.bundle, problems);
  const [source = ""] = ADOPT_INPUTS.filter((name) => known[name] !== undefined);
  const made = AUTHORITY_NAMES.filter(
    (name) => merged.certs?.[BUNDLE_KEYS[name]] === undefined && !values.unknown.includes(name),
  );
  return [
    ...adopted.warnings,
    ...adoptedKeyWarnings(adopted.bundle, version, source),
    ...sharedInBundle(merged, (name) =>
      values.authorities[name] === undefined
        ? `${source}.certs.${BUNDLE_KEYS[name].toLowerCase()}.crt`
        : `certificateAuthorities.${name}.certificatePem`,
    ),
    ...shortWarnings(known, made),
  ];
}

/** Options of what is made, beside what is given in its place; what an older version has let in stays. */
function doubledProblems(olds: Values, news: Values): Problem[] {
  const rows = [
    ...AUTHORITY_NAMES.map((name) => ({
      at: [RENAMED_INPUTS["certificateAuthorities"]!, name],
      path: `certificateAuthorities.${name}`,
      given: "certificatePem",
      options: ["algorithm", "validityPeriodHours"],
    })),
    { at: ["serviceAccount"], path: "serviceAccount", given: "privateKeyPem", options: ["algorithm"] },
  ];
  return rows.flatMap(({ at, path, given, options }) =>
    options
      .filter((option) => {
        const isDoubled = (inputs: Values): boolean =>
          valueAt(inputs, [...at, given]) !== undefined && valueAt(inputs, [...at, option]) !== undefined;
        return isDoubled(news) && !isDoubled(olds);
      })
      .map((option): Problem => ({
        code: "ERR_INPUT_INVALID",
        path: `${path}.${option}`,
        message: `is given beside ${given}, and nothing is made there; expected one of the two`,
      })),
  );
}

const ETCD_ROTATION: Problem = {
  code: "ERR_ROTATION_ILLEGAL",
  path: "rotation.etcd",
  message:
    "the etcd authority cannot be rotated: Talos has no accepted authorities for etcd, so its members would lock each other out; leave it out",
};

/** At creation there is nothing to rotate; a finished rotation is merely noted. */
function creationProblems(news: Values): Problem[] {
  const rotation = (news["rotation"] ?? {}) as Record<
    string,
    string | { stage?: unknown; certificatePem?: unknown } | undefined
  >;
  return ["os", "kubernetes"].flatMap((name): Problem[] => {
    const request = rotation[name];
    const path = `rotation.${name}`;
    if (request === undefined || typeof request === "string" || holdsUnknown(request.stage)) return [];
    if (request.stage !== "finish") {
      return [
        {
          code: "ERR_ROTATION_ILLEGAL",
          path: `${path}.stage`,
          message: `there is nothing to rotate when the secrets are created; expected no rotation, or stage "finish" (a rotation that is over)`,
        },
      ];
    }
    return request.certificatePem === undefined
      ? []
      : [
          {
            code: "ERR_ROTATION_ILLEGAL",
            path: `${path}.certificatePem`,
            message: `at creation an authority of one's own is given in certificateAuthorities.${name}`,
          },
        ];
  });
}
