import type { Problem } from "../core/errors";
import { isPlainObject, type Values } from "./values";
import { SIGNATURE } from "./wire";

/** What Pulumi's wire marks as none of the values that a resource takes. Source: sdk/nodejs/runtime/rpc.ts, v3.245. */
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/**
 * The problem of a whole resource, an asset or a buffer where a value belongs: programs in YAML, Python and JavaScript
 * let them pass.
 */
export function foreignProblem(value: unknown, path: string): Problem | undefined {
  const message = isPlainObject(value) ? foreignMessage(value, path) : undefined;
  return message === undefined ? undefined : { code: "ERR_INPUT_INVALID", path, message };
}

/** The same for everything in a value. */
export function foreignProblems(value: unknown, path: string): Problem[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => foreignProblems(item, `${path}[${index}]`));
  if (!isPlainObject(value)) return [];
  const problem = foreignProblem(value, path);
  if (problem !== undefined) return [problem];
  return Object.entries(value).flatMap(([key, child]) => foreignProblems(child, `${path}.${key}`));
}

function foreignMessage(value: Values, path: string): string | undefined {
  switch (value[SIGNATURE]) {
    case RESOURCE:
      return `is a whole resource; must be one of its outputs, such as ${path.startsWith("secrets") ? "the output secrets of a TalosSecrets" : "the output certificatePem"}`;
    case ASSET:
      return `is an asset; must be its text, such as fs.readFileSync(path, "utf8")`;
    case ARCHIVE:
      return `is an archive; must be the text of one file, such as fs.readFileSync(path, "utf8")`;
    default:
      return isBuffer(value) ? `is a buffer; must be its text, such as buffer.toString("utf8")` : undefined;
  }
}

/** Pulumi sends the octets of a Buffer by their index; JSON has them as a list. */
function isBuffer(value: Values): boolean {
  const { type, data } = value;
  if (type === "Buffer" && Array.isArray(data)) return true;
  const octets = Object.entries(value);
  return octets.length > 0 && octets.every(([key, octet], index) => key === String(index) && isOctet(octet));
}

const isOctet = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256;
