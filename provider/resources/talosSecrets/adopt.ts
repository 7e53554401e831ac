import { collectProblems, type Problem } from "../../core/errors";
import { AUTHORITY_NAMES, BUNDLE_KEYS } from "../../core/secrets/authority";
import { parseSecretsBundle } from "../../core/secrets/codec";
import { bundleFromControlPlaneConfig } from "../../core/secrets/controlPlaneConfig";
import { BUNDLE_FIELDS, setAt, type Tree, valueAt } from "../../core/secrets/fields";
import { KUBERNETES_PKI_FILES, readKubernetesPki } from "../../core/secrets/kubernetesPki";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import { validateSecretsBundle } from "../../core/secrets/validate";
import type { Host, Values } from "../definition";
import { holdsUnknown } from "../wire";
import { VALUE_INPUTS } from "./given";
import { ADOPT_INPUTS, RENAMED_INPUTS } from "./inputs";

export interface Adopted {
  readonly bundle: PartialSecretsBundle;
  readonly unknown: Tree;
  readonly warnings: readonly Problem[];
}

const NOTHING: Adopted = { bundle: {}, unknown: {}, warnings: [] };

/**
 * Reads what is adopted; nothing when no adopt input is given or a preview does not know it.
 *
 * @param beside what other inputs give: it fills what a file lacks
 */
export async function readAdopted(
  inputs: Values,
  beside: PartialSecretsBundle,
  host: Host,
  problems: Problem[],
): Promise<Adopted> {
  const given = ADOPT_INPUTS.filter((name) => inputs[name] !== undefined);
  const [first, second] = given;
  if (first === undefined) return NOTHING;
  if (second !== undefined) {
    problems.push({
      code: "ERR_INPUT_INVALID",
      path: second,
      message: `is given beside ${first}; expected one way to adopt`,
    });
    return NOTHING;
  }
  const value = String(inputs[first]);
  if (holdsUnknown(value)) return NOTHING;
  const now = host.environment.now();
  const options = { now, path: first, given: beside };
  switch (first) {
    case "secretsYaml":
      return collectFound(inputs, problems, () => parseSecretsBundle(value, options)) ?? NOTHING;
    case "controlPlaneConfig": {
      const read = collectFound(inputs, problems, () => bundleFromControlPlaneConfig(value, options));
      return read === undefined ? NOTHING : { ...read, unknown: {} };
    }
    case "kubernetesPkiDirectory": {
      const files = await host.readFiles(value, KUBERNETES_PKI_FILES);
      const bundle = collectProblems(problems, () => readKubernetesPki(files, first)) ?? {};
      return { bundle, unknown: {}, warnings: validateSecretsBundle(bundle, now, first).warnings };
    }
  }
}

const BESIDE = [
  ...new Set([...VALUE_INPUTS.map(({ input }) => input[0]!), "certificateAuthorities", "serviceAccount"]),
];

/** What a file lacks may still come from an input that a preview does not know. */
function collectFound<T>(inputs: Values, problems: Problem[], parse: () => T): T | undefined {
  const found: Problem[] = [];
  const result = collectProblems(found, parse);
  const awaits = BESIDE.some((name) => holdsUnknown(inputs[name]));
  problems.push(...found.filter(({ code }) => !awaits || code !== "ERR_INPUT_MISSING"));
  return result;
}

/** An adopt input that comes, or changes, when the secrets exist already: it does nothing. */
export function lateAdoption(olds: Values, news: Values): string[] {
  return ADOPT_INPUTS.filter(
    (name) => news[name] !== undefined && news[name] !== olds[RENAMED_INPUTS[name] ?? name],
  ).map((name) => `${name}: is read at creation only; these secrets exist already, and nothing is adopted`);
}

/** What is adopted, with what is given beside it; the two must not contradict each other. */
export function mergeGiven(
  adopted: PartialSecretsBundle,
  given: PartialSecretsBundle,
  problems: Problem[],
): PartialSecretsBundle {
  const merged: Record<string, unknown> = {};
  for (const field of BUNDLE_FIELDS) {
    const [mine, theirs] = [valueAt(adopted, field.bundle), valueAt(given, field.bundle)];
    if (typeof mine === "string" && typeof theirs === "string" && mine.trim() !== theirs.trim()) {
      problems.push({
        code: "ERR_SECRET_CHANGED",
        path: inputOf(field.bundle),
        message: "differs from what is adopted; leave the input out, or rotate after the adoption",
      });
    }
    const value = mine ?? theirs;
    if (value !== undefined) setAt(merged, field.bundle, value);
  }
  for (const [name, other] of ENCRYPTION_SECRETS) {
    if (adopted.secrets?.[name] === undefined || given.secrets?.[other] === undefined) continue;
    problems.push({
      code: "ERR_SECRET_CHANGED",
      path: other,
      message: `is given beside an adopted ${name}; leave the input out: a cluster uses one of the two`,
    });
  }
  return merged;
}

const ENCRYPTION_SECRETS = [
  ["secretboxEncryptionSecret", "aescbcEncryptionSecret"],
  ["aescbcEncryptionSecret", "secretboxEncryptionSecret"],
] as const;

/** The input that gives a value of the bundle. */
function inputOf(bundle: readonly string[]): string {
  const path = bundle.join(".");
  const value = VALUE_INPUTS.find((row) => row.bundle.join(".") === path);
  if (value !== undefined) return value.input.join(".");
  const authority = AUTHORITY_NAMES.find((name) => BUNDLE_KEYS[name] === bundle[1]);
  if (authority === undefined) return "serviceAccount.privateKeyPem";
  return `certificateAuthorities.${authority}.${bundle[2] === "crt" ? "certificatePem" : "privateKeyPem"}`;
}
