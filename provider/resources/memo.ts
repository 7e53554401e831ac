import { createHash } from "node:crypto";

/**
 * Remembers the last results of a pure function by what it was given: one provider process checks the same bundle
 * for every machine config of a cluster, and reading its keys is what costs.
 *
 * @param keep how many results are kept
 */
export function memoize<Given, Result>(compute: (given: Given) => Result, keep = 32): (given: Given) => Result {
  const results = new Map<string, Result>();
  return (given) => {
    const key = createHash("sha256").update(JSON.stringify(given)).digest("base64");
    const known = results.get(key);
    if (known !== undefined) return known;
    const result = compute(given);
    const [oldest] = results.keys();
    if (results.size >= keep && oldest !== undefined) results.delete(oldest);
    results.set(key, result);
    return result;
  };
}
