import fc from "fast-check";

import type { ConfigSchema } from "../../../provider/core/machinery/schema";
import { type ConfigType, type StructShape } from "../../../provider/core/machinery/schema";

/** A YAML value in flow style, already text. */
type Text = string;

const quoted = (text: string): Text => JSON.stringify(text);

/** Strings whose reading or quoting has rules. */
const STRINGS: readonly Text[] = [
  ..."a host.example.org yes No 12:30 1e3 0x1F 010 ~ 1.50 true null 2026-01-01 .5 +1 -0 1_000 a=b x#y café /dev/sda 10.0.0.0/8".split(
    " ",
  ),
  ...[
    "",
    " lead",
    "trail ",
    "a: b",
    "- x",
    "#c",
    "two\nlines\n",
    "no end\nhere",
    "\nlead",
    "tab\there",
    "it's",
    'say "x"',
    "*a",
    "%x",
    "{b}",
    "\u2028",
    "\u{1F600}",
    "yes",
    "123",
    "<<",
    "a\r\nb",
    "two\n\n\n",
    "  in\ndented",
    "end \nspace",
  ].map(quoted),
];

const CUSTOM: Readonly<Record<string, readonly Text[]>> = {
  certKey: [
    "{crt: QUFB}",
    "{crt: QUFB, key: QkJC}",
    "{key: ''}",
    "{crt: QUFB, key: '******'}",
    "{}",
    "{crt: QUFBQQ}",
    "{x: 1}",
  ],
  cert: ["{crt: QUFB}", "{}", "{crt: null}", "{key: QUFB}"],
  key: ["{key: QUFB}", "{}"],
  base64: ["QUFB", "'QUFB'", "'!'"],
  url: [
    "https://a.example.org",
    "https://b.example.org:6443/path?q=1#f",
    "tcp://1.2.3.4:5",
    "HTTP://UP.example.org",
    "''",
    "a",
    "'https://[fd00::1]:1'",
    "'https://a b'",
    "udp://h:1/",
  ],
  endpoint: ["https://a.example.org", "https://b.example.org:6443/path", "''", "https://c.example.org?x=1"],
  addr: ["10.0.0.1", "'fd00::1'", "'FD00:0:0::A'", "'::ffff:1.2.3.4'", "'fe80::1%eth0'", "''", "bad", "010.0.0.1"],
  prefix: ["10.0.0.0/8", "'fd00::/64'", "10.1.2.3/24", "10.0.0.0/33", "''", "10.0.0.1"],
  addrPort: ["'1.2.3.4:51820'", "'[fd00::1]:51820'", "'1.2.3.4'", "''"],
  expression: ["'disk.size > 1u'", "'true'", "''", "x"],
  byteSize: ["10GiB", "100", "1.5 MB", "''", "x", "1e3"],
  size: ["10GiB", "50%", "'100'", "''", "150%", "x"],
  mac: ["'02:00:00:00:00:01'", "'AA:BB:CC:dd:ee:ff'", "''", "xyz"],
  duration: ["10m", "1h30m", "'500ms'", "1.5s", "0", "5", "'0s'", "x", "168h", "'1us'"],
  fileMode: ["0o644", "420", "0644", "0", "'0o644'", "-1"],
  diskSize: ["10GB", "100", "1000", "1.5 GiB", "x", "123456789", "5 TB"],
  diskSizeMatch: ["'>= 10GB'", "4GB", "'x'", "'<1 TB'"],
  portRange: ["80", "80-90", "'443'", "'443-443'", "70000", "x"],
};

const INTEGERS: readonly Text[] = ["0", "1", "7", "42", "1.0", "0x10", "300", "70000", "'5'", "-3", "1.5", "1_000"];
const BOOLEANS: readonly Text[] = ["true", "false", "yes", "'off'", "'x'", "True"];
const ANY: readonly Text[] = [
  "1",
  "1.5",
  "'s'",
  "true",
  "null",
  "[1, a]",
  "{b: 2, a: [x]}",
  "1e3",
  "2026-01-01",
  "''",
  "1000000.0",
  "0.00001",
  "12345678901234567890",
];

const oneOf = (texts: readonly Text[]): fc.Arbitrary<Text> => fc.constantFrom(...texts);

/** Mostly what the type takes, now and then null or something else. */
function valueOf(type: ConfigType, depth: number): fc.Arbitrary<Text> {
  const usual = usualValue(type, depth);
  return fc.oneof(
    { weight: 24, arbitrary: usual },
    { weight: 1, arbitrary: oneOf(["null", "~", "[]", "{}", "x", "''"]) },
  );
}

