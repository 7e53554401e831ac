/** Part of `npm run sdks`: writes the generated files of sdk/; with `--check` it only says which are not current. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { COMPONENTS, DEFINITIONS } from "../../provider/resources";
import { HANDWRITTEN, typescriptSdk } from ".";

const folder = join(__dirname, "..", "..", "sdk");

async function main(): Promise<void> {
  const files = await typescriptSdk(Object.values(DEFINITIONS), Object.values(COMPONENTS));
  const present = readdirSync(folder).filter((name) => name.endsWith(".ts") && !HANDWRITTEN.includes(name));
  const old = [...new Set([...present, ...Object.keys(files)])].filter(
    (name) => !present.includes(name) || files[name] !== readFileSync(join(folder, name), "utf8"),
  );
  if (!process.argv.includes("--check")) {
    for (const name of old) {
      const text = files[name];
      if (text === undefined) rmSync(join(folder, name));
      else writeFileSync(join(folder, name), text);
    }
  }
  process.stdout.write(old.map((name) => `sdk/${name}\n`).join(""));
}

void main();
