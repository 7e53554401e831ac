import { parseArgs } from "node:util";

import { UsageError } from "./say.mjs";

/** The first sentence of what Node says about a wrong command line: the rest is about its own syntax. */
const problemOf = ({ message }) => message.split(/\.(?:\s|$)/)[0].replaceAll(/\s+/g, " ");

/**
 * `{positionals, values}` of the command line, as `parseArgs` reads it; after `--help` undefined, and `usage` is on stdout.
 * What is wrong is a UsageError.
 */
export function readCommandLine(usage, config, args = process.argv.slice(2)) {
  const options = { ...config.options, help: { type: "boolean", short: "h", default: false } };
  let parsed;
  try {
    parsed = parseArgs({ ...config, args, options });
  } catch (error) {
    if (error.code?.startsWith("ERR_PARSE_ARGS_") !== true) {
      throw error;
    }
    throw new UsageError(`${problemOf(error)}; --help shows the usage`);
  }
  if (!parsed.values.help) {
    return parsed;
  }
  process.stdout.write(usage);
  return undefined;
}
