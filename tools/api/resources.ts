import { COMPONENTS, DEFINITIONS } from "../../provider/resources";
import type { Properties, PropertyType } from "../../provider/engine/rows";
import { defaultText, type DefinitionData, shownProperties, writtenType } from "../definitions";
import { table } from "./markdown";

/** A type in the words of a TypeScript program. */
function typeName(written: PropertyType): string {
  const type = writtenType(written);
  switch (type.kind) {
    case "string":
    case "boolean":
    case "integer":
    case "any":
    case "hours":
    case "time":
      return type.kind;
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
  const shown = writtenType(type);
  if (shown.kind === "object") return { suffix: "", properties: shown.properties };
  if (shown.kind !== "list" && shown.kind !== "map") return undefined;
  const item = writtenType(shown.kind === "list" ? shown.item : shown.value);
  return item.kind === "object"
    ? { suffix: shown.kind === "list" ? "[]" : ".<name>", properties: item.properties }
    : undefined;
}

/** A row per property, those inside objects below their object; what is inside a secret is secret. */
function rows(properties: Properties, isInput: boolean, prefix = "", within = false): string[][] {
  return shownProperties(properties).flatMap(([name, property]): string[][] => {
    const path = `${prefix}${name}`;
    const secret = within || property.secret === true;
    const { suffix, properties: children } = inside(property.type) ?? { suffix: "", properties: {} };
    const value = isInput ? defaultText(property) : undefined;
    const need = isInput && property.required === true ? "required" : value === undefined ? "" : `\`${value}\``;
    return [
      [`\`${path}\``, typeName(property.type), need, secret ? "secret" : "", property.description],
      ...rows(children, isInput, `${path}${suffix}.`, secret),
    ];
  });
}

type Described = Pick<DefinitionData, "name" | "description" | "inputs" | "outputs">;

function describe(definition: Described, token: string): string {
  return [
    `### ${definition.name}`,
    definition.description,
    token,
    "Inputs:",
    table(["input", "type", "default", "secret", "meaning"], rows(definition.inputs, true)),
    "Outputs:",
    table(["output", "type", "", "secret", "meaning"], rows(definition.outputs, false)),
  ].join("\n\n");
}

const describeResource = (definition: DefinitionData): string =>
  describe(
    definition,
    `Token: \`talos-pki:index:${definition.name}\`. As a dynamic resource of TypeScript: \`pulumi-nodejs:dynamic/talos-pki:${definition.name}\`.`,
  );

const describeComponent = (component: Described): string =>
  describe(component, `A component. Token: \`talos-pki:index:${component.name}\`, in either entry point.`);

/** Every resource and component with its inputs and outputs. */
export const resourceReference = (): string =>
  [...Object.values(DEFINITIONS).map(describeResource), ...Object.values(COMPONENTS).map(describeComponent)].join(
    "\n\n",
  );
