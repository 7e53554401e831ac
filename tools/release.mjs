// npm run release:check [-- --tag v1.2.3] [-- --repository owner/name]
// Says what keeps this tree from being released; npm asks it before it publishes anything (--publish). --versions prints
// where a version stands, as one line of JSON, and --notes what the changelog says of this one.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { root } from "./lib/paths.mjs";
import { notesOf, releaseProblems, versionsIn } from "./lib/release.mjs";
import { runMain, say, ToolError } from "./lib/say.mjs";

await runMain(async () => {
  const flag = { type: "boolean" };
  const text = { type: "string" };
  const options = { tag: text, repository: text, publish: flag, versions: flag, notes: flag };
  const { values } = parseArgs({ options });
  if (values.versions === true) {
    process.stdout.write(`${JSON.stringify(versionsIn(root))}\n`);
    return;
  }
  if (values.notes === true) {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    process.stdout.write(`${notesOf(root, version) ?? ""}\n`);
    return;
  }
  // A dry run shows what would be published, at any time.
  if (values.publish === true && process.env.npm_config_dry_run === "true") {
    return;
  }
  const problems = await releaseProblems(root, values);
  if (problems.length > 0) {
    throw new ToolError(`this cannot be released:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
  say("this can be released");
});
