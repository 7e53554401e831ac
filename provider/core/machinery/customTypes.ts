import { formatGoDuration, parseGoDuration } from "../goDuration";
import { decodeBase64 } from "../x509/pem";
import { formatByteSize, parseByteSize } from "./byteSize";
import type { SchemaVersion } from "./schema";
import { faultAt } from "./faults";
import { type ConfigMap, type ConfigValue } from "./value";
import { assertNoMerge, typedEntries } from "./keys";
import { mergeUrls, normaliseUrl } from "../goUrl";
import { normaliseAddress, normaliseAddressPort, normalisePrefix } from "../netAddress";
import { printableName } from "../tokenLike";
import { NodeText, Plain, type YamlValue } from "../yaml/emitter";
import { sortedMap, yamlMap } from "../yaml/map";
import type { YamlMapping, YamlNode } from "../yaml/parser";
import { integerOf } from "../yaml/scalar";

/** A Go type that reads, writes and merges itself. */
export interface CustomType {
  /** Never called with null; `undefined` is the zero value. */
  read(node: YamlNode, dialect: { readonly schemaVersion: SchemaVersion }): ConfigValue;
  write(value: Exclude<ConfigValue, undefined>): YamlValue;
  /** What is written for the zero value where it is not left out. */
  readonly zero: YamlValue;
  /** Default: the right side, unless it is zero. */
  readonly merge?: (left: ConfigValue, right: ConfigValue) => ConfigValue;
}

function scalarText(node: YamlNode, what: string): string {
  if (node.kind === "scalar") return node.text;
  throw faultAt(node, `must be ${what}, found ${node.kind === "mapping" ? "a map" : "a list"}`);
}

interface TextTypeOptions {
  readonly merge?: CustomType["merge"];
  /** A list of bytes: empty is something else than none, and so overwrites. */
  readonly bytes?: true;
}

/** A type whose value is its text after `normalise`, with the empty text for zero. */
function textType(
  what: string,
  normalise: (text: string) => string | undefined,
  { merge, bytes }: TextTypeOptions = {},
): CustomType {
  return {
    read(node) {
      const text = scalarText(node, what);
      if (text === "") return bytes === true ? "" : undefined;
      const normal = normalise(text);
      if (normal === undefined) throw faultAt(node, `not ${what}`);
      return normal;
    },
    write: (value) => value as string,
    zero: "",
    ...(merge !== undefined && { merge }),
  };
}

const REDACTED = "******";

function base64Field(mapping: YamlMapping, key: string): string {
  const entry = mapping.entries.find((candidate) => candidate.key === key);
  if (entry === undefined || (entry.value.kind === "scalar" && entry.value.tag === "null")) return "";
  const text = scalarText(entry.value, "base64").replace(/[\r\n]/g, "");
  if (key === "key" && text === REDACTED) return text;
  if (decodeBase64(text) === undefined) throw faultAt(entry.value, `${key} is not base64`);
  return text;
}

/** A map of base64 fields; one that is missing is empty, so a patch of `crt` alone wipes the key. */
function base64Map(keys: readonly string[]): CustomType {
  return {
    read(node) {
      if (node.kind !== "mapping") throw faultAt(node, `must be a map of ${keys.join(" and ")}`);
      assertNoMerge(node);
      const unknown = node.entries.find(({ key }) => !keys.includes(key));
      if (unknown !== undefined)
        throw faultAt(unknown.value, `unknown key ${JSON.stringify(printableName(unknown.key))}`);
      return new Map(keys.map((key) => [key, base64Field(node, key)]));
    },
    write: (value) => yamlMap(Object.fromEntries(value as ConfigMap as ReadonlyMap<string, string>)),
    zero: null,
  };
}

function base64Text(text: string): string | undefined {
  const joined = text.replace(/[\r\n]/g, "");
  return decodeBase64(joined) === undefined ? undefined : joined;
}

function hardwareAddress(text: string): string | undefined {
  const hex = text.replaceAll(":", "").toLowerCase();
  return /^(?:[0-9a-f]{2})*$/.test(hex) ? (hex.match(/../g) ?? []).join(":") : undefined;
}

function unsigned(node: YamlNode, bits: number): bigint {
  const value = node.kind === "scalar" && node.tag === "int" ? integerOf(node.text) : undefined;
  if (value === undefined || value < 0n || value >= 1n << BigInt(bits)) throw faultAt(node, "must be a number");
  return value;
}

function percentage(text: string): string | undefined {
  const match = /^-?(\d+(?:\.\d*)?|\.\d+)%$/.exec(text);
  return match !== null && Number(match[1]) <= 100 ? text : undefined;
}

function signedByteSize(text: string): string | undefined {
  return parseByteSize(text.replace(/^-/, "")) === undefined ? undefined : text;
}

function readArgument(node: YamlNode, schemaVersion: SchemaVersion): ConfigValue {
  const isDate = ({ tag }: { readonly tag: string }): boolean => tag === "timestamp" && schemaVersion === "1.14";
  if (node.kind === "scalar" && !isDate(node)) return node.tag === "null" ? undefined : node.text;
  if (node.kind !== "sequence" || schemaVersion === "1.13")
    throw faultAt(node, "must be a string as the value of an argument");
  return node.items.flatMap((item) => {
    if (item.kind !== "scalar" || isDate(item)) throw faultAt(item, "must be a string as the value of an argument");
    return item.tag === "null" ? [] : [item.text];
  });
}

