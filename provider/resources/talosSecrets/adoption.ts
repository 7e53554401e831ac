import { collectProblems, type Problem, type Warning } from "../../core/errors";
import { decodeSecretsYaml } from "../../core/secrets/codec";
import { decodeControlPlaneConfig } from "../../core/secrets/controlPlaneConfig";
import { type DecodedBundle, decodeBundle } from "../../core/secrets/decodedBundle";
import { BUNDLE_FIELDS, SECRET_FIELDS, type Tree } from "../../core/secrets/fields";
import { ENCRYPTION_NAMES, INVENTORY } from "../../core/secrets/inventory";
import { decodeKubernetesPki, KUBERNETES_PKI_FILES } from "../../core/secrets/kubernetesPki";
import { validateDecodedBundle } from "../../core/secrets/validate";
import type { Context } from "../../engine/ports";
import { isKnown, UNKNOWN_VALUE } from "../../engine/unknown";
import { isPlainObject } from "../../engine/values";
import { ADOPT_INPUTS, type SecretsInputs } from "./inputs";

/** What is adopted. */
export interface Adopted {
  readonly bundle: DecodedBundle;
  /** Keys of a secrets file that Talos does not know. */
  readonly unknown: Tree;
  readonly warnings: readonly Warning[];
}

const NOTHING: Adopted = { bundle: decodeBundle({}), unknown: {}, warnings: [] };

/**
 * Reads what is adopted; nothing when no adopt input is configured or a preview does not know it.
 *
 * @param supplied what other inputs supply: it fills what a file lacks
 */
export async function readAdopted(
  inputs: SecretsInputs,
  supplied: DecodedBundle,
  context: Context,
  problems: Problem[],
): Promise<Adopted> {
  const [source, second] = ADOPT_INPUTS.filter((name) => inputs[name] !== undefined);
  if (source === undefined) return NOTHING;
  if (second !== undefined) {
    problems.push({
      code: "ERR_INPUT_INVALID",
      path: second,
      message: `is configured beside ${source}; configure one way to adopt`,
    });
    return NOTHING;
  }
  const text = inputs[source];
  if (text === undefined || !isKnown(text)) return NOTHING;
  const options = { now: context.environment.now(), path: source, supplied };
  switch (source) {
    case "secretsYaml": {
      const read = collectFound(inputs, problems, () => decodeSecretsYaml(text, options));
      return read === undefined ? NOTHING : { ...read, bundle: read.decoded };
    }
    case "controlPlaneConfig": {
      const read = collectFound(inputs, problems, () => decodeControlPlaneConfig(text, options));
      return read === undefined ? NOTHING : { ...read, bundle: read.decoded, unknown: {} };
    }
    case "kubernetesPkiDirectory": {
      const files = await context.readFiles(text, KUBERNETES_PKI_FILES, source);
      const bundle = collectProblems(problems, () => decodeKubernetesPki(files, source)) ?? NOTHING.bundle;
      return { bundle, unknown: {}, warnings: validateDecodedBundle(bundle, options.now).warnings };
    }
  }
}

/** What a file lacks may still come from an input that a preview does not know. */
function collectFound<T>(inputs: SecretsInputs, problems: Problem[], decode: () => T): T | undefined {
  const found: Problem[] = [];
  const result = collectProblems(found, decode);
  const suppliers = new Set(SECRET_FIELDS.map(({ input }) => input[0]));
  const isAwaited = Object.entries(inputs).some(([name, value]) => suppliers.has(name) && holdsUnknownValue(value));
  problems.push(...found.filter(({ code }) => !isAwaited || code !== "ERR_INPUT_MISSING"));
  return result;
}

const holdsUnknownValue = (value: unknown): boolean =>
  value === UNKNOWN_VALUE || (isPlainObject(value) && Object.values(value).some(holdsUnknownValue));

/** What is adopted, with what is supplied beside it; the two must not contradict each other. */
export function mergeSupplied(adopted: DecodedBundle, supplied: DecodedBundle, problems: Problem[]): DecodedBundle {
  for (const field of BUNDLE_FIELDS) {
    const [mine, theirs] = [adopted.value(field), supplied.value(field)];
    if (mine === undefined || theirs === undefined || mine.trim() === theirs.trim()) continue;
    problems.push({
      code: "ERR_SECRET_CHANGED",
      path: field.input.join("."),
      message: "differs from what is adopted; leave the input out, or rotate after the adoption",
    });
  }
  for (const name of ENCRYPTION_NAMES) {
    for (const other of ENCRYPTION_NAMES.filter((candidate) => candidate !== name)) {
      if (adopted.text(name) === undefined || supplied.text(other) === undefined) continue;
      problems.push({
        code: "ERR_SECRET_CHANGED",
        path: INVENTORY[other].input,
        message: `is configured beside an adopted ${name}; leave the input out: a cluster uses one of the two`,
      });
    }
  }
  return adopted.filledFrom(supplied);
}
