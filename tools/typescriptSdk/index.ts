import { join } from "node:path";

import * as prettier from "prettier";

import type { Component } from "../../provider/resources/talosCluster";
import type { DefinitionData } from "../definitions";
import { componentFile } from "./component";
import { pluginFile } from "./plugin";
import { resourceFile } from "./resource";
import { fileOf, HEADER, importTypes } from "./text";
import { TypeScriptTypes } from "./types";

/** Files of the SDK that are written by hand: the registration, and types of inputs that no row can say. */
export const HANDWRITTEN: readonly string[] = ["component.ts", "inputs.ts", "resource.ts"];

/**
 * The TypeScript SDK, made of the definitions: text by file of sdk/.
 *
 * @example
 * const files = await typescriptSdk(Object.values(DEFINITIONS));
 */
export async function typescriptSdk(
  definitions: readonly DefinitionData[],
  components: readonly Component[] = [],
): Promise<Readonly<Record<string, string>>> {
  const types = new TypeScriptTypes();
  const names = [...definitions, ...components].map(({ name }) => name).sort();
  const files: Record<string, string> = {};
  for (const definition of definitions) files[fileOf(definition.name)] = resourceFile(definition, types);
  for (const component of components) files[fileOf(component.name)] = componentFile(component, types);
  files["index"] = indexFile(names);
  files["plugin"] = pluginFile(
    definitions.map(({ name }) => name),
    components.map(({ name }) => name),
    types,
  );
  files["types"] = typesFile(types);
  const formatted = Object.entries(files).map(async ([name, text]) => [`${name}.ts`, await format(text)] as const);
  return Object.fromEntries(await Promise.all(formatted));
}

function indexFile(names: readonly string[]): string {
  const classes = names.map((name) => `export { ${name}, type ${name}Args } from "./${fileOf(name)}";`);
  return [HEADER, ...classes, 'export * from "./inputs";', 'export * from "./types";'].join("\n");
}

function typesFile(types: TypeScriptTypes): string {
  const declarations = [...types.declarations].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
  return [
    HEADER,
    [
      'import type * as pulumi from "@pulumi/pulumi";',
      ...importTypes(types.usedByDeclarations.inputs, "./inputs"),
    ].join("\n\n"),
    ...declarations,
  ].join("\n\n");
}

async function format(text: string): Promise<string> {
  const settings = await prettier.resolveConfig(join(__dirname, "index.ts"));
  return prettier.format(text, { ...settings, parser: "typescript" });
}
