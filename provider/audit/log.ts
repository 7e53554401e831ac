import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";

import { PkiError } from "../core/errors";

const NEWLINE = 10;
/** Nobody ever wakes who waits for it: the wait is a short sleep. */
const MOMENT = new Int32Array(new SharedArrayBuffer(4));

/**
 * Appends one line of JSON to a file that many processes may append to at once. The file is made, for its owner only,
 * if it is not there.
 *
 * A line is one write to a file opened for appending, which the operating system carries out undivided. A line that a
 * full disk has cut stays, and the next one begins on a line of its own.
 *
 * @throws PkiError ERR_AUDIT_LOG when the line cannot be written whole
 * @example
 * appendRecord("audit.jsonl", { time: "2026-01-01T00:00:00Z", operation: "issue" });
 */
export function appendRecord(path: string, record: object): void {
  try {
    const file = openSync(path, "a+", 0o600);
    try {
      const line = Buffer.from(`${endsInside(file) ? "\n" : ""}${JSON.stringify(record)}\n`);
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
 * Whether the file ends in the middle of a line that nobody is writing. A file system may show a line before all of it
 * is there, so a file that still grows is looked at again. Pipes and the like have no end to look at.
 */
function endsInside(file: number): boolean {
  if (!fstatSync(file).isFile()) return false;
  for (let size = -1; ; Atomics.wait(MOMENT, 0, 0, 10)) {
    const before = size;
    ({ size } = fstatSync(file));
    if (size === 0) return false;
    const last = Buffer.alloc(1);
    readSync(file, last, 0, 1, size - 1);
    if (last[0] === NEWLINE) return false;
    if (size === before) return true;
  }
}
