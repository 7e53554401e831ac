import type { ChildKind } from "../../provider/core/cluster";
import type { Component } from "../../provider/resources/talosCluster";
import { shownProperties } from "../definitions";
import { exampleOf } from "../schema/examples";
import { argsInterface, outputMember } from "./resource";
import { constantOf, docstring, fileOf, HEADER, importTypes } from "./text";
import type { TypeScriptTypes } from "./types";

/** The kinds of resources in a component; the compiler holds that none is missing. */
const CHILDREN: Readonly<Record<ChildKind, true>> = {
  Bootstrap: true,
  ClientConfiguration: true,
  ClusterHealth: true,
  ConfigurationApply: true,
  Kubeconfig: true,
  MachineConfig: true,
  TalosSecrets: true,
};

/** Their names, sorted. */
export const CHILD_KINDS: readonly string[] = Object.keys(CHILDREN);

/** The file of a component: its arguments, and a class that makes its resources. */
export function componentFile(component: Component, types: TypeScriptTypes): string {
  const { name, passed } = component;
  const parts = [
    argsInterface(component, types),
    classOf(component, types),
    `const ${constantOf(name)}: ComponentKind = ${JSON.stringify({ name, passed })};`,
  ];
  const used = types.takeUsed();
  return [
    [
      HEADER,
      'import type * as pulumi from "@pulumi/pulumi";\n',
      ...CHILD_KINDS.map((kind) => `import { ${kind} } from "./${fileOf(kind)}";`),
      'import { type ComponentKind, TalosPkiComponent } from "./component";',
      ...importTypes(used.inputs, "./inputs"),
      ...importTypes(used.types, "./types"),
    ].join("\n"),
    ...parts,
  ].join("\n\n");
}

function classOf(component: Component, types: TypeScriptTypes): string {
  const { name, description, outputs } = component;
  const members = shownProperties(outputs).map(([output, property]) => outputMember(output, property, types));
  const program = exampleOf(component).typescript.replaceAll("pulumi-talos-pki/plugin", "pulumi-talos-pki");
  const documentation = docstring([
    description,
    "",
    "Its secrets are protected unless `protect: false` says otherwise: deleting them loses what cannot be made again.",
    "",
    "@example",
    ...program.trimEnd().split("\n"),
  ]);
  return `${documentation}
export class ${name} extends TalosPkiComponent {
  /** @internal */
  static override readonly children = () => ({ ${CHILD_KINDS.join(", ")} });

${members.join("\n")}

  constructor(name: string, args: ${name}Args, opts?: pulumi.ComponentResourceOptions) {
    super(${constantOf(name)}, name, args, opts);
  }
}`;
}
