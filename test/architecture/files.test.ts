import assert from "node:assert/strict";

import { sources } from "./support/sources";

/** A file that is longer holds more than one noun. */
const LIMIT = 350;

/** A generator writes the file. */
const GENERATED = "// Made by `npm run ";

/** Tables: there is nothing in them to take apart. */
const TABLES: Readonly<Record<string, string>> = {
  "provider/core/machinery/validation/networkRules.ts": "a row per rule of Talos's validation",
  "provider/core/machinery/validation/volumeRules.ts": "a row per rule of Talos's validation",
  "provider/core/secrets/inventory.ts": "a row per secret of a cluster",
  "provider/core/machinery/schemaTable.ts": "made by tools/updateConfigSchema.ts",
  "test/interop/differential/handMade.ts": "a row per patch",
  "test/interop/differential/nearValid.ts": "a row per kind of value",
  "test/unit/support/otherTools.ts": "a file per tool",
  "test/interop/support/verifyCases.ts": "a row per certificate",
};

describe("the source files", () => {
  const files = sources("provider", "sdk", "examples", "test", "tools");

  it(`are at most ${LIMIT} lines long, but for tables`, () => {
    const long = files
      .filter(({ text }) => !text.startsWith(GENERATED))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ path, lines }) => lines > LIMIT && !(path in TABLES))
      .map(({ path, lines }) => `${path}: ${lines} lines`);
    assert.deepEqual(long, []);
  });

  it("name no path of a machine and no host of a registry", () => {
    // Written so that this file does not find itself.
    const hosts = [
      ["registry", "npmjs"],
      ["proxy", "golang", "org"],
    ].map((labels) => labels.join("\\."));
    const folders = ["root", "work"].map((folder) => `/${folder}/`);
    const bad = new RegExp([...folders, ...hosts].join("|"));
    const own = "test/architecture/";
    const found = files.filter(({ path, text }) => !path.startsWith(own) && bad.test(text)).map(({ path }) => path);
    assert.deepEqual(found, []);
  });
});
