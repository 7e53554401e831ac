import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { blocksOf } from "../architecture/support/markdown";
import { needsPulumi, Project, repository } from "./support";
import { needsLanguage, pathWith } from "./support/languages";

const page = { path: "docs/_index.md", text: readFileSync(join(repository, "docs", "_index.md"), "utf8") };
const shown = (language: string): string => blocksOf(page).find((block) => block.language === language)?.text ?? "";

// docs.test.ts checks its TypeScript, sdks.test.ts its Go.
describe("The page for the Pulumi Registry", function () {
  this.timeout(600_000);
  let project: Project | undefined;
  const sdk = join(repository, ".build", "python-sdk-registry");

  afterEach(async () => {
    await project?.remove();
    project = undefined;
    rmSync(sdk, { recursive: true, force: true });
  });

  const makesConfigs = async (made: Project): Promise<void> => {
    const up = await made.up();
    assert.equal(up.code, 0, up.output);
    const outputs = await made.outputs();
    assert.deepEqual(outputs, { talosconfig: "[secret]", controlPlaneConfig: "[secret]", workerConfig: "[secret]" });
  };

  it("has the form that the Registry reads", () => {
    for (const name of ["_index.md", "installation-configuration.md"]) {
      const text = readFileSync(join(repository, "docs", name), "utf8");
      assert.match(text, /^---\ntitle: Talos PKI.*\nmeta_desc: .+\nlayout: package\n---\n/);
    }
    const count = (pattern: RegExp): number => [...page.text.matchAll(pattern)].length;
    assert.deepEqual([count(/{{< chooser /g), count(/{{< \/chooser >}}/g)], [1, 1]);
    const languages = /{{< chooser language "(.*)" >}}/.exec(page.text)?.[1]?.split(",") ?? [];
    assert.deepEqual(
      [...page.text.matchAll(/{{% choosable language (\w+) %}}/g)].map(([, name]) => name),
      languages,
    );
    assert.equal(count(/{{% \/choosable %}}/g), languages.length);
  });

  it("shows a program in YAML that makes a cluster's configs", async function () {
    const path = pathWith(needsPulumi(this), needsLanguage(this, "yaml"));
    project = await Project.create({
      cli: needsPulumi(this),
      files: { "Pulumi.yaml": shown("yaml") },
      env: { PATH: path },
    });
    await makesConfigs(project);
  });

  it("shows a program in Python that makes them", async function () {
    const folders = needsLanguage(this, "python");
    const path = pathWith(needsPulumi(this), folders);
    // pip builds beside the sources.
    mkdirSync(sdk, { recursive: true });
    cpSync(join(repository, "sdk", "python"), join(sdk, "sources"), { recursive: true });
    const options = ["--quiet", "--disable-pip-version-check", "--no-build-isolation", "--no-deps", "--no-index"];
    const pip = [...options, "--target", join(sdk, "installed"), join(sdk, "sources")];
    execFileSync(join(folders[0]!, "python"), ["-m", "pip", "install", ...pip], { stdio: "pipe" });
    project = await Project.create({
      cli: needsPulumi(this),
      files: { "Pulumi.yaml": "name: prod\nruntime: python\n", "__main__.py": shown("python") },
      env: { PATH: path, PYTHONPATH: join(sdk, "installed"), PYTHONDONTWRITEBYTECODE: "1" },
    });
    await makesConfigs(project);
  });
});
