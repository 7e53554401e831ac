import type { ConfigField, ConfigType, StructShape } from "./schema";
import { type ConfigMap, type ConfigValue, isConfigList, isConfigMap } from "./value";
import { CUSTOM_TYPES } from "./customTypes";
import type { YamlValue } from "../yaml/emitter";
import { sortedMap } from "../yaml/map";

/** Writes a value of a Go type in Go's order of fields, leaving out what Talos leaves out. */
export function writeConfigValue(value: ConfigValue, type: ConfigType): YamlValue {
  switch (type.kind) {
    case "pointer":
      return value === undefined || value === null ? null : writeConfigValue(value, type.element);
    case "string":
      return (value ?? "") as string;
    case "boolean":
      return value === true;
    case "integer":
      return (value ?? 0n) as bigint;
    case "enum":
      return (value ?? type.zero) as string;
    case "any":
      return writeAny(value);
    case "list":
      return ((value ?? []) as ConfigValue[]).map((item) => writeConfigValue(item ?? undefined, type.element));
    case "map":
      return sortedMap(
        [...((value ?? new Map()) as ConfigMap)].map(([key, item]) => [key, writeConfigValue(item, type.element)]),
      );
    case "struct":
      return writeStruct((value ?? new Map()) as ConfigMap, type.shape);
    case "custom":
      if (type.name === "unstructured") return writeAny(value ?? new Map());
      return value === undefined ? CUSTOM_TYPES[type.name]!.zero : CUSTOM_TYPES[type.name]!.write(value);
  }
}

function writeStruct(fields: ConfigMap, shape: StructShape): YamlValue {
  const written = new Map<string, YamlValue>();
  for (const [key, field] of shape.fields) {
    const value = fields.get(key);
    if (!isLeftOut(value, field)) written.set(key, writeConfigValue(value, field.type));
  }
  return written;
}

function isLeftOut(value: ConfigValue, field: ConfigField): boolean {
  return field.omitEmpty && isZero(value, field.type);
}

/** Go's `isZero` of the YAML library, by which `omitempty` decides. */
export function isZero(value: ConfigValue, type: ConfigType): boolean {
  if (value === undefined || value === null) return true;
  switch (type.kind) {
    case "pointer":
      return false;
    case "string":
      return value === "";
    case "boolean":
      return value === false;
    case "integer":
      return value === 0n;
    case "enum":
      return value === type.zero;
    case "list":
      return type.special !== "keepEmpty" && (value as ConfigValue[]).length === 0;
    case "map":
      return (value as ConfigMap).size === 0;
    case "struct":
      return isZeroStruct(value as ConfigMap, type.shape);
    case "custom":
      return isConfigMap(value) ? value.size === 0 : value === "" && type.name !== "endpoint";
    case "any":
      return false;
  }
}

function isZeroStruct(fields: ConfigMap, { fields: types, zeroFields }: StructShape): boolean {
  return [...types].every(
    ([key, field]) => (zeroFields !== undefined && !zeroFields.includes(key)) || isZero(fields.get(key), field.type),
  );
}

function writeAny(value: ConfigValue): YamlValue {
  if (value === undefined || value === null) return null;
  if (isConfigList(value)) return value.map(writeAny);
  if (isConfigMap(value)) return sortedMap([...value].map(([key, item]) => [key, writeAny(item)] as const));
  return value;
}
