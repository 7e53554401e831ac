import { setTimeout as delay } from "node:timers/promises";

import fc from "fast-check";

import type { Operation, Outcome, Victim } from "../../e2e/support";

import type { NodeStack } from "./nodeStack";

/** The same moments come again with the same seed. */
const SEED = Number(process.env["TALOS_PKI_SEED"] ?? 20261128);
/** The longest that a moment may be waited for, in seconds. */
const PATIENCE = 400;

/** An update that something happens to. */
interface Accident {
  /** Begins to count here: a line of the update, such as `begins("ConfigurationApply", "cp1")`. */
  readonly at: RegExp;
  /** Milliseconds until it happens, at most; the real number is one of chance. */
  readonly within?: number;
}

/** The line that says that the work on a resource begins. */
export const begins = (type: string, name: string): RegExp => new RegExp(`${type} ${name} updating`);
/** The line that says that a resource has been updated. */
export const ends = (type: string, name: string): RegExp => new RegExp(`${type} ${name} updated`);

/** Updates of a stack that go wrong. */
export class Faults {
  private count = 0;

  constructor(private readonly stack: NodeStack) {}

  /** An update in which pulumi, its providers or both die by kill -9. */
  async killed(victim: Victim, accident: Accident): Promise<Outcome> {
    const outcome = await this.happens(`kill -9 of ${victim}`, accident, (operation) => operation.kill(victim));
    await this.stack.project.unlock();
    return outcome;
  }

  /** An update in which a node loses its power. */
  async powerCut(name: string, accident: Accident): Promise<Outcome> {
    return this.happens(`power cut of ${name}`, accident, async ({ outcome }) => {
      await this.stack.nodes.stop(name);
      return outcome;
    });
  }

  /** An update in which a node loses its power, and gets it back at once. */
  async powerFailure(name: string, accident: Accident): Promise<Outcome> {
    return this.happens(`power failure of ${name}`, accident, async ({ outcome }) => {
      await this.stack.nodes.stop(name);
      await this.stack.nodes.start(name);
      return outcome;
    });
  }

  private async happens(
    what: string,
    { at, within = 0 }: Accident,
    strike: (operation: Operation) => Promise<Outcome>,
  ): Promise<Outcome> {
    this.count += 1;
    const [wait = 0] = fc.sample(fc.noBias(fc.integer({ min: 0, max: within })), {
      numRuns: 1,
      seed: SEED + this.count,
    });
    const operation = this.stack.project.start("up");
    if (!(await operation.running.until(at, PATIENCE))) {
      throw new Error(`${what}: ${at.source} was not seen in ${operation.running.output}`);
    }
    await delay(wait);
    const outcome = await strike(operation);
    const end = outcome.code === undefined ? "killed" : `exit code ${outcome.code}`;
    console.log(`      ${what} ${wait} ms after "${at.source}": ${end}, ${outcome.seconds.toFixed(1)} s`);
    return outcome;
  }
}
