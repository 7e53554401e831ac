/** Array methods that look at every item. */
const SCANS = [
  "concat, every, filter, find, findIndex, findLast, findLastIndex, flatMap, forEach, includes, indexOf, join, map",
  "reduce, reduceRight, slice, some, sort, splice, toReversed, toSorted, toSpliced, with",
].flatMap((names) => names.split(", "));
const MAP_METHODS = ["get", "set", "has", "delete"];
const ITERATORS = ["keys", "values", "entries", Symbol.iterator];

type Method = (this: { length?: number; size?: number }, ...rest: unknown[]) => unknown;

/**
 * How much work `run` does: the items that array methods and iterators look at, and the entries of maps that are read
 * and written. A count, unlike a time, is the same on every machine.
 */
export function countWork(run: () => void): number {
  let count = 0;
  const restore: (() => void)[] = [];
  const instrument = (prototype: object, name: string | symbol, cost: (size: number) => number): void => {
    const original = Reflect.get(prototype, name) as Method;
    Reflect.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value: function (this: { length?: number; size?: number }, ...rest: unknown[]): unknown {
        count += cost(this.length ?? this.size ?? 0);
        return Reflect.apply(original, this, rest);
      },
    });
    restore.push(() =>
      Reflect.defineProperty(prototype, name, { configurable: true, writable: true, value: original }),
    );
  };
  for (const name of SCANS) instrument(Array.prototype, name, (size) => 1 + size);
  for (const name of ITERATORS) {
    instrument(Array.prototype, name, (size) => 1 + size);
    instrument(Map.prototype, name, (size) => 1 + size);
    instrument(Set.prototype, name, (size) => 1 + size);
  }
  for (const name of MAP_METHODS) instrument(Map.prototype, name, () => 1);
  try {
    run();
  } finally {
    for (const undo of restore) undo();
  }
  return count;
}
