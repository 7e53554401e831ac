import assert from "node:assert/strict";

import { Plain, formatYamlDocuments } from "../../../../provider/core/yaml/emitter";
import { yamlMap } from "../../../../provider/core/yaml/map";
import { parseYamlDocuments } from "../../../../provider/core/yaml/parser";
import { integerOf, resolveTag } from "../../../../provider/core/yaml/scalar";
import { PkiError } from "../../../../provider/core/errors";
import { MEBIBYTE } from "../../../../provider/core/limits";
import { YamlFault } from "../../../../provider/core/yaml/compose";
import { type Dialect, readDocuments } from "../../../../provider/core/yaml/reader";
import { countWork } from "../../support/work";

const format = (value: unknown): string => formatYamlDocuments([yamlMap({ a: value as string })]);
const refusal = (text: string): string => {
  try {
    parseYamlDocuments(text, { path: "file" });
  } catch (error) {
    assert.ok(error instanceof PkiError);
    assert.equal(error.code, "ERR_YAML_INVALID");
    return error.message;
  }
  return "";
};

describe("writing YAML as Talos does", () => {
  it("quotes a token of digits, for it would be read as a number", () => {
    assert.equal(format("123456.1234567890123456"), 'a: "123456.1234567890123456"\n');
    assert.equal(format("1e1000"), "a: 1e1000\n");
  });

  it("quotes the words of YAML 1.1 double up to Talos 1.13 and single from 1.14", () => {
    const document = yamlMap({ a: "yes", b: "12:30", c: "<<", d: "true" });
    assert.equal(formatYamlDocuments([document]), 'a: "yes"\nb: "12:30"\nc: "<<"\nd: "true"\n');
    assert.equal(formatYamlDocuments([document], "single"), "a: 'yes'\nb: '12:30'\nc: '<<'\nd: \"true\"\n");
  });

  it("writes text of several lines as a literal block, two columns from the dash within a list", () => {
    assert.equal(format("one\ntwo\n"), "a: |\n    one\n    two\n");
    assert.equal(format(["one\ntwo"]), "a:\n    - |-\n      one\n      two\n");
    assert.equal(format("trailing \nspace"), 'a: "trailing \\nspace"\n');
  });

  it("indents by four, sequences too, and aligns what is nested in a list", () => {
    const nested = [yamlMap({ b: yamlMap({ c: [new Plain("1")] }) })];
    assert.equal(format(nested), "a:\n    - b:\n        c:\n            - 1\n");
  });

  it("writes empty collections in short and three dashes only between documents", () => {
    const document = yamlMap({ a: [], b: yamlMap({}) });
    assert.equal(formatYamlDocuments([document, document]), "a: []\nb: {}\n---\na: []\nb: {}\n");
  });

  it("never folds a long line", () => {
    const long = "word ".repeat(100).trim();
    assert.equal(format(long), `a: ${long}\n`);
  });
});

describe("what a plain scalar is to Talos", () => {
  const tags = {
    str: ["abc", "1.2.3.4", "0x", "1:2", "2026-13-01", "2026-02-29", "_1", "+", "1e1000", "yes", ".", "0xg"],
    int: ["0", "-1", "+1", "0x1F", "0o7", "012", "0b1", "1_000", "18446744073709551615"],
    float: ["1.", ".5", "1e3", "-0", ".inf", "08", "18446744073709551616", "123456.1234567890123456"],
    bool: ["true", "False"],
    null: ["", "~", "Null"],
    timestamp: ["2026-01-01", "2026-1-2 3:4:5", "2024-02-29T00:00:00Z"],
    merge: ["<<"],
  };
  for (const [tag, texts] of Object.entries(tags)) {
    it(`is ${tag} for ${texts.join(" ")}`, () => {
      assert.deepEqual(
        texts.map(resolveTag),
        texts.map(() => tag),
      );
    });
  }

  it("has the value of its notation", () => {
    assert.deepEqual(["0x1F", "012", "-0b11", "1_000"].map(integerOf), [31n, 10n, -3n, 1000n]);
    assert.equal(integerOf("99999999999999999999"), undefined);
  });
});

