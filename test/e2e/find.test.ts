import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { Clone, needsPulumi, type PulumiCli } from "./support";

/** No Pulumi but the one a test makes. */
const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;

const FIND = "node tools/find.mjs pulumi --obtain nothing";

function script(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

describe("the search for a Pulumi CLI", function () {
  this.timeout(60_000);
  let clone: Clone;
  const at = (path: string): string => join(clone.folder, path);
  const pulumi = (folder: string, version: string): void => {
    script(at(`${folder}/pulumi`), `echo ${version}`);
    script(at(`${folder}/pulumi-language-nodejs`), "");
    script(at(`${folder}/pulumi-resource-pulumi-nodejs`), "");
  };
  const find = async (env: NodeJS.ProcessEnv = {}): Promise<{ readonly path?: string; readonly said: string }> => {
    const { code, stdout, stderr } = await clone.run(FIND, { PATH, ...env });
    return code === 0 ? { path: (JSON.parse(stdout) as { path: string }).path, said: stderr } : { said: stderr };
  };

  before(function () {
    if (process.platform === "win32") {
      this.skip();
    }
  });

  beforeEach(() => {
    clone = Clone.create({ driverOnly: true, env: { TALOS_PKI_PULUMI: "" } });
  });

  afterEach(() => {
    clone.remove();
  });

  it("takes the one that TALOS_PKI_PULUMI names, before any on PATH", async () => {
    pulumi("named", "v3.300.0");
    pulumi("onpath", "v3.301.0");
    const { path } = await find({ PATH: `${at("onpath")}:${PATH}`, TALOS_PKI_PULUMI: at("named/pulumi") });
    assert.equal(path, at("named/pulumi"));
  });

  it("takes no other if TALOS_PKI_PULUMI names one that will not do", async () => {
    pulumi("onpath", "v3.301.0");
    const { said } = await find({ PATH: `${at("onpath")}:${PATH}`, TALOS_PKI_PULUMI: at("nothing/pulumi") });
    assert.match(
      said,
      /TALOS_PKI_PULUMI=.*nothing\/pulumi: no such executable; set it to a Pulumi 3\.232\.0 or newer, or unset it/,
    );
  });

  it("takes the first on PATH that is new enough and has its language host", async () => {
    script(at("old/pulumi"), "echo v3.231.9");
    script(at("bare/pulumi"), "echo v3.300.0");
    script(at("broken/pulumi"), "echo no such thing >&2; exit 3");
    pulumi("good", "v3.232.0");
    assert.equal((await find({ PATH: `${at("old")}:${at("broken")}:${at("good")}:${PATH}` })).path, at("good/pulumi"));
    const { said } = await find({ PATH: `${["old", "bare", "broken"].map(at).join(":")}:${PATH}` });
    assert.match(said, /old\/pulumi: its version is 3\.231\.9, older than 3\.232\.0/);
    assert.match(said, /bare\/pulumi: there is no pulumi-language-nodejs beside it or on PATH/);
    assert.match(said, /broken\/pulumi: `pulumi version` fails: no such thing/);
    assert.match(said, /what would help, any one of these:/);
  });

  it("never starts the installer of the npm package to look at it", async () => {
    script(at("node_modules.d/.bin/pulumi"), `touch "${at("started")}"; echo v3.300.0`);
    const { said } = await find({ PATH: `${at("node_modules.d/.bin")}:${PATH}` });
    assert.match(said, /it is an installer, no CLI/);
    assert.ok(!existsSync(at("started")));
  });

  it("takes the newest of Pulumi's own folder of versions, if it is what its folder says", async () => {
    pulumi("home/.pulumi/versions/3.240.0/bin", "v3.240.0");
    pulumi("home/.pulumi/versions/3.300.0/bin", "v3.299.0");
    pulumi("home/.pulumi/versions/3.99.0/bin", "v3.99.0");
    assert.equal((await find()).path, at("home/.pulumi/versions/3.240.0/bin/pulumi"));
    pulumi("other/versions/3.250.0/bin", "v3.250.0");
    assert.equal((await find({ PULUMI_HOME: at("other") })).path, at("other/versions/3.250.0/bin/pulumi"));
  });

  it("gives one that has no provider of dynamic resources ours", async () => {
    script(at("lean/pulumi"), "echo v3.232.0");
    script(at("lean/pulumi-language-nodejs"), "");
    const { stdout } = await clone.run(FIND, { PATH: `${at("lean")}:${PATH}` });
    const { folders } = JSON.parse(stdout) as PulumiCli;
    assert.deepEqual(folders, [at("lean"), at("home/.cache/pulumi-talos-pki/shims")]);
    assert.deepEqual(readdirSync(folders[1] ?? ""), ["pulumi-resource-pulumi-nodejs"]);
  });

  it("says what was looked at where there is none at all", async () => {
    const { said } = await find();
    assert.match(said, /^talos-pki: no Pulumi CLI\. Looked at:$/m);
    assert.match(said, /home\/\.cache\/pulumi-talos-pki\/pulumi\/3\.232\.0\/bin\/pulumi: no such executable/);
    assert.match(said, /a build with Go: not tried here; `npm start` does it/);
  });
});

describe("a lock between processes", function () {
  this.timeout(60_000);
  let clone: Clone;
  const at = (path: string): string => join(clone.folder, path);

  beforeEach(() => {
    clone = Clone.create({ driverOnly: true });
  });

  afterEach(() => {
    clone.remove();
  });

  const program = `
    import { appendFileSync } from "node:fs";
    import { withLock } from "./tools/lib/lock.mjs";
    await withLock("x.lock", async () => {
      appendFileSync("log", "in\\n");
      await new Promise((resolve) => setTimeout(resolve, process.argv[2] ?? 200));
      appendFileSync("log", "out\\n");
    });`;

  it("lets one in at a time, and leaves no file behind", async () => {
    clone.write("lock.mjs", program);
    const { code, output } = await clone.run("for i in 1 2 3; do node lock.mjs & done; wait; cat log; ls");
    assert.equal(code, 0);
    assert.match(output, /^(in\nout\n){3}/);
    assert.doesNotMatch(output, /x\.lock/);
  });

  it("is taken from a holder that has died", async () => {
    clone.write("lock.mjs", program);
    const first = clone.start("exec node lock.mjs 60000");
    await first.until(() => existsSync(at("log")));
    first.kill();
    await first.ended;
    assert.ok(existsSync(at("x.lock")));
    const { output } = await clone.run("node lock.mjs; cat log");
    assert.match(output, /in\nin\nout\n/);
  });
});

describe("the search for talosctl", function () {
  this.timeout(60_000);

  it("takes only the version that the tests compare with", async () => {
    const clone = Clone.create({ driverOnly: true, env: { TALOS_PKI_TALOSCTL: "" } });
    try {
      script(join(clone.folder, "bin/talosctl"), "echo Talos v1.12.0");
      script(join(clone.folder, "good/talosctl"), "echo Client:; echo Talos v1.13.0");
      const command = "node tools/find.mjs talosctl --obtain nothing";
      const wrong = await clone.run(command, { PATH: `${join(clone.folder, "bin")}:${PATH}` });
      assert.match(wrong.stderr, /bin\/talosctl: its version is 1\.12\.0, not 1\.13\.0/);
      const both = await clone.run(command, {
        PATH: `${join(clone.folder, "bin")}:${join(clone.folder, "good")}:${PATH}`,
      });
      const folder = join(clone.folder, "good");
      assert.deepEqual(JSON.parse(both.stdout), { path: join(folder, "talosctl"), folders: [folder] });
    } finally {
      clone.remove();
    }
  });
});

describe("the Pulumi CLI that was found", function () {
  this.timeout(60_000);

  it("is one that the e2e tests can use", async function () {
    const cli = needsPulumi(this);
    const clone = Clone.create({ driverOnly: true });
    try {
      const { code, stdout } = await clone.run(`"${cli.path}" version`);
      assert.deepEqual([code, stdout.trim().replace(/^v/, "")], [0, cli.version]);
    } finally {
      clone.remove();
    }
  });
});
