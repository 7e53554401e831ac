import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { blocksOf } from "../architecture/support/markdown";
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

  it("compile in Go as the module that a release tags, and with them the program of the Registry's page", () => {
    const folder = join(repository, ".build", "go-sdk");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, "example"), { recursive: true });
    cpSync(join(repository, "sdk", "go", "talospki"), folder, { recursive: true });
    const page = { path: "docs/_index.md", text: readFileSync(join(repository, "docs", "_index.md"), "utf8") };
    const [program] = blocksOf(page).filter(({ language }) => language === "go");
    writeFileSync(join(folder, "example", "main.go"), program!.text);
    const { status, stderr } = spawnSync("go", ["vet", "-mod=readonly", "./..."], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, GOWORK: "off", GOFLAGS: "-buildvcs=false", CGO_ENABLED: "0" },
    });
    assert.equal(status, 0, stderr);
  });

  it("build a wheel in Python, which is imported where nothing else of this repository is", function () {
    const [environment] = needsLanguage(this, "python");
    const folder = join(repository, ".build", "python-wheel");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    // pip builds beside the sources.
    cpSync(join(repository, "sdk", "python"), join(folder, "sources"), { recursive: true });
    const python = join(environment!, "python");
    const offline = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"];
    const pip = (...args: readonly string[]): string =>
      execFileSync(python, ["-m", "pip", ...args, ...offline], { cwd: folder, encoding: "utf8", stdio: "pipe" });
    pip("wheel", "--no-build-isolation", "--wheel-dir", "wheels", "./sources");
    const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
    assert.deepEqual(readdirSync(join(folder, "wheels")), [`pulumi_talos_pki-${version}-py3-none-any.whl`]);
    pip("install", "--target", "installed", join("wheels", `pulumi_talos_pki-${version}-py3-none-any.whl`));
    const names = execFileSync(
      python,
      ["-c", "import pulumi_talos_pki as t; print(t.__file__, t.TalosCluster.__name__)"],
      {
        cwd: folder,
        env: { ...process.env, PYTHONPATH: join(folder, "installed") },
        encoding: "utf8",
      },
    );
    assert.ok(names.startsWith(join(folder, "installed")), names);
    assert.match(names, / TalosCluster\n$/);
  });

  it("declare every property of the schema in C#", () => {
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

  it("have no member in C# that is called like its class, which no compiler of it takes", () => {
    const folder = join(repository, "sdk", "dotnet");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".cs"));
    assert.ok(files.length > 40);
    const clashes = files.flatMap((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      const classes = new Set([...text.matchAll(/ class (\w+)/g)].map((match) => match[1]!));
      const members = [...text.matchAll(/^ +public (?:readonly )?[\w.<>?, ]+ (\w+)(?: \{|;)/gm)].map(
        (match) => match[1]!,
      );
      assert.ok(!text.includes(" { get; ") || members.length > 0, file);
      return members.filter((member) => classes.has(member)).map((member) => `${file}: ${member}`);
    });
    assert.deepEqual(clashes, []);
  });

  it("are asked for by the Java example in the version that there is", () => {
    const pom = readFileSync(join(repository, "examples", "java", "pom.xml"), "utf8");
    const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
    assert.equal(/<artifactId>talos-pki<\/artifactId>\s*<version>([^<]*)</.exec(pom)?.[1], version);
  });
});
