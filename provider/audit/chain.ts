import { createHash } from "node:crypto";

/**
 * What a line of the audit log knows of the octets before it: their SHA-256, from where the lines before it knew
 * them already. Without concurrent writers that is exactly the line before. Offsets count from the start of the file,
 * so that a line that is taken out or put in shows at every line after it.
 */
export interface ChainLink {
  readonly from: number;
  /** Where what this line's writer saw ended; a concurrent writer's line may stand between there and this line. */
  readonly to: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Where a chain is damaged. */
export interface ChainBreak {
  /** The line that does not match what stands before it; counted from 1. */
  readonly line: number;
  /** The lines that it covers: the damage is among them. */
  readonly first: number;
  readonly last: number;
  /** `removed`: lines were taken out or put in; `changed`: their number of octets is right, and their text is not. */
  readonly problem: "removed" | "changed";
}

/** What a chain proves of a file. */
export interface ChainVerdict {
  readonly lines: number;
  /** Lines that hold no hash: those of an older release, each covered by the next line that holds one. */
  readonly unchained: number;
  readonly octets: number;
  /** Of the whole file; noted elsewhere, it also shows what was cut from the end. */
  readonly sha256: string;
  readonly break?: ChainBreak;
}

const NEWLINE = 10;
// The first field of a line, so that a line whose end a full disk has cut still has its place in the chain.
const LINK = /^\{"chain":\{"from":(\d{1,15}),"to":(\d{1,15}),"sha256":"([0-9a-f]{64})"\}[,}]/;

/** A link and how many octets of its line are enough to read it. */
export interface LinkText {
  readonly link: ChainLink;
  readonly length: number;
}

/** Reads the link of a line, or of the part of a line that is there; `undefined` where there is none. */
export function readLink(line: string): LinkText | undefined {
  const found = LINK.exec(line);
  if (found === null) return undefined;
  return { link: { from: Number(found[1]), to: Number(found[2]), sha256: found[3]! }, length: found[0].length };
}

/** SHA-256 in lower-case hex. */
export function sha256Of(octets: Uint8Array): string {
  return createHash("sha256").update(octets).digest("hex");
}

/** A line that holds a link. */
interface ChainedLine extends ChainLink {
  readonly line: number;
  readonly start: number;
  /** Offset up to which a writer must have read to know of this link. */
  readonly known: number;
}

/**
 * Compares every link of a file with the octets that it covers.
 *
 * @returns the first break only: after a line was taken out, no later one matches
 * @example
 * verifyChain(readFileSync("audit.jsonl")).break; // undefined for a file that nobody has changed
 */
export function verifyChain(octets: Buffer): ChainVerdict {
  const chained: ChainedLine[] = [];
  let [lines, unchained] = [0, 0];
  let broken: ChainBreak | undefined;
  for (const { line, start, text } of linesOf(octets)) {
    // An empty line may stand where a line seemed to have been cut.
    if (text === "") continue;
    lines++;
    const found = readLink(text);
    if (found === undefined) {
      unchained++;
      continue;
    }
    const linked = { ...found.link, line, start, known: start + found.length };
    broken ??= breakAt(octets, linked, lastKnown(chained, linked.to));
    chained.push(linked);
  }
  const verdict = { lines, unchained, octets: octets.length, sha256: sha256Of(octets) };
  return broken === undefined ? verdict : { ...verdict, break: broken };
}

interface Line {
  /** Counted from 1, empty ones too. */
  readonly line: number;
  readonly start: number;
  readonly text: string;
}

function* linesOf(octets: Buffer): Generator<Line> {
  for (let [line, start] = [1, 0]; start < octets.length; line++) {
    const newline = octets.indexOf(NEWLINE, start);
    const end = newline === -1 ? octets.length : newline;
    yield { line, start, text: octets.toString("utf8", start, end) };
    start = end + 1;
  }
}

/** The last link that a writer knew of who had read up to an offset. */
function lastKnown(chained: readonly ChainedLine[], offset: number): ChainedLine | undefined {
  let [low, high] = [0, chained.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (chained[middle]!.known <= offset) low = middle + 1;
    else high = middle;
  }
  return chained[low - 1];
}

function breakAt(octets: Buffer, found: ChainedLine, previous: ChainedLine | undefined): ChainBreak | undefined {
  const { from, to, sha256, start, line } = found;
  const covered = previous?.to ?? 0;
  const isPlaced = to <= start && from === covered;
  if (isPlaced && sha256Of(octets.subarray(from, to)) === sha256) return undefined;
  const last = Math.max(1, line - 1);
  const first = Math.min(last, lineAt(octets, covered));
  return { line, first, last, problem: isPlaced ? "changed" : "removed" };
}

/** The number of the line at an offset. */
function lineAt(octets: Buffer, offset: number): number {
  let line = 1;
  for (let at = octets.indexOf(NEWLINE); at !== -1 && at < offset; at = octets.indexOf(NEWLINE, at + 1)) line++;
  return line;
}
