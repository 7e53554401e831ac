import fc from "fast-check";

import type { ConfigSchema, ConfigType, StructShape } from "../../../provider/core/machinery/schema";
import { type Plain, type PlainMap, VALID_DOCUMENTS, VALID_SECTIONS } from "./validDocuments";

const KEY = "8HmhzYYi+3zHsTPTmdZVOvfzAuUC7a5+5JqWNA2Gl0k=";

/** Texts near what a field takes, by what its name suggests. */
const TEXTS: readonly (readonly [RegExp, readonly string[]])[] = [
  [
    /addr|subnet|ip$|ips$|network|gateway|source|cidr|advertise|listen|endpoints|ingress|prefix|destination|except/i,
    [
      "10.0.0.1",
      "10.0.0.0/8",
      "10.0.0.1/8",
      "!10.0.0.0/8",
      "10.0.0.0/33",
      "fd00::/64",
      "fd00::1",
      "0.0.0.0",
      "0.0.0.0/0",
      "::/0",
      "x",
      "",
      "10.0.0.1/32",
      "010.0.0.1",
      "fe80::1%eth0",
      "10.0.0.0/08",
      "/data",
      "data",
    ],
  ],
  [
    /url|endpoint|manifests|issuer/i,
    [
      "https://example.org/x",
      "http://10.0.0.1:80",
      "tcp://10.0.0.1:514",
      "udp://h:1/",
      "grpc://h",
      "https://",
      "https://h:70000",
      "x",
      "",
      "ftp://h",
      "/path",
      "https://h/path",
      "10.0.0.1:80",
      "h:80",
      "[fd00::1]:80",
      "h",
      ":80",
      "https://[fd00::1]:6443",
      "tcp://h",
      "https:opaque",
      "http://h?x=1#f",
    ],
  ],
  [/key$|secret|token|passphrase|shared/i, [KEY, "short", "", "QUFB", `${KEY}=`, KEY.slice(0, -1)]],
  [
    /match|expression/i,
    [
      "true",
      "",
      "disk.size > 1u",
      "disk.size > 1",
      "x",
      "disk.",
      "1 + ",
      "system_disk",
      "!system_disk",
      "volume.name == 'a'",
      "link.driver == 'x'",
      "disk.transport == 'nvme' && !disk.rotational",
      "disk.nothing",
      "glob('a*', disk.model)",
      "disk.size",
      "'a'",
      "disk.dev_path in ['/dev/sda']",
      "memory_full_avg10 > 1.0",
      "1.0",
      "double(class)",
    ],
  ],
  [
    /name|interface|link|parent|volumeGroup|hostname|domain|bgpInstance|containers|paths|vrf/i,
    [
      "eth0",
      "eth1",
      "bond0",
      "br0",
      "a",
      "",
      "UPPER",
      "with space",
      "a_b",
      "a.b",
      "x".repeat(35),
      "x".repeat(64),
      "x".repeat(254),
      "data",
      "-a",
      "a-",
      "STATE",
      "EPHEMERAL",
      "IMAGECACHE",
      "ETCD",
      "10.0.0.1",
      "10.0.0.0/8",
      "1000",
      "0",
      "32500",
      "net%d",
      "net%s",
      "veth1",
      "a/b",
      "../x",
      "/abs",
      "hosts",
      "cri/x",
      ".hidden",
      "customization",
      "none",
      "flannel",
      "custom",
    ],
  ],
  [
    /mode|type|format|profile|algorithm|policy|rate|validate|select|reselect|provider|protocol|role|effect|options|drop|add|networks|auto/i,
    [
      "",
      "x",
      "none",
      "custom",
      "flannel",
      "802.3ad",
      "active-backup",
      "balance-rr",
      "balance-alb",
      "fast",
      "slow",
      "layer2",
      "layer3+4",
      "active",
      "all",
      "any",
      "v1",
      "v2",
      "json_lines",
      "host",
      "restricted",
      "privileged",
      "NET_ADMIN",
      "CAP_NET_ADMIN",
      "ALL",
      "lower",
      "ro",
      "rw",
      "nosuid",
      "addresses",
      "hostname",
      "luks2",
      "os:admin",
      "os:nobody",
      "os:meta:writer",
      "Node",
      "Webhook",
      "nftables",
      "iptables",
      "worker",
      "controlplane",
      "join",
      "init",
      "nvme",
      "ssd",
      "unknown",
    ],
  ],
  [/cpu/i, ["100m", "1", "", "0m", "m", "-1m", "18446744073709551616m"]],
  [/memory|size/i, ["1GiB", "100", "", "x", "-1GiB", "2TB"]],
  [
    /image|certificate|ca$|cert/i,
    [
      "ghcr.io/a/b:v1",
      "",
      "nginx",
      "a:b:c",
      "UPPER/x",
      "x@sha256:1",
      "localhost:5000/x",
      "a",
      "-----BEGIN CERTIFICATE-----\nQUFB\n-----END CERTIFICATE-----\n",
      "nginx:",
      "a b",
    ],
  ],
];

