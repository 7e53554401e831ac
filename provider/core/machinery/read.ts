import { assertNoMerge, onlyStringKeys, stringKeyed, typedEntries } from "./keys";
import type { ConfigType, SchemaVersion, StructShape } from "./schema";
import { faultAt, FaultCollector } from "./faults";
import { type ConfigValue, Float, Timestamp } from "./value";
import { CUSTOM_TYPES } from "./customTypes";
import { floatOf } from "./float";
import { printableName } from "../tokenLike";
import type { YamlNode, YamlScalar } from "../yaml/parser";
import { integerOf } from "../yaml/scalar";

/** How one Talos version reads. */
export interface Dialect {
  readonly schemaVersion: SchemaVersion;
}

/** Nothing came of a null in a place that has no null: a list leaves it out, a map takes the zero value. */
const NOTHING = Symbol("nothing");

/**
 * Reads a node as a Go type of the machine config, by the rules of go.yaml.in/yaml/v4 and with unknown keys rejected.
 *
 * @throws ConfigFault with the line; ConfigFaults for several
 */
export function readConfigValue(node: YamlNode, type: ConfigType, dialect: Dialect): ConfigValue {
  const faults = new FaultCollector();
  const value = faults.attempt(() => new ConfigReader(dialect, faults).read(node, type, ""));
  faults.assertNone();
  return value === NOTHING ? undefined : value;
}

class ConfigReader {
  constructor(
    private readonly dialect: Dialect,
    private readonly faults: FaultCollector,
  ) {}

  read(node: YamlNode, type: ConfigType, path: string): ConfigValue | typeof NOTHING {
    if (node.kind === "scalar" && node.tag === "null") return this.readNull(type);
    switch (type.kind) {
      case "pointer": {
        const value = this.read(node, type.element, path);
        // A pointer to a zero value is something else than none.
        return value === undefined || value === NOTHING ? zeroOf(type.element) : value;
      }
      case "string":
        return this.readText(node);
      case "boolean":
        return readBoolean(scalar(node, "true or false"));
      case "integer":
        return readInteger(scalar(node, "a number"), type.min, type.max);
      case "enum":
        return readEnum(scalar(node, "a word"), type);
      case "any":
        return readAny(node);
      case "list":
        return this.readList(node, type, path);
      case "map":
        return this.readMap(node, type.element, path);
      case "struct":
        return this.readStruct(node, type.shape, path);
      case "custom":
        return type.name === "unstructured" ? this.readUnstructured(node) : this.readCustom(node, type.name);
    }
  }

  private readText(node: YamlNode): string {
    const { text, tag } = scalar(node, "a string");
    if (tag === "timestamp" && this.dialect.schemaVersion === "1.14")
      throw faultAt(node, "a date is not a string", "quote it");
    return text;
  }

  private readNull(type: ConfigType): ConfigValue | typeof NOTHING {
    if (type.kind === "any") return null;
    const nullable = type.kind === "pointer" || type.kind === "list" || type.kind === "map";
    return nullable || (type.kind === "custom" && ["args", "mac"].includes(type.name)) ? undefined : NOTHING;
  }

  private readUnstructured(node: YamlNode): ConfigValue {
    if (node.kind !== "mapping") throw faultAt(node, `must be a map, found ${kindOf(node)}`);
    if (node.entries.length === 0) return undefined;
    const entries = stringKeyed(node, this.dialect.schemaVersion);
    return new Map(entries.map(({ key, value }) => [key, readAny(value)] as const));
  }

  private readCustom(node: YamlNode, name: string): ConfigValue {
    return CUSTOM_TYPES[name]!.read(node, this.dialect);
  }

  private readList(node: YamlNode, type: ConfigType & { kind: "list" }, path: string): ConfigValue {
    if (node.kind !== "sequence") throw faultAt(node, `must be a list${at(path)}, found ${kindOf(node)}`);
    return node.items.flatMap((item, index): ConfigValue[] => {
      const value = this.element(item, type.element, `${path}[${index}]`);
      if (value === NOTHING) return [];
      return [trimmed(value, type.special)];
    });
  }

  private readMap(node: YamlNode, element: ConfigType, path: string): ConfigValue {
    if (node.kind !== "mapping") throw faultAt(node, `must be a map${at(path)}, found ${kindOf(node)}`);
    return new Map(
      typedEntries(node, this.dialect.schemaVersion).map(({ key, value }) => {
        const read = this.element(value, element, join(path, key));
        return [key, read === NOTHING ? undefined : read] as const;
      }),
    );
  }

