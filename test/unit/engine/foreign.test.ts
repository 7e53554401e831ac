import assert from "node:assert/strict";

import { asset, output, runtime } from "@pulumi/pulumi";

import { describeProblem } from "../../../provider/core/errors";
import { formProblems } from "../../../provider/engine/form";
import { ANY, listOf, mapOf, objectOf, row, STRING, text } from "../../../provider/engine/rows";
import { type Properties, unwrap } from "../../../provider/engine/wire";

const ROWS = {
  yaml: text("A text."),
  pair: row(objectOf("Pair", { crt: text("Certificate."), key: text("Key.") }), "A pair."),
  labels: row(mapOf(STRING), "Labels."),
  patches: row(listOf({ kind: "union", of: [STRING, ANY] }), "Patches."),
  triggers: row(mapOf(ANY), "Anything."),
};

/** The problems of inputs as the SDK sends them. */
async function problemsOf(inputs: object): Promise<string[]> {
  const sent: unknown = await runtime.serializeProperty("inputs", inputs, new Set());
  return formProblems(unwrap(sent) as Properties, ROWS).map(describeProblem);
}

describe("A value that is no data", () => {
  const file = new asset.FileAsset("secrets.yaml");
  const buffer = Buffer.from("cluster: {}");
  const anAsset = 'is an asset; must be its text, such as fs.readFileSync(path, "utf8")';
  const aBuffer = 'is a buffer; must be its text, such as buffer.toString("utf8")';

  it("is one problem with a remedy, wherever it is", async () => {
    assert.deepEqual(await problemsOf({ yaml: file, pair: { crt: file, key: buffer }, labels: { a: file } }), [
      `yaml: ${anAsset}`,
      `pair.crt: ${anAsset}`,
      `pair.key: ${aBuffer}`,
      `labels.a: ${anAsset}`,
    ]);
    assert.deepEqual(await problemsOf({ pair: buffer, labels: file, patches: [file, { machine: { a: buffer } }] }), [
      `pair: ${aBuffer}`,
      `labels: ${anAsset}`,
      `patches[0]: ${anAsset}`,
      `patches[1].machine.a: ${aBuffer}`,
    ]);
    assert.deepEqual(await problemsOf({ triggers: { a: new Uint8Array([1]), b: [output(file)] } }), [
      `triggers.a: ${aBuffer}`,
      `triggers.b[0]: ${anAsset}`,
    ]);
  });

  it("is an archive, a buffer as JSON has it, or a resource as well", async () => {
    assert.deepEqual(await problemsOf({ yaml: new asset.FileArchive("."), labels: buffer.toJSON() }), [
      'yaml: is an archive; must be the text of one file, such as fs.readFileSync(path, "utf8")',
      `labels: ${aBuffer}`,
    ]);
    const whole = { "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e", urn: "urn:…" };
    assert.deepEqual(formProblems({ patches: [whole] }, ROWS).map(describeProblem), [
      "patches[0]: is a whole resource; must be one of its outputs, such as the output certificatePem",
    ]);
  });

  it("is not seen in a map that merely has numbers", async () => {
    assert.deepEqual(await problemsOf({ triggers: { a: { b: 1 }, c: { 1: 2 }, d: { 0: 300 }, e: {} } }), []);
  });
});
