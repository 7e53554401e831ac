import { mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";

import { buildGoTools } from "./goTool.mjs";
import { executable, pulumiHomes, root, toolCache, windows } from "./paths.mjs";
import { capture, isExecutable, onPath } from "./run.mjs";
import { progress, ToolError } from "./say.mjs";

const versions = JSON.parse(readFileSync(join(root, "tools", "versions.json"), "utf8"));
const { version: pinned, minimum, installer } = versions.pulumi;

const HOST = "pulumi-language-nodejs";
const DYNAMIC = "pulumi-resource-pulumi-nodejs";
const DOWNLOAD_LIMIT = 15 * 60_000;

/** Plain Node, because the program's own @pulumi/pulumi holds the provider of dynamic resources. */
const DYNAMIC_SCRIPT = `#!/bin/sh
exec node -e 'require(require.resolve("@pulumi/pulumi/cmd/dynamic-provider", { paths: [process.cwd()] }))' ${DYNAMIC} "$@"
`;

function compareVersions(left, right) {
  const [a, b] = [left, right].map((version) => version.split("-")[0].split(".").map(Number));
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

const builtBin = (env) => join(toolCache(env), "pulumi", pinned, "bin");

/** The folder where `name` lies beside one of `folders`, or on PATH. */
function folderOf(name, folders, env) {
  const names = windows ? [`${name}.exe`, `${name}.cmd`] : [name];
  const beside = folders.find((folder) => names.some((file) => isExecutable(join(folder, file))));
  return beside ?? onPath(name, env).map((path) => dirname(path))[0];
}

function writeDynamicScript(folder) {
  mkdirSync(folder, { recursive: true });
  const half = join(folder, `.${DYNAMIC}.${process.pid}`);
  writeFileSync(half, DYNAMIC_SCRIPT, { mode: 0o755 });
  renameSync(half, join(folder, DYNAMIC));
  return folder;
}

/**
 * Looks whether the CLI at `path` will do: `{cli}` or `{why}`. A `cli` is `{path, version, folders}`; `folders`
 * go in front of PATH, so that the CLI finds its language host and the provider of dynamic resources.
 */
async function examine(path, env, exact) {
  if (!isExecutable(path)) {
    return { why: "no such executable" };
  }
  const { code, stdout, stderr } = await capture(path, ["version"], {
    timeout: 60_000,
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  const version = /^v?(\d+\.\d+\.\d+\S*)\s*$/.exec(stdout)?.[1];
  if (code !== 0 || version === undefined) {
    return { why: `\`pulumi version\` fails: ${(stderr || stdout).trim().split("\n").at(-1)}` };
  }
  if (exact !== undefined && version !== exact) {
    return { why: `its version is ${version}, not ${exact}` };
  }
  if (compareVersions(version, minimum) < 0) {
    return { why: `its version is ${version}, older than ${minimum}` };
  }
  const folders = [...new Set([dirname(path), dirname(realpathSync(path))])];
  const host = folderOf(HOST, folders, env);
  if (host === undefined) {
    return { why: `there is no ${HOST} beside it or on PATH` };
  }
  let dynamic = folderOf(DYNAMIC, folders, env);
  if (dynamic === undefined) {
    if (windows) {
      return { why: `there is no ${DYNAMIC} beside it or on PATH` };
    }
    dynamic = writeDynamicScript(join(toolCache(env), "shims"));
  }
  return { cli: { path, version, folders: [...new Set([dirname(path), host, dynamic])] } };
}

/** The npm package `pulumi` is an installer that downloads at its first call: it must not be called to look at it. */
function isInstaller(path) {
  if (basename(dirname(path)) === ".bin") {
    return true;
  }
  return realpathSync(path).includes(`${sep}node_modules${sep}pulumi${sep}`);
}

function versionsIn(folder) {
  try {
    return readdirSync(folder).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
  } catch {
    return [];
  }
}

const installedPath = (home, version) => join(home, "versions", version, "bin", executable("pulumi"));

function installed(env) {
  return pulumiHomes(env)
    .flatMap((home) =>
      versionsIn(join(home, "versions")).map((version) => ({ version, path: installedPath(home, version) })),
    )
    .sort((a, b) => compareVersions(b.version, a.version));
}

async function fromInstaller(env) {
  const version = env.PULUMI_VERSION ?? installer;
  try {
    await progress(`downloading Pulumi ${version} with its npm installer`, async (update) => {
      const args = [
        "exec",
        "--yes",
        "--fetch-retries=1",
        "--no-update-notifier",
        `--package=pulumi@${installer}`,
        "--",
        "pulumi",
        "version",
      ];
      const { code, stdout, stderr } = await capture(windows ? "npm.cmd" : "npm", args, {
        cwd: toolCacheFolder(env),
        env: { ...env, PULUMI_VERSION: version, PULUMI_SKIP_UPDATE_CHECK: "true" },
        timeout: DOWNLOAD_LIMIT,
        shell: windows,
        onLine: (line) => update(line.slice(0, 60)),
      });
      if (code !== 0) {
        const lines = `${stdout}\n${stderr}`
          .split("\n")
          .filter((line) => line.trim() !== "" && !/^npm (notice|warn)/.test(line));
        throw new ToolError(`the download failed: ${(lines.at(-1) ?? `code ${code}`).replace(/^pulumi: /, "")}`);
      }
    });
  } catch (error) {
    return whyOf(error);
  }
  return examine(installedPath(pulumiHomes(env).at(-1), version), env, version);
}

const whyOf = (error) => {
  if (error instanceof ToolError) {
    return { why: error.message };
  }
  throw error;
};

/** Outside the repository, so that npm looks at no package of ours. */
function toolCacheFolder(env) {
  mkdirSync(toolCache(env), { recursive: true });
  return toolCache(env);
}

async function fromGo(env) {
  const bin = builtBin(env);
  const hostVersion = versions[HOST].version;
  try {
    await buildGoTools(
      `Pulumi ${pinned} from its sources, once, 5 to 15 minutes`,
      bin,
      [
        {
          name: HOST,
          module: `tools/go/${HOST}`,
          package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
        },
        {
          name: "pulumi",
          module: "tools/go/pulumi",
          package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
          // Without it the CLI takes itself for a development build, and the Automation API rejects it.
          ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${pinned}`,
        },
      ],
      async (folder) => {
        writeDynamicScript(folder);
        const { why } = await examine(join(folder, "pulumi"), env, pinned);
        if (why !== undefined) {
          throw new ToolError(`what was built with ${HOST} ${hostVersion} is not usable: ${why}`);
        }
      },
    );
  } catch (error) {
    return whyOf(error);
  }
  return examine(join(bin, "pulumi"), env, pinned);
}

/** The places to look at, cheapest first: rows `{where, look}`, each looked at only if those before it failed. */
function places(env, obtain) {
  const rows = [];
  for (const path of onPath("pulumi", env)) {
    rows.push(
      isInstaller(path)
        ? { where: `PATH: ${path}`, look: async () => ({ why: "it is an installer, no CLI" }) }
        : { where: `PATH: ${path}`, look: () => examine(path, env) },
    );
  }
  for (const { version, path } of installed(env)) {
    rows.push({ where: path, look: () => examine(path, env, version) });
  }
  const built = join(builtBin(env), "pulumi");
  rows.push({ where: built, look: () => examine(built, env, pinned) });
  if (obtain !== "nothing") {
    rows.push({ where: "the npm package pulumi", look: () => fromInstaller(env) });
  }
  if (obtain === "build") {
    rows.push({ where: "a build with Go", look: () => fromGo(env) });
  }
  return rows;
}

const CURE = `what would help, any one of these:
  - install Pulumi ${minimum} or newer from its site, so that \`pulumi\` is on PATH
  - set TALOS_PKI_PULUMI to the path of a Pulumi executable that lies somewhere else
  - give this machine access to the internet, or to a Go module proxy and Go 1.25 or newer`;

/**
 * Finds a Pulumi CLI: `{path, version, folders}` (see `examine`). In this order: TALOS_PKI_PULUMI, PATH, Pulumi's own folder of versions,
 * what was built before, the official npm installer, a build from pinned Go modules. `obtain` is "nothing", "download"
 * (no build) or "build". Throws a ToolError that lists what was tried and what to do.
 */
export async function findPulumi({ env = process.env, obtain = "build" } = {}) {
  const explicit = env.TALOS_PKI_PULUMI;
  if (explicit !== undefined && explicit !== "") {
    const { cli, why } = await examine(explicit, env);
    if (cli === undefined) {
      throw new ToolError(`TALOS_PKI_PULUMI=${explicit}: ${why}; set it to a Pulumi ${minimum} or newer, or unset it`);
    }
    return cli;
  }
  const tried = [];
  for (const { where, look } of places(env, obtain)) {
    const { cli, why } = await look();
    if (cli !== undefined) {
      return cli;
    }
    tried.push(`  - ${where}: ${why}`);
  }
  if (obtain !== "build") {
    tried.push("  - a build with Go: not tried here; `npm start` does it");
  }
  throw new ToolError(`no Pulumi CLI. Looked at:\n${tried.join("\n")}\n${CURE}`);
}
