import { CUSTOM_TYPES } from "./customTypes";
import { ConfigFault } from "./faults";
import { ITEM_IDENTITIES, ItemIndex } from "./itemIndex";
import type { ConfigType, StructShape } from "./schema";
import { type ConfigMap, type ConfigValue, Float, isConfigList, isConfigMap, Timestamp } from "./value";
import { isZero } from "./write";

interface How {
  /** The field is tagged so that a patch replaces it. */
  readonly replace?: boolean;
  /** The value stands behind a pointer, so even a zero is meant. */
  readonly overwrite?: boolean;
}

/**
 * Merges patches into a config as Talos does: what is zero on the right keeps the left (but not `false`), maps and
 * structs merge, lists append. Source: siderolabs/talos pkg/machinery/config/merge/merge.go, v1.14.1.
 */
export class Merger {
  private readonly indexes = new WeakMap<ConfigValue[], ItemIndex>();

  /**
   * The merged value. Both sides belong to it afterwards: the left is changed in place.
   *
   * @throws ConfigFault where Talos cannot merge
   */
  merge(left: ConfigValue, right: ConfigValue, type: ConfigType, how: How = {}): ConfigValue {
    switch (type.kind) {
      case "pointer":
        if (right === undefined || right === null) return left;
        if (left === undefined || left === null) return right;
        return this.merge(left, right, type.element, { ...how, overwrite: true });
      case "boolean":
        return right ?? false;
      case "string":
      case "integer":
      case "enum":
        return isZero(right, type) && how.overwrite !== true ? left : right;
      case "list":
        return this.mergeLists(left as List | undefined, right as List | undefined, type, how);
      case "map":
        return mergeMaps(left as ConfigMap | undefined, right as ConfigMap | undefined, how, (a, b) =>
          this.merge(a, b, type.element),
        );
      case "struct":
        if (how.replace === true) return isZero(right, type) ? left : right;
        return this.mergeStructs((left ?? new Map()) as ConfigMap, (right ?? new Map()) as ConfigMap, type.shape);
      case "custom":
        return mergeCustom(left, right, type.name, how);
      case "any":
        return mergeAny(left, right);
    }
  }

  private mergeStructs(left: ConfigMap, right: ConfigMap, shape: StructShape): ConfigMap {
    for (const [key, { type, replace }] of shape.fields) {
      const value = this.merge(left.get(key), right.get(key), type, { replace });
      if (value === undefined) left.delete(key);
      else left.set(key, value);
    }
    return left;
  }

  private mergeLists(
    left: List | undefined,
    right: List | undefined,
    type: ConfigType & { kind: "list" },
    how: How,
  ): List | undefined {
    if (right === undefined) return left;
    if (type.special === "rules") return replaceRules(left ?? [], right);
    if (ITEM_IDENTITIES[type.special ?? ""] !== undefined) return this.mergeItems(left ?? [], right, type);
    if (how.replace === true || left === undefined) return right;
    for (const item of right) left.push(item);
    return left;
  }

  private mergeItems(left: List, right: List, type: ConfigType & { kind: "list" }): List {
    const index = this.indexes.get(left) ?? new ItemIndex(left, ITEM_IDENTITIES[type.special!]!);
    this.indexes.set(left, index);
    for (const item of right) {
      const position = index.find(item);
      if (position === undefined) left.push(item);
      else left[position] = this.merge(left[position], item, type.element);
      index.update(position ?? left.length - 1);
    }
    return left;
  }
}

function mergeMaps(
  left: ConfigMap | undefined,
  right: ConfigMap | undefined,
  how: How,
  merge: (left: ConfigValue, right: ConfigValue) => ConfigValue,
): ConfigMap | undefined {
  if (right === undefined) return left;
  if (how.replace === true || left === undefined) return right;
  for (const [key, value] of right) {
    const old = left.get(key);
    left.set(key, old === undefined || old === null ? value : merge(old, value));
  }
  return left;
}

type List = ConfigValue[];

/** Image verification rules replace the last rule for the same image that was there before. */
function replaceRules(left: List, right: List): List {
  const imageOf = (rule: ConfigValue): ConfigValue => (isConfigMap(rule) ? (rule.get("image") ?? "") : "");
  const last = new Map(left.map((rule, position) => [imageOf(rule), position]));
  for (const rule of right) {
    const position = last.get(imageOf(rule));
    if (position === undefined) left.push(rule);
    else left[position] = rule;
  }
  return left;
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
    throw new ConfigFault(`${typeOf(right)} cannot be merged into ${typeOf(left)}`, {
      remedy: "delete the key in an earlier patch",
    });
  }
  if (isConfigMap(left) && isConfigMap(right)) return mergeMaps(left, right, {}, mergeAny);
  if (isConfigList(left) && isConfigList(right)) {
    for (const item of right) left.push(item);
    return left;
  }
  const isZeroNumber = right === 0n || (right instanceof Float && right.value === 0);
  return right === "" || isZeroNumber ? left : right;
}

function typeOf(value: ConfigValue): string {
  if (value === undefined || value === null) return "null";
  if (value instanceof Timestamp) return "a timestamp";
  if (value instanceof Float) return "a float";
  if (isConfigList(value)) return "a list";
  if (isConfigMap(value)) return "a map";
  return { string: "a string", boolean: "a boolean", bigint: "an integer" }[typeof value as "string"];
}
