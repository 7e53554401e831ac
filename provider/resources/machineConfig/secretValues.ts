import { collectProblems } from "../../core/errors";
import { SECRET_FIELDS } from "../../core/secrets/fields";
import { encodeBase64 } from "../../core/x509/pem";
import { readPlainDocuments } from "../../core/yaml/plain";
import type { ClusterSecrets } from "../clusterSecrets";

/**
 * What no view of a config may show: the secrets of its bundle, and every input that the program marks as secret.
 * Certificates and the cluster's id are public.
 */
export function secretValues(
  secrets: Pick<ClusterSecrets, "decoded" | "acceptedServiceAccountKeys"> | undefined,
  secretInputs: readonly unknown[],
): unknown[] {
  const { decoded: bundle, acceptedServiceAccountKeys: keys = [] } = secrets ?? {};
  const own = SECRET_FIELDS.filter(({ secret, half }) => half !== "crt" && secret !== "clusterId").flatMap((field) => {
    const value = bundle?.value(field);
    if (value === undefined) return [];
    return field.kind === "pem" ? [value, encodeBase64(value)] : [value];
  });
  const accepted = keys.flatMap((pem) => [pem, encodeBase64(pem)]);
  return [...own, ...accepted, ...secretInputs.map(contentOf)];
}

/** Patches may be YAML text: what counts are the values in it. */
function contentOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(contentOf);
  if (typeof value !== "string") return value;
  return [value, collectProblems([], () => readPlainDocuments(value, "configPatches"))];
}
