import type { ConfigType, StructShape } from "./schema";
import { type ConfigFault, faultAt, lookupFault } from "./faults";
import { type ConfigMap, type ConfigValue, isConfigList, isConfigMap } from "./value";
import { CUSTOM_TYPES } from "./customTypes";
import { printableName } from "../tokenLike";
import { memberText } from "../yaml/node";
import type { Place, YamlEntry, YamlNode } from "../yaml/parser";

/** A `$patch: delete`, taken out of a patch document. */
export interface DeleteSelector {
  /** Keys and `[0]`; empty for the whole document. */
  readonly path: readonly string[];
  /** Of a list: the first item with this member goes. */
  readonly item?: { readonly key: string; readonly value: string };
  readonly document: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly place: Place;
}

export interface SplitPatch {
  readonly selectors: readonly DeleteSelector[];
  /** What remains to be merged; undefined when nothing does. */
  readonly rest?: YamlNode;
}

/**
 * Takes the delete statements out of a patch document. Source: siderolabs/talos
 * pkg/machinery/config/configloader/internal/decoder/delete.go, v1.14.1.
 *
 * @throws ConfigFault
 */
export function splitDeletes(root: YamlNode): SplitPatch {
  const selectors: DeleteSelector[] = [];
  const rest = take(root, [], "document", (selector) => selectors.push(withDocument(root, selector)));
  if (rest === undefined || isEmptyDocument(rest)) return { selectors };
  return { selectors, rest };
}

type Found = Omit<DeleteSelector, "document">;

function take(
  node: YamlNode,
  path: readonly string[],
  parent: "document" | "mapping" | "sequence",
  found: (selector: Found) => void,
): YamlNode | undefined {
  if (node.kind === "scalar") return node;
  if (node.kind === "sequence") {
    const items = node.items.flatMap((item, index) => take(item, [...path, `[${index}]`], "sequence", found) ?? []);
    return items.length === 0 && node.items.length > 0 ? undefined : { ...node, items };
  }
  if (node.entries.some(isDelete)) {
    if (parent === "sequence") found({ path, item: itemOf(node, path), place: node });
    else if (path.some((step) => step.startsWith("[")))
      throw faultAt(node, `cannot delete an inner key in ${path.join(".")}`);
    else found({ path, place: node });
    return undefined;
  }
  const entries = node.entries.flatMap((entry): YamlEntry[] => {
    const value = take(entry.value, [...path, entry.key], "mapping", found);
    return value === undefined ? [] : [{ ...entry, value }];
  });
  return entries.length === 0 && node.entries.length > 0 ? undefined : { ...node, entries };
}

function isDelete({ key, value }: YamlEntry): boolean {
  return key === "$patch" && value.kind === "scalar" && value.text === "delete";
}

function itemOf(node: YamlNode & { kind: "mapping" }, path: readonly string[]): { key: string; value: string } {
  const entry = node.entries.find((candidate) => !isDelete(candidate));
  if (entry === undefined) throw faultAt(node, `no key to find the item of ${path.join(".")} by`);
  return { key: entry.key, value: entry.value.kind === "scalar" ? entry.value.text : "" };
}

function withDocument(root: YamlNode, selector: Found): DeleteSelector {
  const apiVersion = memberText(root, "apiVersion");
  const kind = memberText(root, "kind");
  if (selector.path.length === 0 && apiVersion === "")
    throw faultAt(root, "missing apiVersion in document for which $patch: delete is used");
  if (selector.path.length === 0 && kind === "")
    throw faultAt(root, "missing kind in document for which $patch: delete is used");
  if ((apiVersion === "") !== (kind === ""))
    throw faultAt(root, "kind and apiVersion must be both set for $patch: delete");
  return {
    ...selector,
    document: { apiVersion, kind: kind === "" ? "v1alpha1" : kind, name: memberText(root, "name") },
  };
}

/** Talos drops a document that says no more than this; `apiVersion` is more. */
function isEmptyDocument(node: YamlNode): boolean {
  return (
    node.kind === "mapping" &&
    node.entries.every(({ key, value }) => value.kind === "scalar" && ["version", "kind", "name"].includes(key))
  );
}

/**
 * Deletes what selectors point at, one after the other; a field of a struct goes back to its zero value. The value is
 * changed in place.
 *
 * @param selectors of one document
 * @throws ConfigFault when there is no such thing, as in Talos
 */
export function applyDeletes(value: ConfigMap, shape: StructShape, selectors: readonly DeleteSelector[]): void {
  for (const run of runsOf(selectors)) deleteInStruct(value, shape, run[0].path, run);
}

/** Selectors of one document; those of items of one list together, so that the list is gone through once. */
type Run = readonly [DeleteSelector, ...DeleteSelector[]];

function runsOf(selectors: readonly DeleteSelector[]): Run[] {
  const runs: [DeleteSelector, ...DeleteSelector[]][] = [];
  for (const selector of selectors) {
    const last = runs.at(-1);
    if (last !== undefined && areOfOneList(last[0], selector)) last.push(selector);
    else runs.push([selector]);
  }
  return runs;
}

