/** Writes schema.json out of the definitions: `npm run schema`; with `--check` it only says whether the file is current. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { packageSchema } from "./schema/package";
import type { PublishedManifest } from "./schema/publication";

const root = resolve(__dirname, "..");
const file = join(root, "schema.json");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PublishedManifest;
const text = `${JSON.stringify(packageSchema(manifest), undefined, 2)}\n`;

if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
} else if (readFileSync(file, "utf8") !== text) {
  process.stderr.write("schema.json is not what the definitions say; run `npm run schema`\n");
  process.exitCode = 1;
}