const OTHER_TEXTS = ["x", "", "a=b", "A", "10.0.0.1", "with space", "0"];
const MAP_KEYS = [
  "a",
  "example.org/a",
  "UPPER/a",
  "",
  "a b",
  "a/b/c",
  "-a",
  "x".repeat(64),
  "authorization-mode",
  "oidc-issuer",
  "cpu",
  "memory",
  "gpu",
  "port",
  "kind",
  "talos.dev/owned-labels",
  "1A",
  "A_1",
  "authorization-webhook-x",
];
const MAP_VALUES = ["", "x", "a b", "NoSchedule", "v:NoExecute", "v:Never", "x".repeat(64), "a_", "-1"];
const INTEGERS = [0, 1, 2, 7, 24, 100, 200, 250, 1279, 1280, 1400, 4094, 4095, 65535, 65536, 128, 129, 33, -1];
const DURATIONS = ["0s", "1s", "9s", "10s", "1m", "-1s", "24h"];

const CUSTOM: Readonly<Record<string, readonly Plain[]>> = {
  certKey: [
    { crt: "QUFB", key: "QkJC" },
    { crt: "QUFB", key: "" },
    { crt: "", key: "" },
    { crt: "", key: "QkJC" },
  ],
  cert: [{ crt: "QUFB" }],
  key: [{ key: "QUFB" }],
  base64: ["QUFB", ""],
  addr: ["10.0.0.1", "fd00::1", "0.0.0.0", "::", ""],
  prefix: [
    "10.0.0.0/8",
    "10.0.0.1/8",
    "10.0.0.0/30",
    "10.0.0.0/29",
    "10.0.0.0/24",
    "10.244.0.0/4",
    "fd00::/64",
    "fd00::/56",
    "fd00::/112",
    "fd00::/20",
    "0.0.0.0/0",
    "",
  ],
  addrPort: ["1.2.3.4:51820", "[fd00::1]:51820"],
  byteSize: ["10GiB", "100GiB", "1MB", "", "-1GiB"],
  size: ["10GiB", "100GiB", "50%", "", "-5GiB", "-5%", "1MB"],
  mac: ["02:00:00:00:00:01", ""],
  duration: DURATIONS,
  fileMode: [420, 0],
  diskSize: ["10GB", 0, 100],
  diskSizeMatch: [">= 10GB"],
  portRange: [80, "80-90", "90-80", "85-95", 81],
  args: [{ v: "2" }, { "authorization-mode": "RBAC" }, { "oidc-issuer-url": "x" }, {}],
  unstructured: [{ cpu: "1" }, { gpu: "1" }, {}, { port: 1 }, { kind: "X" }, { a: { b: 1 } }, { apiVersion: "v1" }],
};

type Random<T> = fc.Arbitrary<T>;

function textFor(name: string): Random<Plain> {
  const pool = TEXTS.find(([pattern]) => pattern.test(name))?.[1] ?? OTHER_TEXTS;
  return fc.constantFrom(...pool);
}

/** A value of a type, near what the field of this name takes. */
function valueFor(type: ConfigType, name: string, depth: number): Random<Plain> {
  switch (type.kind) {
    case "pointer":
      return valueFor(type.element, name, depth);
    case "string":
      return textFor(name);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.constantFrom(...INTEGERS.filter((value) => BigInt(value) >= type.min && BigInt(value) <= type.max));
    case "enum":
      return fc.constantFrom(...type.values);
    case "any":
      return fc.constantFrom<Plain>("x", 1, true);
    case "list":
      return fc.array(valueFor(type.element, name, depth + 1), { maxLength: 3 });
    case "map":
      return fc.dictionary(fc.constantFrom(...MAP_KEYS), mapValue(type.element, name, depth), { maxKeys: 2 });
    case "struct":
      return structFor(type.shape, depth + 1);
    case "custom":
      if (type.name === "url" || type.name === "endpoint") return textFor("url");
      if (type.name === "expression") return textFor("expression");
      return fc.constantFrom(...CUSTOM[type.name]!);
  }
}

const mapValue = (type: ConfigType, name: string, depth: number): Random<Plain> =>
  type.kind === "string" ? fc.constantFrom(...MAP_VALUES) : valueFor(type, name, depth + 1);

const fieldsOf = (shape: StructShape): readonly string[] =>
  [...shape.fields.keys()].filter((name) => !["apiVersion", "kind", "version", "token"].includes(name));

