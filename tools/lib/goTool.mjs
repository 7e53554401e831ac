import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { withLock } from "./lock.mjs";
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

async function build(folder, label, { name, module, package: main, ldflags = "-s -w" }) {
  await progress(`building ${label}: ${name}`, async (update) => {
    const out = join(folder, name);
    const { code, stderr } = await capture("go", ["build", "-mod=readonly", "-o", out, "-ldflags", ldflags, main], {
      cwd: join(root, module),
      env: {
        ...process.env,
        CGO_ENABLED: "0",
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

/** What a build that was killed has left; only the holder of the lock may ask. */
function removeHalves(target) {
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(`${basename(target)}.half-`)) {
      rmSync(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}

/**
 * Builds the executables of pinned Go tool modules into the folder `target`, all or none: they are built beside it
 * and the folder is renamed into place. `builds` has rows `{name, module, package, ldflags?}`, where `module` is a folder
 * whose go.sum names the hash of every source; `finish(folder)` may add to the folder, or refuse it by throwing. Does nothing if another
 * process has built them meanwhile.
 */
export async function buildGoTools(label, target, builds, finish = async () => {}) {
  const reason = whyNoGo();
  if (reason !== undefined) {
    throw new ToolError(reason);
  }
  const make = async () => {
    if (builds.every(({ name }) => isExecutable(join(target, name)))) {
      return;
    }
    removeHalves(target);
    const half = mkdtempSync(`${target}.half-`);
    try {
      for (const row of builds) {
        await build(half, label, row);
      }
      await finish(half);
      chmodSync(half, 0o755);
      rmSync(target, { recursive: true, force: true });
      renameSync(half, target);
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
  };
  mkdirSync(dirname(target), { recursive: true });
  await withLock(`${target}.building`, make, (pid) => say(`waiting for process ${pid}, which is building ${label}`));
}
