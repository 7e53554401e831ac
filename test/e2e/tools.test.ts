import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";

import { Clone } from "./support";

describe("the tools of a clone", function () {
  this.timeout(60_000);
  let clone: Clone;

  beforeEach(() => {
    clone = Clone.create({ driverOnly: true, files: { "sdk/index.ts": "export const made = 1;" } });
  });

  afterEach(() => {
    clone.remove();
  });

  it("show their usage, and say in one line what is wrong with a command line", async () => {
    for (const tool of ["realnode", "archives", "find", "languages"]) {
      const { code, stdout, stderr } = await clone.run(`node tools/${tool}.mjs --help`);
      assert.deepEqual([code, stderr], [0, ""], tool);
      assert.match(stdout, /^usage: .*\n\n[^]*--help/);
    }
    const wrong: Readonly<Record<string, string>> = {
      "realnode.mjs --bogus": "Unknown option '--bogus'; --help shows the usage",
      "realnode.mjs up --workers": "Option '--workers <value>' argument missing; --help shows the usage",
      "realnode.mjs up --workers many": '--workers: "many" is no number of nodes; use one such as 3',
      "realnode.mjs upp": '"upp" is no command; use one of build, next, up, down',
      "find.mjs go": '"go" is nothing to find; use one of pulumi, talosctl',
      "find.mjs pulumi --obtain magic": '--obtain: "magic" is no way to get it; use one of nothing, download, build',
      "languages.mjs rust": '"rust" is no language; use one of yaml, python, java, generator',
      "archives.mjs --bogus": "Unknown option '--bogus'; --help shows the usage",
    };
    for (const [command, problem] of Object.entries(wrong)) {
      const { code, stdout, stderr } = await clone.run(`node tools/${command}`);
      assert.deepEqual([code, stdout, stderr], [2, "", `talos-pki: ${problem}\n`], command);
    }
  });

  it("say that the packages are not installed, and the command for it", async () => {
    rmSync(join(clone.folder, "node_modules"));
    for (const script of ["archives", "build"]) {
      const { code, stderr } = await clone.run(`npm run --silent ${script}`);
      assert.equal(code, 1, script);
      assert.match(
        stderr,
        /^talos-pki: the packages of this clone are not installed \(node_modules is not there\); run `npm ci`$/m,
      );
      assert.doesNotMatch(stderr, /^ {4}at /m);
    }
  });

  it("do not blame the sources where the compiler was killed", async () => {
    rmSync(join(clone.folder, "node_modules"));
    clone.write("node_modules/typescript/bin/tsc", `process.kill(process.pid, "SIGKILL");`);
    const { code, stderr } = await clone.run("npm run --silent build");
    assert.equal(code, 1);
    assert.match(stderr, /^talos-pki: the compiler was killed \(SIGKILL\)/m);
    assert.doesNotMatch(stderr, /do not compile/);
  });
});
