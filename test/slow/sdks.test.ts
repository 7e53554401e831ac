import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { repository } from "../e2e/support";
import { needsLanguage } from "../e2e/support/languages";

type Properties = Readonly<Record<string, unknown>>;

interface Schema {
  readonly provider: { readonly inputProperties: Properties };
  readonly resources: Readonly<
    Record<string, { readonly inputProperties?: Properties; readonly properties?: Properties }>
  >;
}

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

  it("declare every property of the schema in C#, which nothing here can compile", () => {
    const schema = JSON.parse(readFileSync(join(repository, "schema.json"), "utf8")) as Schema;
    const attributes = (file: string, kind: "Input" | "Output"): string[] => {
      const text = readFileSync(join(repository, "sdk", "dotnet", `${file}.cs`), "utf8");
      return [...text.matchAll(new RegExp(`\\[${kind}\\("(\\w+)"`, "g"))].map((match) => match[1]!).sort();
    };
    const names = (properties: Properties = {}): string[] => Object.keys(properties).sort();
    for (const [token, { inputProperties, properties }] of Object.entries(schema.resources)) {
      const name = token.split(":")[2]!;
      assert.deepEqual(attributes(name, "Input"), names(inputProperties), `inputs of ${name}`);
      assert.deepEqual(attributes(name, "Output"), names(properties), `outputs of ${name}`);
    }
    assert.deepEqual(attributes("Provider", "Input"), names(schema.provider.inputProperties), "inputs of Provider");
    assert.ok(Object.keys(schema.resources).length >= 6);
  });

  it("are asked for by the Java example in the version that there is", () => {
    const pom = readFileSync(join(repository, "examples", "java", "pom.xml"), "utf8");
    const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
    assert.equal(/<artifactId>talos-pki<\/artifactId>\s*<version>([^<]*)</.exec(pom)?.[1], version);
  });
});
