/** Shorter values would take half of the config with them. */
const SHORTEST = 8;

/** Finds secret values within texts, in time that grows with the text and hardly with the number of values. */
export class KnownSecrets {
  /** Each value that begins with these characters, in order; none begins with another one. */
  private readonly byBeginning = new Map<string, string[]>();

  constructor(values: Iterable<string>) {
    let last: string | undefined;
    for (const value of [...values].filter(({ length }) => length >= SHORTEST).sort()) {
      // A text that holds the longer one holds the shorter one too.
      if (last !== undefined && value.startsWith(last)) continue;
      last = value;
      const beginning = value.slice(0, SHORTEST);
      const others = this.byBeginning.get(beginning);
      if (others === undefined) this.byBeginning.set(beginning, [value]);
      else others.push(value);
    }
  }

  areIn(text: string): boolean {
    if (this.byBeginning.size === 0) return false;
    for (let start = 0; start + SHORTEST <= text.length; start++) {
      const values = this.byBeginning.get(text.slice(start, start + SHORTEST));
      if (values !== undefined && text.startsWith(lastUpTo(values, text.slice(start)), start)) return true;
    }
    return false;
  }
}

/** The last of the sorted values that is not behind the text; the first one where all are. */
function lastUpTo(values: readonly string[], text: string): string {
  let [low, high] = [0, values.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= text) low = middle;
    else high = middle;
  }
  return values[low]!;
}
