import assert from "node:assert/strict";

import fc from "fast-check";

import { generateMachineConfig } from "../../provider/core/config/machineConfig";
import { patchMachineConfig } from "../../provider/core/machinery/patch";
import { redactMachineConfig } from "../../provider/core/config/redact";
import { formatYamlDocuments, type YamlValue } from "../../provider/core/yaml/emitter";
import { parseYamlDocuments, type YamlNode } from "../../provider/core/yaml/parser";
import { PkiError } from "../../provider/core/errors";
import { readVectorBundle, readVectorFile } from "../unit/vectors/vectors";

const config = readVectorFile("out/base-v1.13/worker.yaml");

/** Text that a parser has to be wary of, and text that nearly is a config. */
const nasty = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...Array.from("[]{}:-?&*!|>'\"%@`#, \n\ta1~")), maxLength: 200 }),
  fc
    .tuple(fc.nat(config.length), fc.string({ maxLength: 3 }))
    .map(([at, text]) => config.slice(0, at) + text + config.slice(at + text.length)),
);

function onlyPkiErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
  }
}

/** What a value is after writing and reading: strings stay strings. */
function plain(node: YamlNode): unknown {
  if (node.kind === "mapping") return new Map(node.entries.map(({ key, value }) => [key, plain(value)]));
  if (node.kind === "sequence") return node.items.map(plain);
  assert.equal(node.tag, "str");
  return node.text;
}

describe("for any text", () => {
  it("reading, patching and redacting end in a result or a PkiError", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        onlyPkiErrors(() => parseYamlDocuments(text, { path: "file" }));
        onlyPkiErrors(() => redactMachineConfig(text));
        onlyPkiErrors(() => patchMachineConfig(config, [text]));
        onlyPkiErrors(() => patchMachineConfig(text, ["machine: {}"]));
      }),
      { numRuns: 300 },
    );
  });

  it("the options of a machine config end in a config or a PkiError", () => {
    const secrets = readVectorBundle("bundles/v1.13.yaml");
    fc.assert(
      fc.property(nasty, nasty, nasty, (endpoint, name, san) => {
        const options = { secrets, clusterName: name, machineType: "worker", talosVersion: "v1.13" } as const;
        onlyPkiErrors(() => generateMachineConfig({ ...options, clusterEndpoint: endpoint, certSANs: [san] }));
        const { machineConfig } = generateMachineConfig({ ...options, clusterEndpoint: "https://a:1" });
        assert.equal(parseYamlDocuments(machineConfig, { path: "config" }).length, 2);
      }),
      { numRuns: 100 },
    );
  });
});

describe("for any tree of strings", () => {
  // What YAML cannot hold, and what Go's emitter loses: line separators, spaces behind a first line break.
  const text = fc
    .string({ unit: "binary", maxLength: 30 })
    .filter((value) => !/[\ud800-\udfff\u2028\u2029\u0085\ufeff]|^\n+ /.test(value));
  const { tree } = fc.letrec<{ tree: YamlValue }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      text,
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.array(fc.tuple(text, tie("tree")), { maxLength: 4 }).map((entries) => new Map(entries)),
    ),
  }));

  it("what is written reads back as it was", () => {
    fc.assert(
      fc.property(tree, fc.constantFrom("double" as const, "single" as const), (value, quotes) => {
        const written = formatYamlDocuments([new Map([["root", value]])], quotes);
        const [node] = parseYamlDocuments(written, { path: "file" });
        assert.deepEqual(plain(node!), new Map([["root", value]]));
      }),
      { numRuns: 500 },
    );
  });
});
