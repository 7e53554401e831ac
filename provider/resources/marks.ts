import type { Values } from "./definition";
import type { Properties, PropertyType } from "./schema";
import { markSecret } from "./wire";

/** Marks every value that its property says is secret, at any depth; leaves out what is undefined. */
export function markSecrets(values: Values, properties: Properties): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        const property = properties[name];
        if (property === undefined) return [name, value];
        return [name, property.secret === true ? markSecret(value) : markWithin(value, property.type)];
      }),
  );
}

function markWithin(value: unknown, type: PropertyType): unknown {
  switch (type.kind) {
    case "list":
      return Array.isArray(value) ? value.map((item) => markWithin(item, type.item)) : value;
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? markSecrets(value as Values, type.properties)
        : value;
    default:
      return value;
  }
}
