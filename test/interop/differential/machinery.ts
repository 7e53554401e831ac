import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

import type { MachineConfigOptions } from "../../../provider/core/config/machineConfigOptions";

/** A question to the real Talos machinery; test/differential/answer.go has the same fields. */
export interface Question extends Partial<Omit<MachineConfigOptions, "secrets" | "clusterEndpoint" | "configPatches">> {
  /** A bundle as `talosctl gen secrets` writes it. */
  readonly secrets?: string;
  readonly endpoint?: string;
  readonly config?: string;
  readonly patches?: readonly string[];
}

export interface Answer {
  readonly config: string;
  readonly error?: string;
}

const sources = resolve(__dirname, "..", "..", "differential");
const MODFILES = { "1.13": "go.mod", "1.14": "talos-1.14.mod" } as const;

export type MachineryVersion = keyof typeof MODFILES;

/**
 * Builds the Go program over the machinery of that Talos into the cache of this project, unless it is there.
 *
 * @throws Error when there is no Go, or it cannot get the modules
 */
export function buildMachinery(version: MachineryVersion): string {
  const modfile = MODFILES[version];
  const files = readdirSync(sources).filter(
    (name) => name.endsWith(".go") || name.startsWith(modfile.replace(".mod", "")),
  );
  const hash = createHash("sha256");
  for (const name of files.sort()) hash.update(name).update(readFileSync(join(sources, name)));
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pulumi-talos-pki", "bin");
  const binary = join(cache, `differential-${version}-${hash.digest("hex").slice(0, 16)}`);
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
export function needMachinery(version: MachineryVersion): () => string {
  let binary = "";
  before(`build the machinery of Talos ${version}`, function () {
    this.timeout(600_000);
    try {
      binary = buildMachinery(version);
    } catch (error) {
      if (process.env["TALOS_PKI_REQUIRE_TOOLS"] === "1") throw error;
      console.warn(`SKIPPED: the comparison with Talos ${version} needs Go and its modules`);
      this.skip();
    }
  });
  return () => binary;
}

/** Asks everything in one run. */
export function askMachinery(binary: string, questions: readonly Question[]): Answer[] {
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
  const { stdout, stderr, status } = spawnSync(binary, { input, encoding: "utf8", maxBuffer: 1 << 29 });
  if (status !== 0) throw new Error(`the machinery failed: ${stderr}`);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}
