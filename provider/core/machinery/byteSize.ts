const POWERS = ["", "k", "m", "g", "t", "p", "e"];
const LARGEST = 2 ** 64;

/** Bytes out of `100MB`, `1.5 GiB`, `4096`; `undefined` for anything else. As dustin/go-humanize ParseBytes has it. */
export function parseByteSize(text: string): bigint | undefined {
  const match = /^([\d.,]+)\s*(?:([kmgtpe])(i?))?b?$/i.exec(text.trim());
  const number = Number(match?.[1]?.replaceAll(",", "") || "x");
  if (match === null || !Number.isFinite(number)) return undefined;
  const power = POWERS.indexOf((match[2] ?? "").toLowerCase());
  const bytes = number * (match[3] ? 1024 : 1000) ** power;
  return bytes < LARGEST ? BigInt(Math.floor(bytes)) : undefined;
}

/** `100 MB`, `1.5 GB`. As dustin/go-humanize Bytes has it. */
export function formatByteSize(bytes: bigint): string {
  if (bytes < 10n) return `${bytes} B`;
  const exponent = Math.floor(Math.log(Number(bytes)) / Math.log(1000));
  const value = Math.floor((Number(bytes) / 1000 ** exponent) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${["B", "kB", "MB", "GB", "TB", "PB", "EB"][exponent]!}`;
}
