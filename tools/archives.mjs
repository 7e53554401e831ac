// npm run archives: writes what `pulumi plugin install` takes, an archive per platform, and SHA256SUMS of all.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { readCommandLine } from "./lib/commandLine.mjs";
import { root } from "./lib/paths.mjs";
import { assertInstalled, build } from "./lib/ready.mjs";
import { runMain, say } from "./lib/say.mjs";

const USAGE = `usage: npm run archives -- [options]

Archives of the plugin for \`pulumi plugin install\`, one per platform, with SHA256SUMS. They need Node on PATH.

options:
  --out <folder>  where to; default .build/archives
  --executable    add one for this platform that needs no Node
  -h, --help      print this
`;

const PLUGIN = "pulumi-resource-talos-pki";
const NO_NODE = `${PLUGIN}: there is no node on PATH; install Node.js 20 or newer`;

const SH = `#!/bin/sh
# Pulumi starts this file; the plugin itself is index.js.
if ! command -v node >/dev/null 2>&1; then
  echo "${NO_NODE}" >&2
  exit 1
fi
exec node "$(dirname "$0")/index.js" "$@"
`;

const CMD = `@echo off
where node >nul 2>nul || (echo ${NO_NODE} 1>&2 & exit /b 1)
node "%~dp0index.js" %*
`.replaceAll("\n", "\r\n");

const UNIX = { name: PLUGIN, contents: SH, mode: 0o755 };
/** By Pulumi's words for systems; on Windows Pulumi looks for .exe and .cmd. */
const LAUNCHERS = { linux: UNIX, darwin: UNIX, windows: { name: `${PLUGIN}.cmd`, contents: CMD, mode: 0o755 } };
const ARCHITECTURES = { x64: "amd64", arm64: "arm64" };

const file = (name, contents) => ({ name, contents, mode: 0o644 });

/** Rows `[name, contents]` of the archives of a version. */
async function archives(version, executable) {
  // They load packages, which must be installed first.
  const { archiveOf } = await import("./lib/archive.mjs");
  const { bundlePlugin, licensesOf } = await import("./lib/pluginBundle.mjs");
  const { code, packages } = await bundlePlugin();
  const licenses = [
    file("LICENSE", readFileSync(join(root, "LICENSE"))),
    file("THIRD-PARTY-LICENSES.txt", licensesOf(packages)),
  ];
  const rows = [];
  for (const [system, launcher] of Object.entries(LAUNCHERS)) {
    const contents = await archiveOf([launcher, file("index.js", code), ...licenses]);
    rows.push(
      ...Object.values(ARCHITECTURES).map((name) => [`${PLUGIN}-v${version}-${system}-${name}.tar.gz`, contents]),
    );
  }
  if (executable) {
    const { nodeLicense, singleExecutable } = await import("./lib/singleExecutable.mjs");
    const contents = await singleExecutable(code);
    const ofNode = nodeLicense();
    if (ofNode === undefined) {
      say("this Node came without its license; add it to the executable's archive before you publish that");
    }
    const own = ofNode === undefined ? [] : [file("NODE-LICENSE.txt", ofNode)];
    const platform = `linux-${ARCHITECTURES[process.arch] ?? process.arch}`;
    const archive = await archiveOf([{ name: PLUGIN, contents, mode: 0o755 }, ...licenses, ...own]);
    rows.push([`${PLUGIN}-executable-v${version}-${platform}.tar.gz`, archive]);
  }
  return rows;
}

await runMain(async () => {
  const options = { out: { type: "string" }, executable: { type: "boolean" } };
  const commandLine = readCommandLine(USAGE, { options });
  if (commandLine === undefined) {
    return;
  }
  const { values } = commandLine;
  assertInstalled();
  const folder = resolve(values.out ?? join(root, ".build", "archives"));
  await build({ always: false });
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const rows = await archives(version, values.executable === true);
  mkdirSync(folder, { recursive: true });
  // Of another version.
  for (const name of readdirSync(folder).filter((path) => path.startsWith(PLUGIN))) {
    rmSync(join(folder, name));
  }
  for (const [name, contents] of rows) {
    writeFileSync(join(folder, name), contents);
  }
  const { checksumsOf } = await import("./lib/archive.mjs");
  writeFileSync(join(folder, "SHA256SUMS"), checksumsOf(rows));
  say(`${rows.length} archives in ${folder}`);
});
