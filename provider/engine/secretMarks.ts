import { ownMember } from "../core/ownMember";
import type { Properties, PropertyType } from "./rows";
import { isPlainObject, type Values } from "./values";
import { markSecret } from "./wire";

/** Marks every value that its property says is secret, at any depth; leaves out what is undefined. */
export function markSecrets(values: Values, properties: Properties): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        const property = ownMember(properties, name);
        if (property === undefined) return [name, value];
        return [name, property.secret === true ? markSecret(value) : markWithin(value, property.type)];
      }),
  );
}

function markWithin(value: unknown, type: PropertyType): unknown {
  switch (type.kind) {
    case "list":
      return Array.isArray(value) ? value.map((item) => markWithin(item, type.item)) : value;
    case "map":
      return isPlainObject(value)
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markWithin(item, type.value)]))
        : value;
    case "object":
      return isPlainObject(value) ? markSecrets(value, type.properties) : value;
    case "union":
      return type.of.reduce<unknown>(
        (marked, one) => (Array.isArray(marked) === (one.kind === "list") ? markWithin(marked, one) : marked),
        value,
      );
    case "custom":
      return markWithin(value, type.as);
    default:
      return value;
  }
}
