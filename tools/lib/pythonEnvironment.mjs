import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { hashOf } from "./files.mjs";
import { withLock } from "./lock.mjs";
import { outputOf } from "./output.mjs";
import { root, toolCache } from "./paths.mjs";
import { onPath } from "./run.mjs";
import { progress, say, ToolError } from "./say.mjs";

/** Environments of Python, each from its pinned packages: rows `{name, requirements, holds, tool}`. */
const ENVIRONMENTS = {
  pulumi: { name: "python", requirements: "requirements.txt", holds: "Pulumi's SDK for Python", tool: "languages.mjs" },
  moto: { name: "moto", requirements: "moto.txt", holds: "moto, a stand-in for AWS KMS", tool: "backends.mjs" },
};

/** The `bin` of an environment; `obtain: "build"` makes it once. */
export async function findPythonEnvironment(environment, { env = process.env, obtain = "nothing" } = {}) {
  const { name, requirements, holds, tool } = ENVIRONMENTS[environment];
  const list = join(root, "tools", "python", requirements);
  const folder = join(toolCache(env), name, hashOf([list]));
  // Written last: an environment that was cut short has none.
  const complete = join(folder, "complete");
  if (existsSync(complete)) {
    return join(folder, "bin");
  }
  if (obtain !== "build") {
    throw new ToolError(`there is no Python environment with ${holds}; \`node tools/${tool}\` makes it`);
  }
  const [python] = onPath("python3", env);
  if (python === undefined) {
    throw new ToolError("there is no `python3` on PATH");
  }
  mkdirSync(dirname(folder), { recursive: true });
  const make = async () => {
    if (existsSync(complete)) {
      return;
    }
    rmSync(folder, { recursive: true, force: true });
    await progress(`installing ${holds}`, async () => {
      await outputOf(python, ["-m", "venv", folder]);
      const pip = ["install", "--quiet", "--disable-pip-version-check", "--requirement", list];
      await outputOf(join(folder, "bin", "pip"), pip, { timeout: 10 * 60_000 });
    });
    writeFileSync(complete, "");
  };
  await withLock(`${folder}.lock`, make, (pid) => say(`waiting for process ${pid}, which installs Python packages`));
  return join(folder, "bin");
}
