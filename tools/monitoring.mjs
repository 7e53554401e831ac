#!/usr/bin/env node
// Builds what checks examples/monitoring: promtool and actionlint, from pinned Go modules.
//
//   node tools/monitoring.mjs      builds what is missing, once; prints the paths as one line of JSON
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { buildGoTools } from "./lib/goTool.mjs";
import { root, toolCache } from "./lib/paths.mjs";
import { isExecutable } from "./lib/run.mjs";
import { runMain, ToolError } from "./lib/say.mjs";

// Without the service discoveries, which are most of Prometheus's dependencies: nothing is discovered here.
const flags = ["-tags", "remove_all_sd"];
const modules = [
  {
    module: "prometheus",
    dependency: "github.com/prometheus/prometheus",
    programs: [{ name: "promtool", package: "github.com/prometheus/prometheus/cmd/promtool", flags }],
  },
  {
    module: "actionlint",
    dependency: "github.com/rhysd/actionlint",
    programs: [{ name: "actionlint", package: "github.com/rhysd/actionlint/cmd/actionlint" }],
  },
];

function placeOf({ module, dependency }, env) {
  const text = readFileSync(join(root, "tools", "go", module, "go.mod"), "utf8");
  const version = new RegExp(`${dependency} v(\\S+)`).exec(text)?.[1];
  if (version === undefined) {
    throw new ToolError(`tools/go/${module}/go.mod does not name the version of ${dependency}`);
  }
  return join(toolCache(env), module, version, "bin");
}

/** Paths `{promtool, actionlint}` of what is built, or undefined if anything is missing. */
export function findMonitoring(env = process.env) {
  const paths = modules.flatMap((row) => row.programs.map(({ name }) => [name, join(placeOf(row, env), name)]));
  return paths.every(([, path]) => isExecutable(path)) ? Object.fromEntries(paths) : undefined;
}

async function main() {
  for (const row of modules) {
    const builds = row.programs.map((program) => ({ ...program, module: `tools/go/${row.module}` }));
    const target = placeOf(row, process.env);
    if (!builds.every(({ name }) => isExecutable(join(target, name)))) {
      await buildGoTools(`${row.module}, once, up to 10 minutes`, target, builds);
    }
  }
  process.stdout.write(`${JSON.stringify(findMonitoring())}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  await runMain(main);
}
