import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { repository } from "../e2e/support";

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}
interface Bill {
  readonly bomFormat: string;
  readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
}
interface Packed {
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const base = join(repository, ".build", "release");
const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as Manifest;
const { version } = manifest;

function scratch(): string {
  mkdirSync(base, { recursive: true });
  return mkdtempSync(join(base, "r-"));
}

describe("A release", function () {
  this.timeout(300_000);
  let folder: string;

  const git = (...args: readonly string[]): string =>
    execFileSync(
      "git",
      ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", ...args],
      {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
  const check = (...args: readonly string[]): string[] => {
    const tool = join(folder, "tools", "release.mjs");
    const { status, stderr } = spawnSync(process.execPath, [tool, ...args], { cwd: folder, encoding: "utf8" });
    const [head, ...problems] = stderr.trim().split("\n");
    assert.equal(head, status === 0 ? "talos-pki: this can be released" : "talos-pki: this cannot be released:");
    return problems.map((line) => line.trim());
  };
  const edit = (path: string, from: string | RegExp, to: string): void => {
    const text = readFileSync(join(folder, path), "utf8");
    assert.notEqual(text.replace(from, to), text, path);
    writeFileSync(join(folder, path), text.replace(from, to));
  };
  const commit = (): void => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "x");
  };

  // What git has, as it is now: a repository with all that a release needs.
  beforeEach(() => {
    folder = scratch();
    const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: repository,
      encoding: "utf8",
    });
    const wanted = /^(tools|sdk|test\/frozen|examples\/java)\/|^[^/]+$/;
    for (const path of files.split("\0").filter((name) => wanted.test(name) && name !== "node_modules"))
      cpSync(join(repository, path), join(folder, path));
    edit("CHANGELOG.md", /^## (Unreleased|.* – not published yet)$/m, `## ${version} – 2027-01-01`);
    edit("package.json", '"license"', '"repository": { "url": "git+https://github.com/o/n.git" },\n  "license"');
    git("init", "--quiet");
    commit();
    git("tag", `v${version}`);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const asTagged = ["--tag", `v${version}`, "--repository", "o/n"];

  it("is of what is committed and tagged", () => {
    assert.deepEqual(check(...asTagged), []);
    writeFileSync(join(folder, "left.txt"), "");
    assert.deepEqual(check(...asTagged), ["the tree is not what is committed; commit or remove left.txt"]);
    commit();
    assert.deepEqual(check(...asTagged), [`the tag v${version} is not of this commit`]);
    assert.deepEqual(check("--tag", "v9.9.9", "--repository", "o/n"), [
      `the tag is v9.9.9; must be v${version}, as package.json says`,
    ]);
    assert.deepEqual(check("--repository", "other/n"), [
      "package.json: repository.url names o/n; must be other/n, where this runs",
    ]);
  });

  it("is not made while a version, the changelog, a frozen state or the repository is missing, and all is said at once", () => {
    edit("sdk/java/pom.xml", `<version>${version}<`, "<version>9.9.9<");
    edit("CHANGELOG.md", `## ${version} – 2027-01-01`, "## Unreleased");
    edit("package.json", /^ {2}"repository".*\n/m, "");
    rmSync(join(folder, "test", "frozen", `v${version}`, "plugin-state.json"));
    commit();
    assert.deepEqual(check(), [
      `sdk/java/pom.xml: has version 9.9.9; must be ${version}, as in package.json`,
      `CHANGELOG.md: has no heading \`## ${version} – YYYY-MM-DD\``,
      `test/frozen/v${version}/plugin-state.json: missing; \`npm run freeze\` makes them`,
      "package.json: has no repository.url, by which npm proves where the package was built",
    ]);
  });

  it("has notes that are those of the changelog", () => {
    const tool = join(folder, "tools", "release.mjs");
    const notes = execFileSync(process.execPath, [tool, "--notes"], { encoding: "utf8" });
    assert.ok(notes.trim().length > 0);
    assert.ok(readFileSync(join(folder, "CHANGELOG.md"), "utf8").includes(notes.trim()));
    assert.doesNotMatch(notes, /^## /m);
  });
});

describe("What would be published", function () {
  this.timeout(300_000);

  it("is what belongs in the package, without a warning of npm's", () => {
    // Compiled before; and without what the npm that runs these tests has set.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD)/.test(name)));
    const { status, stdout, stderr } = spawnSync("npm", ["publish", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: repository,
      env,
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    assert.equal(status, 0, stderr);
    // Nobody is logged in here.
    const warnings = stderr.split("\n").filter((line) => /^npm warn/i.test(line) && !line.includes("to be logged in"));
    assert.deepEqual(warnings, []);
    const answer = JSON.parse(stdout) as Packed | Readonly<Record<string, Packed>>;
    const packed = "files" in answer ? (answer as Packed) : Object.values(answer)[0]!;
    const places = new Set(packed.files.map(({ path }) => path.split("/")[0]));
    assert.deepEqual([...places].sort(), [
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist",
      "docs",
      "package.json",
      "plugin",
      "provider",
      "schema.json",
      "sdk",
    ]);
    const kinds = new Set(packed.files.map(({ path }) => /\.[\w.]*?(\w+)$/.exec(path)?.[1] ?? path));
    assert.deepEqual([...kinds].sort(), [
      "LICENSE",
      "js",
      "json",
      "map",
      "md",
      "plugin/pulumi-resource-talos-pki",
      "ts",
      "yaml",
    ]);
    // 1.4 MB and 6.0 MB at the end of 2026; half of it are the sources and their maps.
    assert.ok(packed.size < 2_000_000, `${packed.size} bytes`);
    assert.ok(packed.unpackedSize < 9_000_000, `${packed.unpackedSize} bytes unpacked`);
    const large = packed.files.filter(({ size }) => size > 250_000).map(({ path }) => path);
    assert.deepEqual(large, []);
  });

  it("has a bill of materials of the package, and one of the plugin's archives", () => {
    const folder = scratch();
    try {
      execFileSync(process.execPath, [join(repository, "tools", "sbom.mjs"), "--out", folder], { stdio: "pipe" });
      const lock = JSON.parse(readFileSync(join(repository, "package-lock.json"), "utf8")) as {
        packages: Readonly<Record<string, { readonly version?: string }>>;
      };
      const namesIn = (file: string): string[] => {
        const bill = JSON.parse(readFileSync(join(folder, `${file}-v${version}.cdx.json`), "utf8")) as Bill;
        assert.equal(bill.bomFormat, "CycloneDX");
        return bill.components.map((component) => {
          const name = component.group === undefined ? component.name : `${component.group}/${component.name}`;
          const versions = Object.entries(lock.packages)
            .filter(([path]) => path.endsWith(`node_modules/${name}`))
            .map(([, row]) => row.version);
          assert.ok(versions.includes(component.version), `${name} ${component.version}`);
          return name;
        });
      };
      const ofPackage = namesIn("pulumi-talos-pki");
      for (const name of Object.keys(manifest.dependencies)) assert.ok(ofPackage.includes(name), name);
      for (const name of ["@pulumi/pulumi", "typescript", "mocha"]) assert.ok(!ofPackage.includes(name), name);
      const ofPlugin = namesIn("pulumi-resource-talos-pki");
      for (const name of ["@pulumi/pulumi", "@peculiar/x509", "google-protobuf"])
        assert.ok(ofPlugin.includes(name), name);
      for (const name of ["typescript", "mocha", "esbuild"]) assert.ok(!ofPlugin.includes(name), name);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
