import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

import { PkiError } from "../core/errors";
import { type ChainLink, readLink, sha256Of } from "./chain";

const NEWLINE = 10;
/** Nobody ever wakes who waits for it: the wait is a short sleep. */
const MOMENT = new Int32Array(new SharedArrayBuffer(4));

/**
 * Appends one line of JSON to a file that many processes may append to at once. The file is made, for its owner only,
 * if it is not there. Its first field, `chain`, holds the hash of what stands before it.
 *
 * A line is one write to a file opened for appending, which the operating system carries out undivided. A line that a
 * full disk has cut stays, and the next one begins on a line of its own. No lock: a link says which octets it covers, so
 * what a concurrent writer has put between them is covered by the next line.
 *
 * @throws PkiError ERR_AUDIT_LOG when the line cannot be written whole
 * @example
 * appendRecord("audit.jsonl", { time: "2026-01-01T00:00:00Z", operation: "issue" });
 */
export function appendRecord(path: string, record: object): void {
  try {
    const file = openSync(path, "a+", 0o600);
    try {
      const { size, isCut } = wholeEnd(file);
      // A pipe or a device has nothing before the line.
      const chained = size === undefined ? record : { chain: linkTo(file, size), ...record };
      const line = Buffer.from(`${isCut ? "\n" : ""}${JSON.stringify(chained)}\n`);
      const written = writeSync(file, line);
      if (written !== line.length) throw new Error(`only ${written} of ${line.length} bytes were written`);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new PkiError(
      "ERR_AUDIT_LOG",
      `the audit log ${path} cannot be written (${(error as Error).message}), so nothing was issued; must be a file that can be appended to`,
      { cause: error },
    );
  }
}

/**
 * Where a file ends, and whether that is in the middle of a line that nobody is writing. A file system may show a line
 * before all of it is there, so a file that still grows is looked at again. Pipes and the like have no end to look at.
 */
function wholeEnd(file: number): { readonly size: number | undefined; readonly isCut: boolean } {
  if (!fstatSync(file).isFile()) return { size: undefined, isCut: false };
  for (let size = -1; ; Atomics.wait(MOMENT, 0, 0, 10)) {
    const before = size;
    ({ size } = fstatSync(file));
    if (size === 0 || read(file, size - 1, size)[0] === NEWLINE) return { size, isCut: false };
    if (size === before) return { size, isCut: true };
  }
}

function read(file: number, from: number, to: number): Buffer {
  const octets = Buffer.alloc(to - from);
  for (let done = 0; done < octets.length;) {
    const count = readSync(file, octets, done, octets.length - done, from + done);
    if (count === 0) throw new Error("it became shorter while it was read");
    done += count;
  }
  return octets;
}

const CHUNK = 64 * 1024;

/** The link of a line that follows the first `size` octets: reads back to the last line with a link, and no further. */
function linkTo(file: number, size: number): ChainLink {
  // Twice as much each time: a long file of an older release has no link at all.
  for (let length = Math.min(size, CHUNK); ; length = Math.min(size, 2 * length)) {
    const start = size - length;
    const tail = read(file, start, size);
    const from = lastLinked(tail, start === 0) ?? (start === 0 ? 0 : undefined);
    if (from === undefined) continue;
    const covered = from < start ? read(file, from, size) : tail.subarray(from - start);
    return { from, to: size, sha256: sha256Of(covered) };
  }
}

/** Up to where the last link in the end of a file covers. Its first line counts only if that is the file's first. */
function lastLinked(tail: Buffer, isWhole: boolean): number | undefined {
  for (let end = tail.length; end > 0;) {
    // A newline at the end of a line belongs to it.
    const newline = end < 2 ? -1 : tail.lastIndexOf(NEWLINE, end - 2);
    if (newline === -1 && !isWhole) return undefined;
    const found = readLink(tail.toString("latin1", newline + 1, end));
    if (found !== undefined) return found.link.to;
    end = newline + 1;
  }
  return undefined;
}
