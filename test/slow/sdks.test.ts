import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { repository } from "../e2e/support";
import { needsLanguage } from "../e2e/support/languages";

describe("The generated SDKs", function () {
  this.timeout(600_000);
  let generator: string;

  before(function () {
    generator = join(needsLanguage(this, "generator")[0]!, "pulumi-sdk-generator");
  });

  it("come of a schema that Pulumi's own checks find nothing wrong with", () => {
    const { status, stderr } = spawnSync(generator, ["check", join(repository, "schema.json"), "-"], {
      encoding: "utf8",
    });
    assert.deepEqual([status, stderr], [0, ""]);
  });

  it("are what that schema says; `npm run sdks` writes them", () => {
    const { status, stderr } = spawnSync(process.execPath, [join(repository, "tools", "sdks.mjs"), "--check"], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  });

  it("compile in Go", () => {
    // The SDK needs a module around it, whose pins are those of the generator.
    const folder = join(repository, ".build", "go-sdk");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const pins = join(repository, "tools", "go", "pulumi-sdk-generator");
    cpSync(join(pins, "go.sum"), join(folder, "go.sum"));
    const module = "github.com/pulumi/pulumi-talos-pki/sdk/go/talospki";
    cpSync(join(repository, "sdk", "go", "talospki"), folder, { recursive: true });
    const requires = execFileSync("go", ["list", "-mod=readonly", "-m", "all"], { cwd: pins, encoding: "utf8" })
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(" "))
      .filter(([, version]) => version !== undefined)
      .map(([path, version]) => `\t${path} ${version}`);
    writeFileSync(join(folder, "go.mod"), `module ${module}\n\ngo 1.25.8\n\nrequire (\n${requires.join("\n")}\n)\n`);
    const { status, stderr } = spawnSync("go", ["vet", "-mod=mod", "./..."], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, GOWORK: "off", GOFLAGS: "-buildvcs=false", CGO_ENABLED: "0" },
    });
    assert.equal(status, 0, stderr);
  });
});
