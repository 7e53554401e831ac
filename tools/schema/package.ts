import { CONFIGURATION } from "../../provider/plugin/configuration";
import { DEFINITIONS, type ResourceName } from "../../provider/resources";
import { EXAMPLES, exampleText } from "./examples";
import { IMPORT_TEXTS } from "./imports";
import { PACKAGE, requiredOf, Types, type TypeSpec } from "./types";

/** Outputs that are not always there. */
const SOMETIMES: { readonly [Name in ResourceName]?: readonly string[] } = { NodeCertificate: ["privateKeyPem"] };

/** What generators need to know of a language. */
const LANGUAGES = {
  csharp: { rootNamespace: "Pulumi", namespaces: { [PACKAGE]: "TalosPki" }, respectSchemaVersion: true },
  go: {
    importBasePath: "github.com/pulumi/pulumi-talos-pki/sdk/go/talospki",
    rootPackageName: "talospki",
    generateResourceContainerTypes: true,
    respectSchemaVersion: true,
  },
  java: { basePackage: "com.pulumi", packages: { [PACKAGE]: "talospki" } },
  nodejs: { packageName: "pulumi-talos-pki", respectSchemaVersion: true },
  python: { packageName: "pulumi_talos_pki", pyproject: { enabled: true }, respectSchemaVersion: true },
};

/**
 * The schema of the Pulumi package, made of the definitions alone. Pulumi's tools and the generators of every SDK
 * read it.
 *
 * @example
 * writeFileSync("schema.json", JSON.stringify(packageSchema("1.0.0"), undefined, 2));
 */
export function packageSchema(version: string): TypeSpec {
  const types = new Types();
  const resources = Object.fromEntries(
    Object.keys(DEFINITIONS).map((name) => [`${PACKAGE}:index:${name}`, resourceSpec(name as ResourceName, types)]),
  );
  const configuration = types.properties(CONFIGURATION, "input");
  return {
    name: PACKAGE,
    displayName: "Talos PKI",
    version,
    description:
      "The whole PKI of Talos Linux clusters: authorities, secrets, certificates, machine configs, renewal and rotation.",
    keywords: ["pulumi", "talos", "kubernetes", "pki", "category/infrastructure", "kind/native"],
    license: "Apache-2.0",
    publisher: "pulumi-talos-pki",
    meta: { moduleFormat: "(.*)" },
    config: { variables: configuration },
    provider: { description: "The provider of talos-pki. It calls nobody.", inputProperties: configuration },
    types: Object.fromEntries(Object.entries(types.specs).sort(([a], [b]) => (a < b ? -1 : 1))),
    resources,
    language: LANGUAGES,
  };
}

function resourceSpec(name: ResourceName, types: Types): TypeSpec {
  const definition = DEFINITIONS[name];
  const sometimes = SOMETIMES[name] ?? [];
  return {
    description: `${definition.description}${exampleText(EXAMPLES[name])}${IMPORT_TEXTS[name] ?? ""}`,
    properties: types.properties(definition.outputs, "output"),
    required: Object.keys(definition.outputs).filter((output) => !sometimes.includes(output)),
    inputProperties: types.properties(definition.inputs, "input"),
    requiredInputs: requiredOf(definition.inputs),
    // A stack with dynamic resources moves here without a change.
    aliases: [{ type: `pulumi-nodejs:dynamic/${PACKAGE}:${name}` }],
  };
}
