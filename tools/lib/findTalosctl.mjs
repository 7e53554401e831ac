import { readFileSync } from "node:fs";
import { join } from "node:path";

import { buildGoTools } from "./goTool.mjs";
import { root, toolCache } from "./paths.mjs";
import { capture, isExecutable, onPath } from "./run.mjs";
import { ToolError } from "./say.mjs";

const { version } = JSON.parse(readFileSync(join(root, "tools", "versions.json"), "utf8")).talosctl;

/** Why the talosctl at `path` will not do, or undefined if it will. */
async function whyNot(path) {
  if (!isExecutable(path)) {
    return "no such executable";
  }
  const { code, stdout, stderr } = await capture(path, ["version", "--client", "--short"], { timeout: 60_000 });
  const found = /Talos v(\S+)/.exec(stdout)?.[1];
  if (code !== 0 || found === undefined) {
    return `\`talosctl version\` fails: ${stderr.trim().split("\n").at(-1)}`;
  }
  return found === version ? undefined : `its version is ${found}, not ${version}`;
}

/**
 * Finds the path of the talosctl that the tests compare with: TALOS_PKI_TALOSCTL, PATH, what was built before, a build from
 * pinned Go modules. `obtain` is "nothing", "download" (the same here) or "build". Throws a ToolError that lists what was tried.
 */
export async function findTalosctl({ env = process.env, obtain = "build" } = {}) {
  const explicit = env.TALOS_PKI_TALOSCTL;
  if (explicit !== undefined && explicit !== "") {
    const why = await whyNot(explicit);
    if (why !== undefined) {
      throw new ToolError(`TALOS_PKI_TALOSCTL=${explicit}: ${why}; set it to a talosctl ${version}, or unset it`);
    }
    return explicit;
  }
  const bin = join(toolCache(env), "talosctl", version, "bin");
  const built = join(bin, "talosctl");
  const tried = [];
  for (const path of [...onPath("talosctl", env), built]) {
    const why = await whyNot(path);
    if (why === undefined) {
      return path;
    }
    tried.push(`  - ${path}: ${why}`);
  }
  if (obtain === "build") {
    await buildGoTools(
      `talosctl ${version} from its sources, once, 5 to 15 minutes`,
      bin,
      [{ name: "talosctl", module: "tools/go/talosctl", package: "github.com/siderolabs/talos/cmd/talosctl" }],
      async (folder) => {
        const why = await whyNot(join(folder, "talosctl"));
        if (why !== undefined) {
          throw new ToolError(`the talosctl that was built is not usable: ${why}`);
        }
      },
    );
    return built;
  }
  tried.push("  - a build with Go: not tried here; `node tools/find.mjs talosctl --obtain build` does it");
  throw new ToolError(`no talosctl ${version}. Looked at:\n${tried.join("\n")}`);
}
