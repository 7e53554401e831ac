import { resolve } from "node:path";

import type { ValidationMode } from "../../../provider/core/machinery/validation/facts";
import { askProgram, needProgram } from "./goProgram";

/** What the real machinery of one Talos says of a config. */
export interface Judgement {
  /** Why it cannot be read. */
  readonly unreadable?: string;
  /** For each mode what is rejected. */
  readonly rejected?: Partial<Record<ValidationMode, readonly string[] | null>>;
}

export interface ConfigQuestion {
  readonly config: string;
  readonly modes: readonly ValidationMode[];
}

const sources = resolve(__dirname, "..", "..", "differential", "validate");

/**
 * `needProgram` for the validation of that Talos.
 *
 * @param minor 6 to 14
 */
export const needValidator = (minor: number): (() => string) =>
  needProgram({
    name: `validate-1.${minor}`,
    sources,
    modfile: `talos-1.${minor}.mod`,
    subject: `validation of Talos 1.${minor}`,
  });

export const askValidator: (binary: string, questions: readonly ConfigQuestion[]) => Judgement[] =
  askProgram<Judgement>;
