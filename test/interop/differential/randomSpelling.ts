import fc from "fast-check";

/** Plain scalars that YAML reads as something else than they look like. */
const SCALARS: readonly string[] = [
  ..."a yes On ~ null true False 0 -0 7 +7 010 0o17 0x1F 0b11 1_000 1.50 .5 1e3 1E-9 -1.0 0.00001 1234567.5 1e21 12:30".split(
    " ",
  ),
  ..."2001-01-01 2001-1-1T1:2:3Z 18446744073709551615 100000000000000000000 .inf .nan '' \"1\" 'x y' [] {}".split(" "),
  "[1, b]",
  "{b: 2.50, a: x}",
];

const TAGS: readonly string[] = ["!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp"];

/** A JSON patch rejects keys that are no strings. */
const ODD_KEYS: readonly string[] = ["{1: x}", "{true: x}"];

const JSON_VALUES: readonly string[] = [
  ...'"a" "" "yes" "12" null true false 0 -0 7 1.50 1e3 1E-9 1e21 0.00001 1234567.5 18446744073709551615 [] {}'.split(
    " ",
  ),
  '[1, "b"]',
  '{"b": 2.50, "a": "x", "1": null}',
  '["10.0.0.0/8"]',
];

const PATHS: readonly string[] = [
  "",
  "/version",
  "/debug",
  "/absent",
  "/absent/deep",
  "/machine/token",
  "/machine/certSANs",
  "/machine/certSANs/-",
  "/machine/certSANs/0",
  "/machine/certSANs/+0",
  "/machine/certSANs/1",
  "/machine/certSANs/-1",
  "/machine/install/wipe",
  "/machine/install/disk",
  "/machine/install/extensions",
  "/machine/features/kubePrism/port",
  "/machine/sysctls",
  "/machine/sysctls/a",
  "/machine/nodeLabels",
  "/machine/nodeLabels/a~1b",
  "/machine/kubelet/extraConfig",
  "/cluster/network/cni",
  "/cluster/network/podSubnets",
  "/cluster/network/podSubnets/0",
  "/cluster/apiServer/auditPolicy/x",
  "/cluster/apiServer/auditPolicy/rules/0",
  "/cluster/apiServer/certSANs",
];

/** A JSON 6902 patch of one to three operations, in JSON or in YAML. */
export function randomJsonPatch(): fc.Arbitrary<string> {
  const operation = (values: readonly string[]): fc.Arbitrary<readonly (readonly [string, string])[]> =>
    fc
      .record({
        op: fc.oneof(
          { weight: 5, arbitrary: fc.constantFrom("add", "replace") },
          { weight: 1, arbitrary: fc.constantFrom("remove", "test", "copy", "move") },
        ),
        path: fc.constantFrom(...PATHS),
        from: fc.constantFrom(...PATHS),
        value: fc.option(fc.constantFrom(...values), { freq: 12, nil: undefined }),
      })
      .map(({ op, path, from, value }) => [
        ["op", JSON.stringify(op)],
        ["path", JSON.stringify(path)],
        ...(op === "copy" || op === "move" ? [["from", JSON.stringify(from)] as const] : []),
        ...(value === undefined || (op === "replace" && path === "") ? [] : [["value", value] as const]),
      ]);
  const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { minLength: 1, maxLength: 3 });
  const json = list(operation(JSON_VALUES)).map(
    (operations) =>
      `[${operations.map((members) => `{${members.map(([key, value]) => `"${key}": ${value}`).join(", ")}}`).join(", ")}]`,
  );
  const yaml = list(operation([...SCALARS, ...ODD_KEYS])).map((operations) =>
    operations.map((members) => `- ${members.map(([key, value]) => `${key}: ${value}\n`).join("  ")}`).join(""),
  );
  return fc.oneof(json, yaml);
}

/** Where a text may stand in a patch that takes any text; `%` is replaced, indented by six. */
const PLACES: readonly string[] = [
  "machine:\n  token: %",
  "machine:\n  sysctls:\n    a: %",
  "machine:\n  certSANs:\n    - %",
  "machine:\n  nodeLabels:\n    ? k\n    : %",
  "machine:\n  kubelet:\n    extraConfig:\n      a: %",
];

const BLOCKS: readonly string[] = ["|", ">", "|-", ">-", "|+", ">+", "| # c"];
const BODIES: readonly string[] = ["a", "a\n      b", "a\n        b", "a # c", "a\n       ", "a\n\n      b"];
const ENDS: readonly string[] = ["", "\n", "\n\n", "\n   "];

/** A strategic merge patch whose one value is spelled in a way that YAML has rules for, at the end of the text. */
export function randomSpelling(): fc.Arbitrary<string> {
  const block = fc
    .tuple(fc.constantFrom(...BLOCKS), fc.constantFrom(...BODIES), fc.constantFrom(...ENDS))
    .map(([header, body, end]) => `${header}\n       ${body}${end}`);
  const plain = fc.tuple(fc.constantFrom(...SCALARS), fc.constantFrom(...ENDS)).map(([text, end]) => text + end);
  const tagged = fc
    .tuple(fc.constantFrom(...TAGS), fc.constantFrom(...SCALARS), fc.boolean())
    .filter(([, text, quoted]) => !/^[[{]/.test(text) && !(quoted && /['"]/.test(text)))
    .map(([tag, text, quoted]) => `${tag} ${quoted ? JSON.stringify(text) : text}`);
  const binary = fc.constantFrom(
    "!!binary SGVsbG8=",
    '!!binary "SGVsbG8="',
    "!!binary |\n       SGVs\n       bG8=\n",
    "!!binary '!'",
  );
  return fc
    .tuple(fc.constantFrom(...PLACES), fc.oneof(block, plain, tagged, { weight: 1, arbitrary: binary }))
    .map(([place, value]) => place.replace("%", () => value));
}
