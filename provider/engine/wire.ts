/**
 * How Pulumi's wire marks values. Source: pulumi/pulumi sdk/nodejs/runtime/rpc.ts, v3.245.
 */

/** A value that a preview does not know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** Key of the mark in what is no plain value: a secret, a resource. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
/** What the mark says of a secret. */
export const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** Properties as Pulumi sends them: the wire, where nothing has a type yet. */
export type Properties = Record<string, unknown>;

const isObject = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSecret = (value: unknown): value is { value: unknown } => isObject(value) && value[SIGNATURE] === SECRET;

/** Whether a value, or anything in it, is unknown. */
export function holdsUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(holdsUnknown);
  return isObject(value) && Object.values(value).some(holdsUnknown);
}

/** Marks a value as secret, whoever reads it next. */
export function markSecret(value: unknown): unknown {
  return isSecret(value) ? value : { [SIGNATURE]: SECRET, value };
}

/** The value without its marks, at any depth; `undefined` and null members are left out. */
export function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (!isObject(value)) return value;
  if (isSecret(value)) return unwrap(value.value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== undefined && child !== null)
      .map(([key, child]) => [key, unwrap(child)]),
  );
}

function holdsSecret(value: unknown): boolean {
  if (isSecret(value)) return true;
  if (Array.isArray(value)) return value.some(holdsSecret);
  return isObject(value) && Object.values(value).some(holdsSecret);
}

/**
 * Paths of what holds a marked secret: a property, or an item where not the whole list is marked.
 *
 * @example
 * secretPaths({ a: markSecret("x"), b: ["y", { c: markSecret("z") }] }); // ["a", "b[1]"]
 */
export function secretPaths(properties: Properties): string[] {
  return Object.entries(properties).flatMap(([name, value]) => {
    if (!Array.isArray(value)) return holdsSecret(value) ? [name] : [];
    return value.flatMap((item, index) => (holdsSecret(item) ? [`${name}[${index}]`] : []));
  });
}

/** The value with every mark that another one has at the same place; what has another shape is marked as a whole. */
export function markAs(value: unknown, model: unknown): unknown {
  if (isSecret(value) || value === undefined) return value;
  if (isSecret(model)) return markSecret(value);
  if (Array.isArray(model)) {
    if (Array.isArray(value) && value.length === model.length) return value.map((item, at) => markAs(item, model[at]));
    return holdsSecret(model) ? markSecret(value) : value;
  }
  if (!isObject(model)) return value;
  if (!isObject(value)) return holdsSecret(model) ? markSecret(value) : value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, markAs(child, model[key])]));
}
