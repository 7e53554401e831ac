import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";

import { needsPulumi, type PulumiCli, repository } from "./support";
import { needsLanguage, pathWith } from "./support/languages";
import { tells } from "./support/story";

describe("The example in YAML", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  let folders: readonly string[];

  before(function () {
    cli = needsPulumi(this);
    folders = needsLanguage(this, "yaml");
  });

  tells(
    () => ({
      folder: "examples/yaml",
      env: () => ({ PATH: pathWith(cli, folders) }),
      rotate(project, stage) {
        const example = readFileSync(join(repository, "examples", "yaml", "Pulumi.yaml"), "utf8");
        const text = example.replace("# rotation:", "rotation:").replace("stage: accept", `stage: ${stage}`);
        assert.notEqual(text, example);
        project.writeProgram({ files: { "Pulumi.yaml": text } });
        return Promise.resolve();
      },
    }),
    () => cli,
  );
});

describe("The example in Python", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  let folders: readonly string[];
  const sdk = join(repository, ".build", "python-sdk");

  before(function () {
    cli = needsPulumi(this);
    folders = needsLanguage(this, "python");
    // pip builds beside the sources.
    rmSync(sdk, { recursive: true, force: true });
    mkdirSync(sdk, { recursive: true });
    cpSync(join(repository, "sdk", "python"), join(sdk, "sources"), { recursive: true });
    const options = ["--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--no-index"];
    const pip = [...options, "--target", join(sdk, "installed"), join(sdk, "sources")];
    execFileSync(join(folders[0]!, "python"), ["-m", "pip", "install", ...pip], { stdio: "pipe" });
  });

  tells(
    () => ({
      folder: "examples/python",
      env: () => ({
        PATH: pathWith(cli, folders),
        PYTHONPATH: [join(sdk, "installed"), process.env["PYTHONPATH"] ?? ""]
          .filter((path) => path !== "")
          .join(delimiter),
        PYTHONDONTWRITEBYTECODE: "1",
      }),
      rotate: (project, stage) => project.config("rotationStage", stage),
    }),
    () => cli,
  );
});
