import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parse } from "yaml";

import { repository, skipOrFail } from "../e2e/support/tools";
import { mustRun, run } from "./support/run";

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly { readonly run?: string; readonly uses?: string }[];
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(repository, ".github", "workflows");
const names = readdirSync(folder).filter((name) => name.endsWith(".yml"));
const text = (name: string): string => readFileSync(join(folder, name), "utf8");
const workflow = (name: string): Workflow => parse(text(name)) as Workflow;
const commandsOf = ({ jobs }: Workflow): string[] =>
  Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run: command }) => (command ?? "").split("\n")));

describe("The workflows of this repository", function () {
  let actionlint: string;
  const scratch = mkdtempSync(join(tmpdir(), "talos-pki-"));

  before(async function () {
    const { findMonitoring } = await import("../../tools/monitoring.mjs");
    actionlint =
      findMonitoring()?.actionlint ??
      skipOrFail(this, "actionlint is not built; `node tools/monitoring.mjs` builds it");
  });
  after(() => {
    rmSync(scratch, { recursive: true, force: true });
  });

  const options = ["-shellcheck=", "-pyflakes="];

  it("are taken by actionlint, which finds what is wrong", async () => {
    assert.deepEqual(names, ["ci.yml", "release.yml"]);
    await mustRun(actionlint, [...options, ...names.map((name) => join(folder, name))]);
    const broken = join(scratch, "release.yml");
    writeFileSync(broken, text("release.yml").replace("needs: check", "needs: chek"));
    const { code, stdout } = await run(actionlint, [...options, broken]);
    assert.notEqual(code, 0);
    assert.match(stdout, /chek/);
  });

  it("pin every action by its commit, and name its version beside it", () => {
    const uses = names.flatMap((name) =>
      text(name)
        .split("\n")
        .filter((line) => line.includes("uses:")),
    );
    assert.ok(uses.length >= 10);
    assert.deepEqual(
      uses.filter((line) => !/uses: [\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)+$/.test(line)),
      [],
    );
  });

  it("may read only, but for the jobs that publish", () => {
    for (const name of names) assert.deepEqual(workflow(name).permissions, { contents: "read" }, name);
    const granted = Object.entries(workflow("release.yml").jobs).flatMap(([job, { permissions = {} }]) =>
      Object.entries(permissions).flatMap(([of, right]) => (right === "write" ? [`${job}: ${of}`] : [])),
    );
    assert.deepEqual(granted, [
      "npm: id-token",
      "python: id-token",
      "github: contents",
      "github: id-token",
      "github: attestations",
    ]);
    for (const name of names) assert.doesNotMatch(text(name), /secrets\./, "no token is stored");
  });

  it("run scripts and tools that exist, and publish with provenance what was checked", () => {
    const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
      scripts: Readonly<Record<string, string>>;
    };
    const commands = names.flatMap((name) => commandsOf(workflow(name)));
    const run = commands.flatMap((command) => /^npm run (\S+)/.exec(command)?.[1] ?? []);
    assert.ok(run.length >= 3);
    assert.deepEqual(
      run.filter((name) => !(name in scripts)),
      [],
    );
    const tools = commands.flatMap((command) => /^node tools\/(\S+)/.exec(command)?.[1] ?? []);
    assert.ok(tools.length >= 4);
    assert.deepEqual(
      tools.filter((name) => !readdirSync(join(repository, "tools")).includes(name)),
      [],
    );
    const { npm } = workflow("release.yml").jobs;
    const steps = (npm?.steps ?? []).map((step) => step.run ?? "");
    const publishes = steps.findIndex((step) => step.startsWith("npm publish --provenance"));
    assert.ok(steps.slice(0, publishes).some((step) => step.startsWith("node tools/release.mjs --tag")));
  });
});
