import { CONFIGURATION } from "../../provider/adapters/plugin/configuration";
import { COMPONENTS, DEFINITIONS } from "../../provider/resources";
import type { Component } from "../../provider/resources/talosCluster";
import type { DefinitionData } from "../definitions";
import { exampleOf, exampleText } from "./examples";
import { IMPORT_TEXTS } from "./imports";
import { publicationOf, type PublishedManifest } from "./publication";
import { PACKAGE, presentOf, requiredOf, Types, type TypeSpec } from "./types";

/** Pulumi's own rule for the import path of a package that names none. */
const DEFAULT_GO_MODULE = "github.com/pulumi/pulumi-talos-pki/sdk/go/talospki";

/** What generators need to know of a language. */
const languages = (goModule = DEFAULT_GO_MODULE) => ({
  csharp: { rootNamespace: "Pulumi", namespaces: { [PACKAGE]: "TalosPki" }, respectSchemaVersion: true },
  go: {
    importBasePath: goModule,
    rootPackageName: "talospki",
    generateResourceContainerTypes: true,
    respectSchemaVersion: true,
  },
  java: { basePackage: "com.pulumi", packages: { [PACKAGE]: "talospki" } },
  nodejs: { packageName: "pulumi-talos-pki", respectSchemaVersion: true },
  python: { packageName: "pulumi_talos_pki", pyproject: { enabled: true }, respectSchemaVersion: true },
});

/**
 * The schema of the Pulumi package, made of the definitions alone. Pulumi's tools and the generators of every SDK
 * read it.
 *
 * @example
 * writeFileSync("schema.json", JSON.stringify(packageSchema({ version: "1.0.0" }), undefined, 2));
 */
export function packageSchema(manifest: PublishedManifest): TypeSpec {
  const { goModule, ...published } = publicationOf(manifest) ?? {};
  const types = new Types();
  const tokenOf = ({ name }: { readonly name: string }): string => `${PACKAGE}:index:${name}`;
  const resources = Object.fromEntries([
    ...Object.values(DEFINITIONS).map((definition) => [tokenOf(definition), resourceSpec(definition, types)] as const),
    ...Object.values(COMPONENTS).map((component) => [tokenOf(component), componentSpec(component, types)] as const),
  ]);
  const configuration = types.properties(CONFIGURATION, "input");
  return {
    name: PACKAGE,
    displayName: "Talos PKI",
    version: manifest.version,
    description:
      "The whole PKI of Talos Linux clusters: CAs, secrets, certificates, machine configs, renewal and rotation.",
    keywords: ["pulumi", "talos", "kubernetes", "pki", "category/infrastructure", "kind/native"],
    license: "Apache-2.0",
    publisher: "pulumi-talos-pki",
    ...published,
    meta: { moduleFormat: "(.*)" },
    config: { variables: configuration },
    provider: {
      description: "The provider of talos-pki. It calls nobody but the nodes and API servers of your live resources.",
      inputProperties: configuration,
    },
    types: Object.fromEntries(Object.entries(types.specs).sort(([a], [b]) => (a < b ? -1 : 1))),
    resources,
    language: languages(goModule),
  };
}

function resourceSpec(definition: DefinitionData, types: Types): TypeSpec {
  const { name } = definition;
  return {
    ...propertySpecs(definition, types),
    // A stack with dynamic resources moves here without a change.
    aliases: [{ type: `pulumi-nodejs:dynamic/${PACKAGE}:${name}` }],
  };
}

/**
 * The outputs bear no mark of secrets: for a component the generators make options of it that Java and C# do not know.
 * `construct` answers what its resources have, marked as they mark it.
 */
function componentSpec(component: Component, types: Types): TypeSpec {
  const outputs = Object.entries(component.outputs).map(([name, output]) => [name, { ...output, secret: false }]);
  const unmarked = { ...component, outputs: Object.fromEntries(outputs) as Component["outputs"] };
  return { ...propertySpecs(unmarked, types), isComponent: true };
}

/** C# knows no member that is called like its class (CS0542). */
function namedInCSharp(className: string, properties: Readonly<Record<string, TypeSpec>>): Record<string, TypeSpec> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const isClash = name.toLowerCase() === className.toLowerCase();
      return [name, isClash ? { ...property, language: { csharp: { name: `${className}Value` } } } : property];
    }),
  );
}

function propertySpecs(definition: Pick<DefinitionData, "name" | "description" | "inputs" | "outputs">, types: Types) {
  const { name, description, inputs, outputs } = definition;
  return {
    description: `${description}${exampleText(exampleOf(definition))}${IMPORT_TEXTS[name] ?? ""}`,
    properties: namedInCSharp(name, types.properties(outputs, "output")),
    required: presentOf(outputs),
    inputProperties: types.properties(inputs, "input"),
    requiredInputs: requiredOf(inputs),
  };
}
