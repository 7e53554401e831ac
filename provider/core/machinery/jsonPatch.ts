import { ConfigFault, faultAt, Timestamp } from "./value";
import { floatOf } from "./read";
import { formatFloat } from "./write";
import { Plain, type YamlValue } from "../yaml/emitter";
import { sortedMap } from "../yaml/map";
import type { YamlEntry, YamlNode, YamlScalar } from "../yaml/parser";
import { integerOf } from "../yaml/scalar";

/** One operation of RFC 6902. */
interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: YamlValue;
  /** The value is a `null` of JSON, which Talos tells from one of YAML. */
  readonly isJsonNull: boolean;
  readonly line: number;
}

/**
 * Reads a JSON 6902 patch.
 *
 * @param isJson whether it is JSON, whose numbers keep their spelling, or YAML, whose numbers Talos writes as JSON first
 * @throws ConfigFault
 */
export function readJsonPatch(node: YamlNode & { kind: "sequence" }, isJson: boolean): Operation[] {
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
    return {
      op,
      path,
      line: item.line,
      ...(from !== undefined && { from }),
      ...(value !== undefined && { value: isJson ? jsonText(value) : patchValue(value) }),
      isJsonNull: isJson && value?.kind === "scalar" && value.tag === "null",
    };
  });
}

/** A document as the JSON that Talos makes of it: numbers lose their spelling, maps their order. @throws ConfigFault */
export function jsonValue(node: YamlNode): YamlValue {
  return valueOf(node, jsonScalar);
}

/** JSON as it stands. */
function jsonText(node: YamlNode): YamlValue {
  return valueOf(node, (scalar) =>
    scalar.tag === "int" || scalar.tag === "float" ? new Plain(scalar.text) : jsonScalar(scalar),
  );
}

/** YAML as Go's JSON encoder writes what the YAML reader made of it. */
function patchValue(node: YamlNode): YamlValue {
  return valueOf(
    node,
    (scalar) => (scalar.tag === "timestamp" ? new Timestamp(scalar.text).text : jsonScalar(scalar)),
    (entry) => {
      if (entry.keyTag === undefined) return;
      throw new ConfigFault("a key of a JSON6902 patch is no string", entry.line, "quote it");
    },
  );
}

function valueOf(
  node: YamlNode,
  scalar: (node: YamlScalar) => YamlValue,
  checkKey?: (entry: YamlEntry) => void,
): YamlValue {
  if (node.kind === "sequence") return node.items.map((item) => valueOf(item, scalar, checkKey));
  if (node.kind === "scalar") return scalar(node);
  return sortedMap(
    node.entries.map((entry) => {
      checkKey?.(entry);
      return [entry.key, valueOf(entry.value, scalar, checkKey)] as const;
    }),
  );
}

function jsonScalar(node: YamlScalar): YamlValue {
  switch (node.tag) {
    case "null":
      return null;
    case "bool":
      return node.text.toLowerCase() === "true";
    case "int":
      return new Plain(String(integerOf(node.text)));
    case "float": {
      const value = floatOf(node.text);
      if (!Number.isFinite(value)) throw faultAt(node, "JSON has no such number", "expected a finite one");
      // Number's own spelling is that of JSON in Go too: both follow ECMA-262.
      return new Plain(Object.is(value, -0) ? "-0" : String(value));
    }
    default:
      return node.text;
  }
}

/** The numbers as the YAML that Talos makes of the JSON has them. */
function plainNumbers(value: YamlValue): YamlValue {
  if (isMap(value)) return new Map([...value].map(([key, item]) => [key, plainNumbers(item)] as const));
  if (isList(value)) return value.map(plainNumbers);
  if (!(value instanceof Plain)) return value;
  const integer = integerOf(value.text);
  return new Plain(integer === undefined ? formatFloat(floatOf(value.text)) : String(integer));
}

/**
 * Applies a JSON 6902 patch as Talos does, which is laxer than RFC 6902 in what is absent from a map. Source:
 * github.com/evanphx/json-patch v5.9.11+incompatible, patch.go.
 *
 * @throws ConfigFault when a path is missing or a test fails
 */
export function applyJsonPatch(document: YamlValue, operations: readonly Operation[]): YamlValue {
  const patched = operations.reduce<YamlValue>((value, operation, index) => {
    const fail = (what: string): ConfigFault =>
      new ConfigFault(`operation ${index + 1} (${operation.op}) ${what}`, operation.line);
    const { op, path, from } = operation;
    const given = operation.value ?? null;
    switch (op) {
      case "add":
        return edit(value, path, fail, { add: given });
      case "replace":
        if (path === "" && !isMap(given) && !isList(given)) throw fail("would make a document of something else");
        return path === "" ? given : edit(value, path, fail, { replace: given });
      case "remove":
        return edit(value, path, fail, { remove: true });
      case "test":
        if (!isTrue(find(value, path, fail), operation)) throw fail("finds another value");
        return value;
      case "copy":
        return edit(value, path, fail, { add: copied(value, from!, fail) });
      default:
        return edit(edit(value, from!, fail, { remove: true }), path, fail, { add: copied(value, from!, fail) });
    }
  }, document);
  return plainNumbers(patched);
}

type Fail = (what: string) => ConfigFault;
type Edit = { readonly add: YamlValue } | { readonly replace: YamlValue } | { readonly remove: true };

/** What is absent from a map, or null in it, is equal to no value and to JSON's null, but not to YAML's. */
function isTrue(found: YamlValue | undefined, { value, isJsonNull }: Operation): boolean {
  if (found === undefined || found === null) return value === undefined || isJsonNull;
  return value !== undefined && isSame(found, value);
}

function copied(document: YamlValue, from: string, fail: Fail): YamlValue {
  if (from === "") throw fail("does not apply: a whole document cannot go elsewhere");
  return find(document, from, fail) ?? null;
}

function steps(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What a path leads to; `undefined` when the map that should hold it does not. */
function find(document: YamlValue, path: string, fail: Fail): YamlValue | undefined {
  const [last, ...parents] = steps(path).reverse();
  if (last === undefined) return document;
  const holder = parents.reduceRight<YamlValue>((inner, step) => child(inner, step, fail), document);
  return isMap(holder) ? holder.get(last) : child(holder, last, fail);
}

function child(value: YamlValue, step: string, fail: Fail): YamlValue {
  const found = isMap(value) ? value.get(step) : isList(value) ? value[indexOf(step, value.length, fail)] : undefined;
  if (found === undefined) throw fail("does not apply: the config has no such path");
  return found;
}

function edit(value: YamlValue, path: string, fail: Fail, change: Edit): YamlValue {
  if (path === "") throw fail("does not apply to a whole document");
  return editAt(value, steps(path), fail, change);
}

function editAt(value: YamlValue, [step = "", ...rest]: readonly string[], fail: Fail, change: Edit): YamlValue {
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
  if ("remove" in change && !map.has(key)) throw fail("does not apply: the config has no such path");
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
  const index = /^[-+]?\d+$/.test(step) ? Number(step) : NaN;
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
  if (left instanceof Plain && right instanceof Plain) return left.text === right.text;
  return left === right;
}