function writeArgument(value: ConfigValue): YamlValue {
  if (Array.isArray(value)) return (value as readonly string[]).map((item) => new NodeText(item));
  return typeof value === "string" && value !== "" ? new NodeText(value) : null;
}

/** Sizes and expressions overwrite even with nothing, as their own Merge in Talos does. */
const overwrite: NonNullable<CustomType["merge"]> = (_, right) => right;

const CONDITION = /^(?:>=|<=|>|<|==)?\s*(.*)$/s;

const url: CustomType = textType("a URL", normaliseUrl, {
  merge: (left, right) => {
    if (right === undefined) return left;
    return typeof left === "string" && typeof right === "string" ? mergeUrls(left, right) : right;
  },
});

/** By the name that the notation of schema.ts has. Source: pkg/machinery/config/types, v1.13.0 and v1.14.1. */
export const CUSTOM_TYPES: Readonly<Record<string, CustomType>> = {
  certKey: base64Map(["crt", "key"]),
  cert: base64Map(["crt"]),
  key: base64Map(["key"]),
  base64: textType("base64", base64Text, { bytes: true }),
  url,
  endpoint: { ...url, read: (node, dialect) => url.read(node, dialect) ?? "" },
  addr: textType("an IP address", normaliseAddress),
  prefix: textType("a CIDR such as 10.0.0.0/8", normalisePrefix),
  addrPort: textType("an address with a port", normaliseAddressPort),
  expression: textType("a CEL expression", (text) => text, { merge: overwrite }),
  byteSize: textType("a size such as 10GiB", signedByteSize, { merge: overwrite }),
  size: {
    read(node) {
      const text = scalarText(node, "a size such as 10GiB or 50%");
      if (text === "") return undefined;
      const isPercentage = text.includes("%");
      const size = isPercentage ? percentage(text) : signedByteSize(text);
      if (size === undefined) throw faultAt(node, "not a size such as 10GiB or 50%");
      return new Map([[isPercentage ? "percentage" : "bytes", size]]);
    },
    write: (value) => ((value as ConfigMap).get("bytes") ?? (value as ConfigMap).get("percentage")) as string,
    zero: "",
    merge: (left, right) =>
      right === undefined ? left : new Map([...((left as ConfigMap | undefined) ?? []), ...(right as ConfigMap)]),
  },
  mac: textType("a hardware address", hardwareAddress, { bytes: true }),
  duration: {
    read(node) {
      const text = scalarText(node, "a duration such as 10m");
      const duration =
        node.kind === "scalar" && (node.tag === "str" || (node.tag === "int" && integerOf(text) === 0n))
          ? parseGoDuration(text)
          : undefined;
      if (duration === undefined) throw faultAt(node, "not a duration such as 10m");
      return duration === 0n ? undefined : duration;
    },
    write: (value) => formatGoDuration(value as bigint),
    zero: "0s",
  },
  fileMode: {
    read: (node) => unsigned(node, 32) || undefined,
    write: (value) => new Plain(`0o${(value as bigint).toString(8)}`),
    zero: new Plain("0o0"),
  },
  diskSize: {
    read(node) {
      const bytes = parseByteSize(scalarText(node, "a size such as 10GB"));
      if (bytes === undefined) throw faultAt(node, "not a size such as 10GB");
      return bytes || undefined;
    },
    write(value) {
      const bytes = value as bigint;
      const human = formatByteSize(bytes);
      return bytes % 1000n === 0n && parseByteSize(human) === bytes ? human : new Plain(String(bytes));
    },
    zero: "0 B",
  },
  diskSizeMatch: {
    read(node) {
      const text = scalarText(node, "a condition such as >= 10GB").trim();
      if (parseByteSize(CONDITION.exec(text)?.[1] ?? "") === undefined)
        throw faultAt(node, "not a condition such as >= 10GB");
      return text;
    },
    write: (value) => value as string,
    zero: "",
    merge(left, right) {
      // Talos cannot merge two of these: the field is private to its package.
      if (left !== undefined && right !== undefined) throw new TypeError("the disk size cannot be merged");
      return right ?? left;
    },
  },
  portRange: {
    read(node) {
      if (node.kind === "scalar" && node.tag === "int") return `${unsigned(node, 16)}`;
      const [, low, high] = /^(\d{1,5})-(\d{1,5})$/.exec(scalarText(node, "a port or a range of ports")) ?? [];
      if (low === undefined || Number(low) > 65535 || Number(high) > 65535)
        throw faultAt(node, "not a range of ports such as 80-90");
      return Number(low) === Number(high) ? `${Number(low)}` : `${Number(low)}-${Number(high)}`;
    },
    write: (value) => ((value as string).includes("-") ? (value as string) : new Plain(value as string)),
    zero: new Plain("0"),
  },
  args: {
    read(node, { schemaVersion }) {
      if (node.kind !== "mapping") throw faultAt(node, "must be a map of arguments");
      return new Map(
        typedEntries(node, schemaVersion).map(({ key, value }) => [key, readArgument(value, schemaVersion)] as const),
      );
    },
    write: (value) =>
      sortedMap([...(value as ConfigMap)].map(([key, argument]) => [key, writeArgument(argument)] as const)),
    zero: new Map(),
    merge(left, right) {
      if (right === undefined || (right as ConfigMap).size === 0) return left;
      if (left === undefined) return right;
      for (const [key, argument] of right as ConfigMap) (left as ConfigMap).set(key, argument);
      return left;
    },
  },
};
