// node tools/languages.mjs [yaml] [python] [java] [generator] [--find]
// Builds what the plugin's tests run other languages with, and prints where it is as one line of JSON. With --find it
// builds nothing: {"yaml": {"folders": […]}, "java": {"why": "…", "optional": true}}.
import { parseArgs } from "node:util";

import { findJavaPackages } from "./lib/javaPackages.mjs";
import { findLanguageTool } from "./lib/languageTools.mjs";
import { findPythonEnvironment } from "./lib/pythonEnvironment.mjs";
import { OptionalToolError, runMain, say, ToolError } from "./lib/say.mjs";

const finders = {
  yaml: async (options) => [await findLanguageTool("yaml", options)],
  // The environment first: its python is the one that the host is to start.
  python: async (options) => [
    await findPythonEnvironment("pulumi", options),
    await findLanguageTool("python", options),
  ],
  // The packages first: where they cannot be had, nothing need be built.
  java: async (options) => [await findJavaPackages(options), await findLanguageTool("java", options)],
  // All that `npm run sdks` needs beside the Pulumi CLI.
  generator: async (options) => [
    await findLanguageTool("generator", options),
    await findLanguageTool("dotnet", options),
    await findLanguageTool("java", options),
  ],
};

await runMain(async () => {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { find: { type: "boolean" } } });
  const names = positionals.length === 0 ? Object.keys(finders) : positionals;
  const unknown = names.find((name) => finders[name] === undefined);
  if (unknown !== undefined) {
    throw new ToolError(`there is no ${unknown}; must be ${Object.keys(finders).join(", ")}`);
  }
  const found = {};
  for (const name of names) {
    try {
      found[name] = { folders: await finders[name]({ obtain: values.find === true ? "nothing" : "build" }) };
    } catch (error) {
      const optional = error instanceof OptionalToolError;
      if (!(error instanceof ToolError) || (values.find !== true && !optional)) {
        throw error;
      }
      found[name] = { why: error.message, optional };
      if (values.find !== true) {
        say(`SKIPPED: ${name}: ${error.message}`);
      }
    }
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
});
