import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

import type { ValidationMode } from "../../../provider/core/machinery/validation/facts";

/** What the real machinery of one Talos says of a config. */
export interface Judgement {
  /** Why it cannot be read. */
  readonly unreadable?: string;
  /** For each mode what is rejected. */
  readonly rejected?: Partial<Record<ValidationMode, readonly string[] | null>>;
}

export interface ConfigQuestion {
  readonly config: string;
  readonly modes: readonly ValidationMode[];
}

const sources = resolve(__dirname, "..", "..", "differential", "validate");

/**
 * Builds the Go program over the machinery of that Talos into the cache of this project, unless it is there.
 *
 * @param minor 6 to 14
 * @throws Error when there is no Go, or it cannot get the modules
 */
function buildValidator(minor: number): string {
  const modfile = `talos-1.${minor}.mod`;
  const files = readdirSync(sources).filter((name) => name.endsWith(".go") || name.startsWith(`talos-1.${minor}.`));
  const hash = createHash("sha256");
  for (const name of files.sort()) hash.update(name).update(readFileSync(join(sources, name)));
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pulumi-talos-pki", "bin");
  const binary = join(cache, `validate-1.${minor}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  mkdirSync(cache, { recursive: true });
  const fresh = `${binary}.${process.pid}`;
  execFileSync("go", ["build", `-modfile=${modfile}`, "-mod=readonly", "-buildvcs=false", "-o", fresh, "."], {
    cwd: sources,
    stdio: ["ignore", "ignore", "pipe"],
  });
  renameSync(fresh, binary);
  return binary;
}

/**
 * To be called in a `describe`: its tests run with the machinery of that Talos, built here once, or are skipped
 * loudly. With `TALOS_PKI_REQUIRE_TOOLS=1` they fail instead.
 *
 * @returns the path of the program, for the tests
 */
export function needValidator(minor: number): () => string {
  let binary = "";
  before(`build the validation of Talos 1.${minor}`, function () {
    this.timeout(600_000);
    try {
      binary = buildValidator(minor);
    } catch (error) {
      if (process.env["TALOS_PKI_REQUIRE_TOOLS"] === "1") throw error;
      console.warn(`SKIPPED: the comparison with the validation of Talos 1.${minor} needs Go and its modules`);
      this.skip();
    }
  });
  return () => binary;
}

/** Asks everything in one run. */
export function askValidator(binary: string, questions: readonly ConfigQuestion[]): Judgement[] {
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
  const { stdout, stderr, status } = spawnSync(binary, { input, encoding: "utf8", maxBuffer: 1 << 29 });
  if (status !== 0) throw new Error(`the machinery failed: ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Judgement);
}