function structFor(shape: StructShape, depth: number): Random<PlainMap> {
  const all = fieldsOf(shape);
  return fc
    .subarray([...all], { maxLength: Math.min(all.length, depth > 3 ? 2 : 4) })
    .chain((names) =>
      fc
        .tuple(...names.map((name) => valueFor(shape.fields.get(name)!.type, name, depth)))
        .map((values) => Object.fromEntries(names.map((name, index) => [name, values[index]!]))),
    );
}

/** Changes something of a struct: a field gets another value or goes, here or further down. */
function changed(value: PlainMap, shape: StructShape): Random<PlainMap> {
  const names = fieldsOf(shape);
  if (names.length === 0) return fc.constant(value);
  const deeper = names.filter((name) => isChangeable(value[name], shape.fields.get(name)!.type));
  const replace = fc
    .constantFrom(...names)
    .chain((name) => valueFor(shape.fields.get(name)!.type, name, 1).map((text) => ({ ...value, [name]: text })));
  const present = names.filter((name) => value[name] !== undefined);
  const remove = fc.constantFrom(...(present.length === 0 ? names : present)).map((name) => {
    const { [name]: _, ...rest } = value;
    return rest;
  });
  if (deeper.length === 0) return fc.oneof(replace, remove);
  const descend = fc
    .constantFrom(...deeper)
    .chain((name) =>
      changedValue(value[name]!, shape.fields.get(name)!.type).map((text) => ({ ...value, [name]: text })),
    );
  return fc.oneof(
    { weight: 3, arbitrary: replace },
    { weight: 2, arbitrary: remove },
    { weight: 6, arbitrary: descend },
  );
}

function isChangeable(value: Plain | undefined, type: ConfigType): boolean {
  if (type.kind === "pointer") return isChangeable(value, type.element);
  if (type.kind === "struct") return typeof value === "object" && value !== null && !Array.isArray(value);
  return type.kind === "list" && Array.isArray(value) && value.length > 0;
}

function changedValue(value: Plain, type: ConfigType): Random<Plain> {
  if (type.kind === "pointer") return changedValue(value, type.element);
  if (type.kind === "struct") return changed(value as PlainMap, type.shape);
  if (type.kind !== "list") throw new RangeError(type.kind);
  const items = value as readonly Plain[];
  return fc.nat(items.length - 1).chain((index) => {
    const item = items[index]!;
    const next = isChangeable(item, type.element)
      ? changedValue(item, type.element)
      : valueFor(type.element, "addr", 2);
    return fc.oneof(
      { weight: 6, arbitrary: next.map((text) => items.with(index, text)) },
      { weight: 1, arbitrary: fc.constant([...items, item]) },
      { weight: 1, arbitrary: fc.constant(items.filter((_, at) => at !== index)) },
    );
  });
}

function times(count: number, value: PlainMap, shape: StructShape): Random<PlainMap> {
  return count === 0 ? fc.constant(value) : changed(value, shape).chain((next) => times(count - 1, next, shape));
}

/** A patch of one or two documents that Talos takes, with nothing to three things changed. */
export function nearValidPatch(schema: ConfigSchema): Random<string> {
  const kinds = schema.kinds.filter((kind) => VALID_DOCUMENTS[kind] !== undefined);
  const changes = fc.constantFrom(0, 1, 1, 1, 2, 2, 3);
  const document = fc.tuple(fc.constantFrom(...kinds), changes).chain(([kind, count]) =>
    times(count, VALID_DOCUMENTS[kind]!, schema.document(kind)!.shape).map((value) => ({
      apiVersion: "v1alpha1",
      kind,
      ...value,
    })),
  );
  const section = fc
    .tuple(fc.constantFrom(...VALID_SECTIONS), changes)
    .chain(([value, count]) => times(count, value, schema.document("")!.shape));
  const removal = fc
    .constantFrom(
      "HostnameConfig",
      "KubeSpanConfig",
      "KubePrismConfig",
      "ResolverConfig",
      "KubeClusterConfig",
      "DiscoveryServiceConfig",
      "DiscoveryIdentityConfig",
      "KubeEtcdEncryptionConfig",
    )
    .map((kind) => ({ apiVersion: "v1alpha1", kind, $patch: "delete" }));
  const any = fc.oneof(
    { weight: 10, arbitrary: document },
    { weight: 10, arbitrary: section },
    { weight: schema.version === "1.14" ? 1 : 0, arbitrary: removal },
  );
  return fc
    .array(any, { minLength: 1, maxLength: 2 })
    .map((documents) => documents.map((value) => JSON.stringify(value)).join("\n---\n"));
}
