import { existsSync, readFileSync, rmSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import { findPulumi } from "./findPulumi.mjs";
import { findTalosctl } from "./findTalosctl.mjs";
import { root } from "./paths.mjs";
import { run } from "./run.mjs";
import { say, ToolError } from "./say.mjs";

const nodeTools = ["pulumi", "talosctl", "realnode"];

/**
 * The suites: what they are called, which folders of test/ they have, which tools they need. They run in this order,
 * each in a process of its own, so that one that crashes hides no other.
 */
export const suites = [
  {
    name: "fast",
    folders: ["unit", "vectors", "property", "contract", "architecture"],
    needs: [],
    limit: 40_000,
    jobs: 2,
  },
  { name: "e2e", folders: ["e2e"], needs: ["pulumi"], limit: 300_000, jobs: 2 },
  { name: "interop", folders: ["interop"], needs: ["talosctl", "judge"], limit: 300_000 },
  {
    name: "slow",
    folders: ["slow"],
    needs: ["pulumi", "talosctl", "judge"],
    limit: 1_800_000,
    onlyWhenNamed: true,
  },
  { name: "backends", folders: ["backends"], needs: ["pulumi"], limit: 600_000, onlyWhenNamed: true },
  { name: "nodes", folders: ["nodes"], needs: nodeTools, limit: 600_000, onlyWhenNamed: true },
  // Too long for CI.
  { name: "nodes-long", folders: ["nodes-long"], needs: nodeTools, limit: 1_800_000, onlyWhenNamed: true },
];

async function findJudge() {
  const { findJudge: find } = await import("../judge.mjs");
  const found = await find();
  if (found === undefined) {
    throw new ToolError("the judge is not built, or not from these sources; `node tools/judge.mjs` does it");
  }
  return found.judge;
}

async function findRealNodes() {
  const { findRealNodes: find, whyNoNodes } = await import("../realnode.mjs");
  const why = await whyNoNodes();
  if (why !== undefined) {
    throw new ToolError(why);
  }
  const found = await find();
  if (found === undefined) {
    throw new ToolError("real nodes are not built, or not from these sources; `node tools/realnode.mjs` does it");
  }
  return found.nodebox;
}

/** Each tool, where it comes from without a build, and the variable that hands it on to the tests. */
const tools = {
  pulumi: { find: async () => (await findPulumi({ obtain: "download" })).path, variable: "TALOS_PKI_PULUMI" },
  talosctl: { find: () => findTalosctl({ obtain: "nothing" }), variable: "TALOS_PKI_TALOSCTL" },
  judge: { find: findJudge },
  realnode: { find: findRealNodes },
};

/**
 * Looks for the tools of the suites: `{env, missing}`, the variables for the tests and, by tool, why there is none.
 */
export async function findTools(names) {
  const env = {};
  const missing = {};
  for (const name of names) {
    const { find, variable } = tools[name];
    try {
      const path = await find();
      if (variable !== undefined) {
        env[variable] = path;
      }
    } catch (error) {
      if (!(error instanceof ToolError)) {
        throw error;
      }
      missing[name] = error.message;
    }
  }
  return { env, missing };
}

const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");

/**
 * Runs one suite with mocha; answers `{passed, failed, failures, skipped, excused}`, where what is excused may
 * be skipped even where tools are required. A suite without files is no suite: undefined.
 */
export async function runSuite({ name, folders, limit, jobs }, env, args = []) {
  const specs = folders
    .filter((folder) => existsSync(join(root, "test", folder)))
    .map((folder) => `test/${folder}/**/*.test.ts`);
  if (specs.length === 0) {
    return undefined;
  }
  const results = join(root, ".build", "results", `${name}.json`);
  mkdirSync(join(root, ".build", "results"), { recursive: true });
  rmSync(results, { force: true });
  const parallel = jobs === undefined ? [] : ["--parallel", "--jobs", String(jobs)];
  const options = [
    "--reporter",
    join(root, "tools", "lib", "reporter.cjs"),
    "--timeout",
    String(limit),
    ...parallel,
    ...args,
  ];
  const code = await run(process.execPath, [mocha, ...options, ...specs], {
    cwd: root,
    env: { ...process.env, ...env, TS_NODE_PROJECT: join(root, "tsconfig.test.json"), TALOS_PKI_RESULTS: results },
  });
  if (!existsSync(results)) {
    say(`the suite ${name} ended with code ${code} before it had run`);
    return { passed: 0, failed: 1, failures: [`the suite ${name} did not run to its end`], skipped: [], excused: [] };
  }
  const { passes, failures, failed, skipped, excused } = JSON.parse(readFileSync(results, "utf8"));
  // mocha's own failures, such as an error after the last test, show in its exit code only.
  const silent = code !== 0 && failures === 0 ? [`the suite ${name} ended with code ${code}`] : [];
  return { passed: passes, failed: failures + silent.length, failures: [...failed, ...silent], skipped, excused };
}
