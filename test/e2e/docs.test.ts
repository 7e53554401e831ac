import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { shownCommands, unknownOptions } from "../architecture/support/commands";
import { blocks } from "../architecture/support/markdown";
import { needsPulumi, Project, type PulumiCli } from "./support";

const run = promisify(execFile);

/** Commands with commands of their own. */
const GROUPS = ["stack", "config", "state", "plugin", "package"];

describe("pulumi commands of the documentation", function () {
  this.timeout(300_000);
  let cli: PulumiCli;

  before(function () {
    cli = needsPulumi(this);
  });

  it("exist in the real CLI, with every option", async () => {
    const known = new Map<string, Promise<string | undefined>>();
    const help = (words: readonly string[]): Promise<string | undefined> => {
      const key = words.join(" ");
      const asked =
        known.get(key) ??
        run(cli.path, [...words, "--help"], { env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" } }).then(
          // An unknown command shows the help of the one above it.
          ({ stdout }) => (stdout.includes(`pulumi ${key}`) ? stdout : undefined),
          () => undefined,
        );
      known.set(key, asked);
      return asked;
    };
    const commands = shownCommands("pulumi");
    assert.ok(commands.length > 20);
    const depth = ([first = ""]: readonly string[]): number => (GROUPS.includes(first) ? 2 : 1);
    const wrong: string[] = [];
    for (const command of commands) wrong.push(...(await unknownOptions(command, depth, help)));
    assert.deepEqual(wrong, []);
  });
});

describe("the README's program", function () {
  this.timeout(300_000);
  let project: Project | undefined;
  let cli: PulumiCli;

  before(function () {
    cli = needsPulumi(this);
  });

  after(async () => {
    await project?.remove();
  });

  it("runs, gives what it says, and changes nothing the second time", async () => {
    const program = blocks("ts").find(({ where }) => where.startsWith("README.md:"));
    project = await Project.create({ cli, typescript: program?.text ?? "" });
    const up = await project.up();
    assert.equal(up.code, 0, up.output);
    assert.deepEqual(up.changes, { create: 7 });
    const outputs = await project.outputs();
    const names = ["controlPlaneConfig", "expires", "kubeconfig", "readerTalosconfig", "talosconfig", "workerConfig"];
    assert.deepEqual(Object.keys(outputs).sort(), names);
    const secret = names.filter((name) => name !== "expires");
    assert.deepEqual(
      secret.map((name) => outputs[name]),
      secret.map(() => "[secret]"),
    );
    const again = await project.preview({ args: ["--expect-no-changes"] });
    assert.equal(again.code, 0, again.output);
  });
});
