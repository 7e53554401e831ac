import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { delimiter, join } from "node:path";

import { type PulumiCli, repository, skipOptional, skipOrFail } from "./tools";

type Language = "yaml" | "python" | "java" | "generator";

interface Found {
  readonly folders?: readonly string[];
  readonly why?: string;
  /** True for what a machine may lack even where tools are required. */
  readonly optional?: boolean;
}

/** The folder with the plugin's executable. */
export const PLUGIN_FOLDER = join(repository, "plugin");

/** The folders with a language's host (behind Python, Maven's repository), or with the SDK generators; skips the suite where there are none. */
export function needsLanguage(context: Mocha.Context, language: Language): readonly string[] {
  const script = join(repository, "tools", "languages.mjs");
  const line = execFileSync(process.execPath, [script, language, "--find"], { encoding: "utf8" });
  const { folders, why = "not found", optional = false } = (JSON.parse(line) as Record<Language, Found>)[language];
  return folders ?? (optional ? skipOptional(context, why) : skipOrFail(context, why));
}

// Pulumi keeps the schema of a plugin that it has found by path beside the plugin's folder, and would take an old one.
for (const folder of [repository, PLUGIN_FOLDER]) rmSync(join(folder, "schema-talos-pki.json"), { force: true });

/** PATH for a CLI that is to find the plugin and language hosts in these folders. */
export function pathWith(cli: PulumiCli, folders: readonly string[] = []): string {
  return [PLUGIN_FOLDER, ...folders, ...cli.folders, process.env["PATH"] ?? ""].join(delimiter);
}

/** A TalosCluster without nodes, as a resource of a YAML program. */
export const YAML_CLUSTER = {
  type: "talos-pki:TalosCluster",
  properties: {
    clusterName: "prod",
    clusterEndpoint: "https://10.0.0.2:6443",
    serviceAccount: { algorithm: "ecdsa-p256" },
  },
};

/** The Pulumi.yaml of a program in YAML. */
export const yamlProject = (resources: object, outputs: object = {}): string =>
  JSON.stringify({ name: "e2e", runtime: "yaml", resources, outputs }, null, 2);

/** A Pulumi.yaml that names the plugin as docs/plugin.md tells users to. */
export const PLUGIN_PROJECT = `name: e2e
runtime: nodejs
plugins:
  providers:
    - name: talos-pki
      path: node_modules/pulumi-talos-pki/plugin
`;
