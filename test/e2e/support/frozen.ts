import { readdirSync } from "node:fs";
import { join } from "node:path";

import { repository } from "./tools";

/** Where the states of released versions lie. */
export const frozenFolder = join(repository, "test", "frozen");

/** Name of the program in the folder of a version. */
export const PROGRAM = "program.cjs";

interface EntryPoint {
  /** What the resources of a program over it are. */
  readonly serves: string;
  /** Name of its state in the folder of a version. */
  readonly state: string;
  /** The frozen program over it. */
  readonly program: (text: string) => string;
}

/** The two ways in which every frozen program runs. */
export const ENTRY_POINTS: readonly EntryPoint[] = [
  { serves: "dynamic resources", state: "state.json", program: (text) => text },
  {
    serves: "resources of the plugin",
    state: "plugin-state.json",
    program: (text) => text.replace('require("pulumi-talos-pki")', 'require("pulumi-talos-pki/plugin")'),
  },
];

/** When every frozen state was made, by the provider's clock. */
export const FROZEN_AT = "2026-11-22T12:00:00Z";

/** The stack that a frozen state belongs to: names that stand in every URN, and a passphrase that is no secret. */
export const FROZEN_STACK = {
  name: "frozen",
  stack: "frozen",
  env: { PULUMI_CONFIG_PASSPHRASE: "frozen" },
  files: {
    "Pulumi.yaml": `name: frozen
runtime: nodejs
plugins: { providers: [{ name: talos-pki, path: node_modules/pulumi-talos-pki/plugin }] }
`,
  },
} as const;

/** The versions of which there is a state, `v0.1.0` and so on, the oldest first. */
export const frozenVersions = (): string[] =>
  readdirSync(frozenFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
