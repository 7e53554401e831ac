import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Clone, descendants, killHard, skipOrFail } from "../e2e/support";

/** What Go keeps for itself stays shared, so that only what is ours begins empty. */
function goEnvironment(): NodeJS.ProcessEnv {
  const names = ["GOCACHE", "GOMODCACHE", "GOENV"];
  const values = execFileSync("go", ["env", ...names], { encoding: "utf8" })
    .trim()
    .split("\n");
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

describe("a tool that is built from pinned Go modules", function () {
  this.timeout(1_800_000);
  const command = "node tools/find.mjs talosctl --obtain build";
  let clone: Clone;
  let folder: string;

  before(function () {
    let env: NodeJS.ProcessEnv;
    try {
      env = goEnvironment();
    } catch {
      return skipOrFail(this, "there is no Go");
    }
    const go = dirname(execFileSync("/bin/sh", ["-c", "command -v go"], { encoding: "utf8" }).trim());
    const path = [dirname(process.execPath), go, "/usr/bin", "/bin"].join(":");
    clone = Clone.create({ driverOnly: true, env: { ...env, PATH: path, TALOS_PKI_TALOSCTL: "" } });
    folder = join(clone.folder, "home", ".cache", "pulumi-talos-pki", "talosctl", "1.13.0");
  });

  after(() => {
    clone.remove();
  });

  it("is not there after a kill in the middle, and two that want it then make one", async () => {
    const first = clone.start(command);
    assert.ok(
      await first.until(() => existsSync(folder) && readdirSync(folder).some((name) => name.startsWith("bin.half-"))),
    );
    await sleep(500);
    killHard(descendants(first.pid).map(({ pid }) => pid));
    await first.ended;
    assert.deepEqual(
      readdirSync(folder).filter((name) => name === "bin"),
      [],
    );

    const both = await Promise.all([clone.run(command), clone.run(command)]);
    both.forEach(({ code, output }) => {
      assert.equal(code, 0, output);
    });
    const built = both.filter(({ output }) => output.includes(": done in"));
    assert.equal(built.length, 1, "one of the two builds, the other waits for it");
    assert.match(both.map(({ output }) => output).join(""), /waiting for process \d+, which is building talosctl/);
    assert.deepEqual(readdirSync(folder), ["bin"]);
    const { path } = JSON.parse(both[0].stdout) as { path: string };
    assert.match((await clone.run(`"${path}" version --client --short`)).stdout, /Talos v1\.13\.0/);
  });
});