  /** A null in a list or map of pointers is a nil that the code of Talos does not expect; 1.14 rejects it. */
  private element(node: YamlNode, type: ConfigType, path: string): ConfigValue | typeof NOTHING {
    return this.faults.attempt(() => {
      const value = this.read(node, type, path);
      if (type.kind !== "pointer" || value !== undefined) return value;
      if (this.dialect.schemaVersion === "1.14")
        throw faultAt(node, `null value is not allowed at ${JSON.stringify(path)}`);
      return null;
    });
  }

  private readStruct(node: YamlNode, shape: StructShape, path: string): ConfigValue {
    if (node.kind !== "mapping") throw faultAt(node, `must be a map${at(path)}, found ${kindOf(node)}`);
    this.faults.attempt(() => {
      assertNoMerge(node);
    });
    const fields = new Map<string, ConfigValue>();
    for (const entry of node.entries) {
      const { key, value } = entry;
      const read = this.faults.attempt(() => {
        const field = shape.fields.get(key);
        if (field === undefined)
          throw faultAt(entry, `unknown key ${JSON.stringify(join(path, printableName(key)).slice(0, 100))}`);
        return this.read(value, field.type, join(path, key));
      });
      if (read !== NOTHING && read !== undefined) fields.set(key, read);
    }
    return fields;
  }
}

/** What a pointer to the zero value of a type points to. */
function zeroOf(type: ConfigType): ConfigValue {
  switch (type.kind) {
    case "string":
      return "";
    case "boolean":
      return false;
    case "integer":
      return 0n;
    case "enum":
      return type.zero;
    case "struct":
    case "map":
      return new Map();
    case "custom":
      return type.name === "unstructured" || type.name === "args" ? new Map() : "";
    default:
      return [];
  }
}

const at = (path: string): string => (path === "" ? "" : ` at ${path.slice(0, 100)}`);
const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

function kindOf(node: YamlNode): string {
  if (node.kind === "scalar") return "a plain value";
  return node.kind === "mapping" ? "a map" : "a list";
}

/** Inline manifests lose the line breaks that they begin with. */
function trimmed(value: ConfigValue, special: string | undefined): ConfigValue {
  if (special !== "inlineManifests" || !(value instanceof Map)) return value;
  const manifest = value;
  const contents = manifest.get("contents");
  if (typeof contents !== "string") return value;
  return new Map([...manifest, ["contents", contents.replace(/^[\t\n\v\f\r]+/, "")]]);
}

function scalar(node: YamlNode, what: string): YamlScalar {
  if (node.kind === "scalar") return node;
  throw faultAt(node, `must be ${what}, found ${kindOf(node)}`);
}

const YES = new Set(["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"]);
const NO = new Set(["n", "N", "no", "No", "NO", "off", "Off", "OFF"]);

function readBoolean(node: YamlScalar): boolean {
  if (node.tag === "bool") return node.text.toLowerCase() === "true";
  if (node.tag === "str" && YES.has(node.text)) return true;
  if (node.tag === "str" && NO.has(node.text)) return false;
  throw faultAt(node, "must be true or false");
}

function readInteger(node: YamlScalar, min: bigint, max: bigint): bigint {
  const value = node.tag === "int" ? integerOf(node.text) : node.tag === "float" ? wholeFloat(node.text) : undefined;
  if (value === undefined || value < min || value > max) throw faultAt(node, `must be a number from ${min} to ${max}`);
  return value;
}

function wholeFloat(text: string): bigint | undefined {
  const value = floatOf(text);
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

function readEnum(node: YamlScalar, { values, anyCase, zero }: ConfigType & { kind: "enum" }): string {
  // The one that Talos reads with code of its own takes the empty text too.
  if (node.text === "" && !anyCase) return zero;
  const lower = node.text.toLowerCase();
  const value =
    values.find((known) => known === node.text) ??
    (anyCase ? values.find((known) => known.toLowerCase() === lower) : undefined);
  if (value === undefined) {
    const known = values.length > 12 ? `${values.slice(0, 3).join(", ")} …` : values.join(", ");
    throw faultAt(node, `must be one of ${known}`);
  }
  return value;
}

function readAny(node: YamlNode): ConfigValue {
  if (node.kind === "mapping")
    return new Map(onlyStringKeys(node).map(({ key, value }) => [key, readAny(value)] as const));
  if (node.kind === "sequence") return node.items.map(readAny);
  switch (node.tag) {
    case "null":
      return null;
    case "bool":
      return node.text.toLowerCase() === "true";
    case "int":
      return integerOf(node.text) ?? node.text;
    case "float":
      return new Float(floatOf(node.text));
    case "timestamp":
      return new Timestamp(node.text);
    default:
      return node.text;
  }
}
