import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

import { assertNoSecrets, needsPulumi, repository, Running, secretsIn } from "./support";
import { writeProgram } from "./support/program";

/** More by TALOS_PKI_FLEET; it was tried with 50. */
const COUNT = Number(process.env["TALOS_PKI_FLEET"] ?? "3");

describe("the example fleet", function () {
  this.timeout(300_000 + COUNT * 30_000);
  let folder = "";
  let env: NodeJS.ProcessEnv;

  before(function () {
    const cli = needsPulumi(this);
    const base = join(repository, ".build", "e2e");
    mkdirSync(base, { recursive: true });
    folder = mkdtempSync(join(base, "f-"));
    mkdirSync(join(folder, "state"), { mode: 0o700 });
    writeProgram(join(folder, "program"), "fleet", { folder: "examples/fleet" });
    env = {
      ...process.env,
      PATH: [...cli.folders, process.env["PATH"] ?? ""].join(delimiter),
      PULUMI_HOME: join(folder, "home"),
      PULUMI_BACKEND_URL: pathToFileURL(join(folder, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: randomBytes(16).toString("hex"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      // That of the tests' own ts-node.
      TS_NODE_PROJECT: undefined,
    };
  });

  after(() => {
    // There is none if the suite was skipped.
    if (folder !== "") rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });

  async function fleet(
    ...args: readonly string[]
  ): Promise<{ code: number | undefined; lines: string[]; output: string }> {
    const register = join(repository, "node_modules", "ts-node", "register", "transpile-only.js");
    const options = { cwd: join(folder, "program"), env };
    const { code, stdout, stderr } = await new Running(process.execPath, ["-r", register, "index.ts", ...args], options)
      .ended;
    return { code, lines: stdout.trim().split("\n"), output: stdout + stderr };
  }

  const stacks = (): string[] =>
    readdirSync(join(folder, "state", ".pulumi", "stacks", "fleet")).filter((name) => /^site-\d+\.json$/.test(name));

  it(`makes ${COUNT} stacks, each with CAs of its own, and the second time changes none`, async () => {
    const first = await fleet("--count", String(COUNT), "--parallel", "2");
    assert.equal(first.code, 0, first.output);
    assert.equal(first.lines.filter((line) => /^\[\d+\/\d+\] site-\d+: create 5 in /.test(line)).length, COUNT);
    assert.ok(first.lines.includes(`${COUNT} stacks: ${COUNT} changed, 0 failed`), first.output);
    assert.match(first.output, /^the first talosconfig ends \d{4}-\d\d-\d\dT/m);
    const states = stacks().map((name) => readFileSync(join(folder, "state/.pulumi/stacks/fleet", name), "utf8"));
    assert.equal(states.length, COUNT);
    const fingerprints = states.map((text) => /"osCaFingerprint": "([0-9a-f]{64})"/.exec(text)?.[1]);
    assert.equal(new Set(fingerprints).size, COUNT);

    const second = await fleet("--count", String(COUNT), "--parallel", "2");
    assert.equal(second.code, 0, second.output);
    assert.ok(second.lines.includes(`${COUNT} stacks: 0 changed, 0 failed`), second.output);
  });

  it("goes on with the others when one fails, and says which and why", async () => {
    const mixed = await fleet("site-001", "no such name!", "site-002");
    assert.equal(mixed.code, 1, mixed.output);
    assert.ok(mixed.lines.includes("3 stacks: 0 changed, 1 failed"), mixed.output);
    assert.match(mixed.output, /^no such name!: FAILED after [\d.]+ s: \S/m);
  });

  it("shows no secret and leaves none in clear", async () => {
    const args = ["stack", "export", "--show-secrets", "--stack", "site-001", "--non-interactive"];
    const options = { cwd: join(folder, "program"), env };
    const { stdout } = await new Running("pulumi", args, options).ended;
    const { output } = await fleet("site-001");
    const state = readFileSync(join(folder, "state/.pulumi/stacks/fleet/site-001.json"), "utf8");
    assertNoSecrets(
      [
        { where: "output", text: output },
        { where: "state", text: state },
      ],
      secretsIn(JSON.parse(stdout)),
    );
  });
});
