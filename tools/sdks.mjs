// npm run sdks: writes TypeScript's SDK out of the definitions and those of other languages out of schema.json. With --check
// it only says whether they are current.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sourcesIn } from "./lib/files.mjs";
import { writeJavaSdk } from "./lib/javaSdk.mjs";
import { findLanguageTool } from "./lib/languageTools.mjs";
import { root } from "./lib/paths.mjs";
import { capture } from "./lib/run.mjs";
import { runMain, say, ToolError } from "./lib/say.mjs";

/** Writes with our own driver of Pulumi's generator, of which there are two builds. */
const by = (tool, language) => async (schema, folder) => {
  const generator = join(await findLanguageTool(tool, { obtain: "build" }), "pulumi-sdk-generator");
  const { code, stderr } = await capture(generator, [language, schema, folder]);
  if (code !== 0) {
    throw new ToolError(stderr.trim());
  }
};

/** Writes Go's SDK as a module of its own, which a release tags; its pins are those of tools/go/sdk. */
async function writeGoSdk(schema, folder) {
  await by("generator", "go")(schema, folder);
  const { language } = JSON.parse(readFileSync(schema, "utf8"));
  const pins = join(root, "tools", "go", "sdk");
  const module = readFileSync(join(pins, "go.mod"), "utf8").replace(
    /^module .*$/m,
    `module ${language.go.importBasePath}`,
  );
  writeFileSync(join(folder, "go.mod"), module);
  cpSync(join(pins, "go.sum"), join(folder, "go.sum"));
}

/** Writes TypeScript's SDK, whose generator is TypeScript itself. @returns the files that were not current */
async function writeTypeScriptSdk({ check }) {
  const runner = join(root, "node_modules", "ts-node", "dist", "bin.js");
  const args = [
    "--project",
    "tsconfig.test.json",
    join("tools", "typescriptSdk", "main.ts"),
    ...(check ? ["--check"] : []),
  ];
  const { code, stdout, stderr } = await capture(process.execPath, [runner, ...args], { cwd: root });
  if (code !== 0) {
    throw new ToolError(stderr.trim());
  }
  return stdout.split("\n").filter((line) => line !== "");
}

/** Where each SDK lies, and what writes one: `write(schema, folder)`. */
const SDKS = {
  "sdk/python": by("generator", "python"),
  "sdk/go/talospki": writeGoSdk,
  "sdk/dotnet": by("dotnet", "dotnet"),
  "sdk/java": writeJavaSdk,
};

function same(left, right) {
  const [a, b] = [sourcesIn(left), sourcesIn(right)];
  return (
    a.join("\n") === b.join("\n") &&
    a.every((file) => readFileSync(join(left, file)).equals(readFileSync(join(right, file))))
  );
}

await runMain(async () => {
  const check = process.argv.includes("--check");
  const old = await writeTypeScriptSdk({ check });
  for (const [target, write] of Object.entries(SDKS)) {
    const made = mkdtempSync(join(tmpdir(), "talos-pki-sdk-"));
    try {
      await write(join(root, "schema.json"), made);
      const path = join(root, target);
      if (!same(made, path)) {
        old.push(target);
        if (!check) {
          rmSync(path, { recursive: true, force: true });
          cpSync(made, path, { recursive: true });
        }
      }
    } finally {
      rmSync(made, { recursive: true, force: true });
    }
  }
  if (check && old.length > 0) {
    throw new ToolError(`not what the definitions say: ${old.join(", ")}; run \`npm run sdks\``);
  }
  say(old.length === 0 ? "the SDKs are current" : `written: ${old.join(", ")}`);
});
