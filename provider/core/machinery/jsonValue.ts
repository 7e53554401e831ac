import { faultAt } from "./faults";
import { floatOf } from "./float";
import { Timestamp } from "./value";
import type { YamlEntry, YamlNode, YamlScalar } from "../yaml/parser";
import { integerOf } from "../yaml/scalar";

/** A value of JSON. */
export type JsonValue = null | boolean | string | JsonNumber | JsonValue[] | Map<string, JsonValue>;

/** A number of JSON, as it is written. */
export class JsonNumber {
  constructor(public text: string) {}
}

/** A config as the JSON that Talos makes of it, by the rules of YAML 1.1: numbers lose their spelling. @throws ConfigFault */
export function jsonOfConfig(node: YamlNode): JsonValue {
  return valueOf(
    node,
    (scalar) => (scalar.isYaml11Boolean === true ? isYes(scalar.text) : jsonScalar(scalar)),
    baseKey,
  );
}

const isYes = (text: string): boolean => /^(?:y|yes|on)$/i.test(text);

/** JSON as it stands. */
export function jsonOfJson(node: YamlNode): JsonValue {
  return valueOf(
    node,
    (scalar) => (scalar.tag === "int" || scalar.tag === "float" ? new JsonNumber(scalar.text) : jsonScalar(scalar)),
    ({ key }) => key,
  );
}

/** YAML as Go's JSON encoder writes what the YAML reader made of it. */
export function jsonOfYaml(node: YamlNode): JsonValue {
  return valueOf(
    node,
    (scalar) => (scalar.tag === "timestamp" ? new Timestamp(scalar.text).text : jsonScalar(scalar)),
    (entry) => {
      if (entry.keyTag === undefined) return entry.key;
      throw faultAt(entry, "a key of a JSON6902 patch is not a string", "quote it");
    },
  );
}

function valueOf(
  node: YamlNode,
  scalar: (node: YamlScalar) => JsonValue,
  keyOf: (entry: YamlEntry) => string,
): JsonValue {
  if (node.kind === "sequence") return node.items.map((item) => valueOf(item, scalar, keyOf));
  if (node.kind === "scalar") return scalar(node);
  return new Map(node.entries.map((entry) => [keyOf(entry), valueOf(entry.value, scalar, keyOf)] as const));
}

/** A key of a config, which JSON has as a string of what YAML 1.1 reads. */
function baseKey(entry: YamlEntry): string {
  const { key, keyTag } = entry;
  switch (keyTag) {
    case "null":
      throw faultAt(entry, "a key is null, which JSON has not", "quote it");
    case "bool":
      return key.toLowerCase();
    case "int":
      return String(integerOf(key));
    case "float":
      return String(floatOf(key));
    default:
      return entry.isYaml11Boolean === true ? String(isYes(key)) : key;
  }
}

function jsonScalar(node: YamlScalar): JsonValue {
  switch (node.tag) {
    case "null":
      return null;
    case "bool":
      return node.text.toLowerCase() === "true";
    case "int":
      return new JsonNumber(String(integerOf(node.text)));
    case "float": {
      const value = floatOf(node.text);
      if (!Number.isFinite(value)) throw faultAt(node, "JSON has no such number", "must be a finite one");
      // Number's own spelling is that of JSON in Go too: both follow ECMA-262.
      return new JsonNumber(Object.is(value, -0) ? "-0" : String(value));
    }
    default:
      return node.text;
  }
}
