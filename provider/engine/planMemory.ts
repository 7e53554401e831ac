import { createHash } from "node:crypto";

import { canonical } from "../core/canonical";
import type { Values } from "./values";

/** Pulumi works on a few resources at once; a plan waits only from its check to its update. */
const SIZE = 64;

/** What check knows of the inputs that it has left. */
export type Checked<T> = T & {
  /** Whether there is something in the state: two resources may have the same inputs, one of them new. */
  readonly exists: boolean;
  /** Whether the inputs are those of the last update. */
  readonly isSame: boolean;
};

/**
 * What check has planned, by the inputs that it has left to the engine: these come back, and nothing else does, in diff,
 * create and update. Another process that finds nothing here plans again.
 */
export class PlanMemory<T> {
  private readonly plans = new Map<string, Checked<T>>();

  remember(kept: Values, planned: Checked<T>): void {
    const [oldest] = this.plans.keys();
    if (this.plans.size >= SIZE && oldest !== undefined) this.plans.delete(oldest);
    this.plans.set(keyOf(kept), planned);
  }

  peek(kept: Values): Checked<T> | undefined {
    return this.plans.get(keyOf(kept));
  }

  /** Forgets what is taken: it holds secrets, and the update is its last use. */
  take(kept: Values): Checked<T> | undefined {
    const key = keyOf(kept);
    const planned = this.plans.get(key);
    this.plans.delete(key);
    return planned;
  }
}

const keyOf = (kept: Values): string => createHash("sha256").update(canonical(kept)).digest("base64");
