import type { Problem } from "../core/errors";
import { type Properties, SIGNATURE } from "../resources/wire";

const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";

/** A whole resource where a value belongs: YAML and Python let it pass, and a provider cannot look into it. */
export function referenceProblems(inputs: Properties): Problem[] {
  return find(inputs, "").map((path) => ({
    code: "ERR_INPUT_INVALID",
    path,
    message: `is a whole resource; expected one of its outputs, such as ${path.startsWith("secrets") ? "the output secrets of a TalosSecrets" : "the output certificatePem"}`,
  }));
}

function find(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => find(item, `${path}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  if ((value as Properties)[SIGNATURE] === RESOURCE) return [path];
  return Object.entries(value).flatMap(([key, child]) => find(child, path === "" ? key : `${path}.${key}`));
}
