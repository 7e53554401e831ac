import { dirname } from "node:path";

import { readCommandLine } from "./lib/commandLine.mjs";
import { findPulumi } from "./lib/findPulumi.mjs";
import { findTalosctl } from "./lib/findTalosctl.mjs";
import { runMain, UsageError } from "./lib/say.mjs";

const USAGE = `usage: node tools/find.mjs <pulumi|talosctl> [options]

Prints where a program is, as one line of JSON: {"path": …, "folders": […]}. Builds it first where there is none.

options:
  --obtain <how>  what to do where there is none: nothing, download or build; default build
  -h, --help      print this
`;

const finders = {
  pulumi: findPulumi,
  talosctl: async (options) => {
    const path = await findTalosctl(options);
    return { path, folders: [dirname(path)] };
  },
};
const amounts = ["nothing", "download", "build"];

await runMain(async () => {
  const options = { obtain: { type: "string", default: "build" } };
  const commandLine = readCommandLine(USAGE, { allowPositionals: true, options });
  if (commandLine === undefined) {
    return;
  }
  const { positionals, values } = commandLine;
  const [name = "", ...more] = positionals;
  if (finders[name] === undefined || more.length > 0) {
    throw new UsageError(
      `"${positionals.join(" ")}" is nothing to find; use one of ${Object.keys(finders).join(", ")}`,
    );
  }
  if (!amounts.includes(values.obtain)) {
    throw new UsageError(`--obtain: "${values.obtain}" is no way to get it; use one of ${amounts.join(", ")}`);
  }
  process.stdout.write(`${JSON.stringify(await finders[name]({ obtain: values.obtain }))}\n`);
});