function areOfOneList(one: DeleteSelector, other: DeleteSelector): boolean {
  if (one.item === undefined || other.item === undefined || one.path.length !== other.path.length) return false;
  return one.path.every((step, index) => index === one.path.length - 1 || step === other.path[index]);
}

/** There is nothing at the path of the selector. */
export function nothingAt({ place, path, document }: DeleteSelector): ConfigFault {
  const { kind, name } = document;
  const where =
    path.length > 0
      ? path.map(printableName).join(".")
      : [kind, ...(name === "" ? [] : [name])].map(printableName).join("/");
  return lookupFault(place, where.slice(0, 100));
}

function deleteInStruct(value: ConfigMap, shape: StructShape, [key, ...rest]: readonly string[], run: Run): void {
  const field = shape.fields.get(key!);
  if (field === undefined) throw nothingAt(run[0]);
  if (rest.length === 0) value.delete(key!);
  else value.set(key!, deleteIn(value.get(key!), field.type, rest, run));
}

/** What is left of a value. */
function deleteIn(value: ConfigValue, type: ConfigType, path: readonly string[], run: Run): ConfigValue {
  switch (type.kind) {
    case "pointer":
      if (value === undefined || value === null) throw nothingAt(run[0]);
      return deleteIn(value, type.element, path, run);
    case "struct": {
      const struct = (value ?? new Map()) as ConfigMap;
      deleteInStruct(struct, type.shape, path, run);
      return struct;
    }
    case "map":
      return deleteInMap(value, type.element, path, run);
    case "list":
      return deleteItems(value, type.element, path, run);
    case "any":
      return deleteInMap(value, { kind: "any" }, path, run);
    case "custom":
      // The map within is a field without a name, so only what it holds can be found.
      if (type.name === "unstructured") return deleteInMap(value, { kind: "any" }, path, run);
      if (type.name === "args") return deleteInMap(value, { kind: "string" }, path, run);
      throw nothingAt(run[0]);
    default:
      throw nothingAt(run[0]);
  }
}

function deleteInMap(
  value: ConfigValue,
  element: ConfigType,
  [key, ...rest]: readonly string[],
  run: Run,
): ConfigValue {
  if (!isConfigMap(value) || !value.has(key!)) throw nothingAt(run[0]);
  if (rest.length === 0) value.delete(key!);
  else value.set(key!, deleteIn(value.get(key!), element, rest, run));
  return value;
}

function deleteItems(value: ConfigValue, element: ConfigType, path: readonly string[], run: Run): ConfigValue {
  if (path.length !== 1)
    throw faultAt(run[0].place, "searching for complex paths in lists is not supported in $patch: delete");
  const struct = element.kind === "pointer" ? element.element : element;
  if (!isConfigList(value) || struct.kind !== "struct") throw nothingAt(run[0]);
  const finder = new ItemFinder(value, struct.shape);
  const deleted = new Set(run.map((selector) => finder.take(selector)));
  // A list of its own, since an index may know the items of the old one by their positions.
  return value.filter((_, position) => !deleted.has(position));
}

/** Finds the items of a list by the text of a member, the first one first, and each once. */
class ItemFinder {
  /** By key, then by text: the positions in descending order. */
  private readonly positions = new Map<string, Map<string, number[]>>();
  private readonly taken = new Set<number>();

  constructor(
    private readonly items: readonly ConfigValue[],
    private readonly shape: StructShape,
  ) {}

  take(selector: DeleteSelector): number {
    const { item } = selector;
    const position = item === undefined ? undefined : this.byText(item.key).get(item.value)?.pop();
    if (position === undefined) throw nothingAt(selector);
    // An item that another key has found is gone.
    if (this.taken.has(position)) return this.take(selector);
    this.taken.add(position);
    return position;
  }

  private byText(key: string): Map<string, number[]> {
    const known = this.positions.get(key);
    if (known !== undefined) return known;
    const byText = new Map<string, number[]>();
    this.positions.set(key, byText);
    const field = this.shape.fields.get(key);
    if (field === undefined) return byText;
    for (let position = this.items.length - 1; position >= 0; position--) {
      const member = this.items[position];
      const text = isConfigMap(member) ? textOf(member.get(key), field.type) : undefined;
      if (text === undefined) continue;
      const found = byText.get(text);
      if (found === undefined) byText.set(text, [position]);
      else found.push(position);
    }
    return byText;
  }
}

/** The text by which Talos finds an item: strings, and types with a String method of their own. */
function textOf(value: ConfigValue, type: ConfigType): string | undefined {
  if (type.kind === "string") return (value ?? "") as string;
  if (type.kind === "enum") return (value ?? type.zero) as string;
  if (
    type.kind === "custom" &&
    ["addr", "prefix", "addrPort", "mac", "expression", "url", "duration", "fileMode"].includes(type.name)
  ) {
    if (value === undefined) return "";
    const written = CUSTOM_TYPES[type.name]!.write(value);
    return typeof written === "string" ? written : undefined;
  }
  return undefined;
}
