import assert from "node:assert/strict";

import fc from "fast-check";

import { readSource } from "../../provider/cli/source";
import { formatTalosconfig, mergeTalosconfig, type Talosconfig } from "../../provider/core/config/talosconfig";
import { parseTalosconfig } from "../../provider/core/config/talosconfigParser";
import { PkiError } from "../../provider/core/errors";
import { readVectorFile } from "../unit/vectors/vectors";

function onlyPkiErrors(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
  }
}

/** Files that nearly are what they should be: a piece cut out, replaced or put elsewhere. */
const files = ["out/talosconfig-only/talosconfig", "bundles/v1.13.yaml", "pki/ca.crt", "out/base-v1.14/worker.yaml"];
const damaged = fc
  .tuple(fc.constantFrom(...files.map(readVectorFile)), fc.nat(), fc.nat(400), fc.string({ maxLength: 8 }))
  .map(([text, at, length, piece]) => {
    const start = at % text.length;
    return text.slice(0, start) + piece + text.slice(start + length);
  });

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.constantFrom("1", "yes", "~", "a: b", "0x1F", "'", "\t"),
);
const optional = (): fc.Arbitrary<string | undefined> => fc.option(text, { nil: undefined });
const context = fc
  .record({
    endpoints: fc.array(text),
    nodes: fc.array(text, { minLength: 1 }),
    cluster: optional(),
    proxyUrl: optional(),
    username: optional(),
  })
  .map(({ username, ...given }) => {
    const auth = username === undefined ? {} : { auth: { basic: { username, password: "p" } } };
    return Object.fromEntries(Object.entries({ ...given, ...auth }).filter(([, value]) => value !== undefined));
  });
const talosconfigs = fc.dictionary(text, context, { minKeys: 1, maxKeys: 6 }).map((contexts): Talosconfig => {
  const [current = ""] = Object.keys(contexts);
  return { context: current, contexts: contexts as unknown as Talosconfig["contexts"] };
});

describe("for any talosconfig", () => {
  it("what is written is read back, and written the same again", () => {
    fc.assert(
      fc.property(talosconfigs, (talosconfig) => {
        const written = formatTalosconfig(talosconfig);
        const parsed = parseTalosconfig(written);
        assert.deepEqual(parsed, { ...talosconfig, contexts: { ...talosconfig.contexts } });
        assert.equal(formatTalosconfig(parsed), written);
      }),
    );
  });

  it("a merge loses no context and overwrites none", () => {
    fc.assert(
      fc.property(talosconfigs, talosconfigs, (base, other) => {
        const { talosconfig, renames } = mergeTalosconfig(base, other);
        const names = new Map(renames.map(({ from, to }) => [from, to]));
        for (const [name, value] of Object.entries(base.contexts)) assert.equal(talosconfig.contexts[name], value);
        for (const [name, value] of Object.entries(other.contexts)) {
          assert.equal(talosconfig.contexts[names.get(name) ?? name], value);
        }
        const count = Object.keys(base.contexts).length + Object.keys(other.contexts).length;
        assert.equal(Object.keys(talosconfig.contexts).length, count);
        assert.equal(talosconfig.context, names.get(other.context) ?? other.context);
      }),
    );
  });
});

describe("for any damaged file", () => {
  it("reading it as a talosconfig, or as whatever it may be, ends in a result or a PkiError", () => {
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ maxLength: 300 })), (damagedText) => {
        onlyPkiErrors(() => parseTalosconfig(damagedText));
        onlyPkiErrors(() => readSource("file", damagedText));
      }),
      { numRuns: 400 },
    );
  });
});
