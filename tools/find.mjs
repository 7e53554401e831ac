// node tools/find.mjs pulumi|talosctl [--obtain nothing|download|build]
// Prints what was found as one line of JSON: {"path": …, "folders": […]}; builds it first, if need be.
import { parseArgs } from "node:util";

import { findPulumi } from "./lib/findPulumi.mjs";
import { findTalosctl } from "./lib/findTalosctl.mjs";
import { runMain, ToolError } from "./lib/say.mjs";

const finders = {
  pulumi: findPulumi,
  talosctl: async (options) => ({ path: await findTalosctl(options), folders: [] }),
};
const amounts = ["nothing", "download", "build"];

await runMain(async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { obtain: { type: "string", default: "build" } },
  });
  const find = finders[positionals[0]];
  if (find === undefined || positionals.length !== 1 || !amounts.includes(values.obtain)) {
    throw new ToolError(`usage: node tools/find.mjs ${Object.keys(finders).join("|")} [--obtain ${amounts.join("|")}]`);
  }
  process.stdout.write(`${JSON.stringify(await find({ obtain: values.obtain }))}\n`);
});
