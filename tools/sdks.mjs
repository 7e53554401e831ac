// npm run sdks: writes sdk/python and sdk/go out of schema.json. With --check it only says whether they are current.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findLanguageTool } from "./lib/languageTools.mjs";
import { root } from "./lib/paths.mjs";
import { capture } from "./lib/run.mjs";
import { runMain, say, ToolError } from "./lib/say.mjs";

const SDKS = { python: "sdk/python", go: "sdk/go/talospki" };

/** What a generator writes and what installing or running leaves behind is not the same. */
const isGenerated = (path) => !/(^|\/)(__pycache__|build|dist|[^/]*\.egg-info)(\/|$)/.test(path);

function filesOf(folder) {
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .filter(isGenerated)
        .sort()
    : [];
}

function same(left, right) {
  const [a, b] = [filesOf(left), filesOf(right)];
  return (
    a.join("\n") === b.join("\n") &&
    a.every((file) => readFileSync(join(left, file)).equals(readFileSync(join(right, file))))
  );
}

await runMain(async () => {
  const generator = join(await findLanguageTool("generator", { obtain: "build" }), "pulumi-sdk-generator");
  const check = process.argv.includes("--check");
  const old = [];
  for (const [language, target] of Object.entries(SDKS)) {
    const made = mkdtempSync(join(tmpdir(), `talos-pki-${language}-`));
    try {
      const { code, stderr } = await capture(generator, [language, join(root, "schema.json"), made]);
      if (code !== 0) {
        throw new ToolError(stderr.trim());
      }
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
    throw new ToolError(`${old.join(" and ")} are not what schema.json says; run \`npm run sdks\``);
  }
  say(old.length === 0 ? "the SDKs are current" : `written: ${old.join(", ")}`);
});
