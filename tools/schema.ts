/** Writes schema.json out of the definitions: `npm run schema`; with `--check` it only says whether the file is current. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { packageSchema } from "./schema/package";

const root = resolve(__dirname, "..");
const file = join(root, "schema.json");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const text = `${JSON.stringify(packageSchema(version), undefined, 2)}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
} else if (readFileSync(file, "utf8") !== text) {
  process.stderr.write("schema.json is not what the definitions say; run `npm run schema`\n");
  process.exitCode = 1;
}
