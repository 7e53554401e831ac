import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";

import { hashOf, sourcesIn } from "./files.mjs";
import { makeFolder } from "./makeFolder.mjs";
import { executable, root, toolCache } from "./paths.mjs";
import { capture, isExecutable, onPath } from "./run.mjs";
import { OptionalToolError, progress, say, ToolError } from "./say.mjs";

const SDK = join(root, "sdk", "java");
const EXAMPLE = join(root, "examples", "java");

/** What Maven says where it cannot get at a package, as opposed to a source that does not compile. */
const NO_PACKAGES = /(Plugin|Dependency|Artifact)Resolution(Exception)?\b|could not be resolved|Could not transfer/i;

/** Throws unless there are Maven and a JDK. No fresh machine has them and we cannot build them, so they are optional. */
async function needsMaven(env) {
  if (onPath("mvn", env).length === 0) {
    throw new OptionalToolError("there is no `mvn` on PATH");
  }
  // Maven alone knows which Java it will take.
  const { stdout } = await capture("mvn", ["--version"], { env, timeout: 60_000 });
  const [, version = 0, runtime = ""] = /^Java version: (\d+).*runtime: (.+)$/m.exec(stdout) ?? [];
  if (Number(version) < 11 || !isExecutable(join(runtime, "bin", executable("javac")))) {
    throw new OptionalToolError("Maven finds no JDK 11 or newer");
  }
}

async function maven(cwd, repository, env, ...args) {
  const all = ["--batch-mode", "--no-transfer-progress", `-Dmaven.repo.local=${repository}`, ...args];
  const { code, stdout, stderr } = await capture("mvn", all, { cwd, env, timeout: 10 * 60_000 });
  if (code !== 0) {
    const text = stdout + stderr;
    const errors = text.split("\n").filter((line) => /^\[ERROR\] \S/.test(line));
    const why = `mvn ${args[0]} failed: ${(errors[0] === undefined ? text : errors.slice(0, 3).join("\n")).trim()}`;
    throw NO_PACKAGES.test(text) || code === 124 ? new OptionalToolError(why) : new ToolError(why);
  }
}

/** Installs the SDK, and has Maven fetch what it needs to run the example as Pulumi does. */
async function fill(folder, env) {
  const repository = join(folder, "repository");
  // Copies, because Maven builds beside the sources.
  const sources = join(folder, "sources");
  for (const [from, name] of [
    [SDK, "sdk"],
    [EXAMPLE, "example"],
  ]) {
    sourcesIn(from).forEach((file) => cpSync(join(from, file), join(sources, name, file), { recursive: true }));
  }
  await maven(join(sources, "sdk"), repository, env, "install");
  const listing = ["-DmainClass=com.pulumi.bootstrap.internal.Main", "-DmainArgs=packages"];
  await maven(join(sources, "example"), repository, env, "compile", "exec:java", ...listing);
  rmSync(sources, { recursive: true });
}

/**
 * A Maven repository of its own with the SDK and all that the example needs, so that the user's is not touched and
 * nothing is fetched afterwards; `obtain: "build"` makes it once for each state of the SDK and of the example's pom.
 */
export async function findJavaPackages({ env = process.env, obtain = "nothing" } = {}) {
  const files = [...sourcesIn(SDK).map((file) => join(SDK, file)), join(EXAMPLE, "pom.xml")];
  const folder = join(toolCache(env), "java", hashOf(files));
  await needsMaven(env);
  const repository = join(folder, "repository");
  if (existsSync(repository)) {
    return repository;
  }
  if (obtain !== "build") {
    throw new OptionalToolError("the Maven packages are not there; `node tools/languages.mjs` gets them");
  }
  await makeFolder(
    folder,
    () => existsSync(repository),
    (half) => progress("compiling the Java SDK and getting Maven packages", () => fill(half, env)),
    (pid) => say(`waiting for process ${pid}, which gets Maven packages`),
  );
  return repository;
}
