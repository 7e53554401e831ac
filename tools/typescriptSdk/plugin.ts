import { CONFIGURATION } from "../../provider/adapters/plugin/configuration";
import { PACKAGE } from "../schema/types";
import { CHILD_KINDS } from "./component";
import { docstring, HEADER, importTypes } from "./text";
import type { TypeScriptTypes } from "./types";

/** The second entry point: the same classes, served by the plugin, and the provider's own. */
export function pluginFile(names: readonly string[], components: readonly string[], types: TypeScriptTypes): string {
  const provider = providerClass(types);
  const { inputs } = types.takeUsed();
  return [
    `${HEADER}\n${docstring([
      "The same resources, served by the plugin `pulumi-resource-talos-pki` instead of the program's own process: for `pulumi import`, the provider's configuration, and stacks that are shared with other languages.",
    ])}`,
    [
      'import * as pulumi from "@pulumi/pulumi";\n',
      'import * as resources from "./index";',
      ...importTypes(inputs, "./inputs"),
      'import { asPlugin } from "./resource";',
    ].join("\n"),
    'export * from "./index";',
    ...names.map(
      (name) => `export class ${name} extends resources.${name} {
  /** @internal */
  static override readonly register = asPlugin;
}`,
    ),
    ...components.map(
      (name) => `export class ${name} extends resources.${name} {
  /** @internal */
  static override readonly children = () => ({ ${CHILD_KINDS.join(", ")} });
}`,
    ),
    provider,
  ].join("\n\n");
}

function providerClass(types: TypeScriptTypes): string {
  return `${docstring(["Defaults for every resource that names this provider in its options."])}
export interface ProviderArgs {
${types.inputMembers(CONFIGURATION).join("\n")}
}

${docstring([
  "The plugin with a configuration of its own.",
  "",
  "@example",
  'const talos = new Provider("talos", { validityPeriodHours: 720, auditLog: "audit.jsonl" });',
  'new ClientConfiguration("admin", { secrets, clusterName: "prod" }, { provider: talos });',
])}
export class Provider extends pulumi.ProviderResource {
  constructor(name: string, args: ProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    super("${PACKAGE}", name, { ...args }, opts);
  }
}`;
}
