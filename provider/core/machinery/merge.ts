import type { ConfigType, StructShape } from "./schema";
import { ConfigFault, type ConfigMap, type ConfigValue, isConfigList, isConfigMap, Timestamp } from "./value";
import { CUSTOM_TYPES } from "./customTypes";
import { isZero } from "./write";

interface How {
  /** The field is tagged so that a patch replaces it. */
  readonly replace?: boolean;
  /** The value stands behind a pointer, so even a zero is meant. */
  readonly overwrite?: boolean;
}

/**
 * Merges a patch into a config as Talos does: what is zero on the right keeps the left (but not `false`), maps and
 * structs merge, lists append. Source: siderolabs/talos pkg/machinery/config/merge/merge.go, v1.14.1.
 *
 * @throws ConfigFault where Talos cannot merge
 */
export function mergeConfigValues(left: ConfigValue, right: ConfigValue, type: ConfigType, how: How = {}): ConfigValue {
  switch (type.kind) {
    case "pointer":
      if (right === undefined || right === null) return left;
      if (left === undefined || left === null) return right;
      return mergeConfigValues(left, right, type.element, { ...how, overwrite: true });
    case "boolean":
      return right ?? false;
    case "string":
    case "integer":
    case "enum":
      return isZero(right, type) && how.overwrite !== true ? left : right;
    case "list":
      return mergeLists(
        left as readonly ConfigValue[] | undefined,
        right as readonly ConfigValue[] | undefined,
        type,
        how,
      );
    case "map":
      return mergeMaps(left as ConfigMap | undefined, right as ConfigMap | undefined, how, (a, b) =>
        mergeConfigValues(a, b, type.element),
      );
    case "struct":
      if (how.replace === true) return isZero(right, type) ? left : right;
      return mergeStructs((left ?? new Map()) as ConfigMap, (right ?? new Map()) as ConfigMap, type.shape);
    case "custom":
      return mergeCustom(left, right, type.name, how);
    case "any":
      return mergeAny(left, right);
  }
}

function mergeStructs(left: ConfigMap, right: ConfigMap, shape: StructShape): ConfigMap {
  const merged = new Map<string, ConfigValue>();
  for (const [key, { type, replace }] of shape.fields) {
    const value = mergeConfigValues(left.get(key), right.get(key), type, { replace });
    if (value !== undefined) merged.set(key, value);
  }
  return merged;
}

function mergeMaps(
  left: ConfigMap | undefined,
  right: ConfigMap | undefined,
  how: How,
  merge: (left: ConfigValue, right: ConfigValue) => ConfigValue,
): ConfigMap | undefined {
  if (right === undefined) return left;
  if (how.replace === true) return right;
  const merged = new Map(left ?? []);
  for (const [key, value] of right) {
    const old = merged.get(key);
    merged.set(key, old === undefined || old === null ? value : merge(old, value));
  }
  return merged;
}

type List = readonly ConfigValue[];

function mergeLists(
  left: List | undefined,
  right: List | undefined,
  type: ConfigType & { kind: "list" },
  how: How,
): List | undefined {
  if (right === undefined) return left;
  const same = SAME_ITEM[type.special ?? ""];
  if (type.special === "rules") return replaceRules(left ?? [], right);
  if (same !== undefined) return right.reduce<List>((list, item) => mergeItem(list, item, same, type), left ?? []);
  return how.replace === true ? right : [...(left ?? []), ...right];
}

/** Lists whose items merge with the one of the same key. */
const SAME_ITEM: Readonly<Record<string, (item: ConfigMap, other: ConfigMap) => boolean>> = {
  devices: (device, other) => {
    const name = device.get("interface");
    if (typeof name === "string" && name !== "") return other.get("interface") === name;
    const selector = device.get("deviceSelector");
    return (
      selector !== undefined &&
      other.get("deviceSelector") !== undefined &&
      equal(selector, other.get("deviceSelector"))
    );
  },
  vlans: (vlan, other) => (vlan.get("vlanId") ?? 0n) === (other.get("vlanId") ?? 0n),
  plugins: (plugin, other) => (plugin.get("name") ?? "") === (other.get("name") ?? ""),
  configFiles: (file, other) => (file.get("mountPath") ?? "") === (other.get("mountPath") ?? ""),
};

function mergeItem(
  list: List,
  item: ConfigValue,
  same: (item: ConfigMap, other: ConfigMap) => boolean,
  type: ConfigType & { kind: "list" },
): List {
  const index = isConfigMap(item) ? list.findIndex((other) => isConfigMap(other) && same(item, other)) : -1;
  return index === -1 ? [...list, item] : list.with(index, mergeConfigValues(list[index], item, type.element));
}

/** Image verification rules replace the last rule for the same image that was there before. */
function replaceRules(left: List, right: List): List {
  const imageOf = (rule: ConfigValue): ConfigValue => (isConfigMap(rule) ? (rule.get("image") ?? "") : "");
  return right.reduce<List>((list, rule) => {
    const index = left.findLastIndex((other) => imageOf(other) === imageOf(rule));
    return index === -1 ? [...list, rule] : list.with(index, rule);
  }, left);
}

/** Go compares the structs by value, and a pointer within them by address: a selector with `physical` equals none. */
function equal(left: ConfigValue, right: ConfigValue): boolean {
  if (!isConfigMap(left) || !isConfigMap(right)) return false;
  if (left.has("physical") || right.has("physical")) return false;
  return [...new Set([...left.keys(), ...right.keys()])].every(
    (key) => (left.get(key) ?? "") === (right.get(key) ?? ""),
  );
}

function mergeCustom(left: ConfigValue, right: ConfigValue, name: string, how: How): ConfigValue {
  if (name === "unstructured") {
    const [old, patch] = [left as ConfigMap | undefined, right as ConfigMap | undefined];
    if (how.replace === true) return patch === undefined ? old : patch;
    return mergeMaps(old, patch, {}, mergeAny);
  }
  const merge = CUSTOM_TYPES[name]!.merge;
  if (merge === undefined) return right ?? left;
  try {
    return merge(left, right);
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigFault(`${error.message} in a patch`);
    throw error;
  }
}

/** Values of free-form maps merge if they are of one type; other pairs stop Talos. */
function mergeAny(left: ConfigValue, right: ConfigValue): ConfigValue {
  if (typeOf(left) !== typeOf(right)) {
    throw new ConfigFault(
      `${typeOf(right)} cannot be merged into ${typeOf(left)}`,
      undefined,
      "delete the key in an earlier patch",
    );
  }
  if (isConfigMap(left) && isConfigMap(right)) return mergeMaps(left, right, {}, mergeAny);
  if (isConfigList(left) && isConfigList(right)) return [...left, ...right];
  return right === "" || right === 0n || right === 0 ? left : right;
}

function typeOf(value: ConfigValue): string {
  if (value === undefined || value === null) return "null";
  if (value instanceof Timestamp) return "a timestamp";
  if (isConfigList(value)) return "a list";
  if (isConfigMap(value)) return "a map";
  return { string: "a string", boolean: "a boolean", bigint: "an integer", number: "a float" }[
    typeof value as "string"
  ];
}
