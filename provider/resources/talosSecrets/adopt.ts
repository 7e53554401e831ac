import { collectProblems, type Problem, type Warning } from "../../core/errors";
import { parseSecretsBundle } from "../../core/secrets/codec";
import { bundleFromControlPlaneConfig } from "../../core/secrets/controlPlaneConfig";
import { BUNDLE_FIELDS, setAt, type Tree, valueAt } from "../../core/secrets/fields";
import { ENCRYPTION_NAMES, INVENTORY, type TextName } from "../../core/secrets/inventory";
import { decodeKubernetesPki, KUBERNETES_PKI_FILES } from "../../core/secrets/kubernetesPki";
import type { PartialSecretsBundle } from "../../core/secrets/read";
import { validateDecodedBundle } from "../../core/secrets/validate";
import type { Host, Values } from "../definition";
import { holdsUnknown } from "../wire";
import { VALUE_INPUTS } from "./given";
import { ADOPT_INPUTS, RENAMED_INPUTS } from "./inputs";

export interface Adopted {
  readonly bundle: PartialSecretsBundle;
  readonly unknown: Tree;
  readonly warnings: readonly Warning[];
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
      const decoded = collectProblems(problems, () => decodeKubernetesPki(files, first));
      if (decoded === undefined) return NOTHING;
      return { bundle: decoded.bundle, unknown: {}, warnings: validateDecodedBundle(decoded, now).warnings };
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
        path: field.input.join("."),
        message: "differs from what is adopted; leave the input out, or rotate after the adoption",
      });
    }
    const value = mine ?? theirs;
    if (value !== undefined) setAt(merged, field.bundle, value);
  }
  for (const name of ENCRYPTION_NAMES) {
    for (const other of ENCRYPTION_NAMES) {
      if (name === other || valueIn(adopted, name) === undefined || valueIn(given, other) === undefined) continue;
      problems.push({
        code: "ERR_SECRET_CHANGED",
        path: INVENTORY[other].input,
        message: `is given beside an adopted ${name}; leave the input out: a cluster uses one of the two`,
      });
    }
  }
  return merged;
}

const valueIn = (bundle: PartialSecretsBundle, name: TextName): unknown =>
  valueAt(bundle, INVENTORY[name].bundle.split("."));
