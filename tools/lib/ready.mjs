import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";

import { withLock } from "./lock.mjs";
import { root, windows } from "./paths.mjs";
import { capture, run, signalOf } from "./run.mjs";
import { progress, say, ToolError } from "./say.mjs";

const SOURCES = ["provider", "sdk"];

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Why node_modules is not what package-lock.json says, or undefined if it is. */
function whyInstall() {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) {
    return "node_modules is not there";
  }
  const present = readJson(hidden).packages;
  const wanted = Object.entries(readJson(join(root, "package-lock.json")).packages);
  const wrong = wanted.find(([path, { version, optional, peer, link }]) => {
    if (path === "" || link === true) {
      return false;
    }
    return present[path] === undefined ? optional !== true && peer !== true : present[path].version !== version;
  });
  return wrong === undefined ? undefined : `${wrong[0]} is not at ${wrong[1].version}`;
}

/** A ToolError where the packages are not installed as package-lock.json says. */
export function assertInstalled() {
  const reason = whyInstall();
  if (reason !== undefined) {
    throw new ToolError(`the packages of this clone are not installed (${reason}); run \`npm ci\``);
  }
}

async function install() {
  const reason = whyInstall();
  if (reason === undefined) {
    return;
  }
  // `npm ci` empties node_modules first; one that is only behind is completed in place.
  const args = existsSync(join(root, "node_modules")) ? ["install", "--no-save"] : ["ci"];
  await progress(`npm ${args.join(" ")} (${reason})`, async () => {
    const command = [windows ? "npm.cmd" : "npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"]];
    const { code, stdout, stderr } = await capture(...command, { cwd: root, shell: windows });
    if (code !== 0) {
      throw new ToolError(`npm ${args[0]} failed:\n${`${stdout}${stderr}`.trim().split("\n").slice(-20).join("\n")}`);
    }
  });
}

function* files(folder) {
  if (!existsSync(folder)) {
    return;
  }
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      yield* files(path);
    } else {
      yield path;
    }
  }
}

const isSource = (path) => path.endsWith(".ts") && !path.endsWith(".d.ts");

const outputOf = (source) => join(root, "dist", relative(root, source)).replace(/\.ts$/, ".js");

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function isStale() {
  const settings = modified(join(root, "tsconfig.json"));
  return SOURCES.some((folder) =>
    [...files(join(root, folder))]
      .filter(isSource)
      .some((source) => modified(outputOf(source)) < Math.max(modified(source), settings)),
  );
}

/** Compiled files whose source is gone would still be found, and packed. */
function removeOrphans() {
  for (const folder of SOURCES) {
    for (const path of files(join(root, "dist", folder))) {
      const source = join(root, relative(join(root, "dist"), path)).replace(/\.(d\.ts|js|js\.map|d\.ts\.map)$/, ".ts");
      if (source.endsWith(".ts") && !existsSync(source)) {
        rmSync(path);
      }
    }
  }
}

/** Compiles `provider` and `sdk` into `dist`; with `always: false` only if a source is newer than what is there. */
export async function build({ always = true } = {}) {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const compile = async () => {
    if (!always && !isStale()) {
      return;
    }
    if (!existsSync(compiler)) {
      assertInstalled();
    }
    await progress("compiling", async () => {
      const code = await run(process.execPath, [compiler, "-p", root], {
        cwd: root,
        // stdout belongs to what comes after.
        stdio: ["ignore", 2, 2],
      });
      const signal = signalOf(code);
      if (signal !== undefined) {
        throw new ToolError(
          `the compiler was killed (${signal}), as systems do that are short of memory; run it again`,
        );
      }
      if (code !== 0) {
        throw new ToolError("the sources do not compile; see above");
      }
      removeOrphans();
    });
  };
  await withLock(join(root, ".build", "compile.lock"), compile, (pid) =>
    say(`waiting for process ${pid}, which is compiling`),
  );
}

/** Brings a fresh or outdated clone to where its programs run: packages installed, sources compiled. */
export async function makeReady() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    throw new ToolError(`this is Node ${process.versions.node}; Node 20 or newer is needed`);
  }
  await withLock(join(root, ".build", "install.lock"), install, (pid) =>
    say(`waiting for process ${pid}, which is installing`),
  );
  await build({ always: false });
}
