import { readFile } from "node:fs/promises";
import { join } from "node:path";

// dist/provider/adapters/plugin lies four folders below the package.
const packageFolder = join(__dirname, "..", "..", "..", "..");

// Where the plugin is one file, `npm run archives` puts a module in the place of this one that reads nothing.

/** The version of the package: `0.2.0`. */
export async function readVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageFolder, "package.json"), "utf8")) as { version: string };
  return version;
}

/** The schema of the Pulumi package, JSON. */
export function readSchema(): Promise<string> {
  return readFile(join(packageFolder, "schema.json"), "utf8");
}
