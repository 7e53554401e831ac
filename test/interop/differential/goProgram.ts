import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A Go program of the tests over one Talos's own modules. */
export interface GoProgram {
  /** What the binary is called, without the hash of its sources: `differential-1.14`. */
  readonly name: string;
  readonly sources: string;
  /** File in `sources` that names the modules; its sums stand beside it. */
  readonly modfile: string;
  /** What is compared, for the line that says that it is skipped. */
  readonly subject: string;
}

/**
 * Builds the program into the cache of this project, unless it is there.
 *
 * @throws Error when there is no Go, or it cannot get the modules
 */
function buildProgram({ name, sources, modfile }: GoProgram): string {
  const modules = modfile.slice(0, -"mod".length);
  const files = readdirSync(sources).filter((file) => file.endsWith(".go") || file.startsWith(modules));
  const hash = createHash("sha256");
  for (const file of files.sort()) hash.update(file).update(readFileSync(join(sources, file)));
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pulumi-talos-pki", "bin");
  const binary = join(cache, `${name}-${hash.digest("hex").slice(0, 16)}`);
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
 * To be called in a `describe`: its tests run with the program, built here once, or are skipped loudly. With
 * `TALOS_PKI_REQUIRE_TOOLS=1` they fail instead.
 *
 * @returns the path of the program, for the tests
 */
export function needProgram(program: GoProgram): () => string {
  let binary = "";
  before(`build the ${program.subject}`, function () {
    this.timeout(600_000);
    try {
      binary = buildProgram(program);
    } catch (error) {
      if (process.env["TALOS_PKI_REQUIRE_TOOLS"] === "1") throw error;
      console.warn(`SKIPPED: the comparison with the ${program.subject} needs Go and its modules`);
      this.skip();
    }
  });
  return () => binary;
}

/** Asks everything in one run: a line of JSON each way. */
export function askProgram<Answer>(binary: string, questions: readonly object[]): Answer[] {
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
  const { stdout, stderr, status } = spawnSync(binary, { input, encoding: "utf8", maxBuffer: 1 << 29 });
  if (status !== 0) throw new Error(`the machinery failed: ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}
