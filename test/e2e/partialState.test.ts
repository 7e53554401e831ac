import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { needsPulumi, type Outcome, Project, type PulumiCli, repository } from "./support";

const built = (path: string): string => JSON.stringify(join(repository, "dist", "provider", path));

/** A dynamic provider over a definition of the test's own: a note in a file, of which half is written while `half` exists. */
const PROVIDER = `
const { existsSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { PemReader } = require(${built("core/x509/pemReader.js")});
const { Changes } = require(${built("adapters/changes.js")});
const { dynamicProvider } = require(${built("adapters/dynamicProvider.js")});
const { systemHost } = require(${built("adapters/systemHost.js")});
const { defineResource } = require(${built("engine/definition.js")});
const { secretText, text } = require(${built("engine/rows.js")});
const { ResourceShell } = require(${built("engine/shell.js")});
const Note = defineResource({
  name: "Note",
  description: "A note.",
  inputs: { text: text("What it says.").asRequired(), token: secretText("A secret.").asRequired() },
  outputs: { found: text("What is written."), key: secretText("The token.") },
  remembered: ["text"],
  decidesFrom: "inputs",
  plan: () => ({ problems: [], reports: [], decision: undefined }),
  apply({ inputs, previous }, { progress }) {
    progress(previous === undefined ? "is begun" : \`goes on after \${previous.found.length}\`);
    const isHalf = existsSync("half");
    const found = isHalf ? inputs.text.slice(0, inputs.text.length / 2) : inputs.text;
    writeFileSync("note", found);
    const outputs = { found, key: inputs.token };
    const problem = { code: "ERR_INPUT_INVALID", path: "text", message: "is written by half; run it again" };
    return { id: "note", outputs, ...(isHalf ? { incomplete: [problem] } : {}) };
  },
  read: ({ outputs }) => {
    if (!existsSync("note")) return { outputs, isGone: true };
    const found = readFileSync("note", "utf8");
    const reports = found === outputs.found ? [] : [{ severity: "info", message: "somebody has written on it" }];
    return { outputs: { ...outputs, found }, reports };
  },
  hasDrifted: ({ found, text }) => found !== text,
  remove: ({ outputs: { found } }) => { writeFileSync("removed", found); rmSync("note"); },
});
const say = (line) => void process.stdout.write(line + "\\n");
module.exports = dynamicProvider(new ResourceShell(Note, systemHost, new PemReader()), { say, audit: () => {}, changes: new Changes() });
`;

const TOKEN = "s3cret-of-the-note";
const TEXT_LENGTH = 300_000;
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const __provider = "exports.handler=()=>require(process.cwd()+'/provider.js')";
class Note extends pulumi.CustomResource {
  constructor(name, args) {
    super("pulumi-nodejs:dynamic/test:Note", name, { found: undefined, key: undefined, ...args, __provider, __resourceName: name });
  }
}
new Note("it", { text: "note".repeat(${TEXT_LENGTH / 4}), token: pulumi.secret("${TOKEN}") });
`;

describe("An operation that changes something and then fails", function () {
  this.timeout(120_000);
  let cli: PulumiCli;
  let project: Project;

  before(async function () {
    cli = needsPulumi(this);
    project = await Project.create({ cli, program: PROGRAM, files: { "provider.js": PROVIDER, half: "" } });
  });

  after(async () => {
    await (project as Project | undefined)?.remove();
  });

  const file = (name: string): string => join(project.programFolder, name);
  const note = (): ReturnType<Project["resources"]>[number] | undefined =>
    project.resources().find(({ type }) => type.endsWith(":Note"));
  const lengthOf = (output: unknown): number => String(output).length;
  const succeed = (outcome: Outcome): Outcome => {
    assert.equal(outcome.code, 0, outcome.output);
    return outcome;
  };

  it("has what it changed in the state, encrypted, and with its provider", async () => {
    const { code, output } = await project.up();
    assert.notEqual(code, 0);
    assert.match(output, /text: is written by half; run it again/);
    assert.ok(!/\n\s+at .*\.js:\d+/.test(output), output);
    const { id, outputs = {} } = note() ?? {};
    assert.deepEqual([id, lengthOf(outputs["found"])], ["note", TEXT_LENGTH / 2]);
    assert.match(String(outputs["__provider"]), /provider\.js/);
    project.assertNoSecrets([TOKEN]);
  });

  it("is gone on with by the next update, which sees what there is", async () => {
    const { code, output } = await project.up();
    assert.notEqual(code, 0);
    assert.match(output, new RegExp(`Note "it": goes on after ${TEXT_LENGTH / 2}`));
    assert.equal(lengthOf(note()?.outputs?.["found"]), TEXT_LENGTH / 2);
    rmSync(file("half"));
    assert.deepEqual(succeed(await project.up()).changes, { update: 1, same: 1 });
    assert.equal(lengthOf(note()?.outputs?.["found"]), TEXT_LENGTH);
    assert.deepEqual(succeed(await project.preview({ args: ["--expect-no-changes"] })).changes, { same: 2 });
  });

  it("is followed by refreshes that report drift, by updates that mend it, and by a deletion", async () => {
    writeFileSync(file("note"), "hullo");
    assert.match(succeed(await project.refresh()).output, /Note "it": somebody has written on it/);
    assert.deepEqual(succeed(await project.up()).changes, { update: 1, same: 1 });
    assert.equal(readFileSync(file("note"), "utf8").length, TEXT_LENGTH);
    succeed(await project.destroy());
    assert.equal(readFileSync(file("removed"), "utf8").length, TEXT_LENGTH);
    assert.equal(existsSync(file("note")), false);
  });
});
