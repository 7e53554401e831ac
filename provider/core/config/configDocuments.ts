import { mergeConfigValues } from "./configMerge";
import { readConfigValue } from "./configReader";
import { ConfigSchema, type DocumentType, type Machinery } from "./configSchema";
import { ConfigFault, type ConfigMap, type ConfigValue, faultAt } from "./configValue";
import { writeConfigValue } from "./configWriter";
import { applyDelete, type DeleteSelector, splitDeletes } from "./patchDelete";
import type { YamlValue } from "./yamlEmitter";
import { memberText } from "./yamlNode";
import type { YamlNode } from "./yamlParser";

/** A document of a machine config, read by its type. The v1alpha1 document has the kind "". */
export interface ConfigDocument {
  readonly kind: string;
  readonly name: string;
  readonly type: DocumentType;
  readonly value: ConfigMap;
}

/** What 1.13 leaves of a delete statement that finds no document: an empty one. */
interface EmptyDocument {
  readonly empty: DeleteSelector;
}

type Entry = ConfigDocument | EmptyDocument;

const LEGACY_KEYS = ["machine", "cluster", "debug", "persist"];

/** The documents of a machine config under one version of Talos: read, patched and written by its types. */
export class ConfigDocuments {
  private constructor(
    private readonly schema: ConfigSchema,
    private readonly entries: readonly Entry[],
  ) {}

  /** @throws ConfigFault */
  static read(nodes: readonly YamlNode[], machinery: Machinery): ConfigDocuments {
    const schema = ConfigSchema.of(machinery);
    const documents = nodes.filter((node) => !isNull(node)).map((node) => readDocument(node, schema));
    if (documents.length === 0) throw new ConfigFault("holds no document");
    return new ConfigDocuments(schema, checked(documents));
  }

  /** The documents with kind and value, v1alpha1 first. */
  get documents(): readonly ConfigDocument[] {
    return inOrder(this.entries).flatMap((entry) => ("empty" in entry ? [] : [entry]));
  }

  /**
   * A strategic merge patch: documents merge into those of the same kind and name, others are added.
   * Source: siderolabs/talos pkg/machinery/config/configpatcher/strategic.go, v1.13.0 and v1.14.1.
   *
   * @throws ConfigFault
   */
  patched(nodes: readonly YamlNode[]): ConfigDocuments {
    const steps = nodes.filter((node) => !isNull(node)).flatMap((node) => this.patchSteps(node));
    if (this.schema.machinery === "1.13") refuseDoubles(steps.flatMap((step) => ("path" in step ? [] : [step])));
    const entries = steps.reduce<readonly Entry[]>(
      (left, step) => ("path" in step ? this.deleted(left, step) : merged(left, step)),
      this.entries,
    );
    return new ConfigDocuments(this.schema, checked(entries));
  }

  write(): YamlValue[] {
    return inOrder(this.entries).map((entry) =>
      "empty" in entry ? new Map<string, YamlValue>() : writeConfigValue(entry.value, entry.type.type),
    );
  }

  private patchSteps(node: YamlNode): (DeleteSelector | ConfigDocument)[] {
    if (node.kind !== "mapping") throw faultAt(node, "expected a YAML document");
    const { selectors, rest } = splitDeletes(node);
    return [...selectors, ...(rest === undefined ? [] : [readDocument(rest, this.schema)])];
  }

  private deleted(entries: readonly Entry[], selector: DeleteSelector): readonly Entry[] {
    const index = entries.findIndex((entry) => isSelected(entry, selector));
    const entry = entries[index];
    if (entry === undefined) return this.schema.machinery === "1.13" ? [...entries, { empty: selector }] : entries;
    if (selector.path.length === 0) return entries.filter((other) => other !== entry);
    if ("empty" in entry)
      throw new ConfigFault(
        `$patch: delete of ${selector.path.join(".")} finds nothing (lookup failed)`,
        selector.line,
      );
    return entries.with(index, { ...entry, value: applyDelete(entry.value, entry.type.shape, selector) });
  }
}

function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.tag === "null";
}

function inOrder(entries: readonly Entry[]): readonly Entry[] {
  const isLegacy = (entry: Entry): boolean => !("empty" in entry) && entry.kind === "";
  return [...entries.filter(isLegacy), ...entries.filter((entry) => !isLegacy(entry))];
}

function readDocument(node: YamlNode, schema: ConfigSchema): ConfigDocument {
  if (node.kind !== "mapping") throw faultAt(node, "expected a YAML document");
  const kind = memberText(node, "kind");
  const legacy = node.entries.some(({ key }) => LEGACY_KEYS.includes(key));
  const version = legacy ? "v1alpha1" : memberText(node, "apiVersion");
  if (kind === "" && version !== "v1alpha1") throw faultAt(node, "missing kind");
  if (version === "") throw faultAt(node, "missing apiVersion");
  const type = version === "v1alpha1" ? schema.document(kind) : undefined;
  if (type === undefined) {
    throw faultAt(
      node,
      `${JSON.stringify(kind.slice(0, 60))} ${JSON.stringify(version.slice(0, 60))} is not registered in Talos ${schema.machinery}`,
    );
  }
  const value = readConfigValue(node, type.type, { machinery: schema.machinery });
  return { kind, name: type.named ? textOf((value as ConfigMap).get("name")) : "", type, value: value as ConfigMap };
}

function textOf(value: ConfigValue): string {
  return typeof value === "string" ? value : "";
}

function merged(entries: readonly Entry[], patch: ConfigDocument): readonly Entry[] {
  const index = entries.findIndex((entry) => !("empty" in entry) && isSame(entry, patch));
  const entry = entries[index];
  if (entry === undefined || "empty" in entry) return [...entries, patch];
  return entries.with(index, {
    ...entry,
    value: mergeConfigValues(entry.value, patch.value, patch.type.type) as ConfigMap,
  });
}

function isSame(left: ConfigDocument, right: ConfigDocument): boolean {
  return left.kind === right.kind && left.name === right.name;
}

function isSelected(entry: Entry, { document }: DeleteSelector): boolean {
  if ("empty" in entry) return JSON.stringify(entry.empty.document) === JSON.stringify(document);
  if (entry.kind === "") return document.kind === "v1alpha1" && document.apiVersion === "" && document.name === "";
  return (
    entry.kind === document.kind &&
    document.apiVersion === "v1alpha1" &&
    (entry.type.named ? entry.name === document.name : document.name === "")
  );
}

function refuseDoubles(documents: readonly ConfigDocument[]): void {
  const seen = new Set<string>();
  for (const document of documents) {
    const id = `${document.kind}/${document.name}`;
    if (seen.has(id)) throw new ConfigFault(`duplicate document ${label(document)} is not allowed`);
    seen.add(id);
  }
}

/** Talos holds no two documents of one kind and name, nor two that configure the same thing. */
function checked(entries: readonly Entry[]): readonly Entry[] {
  const documents = entries.flatMap((entry) => ("empty" in entry ? [] : [entry]));
  refuseDoubles(documents);
  for (const document of documents) {
    const other = documents.find(({ kind, name }) => document.type.conflicts.includes(kind) && name === document.name);
    if (other !== undefined) throw new ConfigFault(`conflicting documents: ${label(other)} and ${label(document)}`);
  }
  return entries;
}

export function label({ kind, name }: Pick<ConfigDocument, "kind" | "name">): string {
  return `${kind === "" ? "v1alpha1" : kind}${name === "" ? "" : `/${name.slice(0, 60)}`}`;
}
