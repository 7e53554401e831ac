import assert from "node:assert/strict";

import fc from "fast-check";

import { collectProblems, type Problem } from "../../provider/core/errors";
import { generateMachineConfig } from "../../provider/core/config/machineConfig";
import { describeConfigChanges } from "../../provider/core/config/configChanges";
import { redactMachineConfig } from "../../provider/core/config/redact";
import { ConfigSchema, type ConfigType, type SchemaVersion } from "../../provider/core/machinery/schema";
import { parseYamlDocuments } from "../../provider/core/yaml/parser";
import { writePlainYaml } from "../../provider/core/yaml/plain";
import { readVectorBundle } from "../unit/vectors/vectors";

const [DIGITS, LOWER] = ["0123456789", "abcdefghijklmnopqrstuvwxyz"];
const UPPER = LOWER.toUpperCase();
const chars = (alphabet: string, length: number): fc.Arbitrary<string> =>
  // Without bias: fast-check likes to say __proto__ in place of chance.
  fc
    .noBias(fc.array(fc.constantFrom(...Array.from(alphabet)), { minLength: length, maxLength: length }))
    .map((all) => all.join(""));
const after = (prefix: string, alphabet: string, length: number): fc.Arbitrary<string> =>
  chars(alphabet, length).map((text) => prefix + text);
const WORD = DIGITS + LOWER + UPPER;

/** Made up in the form of what people have. */
const token = fc.oneof(
  after("ghp_", WORD, 36),
  after("github_pat_", `${WORD}_`, 60),
  after("glpat-", WORD, 20),
  after("AKIA", DIGITS + UPPER, 16),
  after("xoxb-", DIGITS, 12).chain((start) => after(`${start}-`, WORD, 24)),
  after("sk_live_", WORD, 24),
  after("hvs.", WORD, 32),
  after("tskey-auth-", WORD, 32),
  after("npm_", WORD, 36),
  chars(`${DIGITS}abcdef`, 32),
  chars(`${DIGITS}abcdef`, 64),
  fc.uint8Array({ minLength: 30, maxLength: 60 }).map((octets) => Buffer.from(octets).toString("base64")),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((octets) => Buffer.from(octets).toString("base64")),
  fc.uint8Array({ minLength: 36, maxLength: 36 }).map((octets) => Buffer.from(octets).toString("base64url")),
  after("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.", `${WORD}-_`, 86),
  after("AGE-SECRET-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
);

/** Where the token stands within the value. */
const planted = fc.tuple(
  token,
  fc.constantFrom("*", "a *", "x/*/y", "https://h/*", "https://u:*@h", "k: *\nl: m\n", "h/i:*"),
);

/** A tree of the schema's type, with the token at one leaf; `null` marks where there can be none. */
function treeOf(type: ConfigType, text: string, pick: (count: number) => number, depth: number): unknown {
  switch (type.kind) {
    case "pointer":
      return treeOf(type.element, text, pick, depth);
    case "list":
      return [treeOf(type.element, text, pick, depth)];
    case "map":
      return pick(4) === 0 ? { [text]: "x" } : { name: treeOf(type.element, text, pick, depth) };
    case "struct": {
      const fields = [...type.shape.fields].filter(([key]) => depth > 0 || key !== "kind");
      const chosen = pick(fields.length + 2);
      if (chosen >= fields.length) return chosen === fields.length ? { unknown: text } : { [text]: "x" };
      const [key, field] = fields[chosen]!;
      return { [key]: treeOf(field.type, text, pick, depth + 1) };
    }
    case "custom":
      return [text, { crt: text }, { key: text }, { any: [text] }, { any: { name: "n", value: text } }, { [text]: 1 }][
        pick(6)
      ];
    default:
      return text;
  }
}

const KEY = "cluster: {secret: c2VjcmV0IG9mIHRoZSBjbHVzdGVyIG9mIDMyIG8=}\n";

/** One document with the token in it; of a kind of the schema, or unknown. */
function documentWith(version: SchemaVersion, text: string, pick: (count: number) => number): unknown {
  const { kinds } = ConfigSchema.of(version);
  const kind = ["", "Unknown", text, ...kinds][pick(kinds.length + 3)]!;
  const type = ConfigSchema.of(version).document(kind)?.type;
  if (type !== undefined)
    return { ...(kind !== "" && { apiVersion: "v1alpha1", kind }), ...(treeOf(type, text, pick, 0) as object) };
  const inner = [
    { a: text },
    { [text]: 1 },
    { a: [{ b: { c: text } }] },
    { name: text },
    { apiVersion: text },
    [text],
    text,
  ];
  const tree = inner[pick(inner.length)];
  return typeof tree === "object" && !Array.isArray(tree) ? { kind, ...tree } : tree;
}

const picks = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));

describe("A token that somebody put anywhere into a config", () => {
  for (const version of ["1.13", "1.14"] as const) {
    it(`is in no redacted view and no line of changes (types of ${version})`, () => {
      fc.assert(
        fc.property(planted, picks, fc.boolean(), ([secret, around], stream, isKeyed) => {
          const pick = (count: number): number => Math.floor(stream.next().value! * count);
          const document = documentWith(
            version,
            around.replace("*", () => secret),
            pick,
          );
          const text = `${isKeyed ? `${KEY}---\n` : ""}${writePlainYaml(document)}`;
          const view = redactMachineConfig(text);
          assert.ok(!view.includes(secret), view);
          assert.deepEqual(parseYamlDocuments(view, { path: "view" }).length, isKeyed ? 2 : 1);
          for (const lines of [describeConfigChanges(text, KEY), describeConfigChanges(KEY, text)])
            assert.ok(!lines.some((line) => line.includes(secret)), lines.join("\n"));
        }),
        { numRuns: 1_500, seed: 20_261_128 },
      );
    });
  }

  for (const talosVersion of ["v1.13", "v1.14"] as const) {
    it(`is in no message about the patch that it stands in (${talosVersion})`, () => {
      const version = talosVersion === "v1.13" ? "1.13" : "1.14";
      const options = { secrets: readVectorBundle("bundles/v1.13.yaml"), clusterName: "c", talosVersion } as const;
      const messages = (patch: unknown): string => {
        const problems: Problem[] = [];
        const made = collectProblems(problems, () =>
          generateMachineConfig({
            ...options,
            clusterEndpoint: "https://10.0.0.1:6443",
            machineType: "controlplane",
            configPatches: [patch as string],
          }),
        );
        return JSON.stringify([problems, made?.warnings ?? []]);
      };
      fc.assert(
        fc.property(planted, picks, ([secret, around], stream) => {
          const pick = (count: number): number => Math.floor(stream.next().value! * count);
          const document = documentWith(
            version,
            around.replace("*", () => secret),
            pick,
          );
          const isObject = typeof document === "object" && pick(2) === 0;
          const text = messages(isObject ? document : writePlainYaml(document));
          assert.ok(!text.includes(secret), text);
        }),
        { numRuns: 600, seed: 7 },
      );
    });
  }

  it("shows that it changed", () => {
    fc.assert(
      fc.property(token, token, (one, other) => {
        fc.pre(one !== other);
        const config = (text: string): string => `${KEY}---\nkind: X\nany: [${JSON.stringify(text)}]\n`;
        const lines = describeConfigChanges(config(one), config(other));
        assert.equal(lines.length, 1);
        assert.match(lines[0]!, /^~ X\.any\[0\]: "sha256:\w{12}" -> "sha256:\w{12}"$/);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});
