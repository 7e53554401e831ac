import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { verifyChain } from "../../../provider/audit/chain";
import { appendRecord } from "../../../provider/audit/log";

const root = resolve(__dirname, "..", "..", "..");

describe("The audit log", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "talos-pki-"));
    file = join(folder, "audit.jsonl");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const lines = (): unknown[] =>
    readFileSync(file, "utf8")
      .split("\n")
      // An empty line is no harm to a reader; it may stand where a line seemed to have been cut.
      .filter((line) => line !== "")
      .map((line): unknown => {
        const { chain: _, ...record } = JSON.parse(line) as Record<string, unknown>;
        return record;
      });

  it("is made for its owner only and grows by one line per record", () => {
    appendRecord(file, { operation: "create" });
    appendRecord(file, { operation: "issue", subject: "two\nlines" });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(lines(), [{ operation: "create" }, { operation: "issue", subject: "two\nlines" }]);
  });

  it("begins a line of its own after one that was cut", () => {
    appendFileSync(file, '{"operation":"is');
    appendRecord(file, { operation: "issue" });
    const text = readFileSync(file, "utf8");
    assert.match(
      text,
      /^\{"operation":"is\n\{"chain":\{"from":0,"to":16,"sha256":"[0-9a-f]{64}"\},"operation":"issue"\}\n$/,
    );
    assert.equal(verifyChain(Buffer.from(text)).break, undefined);
  });

  it("keeps every line whole and the chain unbroken when many processes write at once", async function () {
    this.timeout(60_000);
    const script = `
      require("ts-node").register({ transpileOnly: true });
      const { appendRecord } = require("./provider/audit/log");
      const [file, writer] = process.argv.slice(1);
      for (let count = 0; count < 200; count++) appendRecord(file, { writer, count, padding: "x".repeat(700) });
    `;
    const write = (writer: number): Promise<unknown> =>
      promisify(execFile)(process.execPath, ["-e", script, file, String(writer)], { cwd: root });
    await Promise.all([1, 2, 3, 4].map(write));
    const records = lines() as { writer: string; count: number; padding: string }[];
    assert.equal(records.length, 800);
    assert.equal(new Set(records.map(({ writer, count }) => `${writer}/${count}`)).size, 800);
    assert.ok(records.every(({ padding }) => padding.length === 700));
    const { lines: chained, unchained, break: broken } = verifyChain(readFileSync(file));
    assert.deepEqual([chained, unchained, broken], [800, 0, undefined]);
  });

  it("says what is wrong with a file that cannot be written", () => {
    assert.throws(
      () => {
        appendRecord(folder, {});
      },
      (error: Error & { code?: string }) => {
        assert.equal(error.code, "ERR_AUDIT_LOG");
        assert.match(
          error.message,
          /^the audit log .* cannot be written \(EISDIR: .*\), so nothing was issued; must be a file that can be appended to$/,
        );
        return true;
      },
    );
  });

  it("says so when the disk is full", function () {
    if (process.platform !== "linux") return this.skip();
    assert.throws(
      () => {
        appendRecord("/dev/full", { operation: "issue" });
      },
      { code: "ERR_AUDIT_LOG", message: /ENOSPC/ },
    );
  });
});
