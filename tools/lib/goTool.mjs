import { chmodSync } from "node:fs";
import { join } from "node:path";

import { makeFolder } from "./makeFolder.mjs";
import { root, windows } from "./paths.mjs";
import { capture, isExecutable, onPath } from "./run.mjs";
import { progress, say, ToolError } from "./say.mjs";

/** Why Go tools cannot be built on this machine, or undefined if they can. */
export function whyNoGo(env = process.env) {
  if (windows) {
    return "building with Go is not supported on Windows";
  }
  return onPath("go", env).length === 0 ? "there is no `go` on PATH" : undefined;
}

async function build(folder, label, { name, module, package: main, ldflags = "-s -w", flags = [], cgo = false }) {
  await progress(`building ${label}: ${name}`, async (update) => {
    const out = join(folder, name);
    const args = ["build", "-mod=readonly", ...flags, "-o", out, "-ldflags", ldflags, main];
    const { code, stderr } = await capture("go", args, {
      cwd: join(root, module),
      env: {
        ...process.env,
        CGO_ENABLED: cgo ? "1" : "0",
        GOFLAGS: `${process.env.GOFLAGS ?? ""} -buildvcs=false`.trim(),
        GOWORK: "off",
      },
      onLine: (line) => {
        if (line.startsWith("go: downloading")) {
          update(line.slice("go: ".length));
        }
      },
    });
    if (code !== 0) {
      const lines = stderr.split("\n").filter((line) => !line.startsWith("go: downloading"));
      throw new ToolError(`go build of ${main} failed: ${lines.slice(-20).join("\n").trim()}`);
    }
    chmodSync(out, 0o755);
  });
}

/**
 * Builds the executables of pinned Go tool modules into the folder `target`, all or none: they are built beside it
 * and the folder is renamed into place. `builds` has rows `{name, module, package, ldflags?, flags?, cgo?}`, where `module` is a
 * folder whose go.sum names the hash of every source, `flags` are further ones of `go build`, and `cgo` lets it use C; `finish(folder)` may add to the folder, or
 * reject it by throwing. Does nothing if another process has built them meanwhile.
 */
export async function buildGoTools(label, target, builds, finish = async () => {}) {
  const reason = whyNoGo();
  if (reason !== undefined) {
    throw new ToolError(reason);
  }
  const fill = async (folder) => {
    for (const row of builds) {
      await build(folder, label, row);
    }
    await finish(folder);
  };
  await makeFolder(
    target,
    () => builds.every(({ name }) => isExecutable(join(target, name))),
    fill,
    (pid) => say(`waiting for process ${pid}, which is building ${label}`),
  );
}
