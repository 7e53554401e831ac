import { ConfigFault, faultAt } from "./configValue";
import { Plain, type YamlValue } from "../yaml/emitter";
import { sortedMap } from "../yaml/map";
import type { YamlNode } from "../yaml/parser";

/** One operation of RFC 6902. */
interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: YamlValue;
  readonly line: number;
}

/** Reads a JSON 6902 patch from JSON or YAML. @throws ConfigFault */
export function readJsonPatch(node: YamlNode & { kind: "sequence" }): Operation[] {
  return node.items.map((item, index) => {
    const wrong = (what: string, cure?: string): ConfigFault => faultAt(item, `operation ${index + 1} ${what}`, cure);
    if (item.kind !== "mapping") throw wrong("is no map", "expected op, path and value");
    const member = (key: string): string | undefined => {
      const value = item.entries.find((entry) => entry.key === key)?.value;
      return value?.kind === "scalar" && value.tag === "str" ? value.text : undefined;
    };
    const value = item.entries.find(({ key }) => key === "value")?.value;
    const [op, path, from] = [member("op"), member("path"), member("from")];
    if (op === undefined || !["add", "remove", "replace", "move", "copy", "test"].includes(op))
      throw wrong("has no known op", "expected add, remove, replace, move, copy or test");
    if (path === undefined || (path !== "" && !path.startsWith("/")))
      throw wrong("has no path", "expected one like /machine/certSANs/-");
    if (["move", "copy"].includes(op) && from === undefined) throw wrong("has no from", "expected a path");
    if (["add", "replace", "test"].includes(op) && value === undefined) throw wrong("has no value");
    return {
      op,
      path,
      line: item.line,
      ...(from !== undefined && { from }),
      ...(value !== undefined && { value: jsonValue(value) }),
    };
  });
}

/** A document as the JSON that Talos makes of it: numbers lose their spelling, maps their order. */
export function jsonValue(node: YamlNode): YamlValue {
  if (node.kind === "mapping") return sortedMap(node.entries.map(({ key, value }) => [key, jsonValue(value)] as const));
  if (node.kind === "sequence") return node.items.map(jsonValue);
  if (node.tag === "null") return null;
  if (node.tag === "bool") return node.text.toLowerCase() === "true";
  return node.tag === "int" || node.tag === "float" ? new Plain(node.text) : node.text;
}

/**
 * Applies a JSON 6902 patch. Source: RFC 6902, and github.com/evanphx/json-patch for negative indices.
 *
 * @throws ConfigFault when a path is missing or a test fails
 */
export function applyJsonPatch(document: YamlValue, operations: readonly Operation[]): YamlValue {
  return operations.reduce<YamlValue>((value, operation, index) => {
    const fail = (what: string): ConfigFault =>
      new ConfigFault(`operation ${index + 1} (${operation.op}) ${what}`, operation.line);
    const { op, path, from } = operation;
    switch (op) {
      case "add":
        return edit(value, path, fail, { add: operation.value! });
      case "replace":
        return edit(value, path, fail, { replace: operation.value! });
      case "remove":
        return edit(value, path, fail, { remove: true });
      case "test":
        if (!isSame(find(value, path, fail), operation.value!)) throw fail("finds another value");
        return value;
      case "copy":
        return edit(value, path, fail, { add: find(value, from!, fail) });
      default:
        return edit(edit(value, from!, fail, { remove: true }), path, fail, { add: find(value, from!, fail) });
    }
  }, document);
}

type Fail = (what: string) => ConfigFault;
type Edit = { readonly add: YamlValue } | { readonly replace: YamlValue } | { readonly remove: true };

function steps(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function find(value: YamlValue, path: string, fail: Fail): YamlValue {
  return steps(path).reduce((inner, step) => child(inner, step, fail), value);
}

function child(value: YamlValue, step: string, fail: Fail): YamlValue {
  const found = isMap(value) ? value.get(step) : isList(value) ? value[indexOf(step, value.length, fail)] : undefined;
  if (found === undefined) throw fail("does not apply: the config has no such path");
  return found;
}

function edit(value: YamlValue, path: string, fail: Fail, change: Edit): YamlValue {
  return editAt(value, steps(path), fail, change);
}

function editAt(value: YamlValue, path: readonly string[], fail: Fail, change: Edit): YamlValue {
  const [step, ...rest] = path;
  if (step === undefined) {
    if ("remove" in change) throw fail("would remove the whole document");
    return "add" in change ? change.add : change.replace;
  }
  if (rest.length > 0) {
    const changed = editAt(child(value, step, fail), rest, fail, change);
    return isMap(value)
      ? sortedMap([...value].map(([key, item]) => [key, key === step ? changed : item] as const))
      : (value as List).with(indexOf(step, (value as List).length, fail), changed);
  }
  if (isMap(value)) return editMap(value, step, fail, change);
  if (isList(value)) return editList(value, step, fail, change);
  throw fail("does not apply: the config has no such path");
}

type List = readonly YamlValue[];

function editMap(map: ReadonlyMap<string, YamlValue>, key: string, fail: Fail, change: Edit): YamlValue {
  if (!("add" in change) && !map.has(key)) throw fail("does not apply: the config has no such path");
  const entries = [...map].filter(([name]) => name !== key);
  if ("remove" in change) return new Map(entries);
  return sortedMap([...entries, [key, "add" in change ? change.add : change.replace] as const]);
}

function editList(list: List, step: string, fail: Fail, change: Edit): YamlValue {
  if ("add" in change) {
    const index = step === "-" ? list.length : indexOf(step, list.length + 1, fail);
    return list.toSpliced(index, 0, change.add);
  }
  const index = indexOf(step, list.length, fail);
  return "remove" in change ? list.toSpliced(index, 1) : list.with(index, change.replace);
}

function indexOf(step: string, length: number, fail: Fail): number {
  const index = /^-?\d+$/.test(step) ? Number(step) : NaN;
  const position = index < 0 ? index + length : index;
  if (!(position >= 0 && position < length)) throw fail("does not apply: the list has no such item");
  return position;
}

function isMap(value: YamlValue): value is ReadonlyMap<string, YamlValue> {
  return value instanceof Map;
}

function isList(value: YamlValue): value is List {
  return Array.isArray(value);
}

function isSame(left: YamlValue, right: YamlValue): boolean {
  if (isMap(left) && isMap(right)) {
    return (
      left.size === right.size && [...left].every(([key, item]) => right.has(key) && isSame(item, right.get(key)!))
    );
  }
  if (isList(left) && isList(right))
    return left.length === right.length && left.every((item, index) => isSame(item, right[index]!));
  if (left instanceof Plain && right instanceof Plain) return Number(left.text) === Number(right.text);
  return left === right;
}
