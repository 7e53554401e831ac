import { collectProblems } from "../../core/errors";
import type { DecodedBundle } from "../../core/secrets/decodedBundle";
import { SECRET_FIELDS } from "../../core/secrets/fields";
import { encodeBase64 } from "../../core/x509/pem";
import { readPlainDocuments } from "../../core/yaml/plain";

/**
 * What no view of a config may show: the secrets of its bundle, and every input that the program marks as secret.
 * Certificates and the cluster's id are public.
 */
export function secretValues(bundle: DecodedBundle | undefined, secretInputs: readonly unknown[]): unknown[] {
  const own = SECRET_FIELDS.filter(({ secret, half }) => half !== "crt" && secret !== "clusterId").flatMap((field) => {
    const value = bundle?.value(field);
    if (value === undefined) return [];
    return field.kind === "pem" ? [value, encodeBase64(value)] : [value];
  });
  return [...own, ...secretInputs.map(contentOf)];
}

/** Patches may be YAML text: what counts are the values in it. */
function contentOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(contentOf);
  if (typeof value !== "string") return value;
  return [value, collectProblems([], () => readPlainDocuments(value, "configPatches"))];
}