function usualValue(type: ConfigType, depth: number): fc.Arbitrary<Text> {
  switch (type.kind) {
    case "pointer":
      return usualValue(type.element, depth);
    case "string":
      return oneOf(STRINGS);
    case "boolean":
      return fc.oneof({ weight: 6, arbitrary: oneOf(BOOLEANS.slice(0, 2)) }, { weight: 1, arbitrary: oneOf(BOOLEANS) });
    case "integer":
      return fc.oneof({ weight: 6, arbitrary: oneOf(INTEGERS.slice(0, 6)) }, { weight: 1, arbitrary: oneOf(INTEGERS) });
    case "enum":
      return fc.oneof(
        { weight: 8, arbitrary: oneOf(type.values) },
        { weight: 1, arbitrary: oneOf(["nonsense", ...type.values.map((value) => value.toUpperCase())]) },
      );
    case "any":
      return oneOf(ANY);
    case "list":
      return fc.array(valueOf(type.element, depth + 1), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`);
    case "map":
      return mapOf(valueOf(type.element, depth + 1));
    case "struct":
      return structOf(type.shape, depth + 1);
    case "custom":
      if (type.name === "unstructured") return mapOf(oneOf(ANY));
      if (type.name === "args")
        return mapOf(fc.oneof(oneOf(STRINGS), oneOf(["[a, yes]", "null", "[]", "[null, b]", "{}"])));
      return oneOf(CUSTOM[type.name]!);
  }
}

function mapOf(value: fc.Arbitrary<Text>): fc.Arbitrary<Text> {
  return fc
    .uniqueArray(
      oneOf(["a", "b", "a10", "a2", "x-y", `'${"long".repeat(33)}'`, '"two\\nlines"', "1", "'no'", "k.io/z", "A"]),
      { maxLength: 3 },
    )
    .chain((keys) => fc.tuple(...keys.map((key) => value.map((text) => `${key}: ${text}`))))
    .map((members) => `{${members.join(", ")}}`);
}

function structOf(shape: StructShape, depth: number, fixed: readonly string[] = []): fc.Arbitrary<Text> {
  const names = [...shape.fields.keys()].filter((name) => !["apiVersion", "kind"].includes(name));
  const members = fc
    .subarray(names, { maxLength: Math.min(names.length, depth > 4 ? 1 : 3) })
    .chain((chosen) =>
      fc.tuple(...chosen.map((name) => memberOf(name, shape.fields.get(name)!.type, depth, fixed.length > 0))),
    );
  return fc
    .tuple(members, fc.integer({ min: 0, max: 300 }))
    .map(([list, odd]) => `{${[...fixed, ...list, ...(odd === 0 ? ["unknownKey: 1"] : [])].join(", ")}}`);
}

function memberOf(name: string, type: ConfigType, depth: number, ofDocument: boolean): fc.Arbitrary<Text> {
  if (ofDocument && name === "name") return oneOf(["name: one", "name: two", "name: rbac", "name: PodSecurity"]);
  const removed: fc.Arbitrary<Text> = fc.constant("{$patch: delete}");
  return fc
    .oneof({ weight: 20, arbitrary: valueOf(type, depth) }, { weight: 1, arbitrary: removed })
    .map((text) => `${name}: ${text}`);
}

/** A patch of one to three documents, of any kind that this Talos knows, made by its own types. */
export function randomPatch(schema: ConfigSchema): fc.Arbitrary<string> {
  const legacy = structOf(schema.document("")!.shape, 0);
  const document = fc
    .constantFrom(...schema.kinds)
    .chain((kind) => structOf(schema.document(kind)!.shape, 1, ["apiVersion: v1alpha1", `kind: ${kind}`]));
  const removal = fc
    .constantFrom("HostnameConfig", "KubeSpanConfig", "KubePrismConfig", "ResolverConfig")
    .map((kind) => `{apiVersion: v1alpha1, kind: ${kind}, $patch: delete}`);
  const any = fc.oneof(
    { weight: 8, arbitrary: legacy },
    { weight: 10, arbitrary: document },
    { weight: 1, arbitrary: removal },
  );
  return fc.array(any, { minLength: 1, maxLength: 3 }).map((documents) => `${documents.join("\n---\n")}\n`);
}
