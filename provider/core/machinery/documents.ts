import { FaultCollector } from "./faults";
import { mergeConfigValues } from "./merge";
import { readConfigValue } from "./read";
import { ConfigSchema, type DocumentType, type SchemaVersion } from "./schema";
import { ConfigFault, type ConfigMap, type ConfigValue, faultAt, isConfigMap, LookupFault } from "./value";
import { writeConfigValue } from "./write";
import { applyDelete, type DeleteSelector, splitDeletes } from "./delete";
import type { YamlValue } from "../yaml/emitter";
import { memberText } from "../yaml/node";
import type { YamlNode } from "../yaml/parser";

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
type Step = DeleteSelector | ConfigDocument;

const LEGACY_KEYS = ["machine", "cluster", "debug", "persist"];

/** The documents of a machine config under one version of Talos: read, patched and written by its types. */
export class ConfigDocuments {
  private constructor(
    private readonly schema: ConfigSchema,
    private readonly entries: readonly Entry[],
  ) {}

  /** @throws ConfigFault; ConfigFaults for several */
  static read(nodes: readonly YamlNode[], schemaVersion: SchemaVersion): ConfigDocuments {
    const schema = ConfigSchema.of(schemaVersion);
    const documents = readEach(nodes, (node) => [readDocument(node, schema)]);
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
   * @throws ConfigFault; ConfigFaults for several
   */
  patched(nodes: readonly YamlNode[]): ConfigDocuments {
    const steps = legacyDeletesFirst(patchSteps(nodes, this.schema));
    if (this.schema.version === "1.13") refuseDoubles(steps.flatMap((step) => ("path" in step ? [] : [step])));
    const apply = (left: readonly Entry[], step: Step): readonly Entry[] =>
      "path" in step ? this.deleted(left, step) : merged(left, step);
    if (this.schema.version === "1.14")
      return new ConfigDocuments(this.schema, checked(steps.reduce(apply, this.entries)));
    // 1.13 finds only the documents that were there before the patch.
    const { left, added } = steps.reduce<{ left: readonly Entry[]; added: readonly Entry[] }>(
      (state, step) => {
        const next = apply(state.left, step);
        if (next.length <= state.left.length) return { ...state, left: next };
        return { left: state.left, added: [...state.added, ...next.slice(state.left.length)] };
      },
      { left: this.entries, added: [] },
    );
    return new ConfigDocuments(this.schema, checked([...left, ...added]));
  }

  /**
   * Reads a strategic merge patch for what is wrong with it whatever it is applied to.
   *
   * @throws ConfigFault; ConfigFaults for several
   */
  static checkPatch(nodes: readonly YamlNode[], schemaVersion: SchemaVersion): void {
    patchSteps(nodes, ConfigSchema.of(schemaVersion));
  }

  write(): YamlValue[] {
    return inOrder(this.entries).map((entry) =>
      "empty" in entry ? new Map<string, YamlValue>() : writeConfigValue(entry.value, entry.type.type),
    );
  }

  private deleted(entries: readonly Entry[], selector: DeleteSelector): readonly Entry[] {
    const index = entries.findLastIndex((entry) => isSelected(entry, selector));
    const entry = entries[index];
    if (entry === undefined) return this.schema.version === "1.13" ? [...entries, { empty: selector }] : entries;
    if (selector.path.length === 0) return entries.filter((other) => other !== entry);
    if ("empty" in entry) throw new LookupFault(selector.path, selector.line);
    return entries.with(index, { ...entry, value: applyDelete(entry.value, entry.type.shape, selector) });
  }
}

function isNull(node: YamlNode): boolean {
  return node.kind === "scalar" && node.tag === "null";
}

/** What is in documents with content. @throws ConfigFault; ConfigFaults for several */
function readEach<T>(nodes: readonly YamlNode[], read: (node: YamlNode) => readonly T[]): T[] {
  const faults = new FaultCollector();
  const items = nodes.filter((node) => !isNull(node)).flatMap((node) => faults.attempt(() => read(node)) ?? []);
  faults.assertNone();
  return items;
}

function patchSteps(nodes: readonly YamlNode[], schema: ConfigSchema): Step[] {
  return readEach<Step>(nodes, (node) => {
    if (node.kind !== "mapping") throw faultAt(node, "expected a YAML document");
    const { selectors, rest } = splitDeletes(node);
    return [...selectors, ...(rest === undefined ? [] : [readDocument(rest, schema)])];
  });
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
      `${JSON.stringify(kind.slice(0, 60))} ${JSON.stringify(version.slice(0, 60))} is not registered in Talos ${schema.version}`,
    );
  }
  const value = readConfigValue(node, type.type, { schemaVersion: schema.version });
  return { kind, name: type.named ? textOf((value as ConfigMap).get("name")) : "", type, value: value as ConfigMap };
}

function textOf(value: ConfigValue): string {
  return typeof value === "string" ? value : "";
}

function merged(entries: readonly Entry[], patch: ConfigDocument): readonly Entry[] {
  const index = entries.findLastIndex((entry) => ("empty" in entry ? isEmptyOf(entry, patch) : isSame(entry, patch)));
  const entry = entries[index];
  if (entry === undefined) return [...entries, patch];
  if ("empty" in entry)
    throw new ConfigFault(
      `${label(patch)} cannot be merged into what an earlier $patch: delete has left`,
      undefined,
      "delete only what is there",
    );
  return entries.with(index, {
    ...entry,
    value: mergeConfigValues(entry.value, patch.value, patch.type.type) as ConfigMap,
  });
}

function isSame(left: ConfigDocument, right: ConfigDocument): boolean {
  return left.kind === right.kind && left.name === right.name;
}

/** Talos hands out the delete statements for the v1alpha1 document before anything else of a patch. */
function legacyDeletesFirst(steps: readonly Step[]): readonly Step[] {
  const isFirst = (step: Step): boolean => "path" in step && step.document.kind === "v1alpha1";
  return [...steps.filter(isFirst), ...steps.filter((step) => !isFirst(step))];
}

function isEmptyOf({ empty }: EmptyDocument, { kind, name, type }: ConfigDocument): boolean {
  return (
    empty.document.kind === kind &&
    (type.named ? name !== "" && empty.document.name === name : empty.document.name === "")
  );
}

function isSelected(entry: Entry, { document }: DeleteSelector): boolean {
  if ("empty" in entry) return JSON.stringify(entry.empty.document) === JSON.stringify(document);
  if (entry.kind === "") return document.kind === "v1alpha1" && document.apiVersion === "" && document.name === "";
  return (
    entry.kind === document.kind &&
    document.apiVersion === "v1alpha1" &&
    (entry.type.named ? document.name !== "" && entry.name === document.name : document.name === "")
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
  refuseTakenLinks(documents);
  return entries;
}

/** The far end of a veth pair is a link too, which no other document may configure. */
function refuseTakenLinks(documents: readonly ConfigDocument[]): void {
  for (const { kind, value, type, name } of documents) {
    if (kind !== "VethConfig") continue;
    const peer = value.get("peer");
    const peerName = isConfigMap(peer) ? textOf(peer.get("name")) : "";
    const taken = documents.find((other) => [kind, ...type.conflicts].includes(other.kind) && other.name === peerName);
    if (taken !== undefined)
      throw new ConfigFault(`conflicting link configurations: ${label(taken)} and ${label({ kind, name })}`);
  }
}

function label({ kind, name }: Pick<ConfigDocument, "kind" | "name">): string {
  return `${kind === "" ? "v1alpha1" : kind}${name === "" ? "" : `/${name.slice(0, 60)}`}`;
}
