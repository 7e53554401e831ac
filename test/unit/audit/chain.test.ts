import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type ChainVerdict, verifyChain } from "../../../provider/audit/chain";
import { appendRecord } from "../../../provider/audit/log";

describe("The chain of the audit log", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "talos-pki-"));
    file = join(folder, "audit.jsonl");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const append = (count: number): void => {
    for (let number = 1; number <= count; number++) appendRecord(file, { operation: "issue", number });
  };
  const text = (): string => readFileSync(file, "utf8");
  const verdict = (changed = text()): ChainVerdict => verifyChain(Buffer.from(changed));
  const broken = (changed: string): unknown => verdict(changed).break;
  /** The text with its lines changed; the empty one after the last newline stays. */
  const withLines = (change: (lines: string[]) => void): string => {
    const lines = text().split("\n");
    change(lines);
    return lines.join("\n");
  };

  it("has in each line the hash of the one before, as sha256sum computes it", () => {
    append(3);
    const lines = text().split("\n").slice(0, 3);
    const links = lines.map(
      (line) => (JSON.parse(line) as { chain: { from: number; to: number; sha256: string } }).chain,
    );
    const hash = (octets: string): string => createHash("sha256").update(octets).digest("hex");
    const [one, two] = [lines[0]!.length + 1, lines[0]!.length + lines[1]!.length + 2];
    assert.deepEqual(links, [
      { from: 0, to: 0, sha256: hash("") },
      { from: 0, to: one, sha256: hash(`${lines[0]!}\n`) },
      { from: one, to: two, sha256: hash(`${lines[1]!}\n`) },
    ]);
    assert.deepEqual(verdict(), { lines: 3, unchained: 0, octets: text().length, sha256: hash(text()) });
  });

  it("shows a changed line, whichever but the last it is", () => {
    append(5);
    for (const number of [1, 2, 3, 4]) {
      const changed = text().replace(`"number":${number}`, `"number":9`);
      assert.deepEqual(broken(changed), { line: number + 1, first: number, last: number, problem: "changed" });
    }
  });

  it("shows lines that were removed, inserted or put elsewhere", () => {
    append(5);
    const removed = { problem: "removed" };
    const at = (line: number, first: number, last: number): unknown => ({ line, first, last, ...removed });
    assert.deepEqual(broken(withLines((lines) => lines.splice(2, 1))), at(3, 2, 2));
    assert.deepEqual(broken(withLines((lines) => lines.splice(0, 1))), at(1, 1, 1));
    // A copy looks like a concurrent line until a line comes that has seen all before it.
    assert.deepEqual(broken(withLines((lines) => lines.splice(2, 0, lines[1]!))), at(5, 2, 4));
    assert.deepEqual(broken(withLines((lines) => lines.splice(2, 0, "{}"))), {
      line: 5,
      first: 3,
      last: 4,
      problem: "changed",
    });
    assert.notEqual(broken(withLines((lines) => lines.splice(1, 2, lines[2]!, lines[1]!))), undefined);
  });

  it("goes on from a log of an older release and covers what that has written", () => {
    writeFileSync(file, '{"operation":"create"}\n{"operation":"issue"}\n');
    append(2);
    const { lines, unchained, break: found } = verdict();
    assert.deepEqual([lines, unchained, found], [4, 2, undefined]);
    assert.deepEqual(broken(text().replace("create", "adopt!")), { line: 3, first: 1, last: 2, problem: "changed" });
  });

  it("covers a line that an older release writes in between", () => {
    append(2);
    appendFileSync(file, '{"operation":"old"}\n');
    append(1);
    assert.deepEqual([verdict().unchained, verdict().break], [1, undefined]);
    assert.deepEqual(broken(text().replace('"old"', '"new"')), { line: 4, first: 2, last: 3, problem: "changed" });
  });

  it("is unbroken where a line was cut, wherever that was", () => {
    append(2);
    const line = text().split("\n")[1]!;
    for (let length = 0; length < line.length; length++) {
      writeFileSync(file, `${text().split("\n")[0]!}\n${line.slice(0, length)}`);
      append(2);
      assert.equal(verdict().break, undefined, `after ${length} octets`);
    }
  });

  it("covers a concurrent line that its writer has not seen", () => {
    append(1);
    const first = text();
    append(1);
    const [, second] = text().split("\n");
    // Both have seen the first line only.
    const concurrent = second!.replace('"number":1', '"number":7');
    writeFileSync(file, `${first}${second!}\n${concurrent}\n`);
    append(1);
    assert.equal(verdict().break, undefined);
    for (const changed of [`"number":7`, `"number":1`]) {
      assert.notEqual(broken(text().replace(new RegExp(`(\\n[^\\n]*)${changed}`), '$1"number":8')), undefined);
    }
  });

  it("takes time in proportion to what is new in a long log", () => {
    const line = `${JSON.stringify({ operation: "issue", padding: "x".repeat(1000) })}\n`;
    writeFileSync(file, line.repeat(30_000));
    const time = (): number => {
      const start = performance.now();
      append(1);
      return performance.now() - start;
    };
    const first = time();
    const later = Array.from({ length: 20 }, time);
    assert.ok(first < 2000, `${first} ms over 30 MB of an older release`);
    assert.ok(Math.min(...later) < 20, `${Math.min(...later)} ms afterwards`);
    assert.equal(verifyChain(readFileSync(file)).break, undefined);
  });
});
