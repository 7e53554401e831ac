import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { repository } from "./support/markdown";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
}
interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as Manifest;
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

/** A program that uses every entry point, and one thing of each that must be typed right. */
const SAMPLE = `import * as pulumi from "@pulumi/pulumi";
import { ClientConfiguration, MachineConfig, TalosSecrets } from "pulumi-talos-pki";
import { parseSecretsBundle, PkiError } from "pulumi-talos-pki/core";
import { TalosSecrets as Served } from "pulumi-talos-pki/plugin";
import { TalosSecrets as provider } from "pulumi-talos-pki/provider";

const secrets = new TalosSecrets("a", { rotation: { os: { id: "1", stage: "accept" } } });
const talosconfig: pulumi.Output<string> = new ClientConfiguration("a", { secrets, clusterName: "a" }).talosconfig;
// @ts-expect-error a machine has one of two types
new MachineConfig("a", { secrets, clusterName: "a", clusterEndpoint: "https://a:6443", machineType: "router" });
const code: string = new PkiError("ERR_CLOCK", "x").code;
// @ts-expect-error the types are there
new Served("b", { talosVersion: 1 });
export const all = { talosconfig, code, parse: parseSecretsBundle, provider };
`;

describe("the package", function () {
  this.timeout(120_000);
  let folder: string;
  let packed: Packed;
  const run = (command: string, ...args: readonly string[]): string =>
    execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const script = (text: string): string => run(process.execPath, "-e", text).trim();

  before(() => {
    const base = join(repository, ".build", "package");
    mkdirSync(base, { recursive: true });
    folder = mkdtempSync(join(base, "p-"));
    const [first] = JSON.parse(
      execFileSync(npm, ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
        cwd: repository,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }),
    ) as Packed[];
    packed = first!;
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true }));
    // The peer is large and here already; what the package itself depends on comes from npm, as for a user.
    const quick = ["--legacy-peer-deps", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
    run(npm, "install", join(folder, packed.filename), ...quick);
    for (const name of ["@pulumi", "@types"]) {
      // A dependency may bring types of its own.
      rmSync(join(folder, "node_modules", name), { recursive: true, force: true });
      symlinkSync(join(repository, "node_modules", name), join(folder, "node_modules", name), "dir");
    }
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it("holds what a user needs and nothing of how it is made", () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of [
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "docs/api.md",
      "dist/sdk/index.js",
      "dist/sdk/index.d.ts",
    ]) {
      assert.ok(paths.includes(path), path);
    }
    const alien = /^(test|tools|examples|node_modules|\.)|(^|\/)(Pulumi\..*yaml|passphrase|.*\.tsbuildinfo)$|\.test\./;
    assert.deepEqual(
      paths.filter((path) => alien.test(path)),
      [],
    );
  });

  it("has one version, which schema, plugin and SDKs have too", () => {
    const tool = join(repository, "tools", "release.mjs");
    const versions = JSON.parse(execFileSync(process.execPath, [tool, "--versions"], { encoding: "utf8" })) as Record<
      string,
      string
    >;
    const others = Object.entries(versions).filter(([, version]) => version !== manifest.version);
    assert.deepEqual(others, []);
    assert.ok(Object.keys(versions).length >= 13);
  });

  it("installs into an empty folder, where every entry point can be required and imported", () => {
    const entries = Object.keys(manifest.exports).map((entry) => join(manifest.name, entry).replaceAll("\\", "/"));
    for (const entry of entries.filter((name) => !name.endsWith(".json"))) {
      assert.notEqual(script(`console.log(Object.keys(require(${JSON.stringify(entry)})).length)`), "0", entry);
      const names = `import(${JSON.stringify(entry)}).then((m) => console.log(Object.keys(m).length))`;
      assert.notEqual(script(names), "0", entry);
    }
  });

  it("has a core and a provider that load nothing of Pulumi", () => {
    for (const entry of ["core", "provider"]) {
      const loaded = script(
        `require("pulumi-talos-pki/${entry}"); console.log(Object.keys(require.cache).filter((p) => /@pulumi[\\\\/]/.test(p)).length)`,
      );
      assert.equal(loaded, "0", entry);
    }
  });

  it("makes a bundle without Pulumi", () => {
    const bundle = script(
      `const { createEnvironment, formatSecretsBundle, generateSecretsBundle } = require("pulumi-talos-pki/core");
       generateSecretsBundle({}, createEnvironment(crypto, () => new Date())).then((b) => console.log(formatSecretsBundle(b)))`,
    );
    assert.match(bundle, /^cluster:\n {4}id: /);
  });

  for (const [module, extension] of [
    ["node16", "cts"],
    ["node16", "mts"],
    ["esnext", "ts"],
    ["commonjs", "ts"],
  ] as const) {
    it(`has types that resolve for ${module} modules in .${extension} files`, () => {
      const file = `sample-${module}.${extension}`;
      writeFileSync(join(folder, file), SAMPLE);
      const resolution = { node16: "node16", esnext: "bundler", commonjs: "node10" }[module];
      const options = ["--noEmit", "--strict", "--target", "es2022", "--types", "node", "--skipLibCheck"];
      const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
      try {
        run(process.execPath, tsc, ...options, "--module", module, "--moduleResolution", resolution, file);
      } catch (error) {
        assert.fail((error as { stdout: string }).stdout);
      }
    });
  }

  /** Makes a resource under mocks, in a program that lies elsewhere; answers how long its provider's text is. */
  const makeElsewhere = (env: NodeJS.ProcessEnv): string => {
    const at = (name: string): string => JSON.stringify(join(folder, "node_modules", name));
    const program = `const pulumi = require(${at("@pulumi/pulumi")});
      pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) });
      try {
        const made = new (require(${at("pulumi-talos-pki")}).TalosSecrets)("a");
        made.__provider.apply((text) => console.log(text.length));
      } catch (error) {
        console.log(error.message);
      }`;
    const options = { cwd: tmpdir(), env: { ...process.env, ...env }, encoding: "utf8" } as const;
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", program], options);
    return stdout + stderr;
  };

  it("makes resources under mocks wherever the tests run", () => {
    assert.match(makeElsewhere({}), /^\d\d\d\n$/);
  });

  it("says what to do where a program that Pulumi runs cannot find it", () => {
    const said = makeElsewhere({ PULUMI_NODEJS_MONITOR: "127.0.0.1:1" });
    const folderOf = /^pulumi-talos-pki cannot be found from (.+), the folder of the Pulumi program/.exec(said)?.[1];
    assert.equal(realpathSync(folderOf ?? said), realpathSync(tmpdir()));
    assert.match(
      said,
      /direct dependency of the program.* or let that package use the entry point pulumi-talos-pki\/plugin/,
    );
  });

  it("links its programs", () => {
    for (const name of Object.keys(manifest.bin ?? {})) {
      assert.ok(existsSync(join(folder, "node_modules", ".bin", name)), name);
    }
    const main = join(folder, "node_modules", manifest.name, manifest.bin?.["talos-pki"] ?? "");
    assert.equal(run(process.execPath, main, "--version"), `${manifest.version}\n`);
  });
});
