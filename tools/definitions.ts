import type { AnyDefinition } from "../provider/engine/definition";
import { DocumentedDefault, type Properties, type Property, type PropertyType } from "../provider/engine/rows";

/** The parts of a definition that are data: what the schema, the SDKs and the API reference are made of. */
export interface DefinitionData extends Pick<
  AnyDefinition,
  "name" | "description" | "needsSecretPaths" | "isProtected"
> {
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** A type as a program writes it. */
export type WrittenType = Exclude<PropertyType, { readonly kind: "custom" | "rejected" }>;

/** The type that a program sees of one that a definition decodes itself. */
export function writtenType(type: PropertyType): WrittenType {
  if (type.kind === "custom") return writtenType(type.as);
  if (type.kind === "rejected") throw new Error("an input that is always rejected is shown to nobody; leave it out");
  return type;
}

/** Properties for a program to see, which those that are always rejected are not. */
export function shownProperties(properties: Properties): [string, Property][] {
  return Object.entries(properties).filter(([, { type }]) => type.kind !== "rejected");
}

/** The default of a property, in words or as a literal. */
export function defaultText({ default: value }: Property): string | undefined {
  if (value === undefined) return undefined;
  if (value instanceof DocumentedDefault) return value.toString();
  if (Array.isArray(value)) return value.join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
