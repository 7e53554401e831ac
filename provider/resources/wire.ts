/**
 * How Pulumi's wire marks values. Source: pulumi/pulumi sdk/nodejs/runtime/rpc.ts, v3.245.
 */

/** A value that a preview does not know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** Key of the mark in what is no plain value: a secret, a resource. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Properties as Pulumi sends them. */
export type Properties = Record<string, unknown>;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value, or anything in it, is not known yet. */
export function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(holdsUnknown);
  return isObject(value) && Object.values(value).some(holdsUnknown);
}

/** Marks a value as secret, whoever reads it next. */
export function markSecret(value: unknown): unknown {
  return isObject(value) && value[SIGNATURE] === SECRET ? value : { [SIGNATURE]: SECRET, value };
}

/** The value without its marks, at any depth; `undefined` and null members are left out. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (!isObject(value)) return value;
  if (value[SIGNATURE] === SECRET) return unwrap(value["value"]);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== undefined && child !== null)
      .map(([key, child]) => [key, unwrap(child)]),
  );
}

/** Properties whose keys Pulumi hides; they belong to the shells. */
export function isInternal(key: string): boolean {
  return key.startsWith("__");
}
