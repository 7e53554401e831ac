const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Bounds the work; who writes more digits than this means no duration. */
const LONGEST = 1024;

/** Go's `time.ParseDuration` in nanoseconds; `undefined` for anything else. */
export function parseGoDuration(text: string): bigint | undefined {
  const match = /^([-+]?)(0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null || text.length > LONGEST) return undefined;
  let total = 0n;
  for (const [, whole = "", fraction = "", unit] of match[2]!.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const size = UNITS[unit!]!;
    total += BigInt(whole || "0") * size + (BigInt(fraction || "0") * size) / 10n ** BigInt(fraction.length);
  }
  if (total > (1n << 63n) - 1n) return undefined;
  return match[1] === "-" ? -total : total;
}

/** Go's `Duration.String`: `168h0m0s`, `1.5s`, `0s`. */
export function formatGoDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const total = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  for (const [unit, limit] of [
    ["ns", 1000n],
    ["µs", 1_000_000n],
    ["ms", 1_000_000_000n],
  ] as const) {
    if (total < limit) return `${sign}${decimal(total, UNITS[unit]!)}${unit}`;
  }
  const hours = total / UNITS["h"]!;
  const minutes = (total % UNITS["h"]!) / UNITS["m"]!;
  const seconds = `${decimal(total % UNITS["m"]!, UNITS["s"]!)}s`;
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return unit === 1n || fraction === "" ? String(value / unit) : `${value / unit}.${fraction}`;
}

/**
 * Milliseconds as a Go duration that a person would write: without parts that are zero.
 *
 * @example
 * formatPeriod(4_200_000); // "1h10m"
 */
export function formatPeriod(milliseconds: number): string {
  const text = formatGoDuration(BigInt(milliseconds) * 1_000_000n);
  return text === "0s" ? text : text.replace(/([hm])0s$/, "$1").replace(/h0m$/, "h");
}
