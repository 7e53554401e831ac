import { readCommandLine } from "./lib/commandLine.mjs";
import { findJavaPackages } from "./lib/javaPackages.mjs";
import { findLanguageTool } from "./lib/languageTools.mjs";
import { findPythonEnvironment } from "./lib/pythonEnvironment.mjs";
import { OptionalToolError, runMain, say, ToolError, UsageError } from "./lib/say.mjs";

const USAGE = `usage: node tools/languages.mjs [yaml] [python] [java] [generator] [options]

Builds what Pulumi runs programs of other languages with, and the generators of SDKs; all of them where none is named.
Prints where each is, as one line of JSON: {"yaml": {"folders": […]}, "java": {"why": "…", "optional": true}}.

options:
  --find      build nothing
  -h, --help  print this
`;

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
  const commandLine = readCommandLine(USAGE, { allowPositionals: true, options: { find: { type: "boolean" } } });
  if (commandLine === undefined) {
    return;
  }
  const { positionals, values } = commandLine;
  const names = positionals.length === 0 ? Object.keys(finders) : positionals;
  const unknown = names.find((name) => finders[name] === undefined);
  if (unknown !== undefined) {
    throw new UsageError(`"${unknown}" is no language; use one of ${Object.keys(finders).join(", ")}`);
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
