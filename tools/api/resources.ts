import { DEFINITIONS } from "../../provider/resources";
import type { ResourceDefinition } from "../../provider/resources/definition";
import type { Properties, Property, PropertyType } from "../../provider/resources/schema";
import { table } from "./markdown";

/** A type in the words of a TypeScript program. */
function typeName(type: PropertyType): string {
  switch (type.kind) {
    case "string":
    case "boolean":
      return type.kind;
    case "any":
      return "any";
    case "hours":
      return "hours";
    case "enum":
      return type.values.map((value) => `\`${value}\``).join(" ");
    case "list":
      return `list of ${typeName(type.item)}`;
    case "map":
      return `map of ${typeName(type.value)}`;
    case "object":
      return "object";
    case "union":
      return type.of.map(typeName).join(" or ");
  }
}

/** The properties inside, where a type has some. */
function inside(type: PropertyType): { readonly suffix: string; readonly properties: Properties } | undefined {
  if (type.kind === "object") return { suffix: "", properties: type.properties };
  if (type.kind === "list" && type.item.kind === "object") return { suffix: "[]", properties: type.item.properties };
  return undefined;
}

/** A row per property, those inside objects below their object; what is inside a secret is secret. */
function rows(properties: Properties, isInput: boolean, prefix = "", within = false): string[][] {
  return Object.entries(properties).flatMap(([name, property]: [string, Property]): string[][] => {
    const path = `${prefix}${name}`;
    const secret = within || property.secret === true;
    const { suffix, properties: children } = inside(property.type) ?? { suffix: "", properties: {} };
    const given = property.default === undefined ? "" : `\`${String(property.default)}\``;
    const need = isInput && property.required === true ? "required" : given;
    return [
      [`\`${path}\``, typeName(property.type), need, secret ? "secret" : "", property.description],
      ...rows(children, isInput, `${path}${suffix}.`, secret),
    ];
  });
}

function describeResource(definition: ResourceDefinition): string {
  return [
    `### ${definition.name}`,
    definition.description,
    `Token: \`talos-pki:index:${definition.name}\`. As a dynamic resource of TypeScript: \`pulumi-nodejs:dynamic/talos-pki:${definition.name}\`.`,
    "Inputs:",
    table(["input", "type", "default", "secret", "meaning"], rows(definition.inputs, true)),
    "Outputs:",
    table(["output", "type", "", "secret", "meaning"], rows(definition.outputs, false)),
  ].join("\n\n");
}

/** Every resource with its inputs and outputs. */
export const resourceReference = (): string => Object.values(DEFINITIONS).map(describeResource).join("\n\n");
