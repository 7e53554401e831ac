import { ConfigFault } from "./value";

/** More than a person corrects at one go is not told. */
const MOST_FAULTS = 20;

/** Several things that are wrong; to whoever asks for one only, it is the first. */
export class ConfigFaults extends ConfigFault {
  constructor(readonly faults: readonly [ConfigFault, ...ConfigFault[]]) {
    super(faults[0].message, faults[0].line);
  }
}

/** Reads part after part, past those that are wrong, so that all faults can be told at once. */
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
