import type { ProblemReason } from "../reasons";
import type { Place } from "../yaml/parser";

export interface FaultOptions {
  /** Where it is, where that is known here. */
  readonly place?: Place;
  /** The field, for a message that names a line; a path names it itself. */
  readonly field?: string;
  /** What would be right, where that is known here. */
  readonly remedy?: string;
  readonly reason?: ProblemReason;
}

/** What is wrong with a node; becomes a Problem where the patch and its path are known. */
export class ConfigFault extends Error {
  constructor(
    readonly what: string,
    readonly options: FaultOptions = {},
  ) {
    super(what);
  }
}

export function faultAt(place: Place, what: string, remedy?: string): ConfigFault {
  return new ConfigFault(what, { place, ...(remedy !== undefined && { remedy }) });
}

/** A `$patch: delete` that finds nothing: another config may hold what it is meant for. */
export function lookupFault(place: Place, what: string): ConfigFault {
  return new ConfigFault(`$patch: delete of ${what} finds nothing (lookup failed)`, {
    place,
    reason: "lookup-failed",
  });
}

/** More than a person corrects at one go is not reported. */
const MOST_FAULTS = 20;

/** Several things that are wrong; to whoever asks for one only, it is the first. */
export class ConfigFaults extends ConfigFault {
  constructor(readonly faults: readonly [ConfigFault, ...ConfigFault[]]) {
    super(faults[0].what, faults[0].options);
  }
}

/** Reads part after part, past those that are wrong, so that all faults can be reported at once. */
export class FaultCollector {
  private readonly faults: ConfigFault[] = [];

  /** What `read` gives; `undefined` where it finds a fault, which is kept. */
  attempt<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigFault)) throw error;
      this.faults.push(...faultsOf(error));
      return undefined;
    }
  }

  add(faults: readonly ConfigFault[]): void {
    this.faults.push(...faults);
  }

  /** @throws ConfigFault when there were any */
  assertNone(): void {
    const [first, ...others] = this.faults.slice(0, MOST_FAULTS);
    if (first !== undefined) throw others.length === 0 ? first : new ConfigFaults([first, ...others]);
  }
}

/** The faults that one error carries. */
export function faultsOf(fault: ConfigFault): readonly ConfigFault[] {
  return fault instanceof ConfigFaults ? fault.faults : [fault];
}
