import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, join } from "node:path";

import { needsPulumi, Project, type Outcome, type PulumiCli, repository } from "../e2e/support";
import { needsLanguage, YAML_CLUSTER, yamlProject } from "../e2e/support/languages";

const PLUGIN = "pulumi-resource-talos-pki";
const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
const architecture = process.arch === "arm64" ? "arm64" : "amd64";
const platform = `${process.platform === "darwin" ? "darwin" : "linux"}-${architecture}`;
const PLATFORMS = ["darwin", "linux", "windows"].flatMap((system) => [`${system}-amd64`, `${system}-arm64`]);
const archiveName = (of: string): string => `${PLUGIN}-v${version}-${of}.tar.gz`;
const EXECUTABLE = `${PLUGIN}-executable-v${version}-linux-${architecture}.tar.gz`;

/** The plugin makes resources, and a component with Pulumi's SDK. */
const PROGRAM = yamlProject({ cluster: YAML_CLUSTER });

const succeed = (outcome: Outcome): Outcome => {
  assert.equal(outcome.code, 0, outcome.output);
  return outcome;
};

const entriesOf = (archive: string): string[] =>
  execFileSync("tar", ["-tzf", archive], { encoding: "utf8" }).trim().split("\n").sort();

describe("The plugin's archives", function () {
  this.timeout(600_000);
  const base = join(repository, ".build", "archives-test");
  const withExecutable = process.platform === "linux" ? ["--executable"] : [];
  let folder: string;
  let cli: PulumiCli;
  let yaml: readonly string[];
  let project: Project | undefined;
  let server: Server | undefined;

  const make = (target: string): void => {
    const tool = join(repository, "tools", "archives.mjs");
    const { status, stderr } = spawnSync(process.execPath, [tool, "--out", target, ...withExecutable], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
  };

  before(function () {
    cli = needsPulumi(this);
    yaml = needsLanguage(this, "yaml");
    mkdirSync(base, { recursive: true });
    folder = mkdtempSync(join(base, "a-"));
    make(join(folder, "first"));
  });

  afterEach(async () => {
    await project?.remove();
    project = undefined;
    server?.close();
    server = undefined;
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** A project whose CLI finds no plugin on PATH, and Node there only with `node`. */
  const start = async (options: { readonly node: boolean; readonly text?: string }): Promise<Project> => {
    const folders = [...yaml, ...cli.folders];
    const path = [...folders, ...(options.node ? [process.env["PATH"] ?? ""] : [])].join(delimiter);
    const files = { "Pulumi.yaml": options.text ?? PROGRAM };
    project = await Project.create({ cli, files });
    // After Project, which puts a PATH of its own before it.
    project.env["PATH"] = path;
    return project;
  };

  const install = async (made: Project, ...args: string[]): Promise<void> => {
    const { code, stderr } = await made.pulumi(["plugin", "install", "resource", "talos-pki", version, ...args]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(installedIn(made), [`resource-talos-pki-v${version}`]);
  };

  const installedIn = (made: Project): string[] =>
    readdirSync(join(made.folder, "home", "plugins"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);

  const runs = async (made: Project): Promise<void> => {
    const up = succeed(await made.up());
    assert.ok(!up.output.includes(`${PLUGIN} from $PATH`), up.output);
    const kinds = made.resources().map(({ type }) => type.split("$").pop());
    assert.ok(kinds.includes("talos-pki:index:TalosCluster"));
    assert.equal(kinds.filter((kind) => kind?.startsWith("talos-pki:index:")).length, 6);
    succeed(await made.preview({ args: ["--expect-no-changes"] }));
  };

  it("hold a launcher, one file of JavaScript and the licenses of all that is in it", () => {
    for (const of of PLATFORMS) {
      const archive = join(folder, "first", archiveName(of));
      const launcher = of.startsWith("windows") ? `${PLUGIN}.cmd` : PLUGIN;
      assert.deepEqual(entriesOf(archive), ["LICENSE", "THIRD-PARTY-LICENSES.txt", "index.js", launcher], of);
      assert.ok(statSync(archive).size < 1_000_000, of);
    }
    const text = (name: string): string =>
      execFileSync("tar", ["-xzOf", join(folder, "first", archiveName(platform)), name], {
        encoding: "utf8",
        maxBuffer: 2 ** 26,
      });
    const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const licenses = text("THIRD-PARTY-LICENSES.txt");
    const missing = ["@pulumi/pulumi", ...Object.keys(manifest.dependencies)].filter(
      // The command line's own: the plugin has none.
      (name) => !licenses.includes(`\n${name} `) && !["commander", "picocolors"].includes(name),
    );
    assert.deepEqual(missing, []);
    assert.ok(!text("index.js").includes(repository), "the bundle names a path of this machine");
  });

  it("are the same octets when they are made again, which the checksums are of", () => {
    make(join(folder, "second"));
    const names = readdirSync(join(folder, "first")).sort();
    assert.deepEqual(
      names.filter((name) => name !== EXECUTABLE),
      ["SHA256SUMS", ...PLATFORMS.map(archiveName)].sort(),
    );
    for (const name of names) {
      const [one, other] = ["first", "second"].map((made) => readFileSync(join(folder, made, name)));
      assert.ok(other !== undefined && one?.equals(other), name);
    }
    const { status, stderr } = spawnSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], {
      cwd: join(folder, "first"),
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    const listed = readFileSync(join(folder, "first", "SHA256SUMS"), "utf8")
      .trim()
      .split("\n");
    assert.equal(listed.length, names.length - 1);
  });

  it("are installed from a file, and serve a program", async () => {
    const made = await start({ node: true });
    await install(made, "--file", join(folder, "first", archiveName(platform)));
    await runs(made);
  });

  it("are downloaded from the server that a program names, and serve it", async () => {
    const asked: string[] = [];
    server = createServer((request, response) => {
      const name = (request.url ?? "").slice(1);
      asked.push(name);
      const path = join(folder, "first", name);
      if (/^[\w.-]+$/.test(name) && existsSync(path)) response.end(readFileSync(path));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const options = { version, pluginDownloadURL: url };
    const made = await start({ node: true, text: yamlProject({ cluster: { ...YAML_CLUSTER, options } }) });
    await runs(made);
    assert.deepEqual([...new Set(asked)], [archiveName(platform)]);
    assert.deepEqual(installedIn(made), [`resource-talos-pki-v${version}`]);

    await made.pulumi(["plugin", "rm", "resource", "talos-pki", version, "--yes"]);
    await install(made, "--server", url);
  });

  it("say what is missing where there is no Node", async () => {
    const made = await start({ node: false });
    await install(made, "--file", join(folder, "first", archiveName(platform)));
    const { code, output } = await made.preview();
    assert.notEqual(code, 0);
    assert.match(output, /there is no node on PATH; install Node\.js 20 or newer/);
  });

  it("have one that needs no Node: a single executable for Linux", async function () {
    if (process.platform !== "linux") this.skip();
    const archive = join(folder, "first", EXECUTABLE);
    const names = entriesOf(archive).filter((name) => name !== "NODE-LICENSE.txt");
    assert.deepEqual(names, ["LICENSE", "THIRD-PARTY-LICENSES.txt", PLUGIN]);
    assert.ok(statSync(archive).size < 60_000_000);
    const made = await start({ node: false });
    await install(made, "--file", archive);
    await runs(made);
    const unprotected = await made.pulumi(["state", "unprotect", "--all", "--yes"]);
    assert.equal(unprotected.code, 0, unprotected.stderr);
    succeed(await made.destroy());
  });
});