describe("reading YAML within bounds", () => {
  it("keeps the source text of a number", () => {
    const [node] = parseYamlDocuments("token: 1.50\n", { path: "file" });
    assert.ok(node?.kind === "mapping");
    assert.deepEqual(node.entries[0]?.value, { kind: "scalar", text: "1.50", tag: "float", line: 1 });
  });

  it("gives a block scalar at the end of a text the line break that it has there, and no other", () => {
    const texts: Readonly<Record<string, string>> = {
      "|\n  a": "a",
      "|+\n  a": "a",
      ">\n  a\n  b": "a b",
      "|2 # c\n  a": "a",
      "|\n  a\n   ": "a\n ",
      "|\n  a\n": "a\n",
      "|\n  a\n\n  ": "a\n",
      "|+\n  a\n\n": "a\n\n",
    };
    for (const [text, value] of Object.entries(texts)) {
      for (const around of ["", "k: ", "- ", "? k\n: ", "a: b\n--- "]) {
        const [node] = parseYamlDocuments(around + text, { path: "file" }).slice(-1);
        const scalar = around.startsWith("-") ? node?.kind === "sequence" && node.items[0] : node;
        const read = scalar && (scalar.kind === "mapping" ? scalar.entries.at(-1)?.value : scalar);
        assert.deepEqual(read && read.kind === "scalar" && read.text, value, JSON.stringify(around + text));
      }
    }
  });

  it("reads a value by its tag, quoted or not, as far as Talos does", () => {
    const read = (text: string): string => {
      const [node] = parseYamlDocuments(text, { path: "file" });
      return node?.kind === "scalar" ? `${node.tag} ${node.text}` : "";
    };
    assert.equal(read("!!timestamp 2001-01-01"), "timestamp 2001-01-01");
    assert.equal(read('!!int "5"'), "int 5");
    assert.equal(read("!!float 010"), "float 010");
    assert.equal(read('!!bool "true"'), "bool true");
    assert.equal(read("!!str 1"), "str 1");
    assert.equal(read("!!binary SGVsbG8="), "str Hello");
    for (const text of ["!!bool yes", "!!int 1.5", "!!null x", "!!timestamp x", "!!int ''", "!!int 2001-01-01"])
      assert.equal(refusal(text), "file: a value at line 1 is not what its YAML tag says; leave the tag out");
    assert.equal(refusal("a: !!binary x"), "file: a !!binary at line 1 is not base64 of a text; write the text");
    assert.equal(refusal("!vault x"), "file: an unknown YAML tag at line 1; leave it out");
  });

  it("rejects a key that stands twice, with both lines", () => {
    assert.equal(refusal("a: 1\nb: 2\na: 3\n"), "file: a key at line 3 already stands at line 1; give it once");
  });

  it("rejects aliases that grow without bound and those that contain themselves", () => {
    const bomb = Array.from("bcdefghi").map(
      (name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]!}`).join(", ")}]\n`,
    );
    assert.equal(
      refusal(`a: &a [x]\n${bomb.join("")}`),
      "file: grows too large through aliases; write it out without them",
    );
    assert.equal(refusal("a: &x {b: *x}\n"), "file: an alias at line 1 contains itself; write it out");
  });

  const DEEP = "file: is nested too deep; must be at most 100 levels";
  for (const [what, text] of Object.entries({
    "brackets that never close": "[".repeat(100_000),
    "a thousand brackets": "[".repeat(1000) + "]".repeat(1000),
    "a thousand maps": "{a: ".repeat(1000) + "}".repeat(1000),
    "fifty thousand dashes": `${"- ".repeat(50_000)}x`,
    "a thousand levels of indentation": Array.from({ length: 1000 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join(""),
    "questions upon questions": "? ".repeat(20_000),
  })) {
    it(`rejects ${what} in time and without running out of stack`, () => {
      assert.equal(refusal(text), DEEP);
    });
  }

  it("reads 32 MiB, which is what Talos takes, and rejects more", () => {
    const [node] = parseYamlDocuments(`a: |\n${` ${"x".repeat(1022)}\n`.repeat(32 * 1024 - 1)}`, { path: "file" });
    assert.ok(node?.kind === "mapping");
    assert.equal(
      refusal("a".repeat(32 * MEBIBYTE + 1)),
      "file: is longer than 32 MiB; must be a machine config or a patch",
    );
    assert.equal(
      refusal("\u00e9".repeat(16 * MEBIBYTE + 1)),
      "file: is longer than 32 MiB; must be a machine config or a patch",
    );
  });

  const BOUNDS = { depth: 3, tokens: 60, nodes: 10, length: 100 };
  const faultOf = (text: string, dialect: Dialect = {}): string => {
    try {
      readDocuments(text, dialect, BOUNDS);
    } catch (error) {
      assert.ok(error instanceof YamlFault);
      return error.what;
    }
    return "";
  };

  it("counts levels, those below an alias too", () => {
    assert.equal(faultOf("[[[x]]]"), "");
    assert.equal(faultOf("[[[[x]]]]"), "is nested too deep at line 1");
    assert.equal(faultOf("[[[[[[x]]]]]]"), "is nested too deep");
    assert.equal(faultOf("a: &a [[x]]\nb: [*a]\n"), "is nested too deep at line 2");
    assert.equal(faultOf("a: &a [[x]]\nb: *a\n"), "");
  });

  it("counts the parts of the text before it makes anything of them", () => {
    assert.equal(faultOf("\n".repeat(60)), "");
    for (const text of ["\n", "#\n", "- ", "[,", "'' ", "a: b\n", "? ", "!a ", "---\n"])
      assert.match(
        faultOf(text.repeat(61)),
        /^(?:has too many parts|is nested too deep|is too large)$/,
        JSON.stringify(text),
      );
  });

  it("counts nodes and text with aliases followed, over all documents", () => {
    assert.equal(faultOf("[a, b, c, d, e, f, g, h, i]"), "");
    assert.equal(faultOf("[a, b, c, d, e, f, g, h, i, j]"), "is too large");
    assert.equal(faultOf("[a, b, c, d]\n--- [e, f, g, h]\n"), "");
    assert.equal(faultOf("[a, b, c, d]\n--- [e, f, g, h, i]\n"), "is too large");
    assert.equal(faultOf("[&a [x, y], *a, *a]"), "");
    assert.equal(faultOf("[&a [x, y], *a, *a, z]"), "grows too large through aliases");
    assert.equal(faultOf(`[&a ${"x".repeat(30)}, *a, *a]`), "");
    assert.equal(faultOf(`[&a ${"x".repeat(30)}, *a, *a, *a]`), "grows too large through aliases");
    assert.equal(faultOf("[&a [x, y], *a, *a, *a]", { lenient: true }), "");
  });

  it("does not walk what an alias stands for, however often it is used", () => {
    const work = (aliases: number): number => {
      const text = `- &a [${"x,".repeat(100)}x]\n${"- *a\n".repeat(aliases)}`;
      return countWork(() => parseYamlDocuments(text, { path: "file" }));
    };
    work(1);
    const [one, two, four] = [work(100), work(200), work(400)];
    assert.ok(four - two < 2.3 * (two - one), `${one}, ${two}, ${four}`);
    assert.ok((two - one) / 100 < 101, "no alias costs as much as the list that it stands for");
  });

  it("gives an alias the node of its anchor, also of an earlier document", () => {
    const [first, second] = parseYamlDocuments("a: &x {b: 1}\n---\nc: *x\n", { path: "file" });
    assert.ok(first?.kind === "mapping" && second?.kind === "mapping");
    assert.equal(second.entries[0]?.value, first.entries[0]?.value);
    const [, , third] = parseYamlDocuments("&x a\n---\n&x b\n---\n*x\n", { path: "file" });
    assert.ok(third?.kind === "scalar" && third.text === "b");
    assert.equal(refusal("*x\n---\n&x a\n"), "file: an alias at line 1 has no anchor before it; give it one");
  });

  it("says nothing of the text when it cannot read it", () => {
    assert.equal(
      refusal('password: "secret\n'),
      "file: cannot be read as YAML at line 2; must be valid YAML, indented with spaces",
    );
    assert.equal(
      refusal("a:\n\tb: secret\n"),
      "file: cannot be read as YAML at line 2; must be valid YAML, indented with spaces",
    );
  });
});
