import { PkiError, type Problem } from "../core/errors";
import type { Report } from "./definition";
import type { Values } from "./values";

/**
 * An operation that has changed something and then failed: the outputs belong into the state, and the next update goes
 * on from there.
 */
export class Incomplete extends Error {
  readonly id: string;
  readonly outputs: Values;
  readonly problems: readonly Problem[];
  readonly reports: readonly Report[];

  constructor(
    problems: readonly Problem[],
    { id, outputs, reports }: { readonly id: string; readonly outputs: Values; readonly reports: readonly Report[] },
  ) {
    super(PkiError.of(problems).message);
    this.reports = reports;
    this.id = id;
    this.outputs = outputs;
    this.problems = problems;
  }
}
