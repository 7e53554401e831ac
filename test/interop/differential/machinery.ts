import { resolve } from "node:path";

import type { MachineConfigOptions } from "../../../provider/core/config/machineConfigOptions";
import { askProgram, needProgram } from "./goProgram";

/** A question to the real Talos machinery; test/differential/answer.go has the same fields. */
export interface Question extends Partial<Omit<MachineConfigOptions, "secrets" | "clusterEndpoint" | "configPatches">> {
  /** A bundle as `talosctl gen secrets` writes it. */
  readonly secrets?: string;
  readonly endpoint?: string;
  readonly config?: string;
  readonly patches?: readonly string[];
}

export interface Answer {
  readonly config: string;
  readonly error?: string;
}

const sources = resolve(__dirname, "..", "..", "differential");
const MODFILES = { "1.13": "go.mod", "1.14": "talos-1.14.mod" } as const;

export type MachineryVersion = keyof typeof MODFILES;

/** `needProgram` for the machinery of that Talos. */
export const needMachinery = (version: MachineryVersion): (() => string) =>
  needProgram({
    name: `differential-${version}`,
    sources,
    modfile: MODFILES[version],
    subject: `machinery of Talos ${version}`,
  });

export const askMachinery: (binary: string, questions: readonly Question[]) => Answer[] = askProgram<Answer>;
