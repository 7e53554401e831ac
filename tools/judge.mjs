#!/usr/bin/env node
// Builds what the interop tests run Talos's own code with: the judge of test/judge, machined and talosctl.
//
//   node tools/judge.mjs          builds what is missing or old
//   node tools/judge.mjs --path   the same, then prints the folders for PATH
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

import { findTalosctl } from "./lib/findTalosctl.mjs";
import { buildGoTools } from "./lib/goTool.mjs";
import { withLock } from "./lib/lock.mjs";
import { root, toolCache } from "./lib/paths.mjs";
import { capture, isExecutable } from "./lib/run.mjs";
import { runMain, say, ToolError } from "./lib/say.mjs";

const module = "test/judge";
const talos = "github.com/siderolabs/talos";

const sources = () => {
  const files = readdirSync(join(root, module)).sort();
  return { pins: files.filter((file) => file.startsWith("go.")), code: files.filter((file) => file.endsWith(".go")) };
};

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(join(root, module, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

function talosVersion() {
  const pinned = new RegExp(`^\\s*${talos} v(\\S+)`, "m").exec(readFileSync(join(root, module, "go.mod"), "utf8"));
  if (pinned === null) {
    throw new ToolError(`${module}/go.mod does not name the version of ${talos}`);
  }
  return pinned[1];
}

// The folders bear the hash of what went in: a checkout with other sources builds its own.
function places(env) {
  const { pins, code } = sources();
  const place = (name, files) => join(toolCache(env), name, `${talosVersion()}-${hashOf(files)}`, "bin");
  return { machined: place("machined", pins), judge: place("judge", [...pins, ...code]) };
}

async function writeRules(folder) {
  const cwd = join(root, module);
  const source = await capture("go", ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", talos], { cwd });
  const rules = ["rules", "--talos-src", source.stdout.trim(), "--out", join(folder, "rules.json")];
  const { code, stderr } = source.code === 0 ? await capture(join(folder, "judge"), rules) : source;
  if (code !== 0) {
    throw new ToolError(`Talos's table of rules cannot be read:\n${stderr.trim()}`);
  }
}

const parts = [
  // machined first: the judge shares most of its packages.
  { name: "machined", package: `${talos}/internal/app/machined` },
  { name: "judge", package: ".", finish: writeRules },
];

/** Paths `{judge, rules, machined, talosctl}` of what is built and current, or undefined if anything is missing. */
export async function findJudge(env = process.env) {
  const place = places(env);
  const judge = join(place.judge, "judge");
  const machined = join(place.machined, "machined");
  if (![judge, machined].every(isExecutable)) {
    return undefined;
  }
  try {
    const talosctl = await findTalosctl({ env, obtain: "nothing" });
    return { judge, rules: join(place.judge, "rules.json"), machined, talosctl };
  } catch (error) {
    if (error instanceof ToolError) {
      return undefined;
    }
    throw error;
  }
}

async function ensurePart({ name, package: path, finish }, target) {
  const missing = () => !isExecutable(join(target, name));
  if (!missing()) {
    return;
  }
  const build = async () => {
    // Another process may have built it while this one waited.
    if (missing()) {
      await buildGoTools("Talos's own code, once, up to 20 minutes", target, [{ name, module, package: path }], finish);
    }
  };
  await withLock(`${target}.lock`, build, (pid) => say(`waiting for process ${pid}, which builds ${name}`));
}

/** Builds what is missing or old, with progress on stderr; answers what `findJudge` does. */
export async function ensureJudge(env = process.env) {
  if (process.platform !== "linux") {
    throw new ToolError("the judge runs apid and trustd, which are Linux programs");
  }
  const place = places(env);
  for (const part of parts) {
    await ensurePart(part, place[part.name]);
  }
  await findTalosctl({ env, obtain: "build" });
  const found = await findJudge(env);
  if (found === undefined) {
    throw new ToolError("the judge was built, but cannot be found");
  }
  return found;
}

async function main() {
  const found = await ensureJudge();
  const folders = [found.judge, found.machined, found.talosctl].map(dirname);
  if (process.argv.includes("--path")) {
    process.stdout.write(`${folders.join(":")}\n`);
  } else {
    folders.forEach((folder) => say(`ready in ${folder}`));
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  await runMain(main);
}
