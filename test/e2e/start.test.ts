import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { Clone, needsPulumi, type PulumiCli } from "./support";

/** Stands in for the quickstart where only the driver is looked at: it needs nothing of this package. */
const PROGRAM = `import * as pulumi from "@pulumi/pulumi";
export const clusterName = "harbour";
export const talosconfig = pulumi.secret("a very hidden value");
export const talosconfigExpires = "2099-01-02T03:04:05Z";
`;

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

function* below(folder: string): Generator<string> {
  yield folder;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      yield* below(path);
    } else {
      yield path;
    }
  }
}

describe("npm start", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  let clone: Clone;

  before(function () {
    cli = needsPulumi(this);
  });

  beforeEach(() => {
    clone = Clone.create({
      driverOnly: true,
      files: { "sdk/index.ts": `export const made: string = "made here";`, "examples/quickstart/index.ts": PROGRAM },
      env: { TALOS_PKI_PULUMI: cli.path },
    });
  });

  afterEach(() => {
    clone.remove();
  });

  it("makes the stack, says what was made, and changes nothing the second time", async () => {
    const first = await clone.run("npm start");
    assert.equal(first.code, 0, first.output);
    assert.match(first.stdout, /^Done: create 1\.$/m);
    assert.match(first.stdout, /^ {2}clusterName {9}harbour$/m);
    assert.match(first.stdout, /^ {2}talosconfigExpires {2}2099-01-02T03:04:05Z {2}\(in \d+ days\)$/m);

    const second = await clone.run("npm start");
    assert.equal(second.code, 0, second.output);
    assert.match(second.stdout, /^Nothing changed: all 1 resources are as the program says\.$/m);
    assert.doesNotMatch(first.output + second.output, /a very hidden value/);
  });

  it("keeps the state for the user alone and never shows its passphrase", async () => {
    const { code, output } = await clone.run("npm start");
    assert.equal(code, 0, output);
    const state = join(clone.folder, ".state");
    for (const path of below(state)) {
      assert.equal(modeOf(path), statSync(path).isDirectory() ? "700" : "600", path);
    }
    const passphrase = readFileSync(join(state, "passphrase"), "utf8");
    assert.match(passphrase, /^[\w-]{43}$/);
    const again = await clone.run("npm start -- --verbose 9 --logtostderr");
    assert.ok(!(output + again.output).includes(passphrase));
    for (const path of below(state)) {
      if (statSync(path).isFile() && !path.endsWith("passphrase")) {
        assert.ok(!readFileSync(path, "utf8").includes(passphrase), path);
        assert.ok(!readFileSync(path, "utf8").includes("a very hidden value"), path);
      }
    }
  });

  it("leaves nothing secret for git to take", async () => {
    await clone.run("npm start");
    const { code, stdout } = await clone.run("git init -q . && git status --short --untracked-files=all");
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /\.state|Pulumi\.dev\.yaml/);
    const ignored = await clone.run(
      "git check-ignore talosconfig controlplane.yaml worker.yaml secrets.yaml kubeconfig",
    );
    assert.equal(ignored.stdout.trim().split("\n").length, 5, ignored.output);
  });

  it("prints a command that writes a secret to a file which only the user can read", async () => {
    const { stdout } = await clone.run("npm start");
    const command = /^ *(\(umask 077; .* > talosconfig\))$/m.exec(stdout)?.[1];
    assert.ok(command !== undefined, stdout);
    const written = await clone.run(command);
    assert.equal(written.code, 0, written.output);
    assert.equal(readFileSync(join(clone.folder, "talosconfig"), "utf8").trim(), "a very hidden value");
    assert.equal(modeOf(join(clone.folder, "talosconfig")), "600");
  });

  it("uses the backend, the passphrase and the stack that the environment names", async () => {
    const other = join(clone.folder, "elsewhere");
    mkdirSync(other);
    const env = {
      PULUMI_BACKEND_URL: `file://${encodeURI(other)}`,
      PULUMI_CONFIG_PASSPHRASE: "mine",
      PULUMI_STACK: "prod",
    };
    const { code, output } = await clone.run("npm start", env);
    assert.equal(code, 0, output);
    assert.match(output, /stack prod, state in file:.*elsewhere \(PULUMI_BACKEND_URL\)/);
    assert.ok(existsSync(join(other, ".pulumi", "stacks", "talos-pki", "prod.json")));
    assert.ok(!existsSync(join(clone.folder, ".state")));
  });

  it("uses an existing pulumi login", async () => {
    const other = join(clone.folder, "elsewhere");
    mkdirSync(other);
    const backend = `file://${encodeURI(other)}`;
    clone.write(
      "home/.pulumi/credentials.json",
      JSON.stringify({ current: backend, accessTokens: {}, accounts: { [backend]: {} } }),
    );
    const { code, output } = await clone.run("npm start", { PULUMI_CONFIG_PASSPHRASE: "mine" });
    assert.equal(code, 0, output);
    assert.ok(existsSync(join(other, ".pulumi", "stacks", "talos-pki", "dev.json")));
    assert.ok(!existsSync(join(clone.folder, ".state")));
  });

  it("refuses to go on without the passphrase of an existing state", async () => {
    await clone.run("npm start");
    rmSync(join(clone.folder, ".state", "passphrase"));
    const { code, output } = await clone.run("npm start");
    assert.equal(code, 1);
    assert.match(output, /its passphrase is gone: bring \.state\/passphrase back from a backup/);
    assert.ok(!existsSync(join(clone.folder, ".state", "passphrase")));
  });

  it("ends with Pulumi's own exit code where the program fails", async () => {
    clone.write("examples/quickstart/index.ts", `throw new Error("what went wrong");`);
    const { code, output } = await clone.run("npm start");
    assert.notEqual(code, 0);
    assert.match(output, /what went wrong/);
    assert.match(output, /goes on from where it stopped/);
  });

  it("compiles sources that are newer than what was compiled, and rejects those that do not compile", async () => {
    clone.write("sdk/gone.ts", `export const gone = 1;`);
    clone.write("examples/quickstart/index.ts", `export { made } from "pulumi-talos-pki";`);
    const first = await clone.run("npm start");
    assert.equal(first.code, 0, first.output);
    assert.match(first.stdout, /^ {2}made {2}made here$/m);
    rmSync(join(clone.folder, "sdk", "gone.ts"));
    clone.write("sdk/index.ts", `export const made: string = "made anew";`);
    const anew = await clone.run("npm start");
    assert.match(anew.stdout, /^ {2}made {2}made anew$/m);
    assert.ok(!existsSync(join(clone.folder, "dist", "sdk", "gone.js")));
    clone.write("sdk/index.ts", `export const made: string = 1;`);
    const second = await clone.run("npm start");
    assert.equal(second.code, 1);
    assert.match(second.output, /the sources do not compile/);
  });
});
