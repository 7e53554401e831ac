import { type DefinitionData, shownProperties, writtenType } from "../definitions";
import type { PropertyType, ResourceInPlace } from "../../provider/engine/rows";
import type { Example } from "./examples";

/** A value of a type, as JSON; a resource that may stand in its place instead. */
type Sample = { readonly json: unknown } | { readonly from: ResourceInPlace };

/** A program of a resource without a written example: every required input with a value that has the right type. */
export function minimalExample({ name, inputs }: Pick<DefinitionData, "name" | "inputs">): Example {
  const samples = shownProperties(inputs).flatMap(([input, { required, type }]): [string, Sample][] =>
    required === true ? [[input, sampleOf(type)]] : [],
  );
  const needed = samples.flatMap(([, sample]) => ("from" in sample ? [sample.from] : []));
  return {
    title: `A ${name}`,
    typescript: typescript(name, samples, needed),
    python: python(name, samples, needed),
    yaml: yaml(name, samples, needed),
  };
}

function sampleOf(type: PropertyType): Sample {
  if ((type.kind === "custom" || type.kind === "any") && type.sdk?.takes?.as === "value") {
    return { from: type.sdk.takes };
  }
  return { json: valueOf(type) };
}

function valueOf(written: PropertyType): unknown {
  const type = writtenType(written);
  switch (type.kind) {
    case "string":
    case "any":
      return "example";
    case "boolean":
      return true;
    case "integer":
    case "hours":
      return 24;
    case "time":
      return "2026-01-01T00:00:00Z";
    case "enum":
      return type.values[0];
    case "list":
      return [valueOf(type.item)];
    case "map":
      return { key: valueOf(type.value) };
    case "object":
      return Object.fromEntries(
        shownProperties(type.properties).flatMap(([name, member]) =>
          member.required === true ? [[name, valueOf(member.type)]] : [],
        ),
      );
    case "union":
      return valueOf(type.of[0]!);
  }
}

const variable = (name: string): string => name.slice(0, 1).toLowerCase() + name.slice(1);
const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();

function typescript(name: string, samples: readonly [string, Sample][], needed: readonly ResourceInPlace[]): string {
  const members = samples.map(([input, sample]) => `${input}: ${typescriptValue(sample)}`);
  const names = [...new Set([...needed.map(({ resource }) => resource), name])].sort();
  return [
    `import { ${names.join(", ")} } from "pulumi-talos-pki/plugin";\n`,
    ...needed.map(({ resource }) => `const ${variable(resource)} = new ${resource}("example");`),
    `const ${variable(name)} = new ${name}("example"${members.length === 0 ? "" : `, { ${members.join(", ")} }`});\n`,
  ].join("\n");
}

const typescriptValue = (sample: Sample): string =>
  "from" in sample ? variable(sample.from.resource) : JSON.stringify(sample.json);

function python(name: string, samples: readonly [string, Sample][], needed: readonly ResourceInPlace[]): string {
  const members = samples.map(([input, sample]) => `, ${snake(input)}=${pythonValue(sample)}`);
  return [
    "import pulumi_talos_pki as talos\n",
    ...needed.map(({ resource }) => `${snake(resource)} = talos.${resource}("example")`),
    `${snake(name)} = talos.${name}("example"${members.join("")})\n`,
  ].join("\n");
}

const pythonValue = (sample: Sample): string =>
  "from" in sample
    ? `${snake(sample.from.resource)}.${snake(sample.from.output)}`
    : JSON.stringify(sample.json).replace(/^true$/, "True");

function yaml(name: string, samples: readonly [string, Sample][], needed: readonly ResourceInPlace[]): string {
  const resource = (type: string): string => `  ${variable(type)}:\n    type: talos-pki:${type}\n`;
  const members = samples.map(([input, sample]) => `      ${input}: ${yamlValue(sample)}\n`);
  const properties = members.length === 0 ? "" : `    properties:\n${members.join("")}`;
  return `resources:\n${needed.map((other) => resource(other.resource)).join("")}${resource(name)}${properties}`;
}

const yamlValue = (sample: Sample): string =>
  "from" in sample ? `\${${variable(sample.from.resource)}.${sample.from.output}}` : JSON.stringify(sample.json);
