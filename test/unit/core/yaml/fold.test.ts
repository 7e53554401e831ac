import assert from "node:assert/strict";

import { formatYamlDocuments } from "../../../../provider/core/yaml/emitter";

const write = (text: string): string => formatYamlDocuments([new Map([["k", text]])], "double", "compact");
const W = "w".repeat(80);

/** Measured with gopkg.in/yaml.v2 v2.4.0, as the machinery of v1.13.0 and v1.14.1 uses it after a JSON patch. */
describe("What a JSON patch has made", () => {
  it("is broken into lines at the first single space beyond column 80", () => {
    assert.equal(write(`${W} x y`), `k: ${W}\n  x y\n`);
    assert.equal(write(`${W}  x y`), `k: ${W}  x\n  y\n`);
    assert.equal(write(`${"w".repeat(77)} x y`), `k: ${"w".repeat(77)} x\n  y\n`);
  });

  it("has an escape where a line in double quotes begins with a space, and none within a quote's reach", () => {
    assert.equal(write(`${W}  x\u0001 `), `k: "${W}\n  \\ x\\x01 "\n`);
    assert.equal(write(`${W}: x`), `k: '${W}:\n  x'\n`);
  });

  it("has double quotes around a tab, and the indentation of a text that begins with an empty line", () => {
    assert.equal(write("a\n\tb\n"), 'k: "a\\n\\tb\\n"\n');
    assert.equal(write("\n a\n"), "k: |2\n\n   a\n");
  });

  it("is not folded where nothing but a strategic patch was applied", () => {
    assert.equal(formatYamlDocuments([new Map([["k", `${W} x y`]])]), `k: ${W} x y\n`);
  });
});
