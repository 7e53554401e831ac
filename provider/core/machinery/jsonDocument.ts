import { ConfigFault } from "./faults";
import { floatOf, formatFloat } from "./float";
import type { Operation } from "./jsonPatch";
import { JsonNumber, type JsonValue } from "./jsonValue";
import { MAX_DEPTH, MAX_NODES, MAX_TEXT_LENGTH } from "../limits";
import { Plain, type YamlValue } from "../yaml/emitter";
import { sortedMap } from "../yaml/map";
import { integerOf } from "../yaml/scalar";

type Fail = (what: string) => ConfigFault;
type Edit = { readonly add: JsonValue } | { readonly replace: JsonValue } | { readonly remove: true };

const NO_PATH = "does not apply: the config has no such path";

/** A config as JSON, which JSON 6902 patches change in place. */
export class JsonDocument {
  /** How much copies may still add: each can be twice as large as the one before. */
  private budget = MAX_NODES + MAX_TEXT_LENGTH;

  constructor(private root: JsonValue) {}

  /**
   * Applies a JSON 6902 patch as Talos does, which is laxer than RFC 6902 in what is absent from a map. Source:
   * github.com/evanphx/json-patch v5.9.11+incompatible, patch.go.
   *
   * @throws ConfigFault when a path is missing or a test fails
   */
  patch(operations: readonly Operation[]): void {
    operations.forEach((operation, index) => {
      this.apply(operation, (what) => {
        return new ConfigFault(`operation ${index + 1} (${operation.op}) ${what}`, { place: operation.place });
      });
    });
    normaliseNumbers(operations.flatMap(({ value }) => (value === undefined ? [] : [value])));
  }

  /** What Talos writes: sorted, with numbers as YAML has them. @throws ConfigFault when operations have nested it too deep */
  write(): YamlValue {
    return written(this.root, 0);
  }

  private apply(operation: Operation, fail: Fail): void {
    const { op, path, from, value = null } = operation;
    switch (op) {
      case "add":
        this.edit(path, fail, { add: value });
        break;
      case "replace":
        this.replace(path, value, fail);
        break;
      case "remove":
        this.edit(path, fail, { remove: true });
        break;
      case "test":
        if (!isTrue(this.find(path, fail), operation)) throw fail("finds another value");
        break;
      case "copy":
        this.edit(path, fail, { add: this.copied(this.moved(from!, fail), fail, 0) });
        break;
      default: {
        const value = this.moved(from!, fail);
        this.edit(from!, fail, { remove: true });
        this.edit(path, fail, { add: value });
      }
    }
  }

  private replace(path: string, value: JsonValue, fail: Fail): void {
    if (path !== "") this.edit(path, fail, { replace: value });
    else if (isMap(value) || Array.isArray(value)) this.root = value;
    else throw fail("would make a document of something else");
  }

  /** What a path leads to; `undefined` when the map that should hold it does not. */
  private find(path: string, fail: Fail): JsonValue | undefined {
    const keys = stepsOf(path);
    const last = keys.pop();
    if (last === undefined) return this.root;
    const holder = this.holderOf(keys, fail);
    return isMap(holder) ? holder.get(last) : child(holder, last, fail);
  }

  private holderOf(keys: readonly string[], fail: Fail): JsonValue {
    return keys.reduce<JsonValue>((value, key) => child(value, key, fail), this.root);
  }

  private moved(from: string, fail: Fail): JsonValue {
    if (from === "") throw fail("does not apply: a whole document cannot go elsewhere");
    return this.find(from, fail) ?? null;
  }

  private copied(value: JsonValue, fail: Fail, depth: number): JsonValue {
    this.budget -= typeof value === "string" ? value.length + 1 : 1;
    if (this.budget < 0 || depth > MAX_DEPTH) throw fail("makes the config grow too large");
    const inner = (item: JsonValue): JsonValue => this.copied(item, fail, depth + 1);
    if (isMap(value)) return new Map([...value].map(([key, item]) => [key, inner(item)] as const));
    return Array.isArray(value) ? value.map(inner) : value;
  }

  private edit(path: string, fail: Fail, change: Edit): void {
    if (path === "") throw fail("does not apply to a whole document");
    const keys = stepsOf(path);
    const last = keys.pop()!;
    const holder = this.holderOf(keys, fail);
    if (isMap(holder)) editMap(holder, last, fail, change);
    else if (Array.isArray(holder)) editList(holder, last, fail, change);
    else throw fail(NO_PATH);
  }
}

function stepsOf(path: string): string[] {
  return path
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function child(value: JsonValue, step: string, fail: Fail): JsonValue {
  const item = (): JsonValue | undefined =>
    Array.isArray(value) ? value[indexOf(step, value.length, fail)] : undefined;
  const found = isMap(value) ? value.get(step) : item();
  if (found === undefined) throw fail(NO_PATH);
  return found;
}

function editMap(map: Map<string, JsonValue>, key: string, fail: Fail, change: Edit): void {
  if (!("remove" in change)) map.set(key, "add" in change ? change.add : change.replace);
  else if (!map.delete(key)) throw fail(NO_PATH);
}

function editList(list: JsonValue[], step: string, fail: Fail, change: Edit): void {
  if ("add" in change) {
    const index = step === "-" ? list.length : indexOf(step, list.length + 1, fail);
    if (index === list.length) list.push(change.add);
    else list.splice(index, 0, change.add);
    return;
  }
  const index = indexOf(step, list.length, fail);
  if ("remove" in change) list.splice(index, 1);
  else list[index] = change.replace;
}

function indexOf(step: string, length: number, fail: Fail): number {
  const index = /^[-+]?\d+$/.test(step) ? Number(step) : NaN;
  const position = index < 0 ? index + length : index;
  if (!(position >= 0 && position < length)) throw fail("does not apply: the list has no such item");
  return position;
}

/** The numbers that a patch has brought in, as JSON has them after the YAML that Talos makes of the result. */
function normaliseNumbers(values: JsonValue[]): void {
  for (let value = values.pop(); value !== undefined; value = values.pop()) {
    if (value instanceof JsonNumber) value.text = String(integerOf(value.text) ?? floatOf(value.text));
    else if (isMap(value) || Array.isArray(value)) for (const item of value.values()) values.push(item);
  }
}

function written(value: JsonValue, depth: number): YamlValue {
  if (depth > MAX_DEPTH) throw new ConfigFault("the patched config is nested too deep");
  if (isMap(value)) return sortedMap([...value].map(([key, item]) => [key, written(item, depth + 1)] as const));
  if (Array.isArray(value)) return value.map((item) => written(item, depth + 1));
  if (!(value instanceof JsonNumber)) return value;
  const integer = integerOf(value.text);
  return new Plain(integer === undefined ? formatFloat(floatOf(value.text)) : String(integer));
}

function isMap(value: JsonValue | undefined): value is Map<string, JsonValue> {
  return value instanceof Map;
}

/** What is absent from a map, or null in it, is equal to no value and to JSON's null, but not to YAML's. */
function isTrue(found: JsonValue | undefined, { value, isJsonNull }: Operation): boolean {
  if (found === undefined || found === null) return value === undefined || isJsonNull;
  return value !== undefined && isSame(found, value);
}

function isSame(left: JsonValue, right: JsonValue): boolean {
  if (isMap(left) && isMap(right)) {
    return (
      left.size === right.size && [...left].every(([key, item]) => right.has(key) && isSame(item, right.get(key)!))
    );
  }
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => isSame(item, right[index]!));
  if (left instanceof JsonNumber && right instanceof JsonNumber) return left.text === right.text;
  return left === right;
}
