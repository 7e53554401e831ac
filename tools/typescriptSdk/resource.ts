import type { Property, PropertyType, ResourceInPlace } from "../../provider/engine/rows";
import { type DefinitionData, shownProperties } from "../definitions";
import { exampleOf } from "../schema/examples";
import { constantOf, docstring, HEADER, importTypes, member } from "./text";
import type { TypeScriptTypes } from "./types";

/** The file of a resource: its arguments, and a class that registers it. */
export function resourceFile(definition: DefinitionData, types: TypeScriptTypes): string {
  const { name } = definition;
  const parts = [argsInterface(definition, types), classOf(definition, types), kindConstant(definition)];
  const used = types.takeUsed();
  return [
    [
      HEADER,
      'import type * as pulumi from "@pulumi/pulumi";\n',
      ...importTypes(used.inputs, "./inputs"),
      'import { type ResourceKind, TalosPkiResource } from "./resource";',
      ...importTypes(
        [...used.types].filter((type) => type !== name),
        "./types",
      ),
    ].join("\n"),
    ...parts,
  ].join("\n\n");
}

export function argsInterface(
  { name, inputs }: Pick<DefinitionData, "name" | "inputs">,
  types: TypeScriptTypes,
): string {
  const members = types.inputMembers(inputs);
  return `${docstring([`Inputs of ${name}.`])}\nexport interface ${name}Args {\n${members.join("\n")}\n}`;
}

function classOf(definition: DefinitionData, types: TypeScriptTypes): string {
  const { name, inputs, outputs } = definition;
  const members = shownProperties(outputs).map(([output, property]) => outputMember(output, property, types));
  const args = Object.values(inputs).some(({ required }) => required === true) ? "" : " = {}";
  return `${docstring(classText(definition))}
export class ${name} extends TalosPkiResource {
${members.join("\n")}

  constructor(name: string, args: ${name}Args${args}, opts?: pulumi.CustomResourceOptions) {
    super(${constantOf(name)}, name, args, opts);
  }
}`;
}

export function outputMember(name: string, property: Property, types: TypeScriptTypes): string {
  const type = types.output(property.type);
  const text = property.secret === true ? `${property.description} Secret.` : property.description;
  return member(
    text,
    `declare readonly ${name}: pulumi.Output<${type}${property.sometimes === true ? " | undefined" : ""}>;`,
  );
}

function classText(definition: DefinitionData): string[] {
  const program = exampleOf(definition).typescript.replaceAll("pulumi-talos-pki/plugin", "pulumi-talos-pki");
  return [
    definition.description,
    ...(definition.isProtected === true
      ? ["", "It is protected unless `protect: false` says otherwise: deleting it loses what cannot be made again."]
      : []),
    "",
    "@example",
    ...program.trimEnd().split("\n"),
  ];
}

/** What the class tells the registration, as data. */
function kindConstant(definition: DefinitionData): string {
  const { name, inputs, outputs, isProtected, needsSecretPaths } = definition;
  const namesOf = (isSecret: boolean): string[] =>
    shownProperties(outputs).flatMap(([output, { secret }]) => ((secret === true) === isSecret ? [output] : []));
  const taken = shownProperties(inputs).flatMap(([input, { type }]): [string, ResourceInPlace][] => {
    const takes = resourceInPlace(type);
    return takes === undefined ? [] : [[input, takes]];
  });
  const alwaysSecret = taken.flatMap(([input]) => (inputs[input]?.secret === true ? [input] : []));
  const kind = {
    name,
    outputs: { plain: namesOf(false), secret: namesOf(true) },
    ...(taken.length === 0
      ? {}
      : {
          takes: Object.fromEntries(
            taken.map(([input, { output, as, beside }]) => [
              input,
              { output, as, ...(beside === undefined ? {} : { beside }) },
            ]),
          ),
        }),
    ...(isProtected === true ? { isProtected } : {}),
    ...(needsSecretPaths === true ? { reportsSecretsExcept: alwaysSecret } : {}),
  };
  return `const ${constantOf(name)}: ResourceKind = ${JSON.stringify(kind)};`;
}

/** The resource that may stand in place of an input, or of an item of it. */
function resourceInPlace(type: PropertyType): ResourceInPlace | undefined {
  if (type.kind === "list") return resourceInPlace(type.item);
  return type.kind === "any" || type.kind === "custom" ? type.sdk?.takes : undefined;
}
