import { PkiError, type Problem } from "../core/errors";
import type { Values } from "./values";

/**
 * An operation that has changed something and then failed: the outputs belong into the state, and the next update goes
 * on from there.
 */
export class Incomplete extends Error {
  readonly id: string;
  readonly outputs: Values;
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], { id, outputs }: { readonly id: string; readonly outputs: Values }) {
    super(PkiError.of(problems).message);
    this.id = id;
    this.outputs = outputs;
    this.problems = problems;
  }
}
