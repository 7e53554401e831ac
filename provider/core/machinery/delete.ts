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
 * Deletes what a selector points at; a field of a struct goes back to its zero value. The value is changed in place.
 *
 * @throws ConfigFault when there is no such thing, as in Talos
 */
export function applyDelete(value: ConfigMap, shape: StructShape, selector: DeleteSelector): void {
  deleteInStruct(value, shape, selector.path, selector);
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

function deleteInStruct(
  value: ConfigMap,
  shape: StructShape,
  [key, ...rest]: readonly string[],
  selector: DeleteSelector,
): void {
  const field = shape.fields.get(key!);
  if (field === undefined) throw nothingAt(selector);
  if (rest.length === 0) value.delete(key!);
  else value.set(key!, deleteIn(value.get(key!), field.type, rest, selector));
}

/** What is left of a value. */
function deleteIn(
  value: ConfigValue,
  type: ConfigType,
  path: readonly string[],
  selector: DeleteSelector,
): ConfigValue {
  switch (type.kind) {
    case "pointer":
      if (value === undefined || value === null) throw nothingAt(selector);
      return deleteIn(value, type.element, path, selector);
    case "struct": {
      const struct = (value ?? new Map()) as ConfigMap;
      deleteInStruct(struct, type.shape, path, selector);
      return struct;
    }
    case "map":
      return deleteInMap(value, type.element, path, selector);
    case "list":
      return deleteItem(value, type.element, path, selector);
    case "any":
      return deleteInMap(value, { kind: "any" }, path, selector);
    case "custom":
      // The map within is a field without a name, so only what it holds can be found.
      if (type.name === "unstructured") return deleteInMap(value, { kind: "any" }, path, selector);
      if (type.name === "args") return deleteInMap(value, { kind: "string" }, path, selector);
      throw nothingAt(selector);
    default:
      throw nothingAt(selector);
  }
}

function deleteInMap(
  value: ConfigValue,
  element: ConfigType,
  [key, ...rest]: readonly string[],
  selector: DeleteSelector,
): ConfigValue {
  if (!isConfigMap(value) || !value.has(key!)) throw nothingAt(selector);
  if (rest.length === 0) value.delete(key!);
  else value.set(key!, deleteIn(value.get(key!), element, rest, selector));
  return value;
}

function deleteItem(
  value: ConfigValue,
  element: ConfigType,
  path: readonly string[],
  selector: DeleteSelector,
): ConfigValue {
  if (path.length !== 1)
    throw faultAt(selector.place, "searching for complex paths in lists is not supported in $patch: delete");
  const { item } = selector;
  const struct = element.kind === "pointer" ? element.element : element;
  if (item === undefined || !isConfigList(value) || struct.kind !== "struct") throw nothingAt(selector);
  const field = struct.shape.fields.get(item.key);
  const index =
    field === undefined
      ? -1
      : value.findIndex((member) => isConfigMap(member) && textOf(member.get(item.key), field.type) === item.value);
  if (index === -1) throw nothingAt(selector);
  // A list of its own, since an index may know the items of the old one by their positions.
  return value.toSpliced(index, 1);
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
