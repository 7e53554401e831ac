import { Merger } from "./merge";
import { readConfigValue } from "./read";
import { ConfigSchema, type DocumentType, type SchemaVersion } from "./schema";
import { ConfigFault, faultAt, FaultCollector } from "./faults";
import { type ConfigMap, type ConfigValue, isConfigMap } from "./value";
import { writeConfigValue } from "./write";
import { applyDeletes, type DeleteSelector, nothingAt, splitDeletes } from "./delete";
import { printableName } from "../tokenLike";
import type { YamlValue } from "../yaml/emitter";
import { memberText } from "../yaml/node";
import { isNullNode, type YamlNode } from "../yaml/parser";

/** A document of a machine config, read by its type. The v1alpha1 document has the kind "". */
export interface ConfigDocument {
  readonly kind: string;
  readonly name: string;
  readonly type: DocumentType;
  readonly value: ConfigMap;
}

/** A step of a strategic merge patch: something to delete, or a document to merge in or add. */
type Step = Deletion | ConfigDocument;

/** What a document of a patch deletes, in or of one document. */
interface Deletion {
  readonly selectors: readonly [DeleteSelector, ...DeleteSelector[]];
}

/** A strategic merge patch, read by the types of one version. It belongs to the config that it is applied to. */
export interface StrategicPatch {
  readonly steps: readonly Step[];
}

const LEGACY_KEYS = ["machine", "cluster", "debug", "persist"];

/** The documents of a machine config under one version of Talos: read, patched in place, and written by its types. */
export class ConfigDocuments {
  /** By kind and name, in their order. */
  private readonly byId = new Map<string, ConfigDocument>();
  private readonly merger = new Merger();

  private constructor(private readonly schema: ConfigSchema) {}

  /** @throws ConfigFault; ConfigFaults for several */
  static read(nodes: readonly YamlNode[], schemaVersion: SchemaVersion): ConfigDocuments {
    const config = new ConfigDocuments(ConfigSchema.of(schemaVersion));
    const documents = readEach(nodes, (node) => [readDocument(node, config.schema)]);
    if (documents.length === 0) throw new ConfigFault("holds no document");
    refuseDoubles(documents);
    for (const document of documents) config.byId.set(idOf(document), document);
    config.refuseConflicts(documents);
    return config;
  }

  /** The documents with kind and value, v1alpha1 first. */
  get documents(): readonly ConfigDocument[] {
    const legacy = this.byId.get(LEGACY_ID);
    const others = [...this.byId.values()].filter((document) => document !== legacy);
    return legacy === undefined ? others : [legacy, ...others];
  }

  /**
   * Applies a strategic merge patch: documents merge into those of the same kind and name, others are added. What a
   * patch that is rejected has done until then stays.
   * Source: siderolabs/talos pkg/machinery/config/configpatcher/strategic.go, v1.13.0 and v1.14.1.
   *
   * @throws ConfigFault; ConfigFaults for several
   */
  patch({ steps }: StrategicPatch): void {
    const isOlder = this.schema.version === "1.13";
    if (isOlder) refuseDoubles(steps.flatMap((step) => ("selectors" in step ? [] : [step])));
    // 1.13 finds only the documents that were there before the patch.
    const added: ConfigDocument[] = [];
    const touched: ConfigDocument[] = [];
    for (const step of steps) {
      if ("selectors" in step) this.delete(step);
      else if (this.byId.has(idOf(step))) touched.push(this.mergeIn(this.byId.get(idOf(step))!, step));
      else if (isOlder) added.push(step);
      else touched.push(this.add(step));
    }
    for (const document of added) touched.push(this.add(document));
    this.refuseConflicts(touched.filter((document) => this.byId.get(idOf(document)) === document));
  }

  write(): YamlValue[] {
    return this.documents.map(({ value, type }) => writeConfigValue(value, type.type));
  }

  private add(document: ConfigDocument): ConfigDocument {
    this.byId.set(idOf(document), document);
    return document;
  }

  private mergeIn(document: ConfigDocument, patch: ConfigDocument): ConfigDocument {
    this.merger.merge(document.value, patch.value, document.type.type);
    return document;
  }

  /** What is not there 1.14 passes over; of a missing document 1.13 would make one that Talos cannot read. */
  private delete({ selectors }: Deletion): void {
    const [first] = selectors;
    const document = this.selected(first);
    if (document === undefined) {
      if (this.schema.version === "1.13") throw nothingAt({ ...first, path: [] });
    } else if (first.path.length === 0) this.byId.delete(idOf(document));
    else applyDeletes(document.value, document.type.shape, selectors);
  }

  private selected({ document: { apiVersion, kind, name } }: DeleteSelector): ConfigDocument | undefined {
    if (kind === "v1alpha1" && apiVersion === "") return name === "" ? this.byId.get(LEGACY_ID) : undefined;
    const document = apiVersion === "v1alpha1" ? this.byId.get(idOf({ kind, name })) : undefined;
    return document?.type.named === true && name === "" ? undefined : document;
  }

  /**
   * Talos holds no two documents that configure the same thing.
   *
   * @param touched the documents that may have brought a conflict in
   */
  private refuseConflicts(touched: readonly ConfigDocument[]): void {
    for (const document of touched) {
      const other = this.first(this.schema.conflictsOf(document.kind), document.name);
      if (other !== undefined) throw new ConfigFault(`conflicting documents: ${label(other)} and ${label(document)}`);
    }
    this.refuseTakenLinks(touched);
  }

  /** The far end of a veth pair is a link too, which no other document may configure. */
  private refuseTakenLinks(touched: readonly ConfigDocument[]): void {
    const links = [VETH, ...this.schema.conflictsOf(VETH)];
    if (!touched.some(({ kind }) => links.includes(kind))) return;
    for (const document of this.documents) {
      if (document.kind !== VETH) continue;
      const peer = document.value.get("peer");
      const taken = this.first(links, isConfigMap(peer) ? textOf(peer.get("name")) : "");
      if (taken !== undefined)
        throw new ConfigFault(`conflicting link configurations: ${label(taken)} and ${label(document)}`);
    }
  }

  private first(kinds: readonly string[], name: string): ConfigDocument | undefined {
    return kinds.map((kind) => this.byId.get(idOf({ kind, name }))).find((document) => document !== undefined);
  }
}

const VETH = "VethConfig";
const LEGACY_ID = "/";

function idOf({ kind, name }: Pick<ConfigDocument, "kind" | "name">): string {
  return `${kind}/${name}`;
}

/** What is in documents with content. @throws ConfigFault; ConfigFaults for several */
function readEach<T>(nodes: readonly YamlNode[], read: (node: YamlNode) => readonly T[]): T[] {
  const faults = new FaultCollector();
  const items = nodes.filter((node) => !isNullNode(node)).flatMap((node) => faults.attempt(() => read(node)) ?? []);
  faults.assertNone();
  return items;
}

/**
 * Reads a strategic merge patch: what is wrong with it, whatever it is applied to, is found here.
 *
 * @throws ConfigFault; ConfigFaults for several
 */
export function readStrategicPatch(nodes: readonly YamlNode[], schemaVersion: SchemaVersion): StrategicPatch {
  const schema = ConfigSchema.of(schemaVersion);
  const steps = readEach<Step>(nodes, (node) => {
    if (node.kind !== "mapping") throw faultAt(node, "must be a YAML document");
    const { selectors, rest } = splitDeletes(node);
    const [first, ...others] = selectors;
    const deletion: Step[] = first === undefined ? [] : [{ selectors: [first, ...others] }];
    return rest === undefined ? deletion : [...deletion, readDocument(rest, schema)];
  });
  // Talos hands out the delete statements for the v1alpha1 document before anything else of a patch.
  const isFirst = (step: Step): boolean => "selectors" in step && step.selectors[0].document.kind === "v1alpha1";
  return { steps: [...steps.filter(isFirst), ...steps.filter((step) => !isFirst(step))] };
}

function readDocument(node: YamlNode, schema: ConfigSchema): ConfigDocument {
  if (node.kind !== "mapping") throw faultAt(node, "must be a YAML document");
  const kind = memberText(node, "kind");
  const legacy = node.entries.some(({ key }) => LEGACY_KEYS.includes(key));
  const version = legacy ? "v1alpha1" : memberText(node, "apiVersion");
  if (kind === "" && version !== "v1alpha1") throw faultAt(node, "missing kind");
  if (version === "") throw faultAt(node, "missing apiVersion");
  const type = version === "v1alpha1" ? schema.document(kind) : undefined;
  if (type === undefined) {
    throw faultAt(
      node,
      `${JSON.stringify(printableName(kind.slice(0, 60)))} ${JSON.stringify(printableName(version.slice(0, 60)))} is not registered in Talos ${schema.version}`,
    );
  }
  const value = readConfigValue(node, type.type, { schemaVersion: schema.version });
  return { kind, name: type.named ? textOf((value as ConfigMap).get("name")) : "", type, value: value as ConfigMap };
}

function textOf(value: ConfigValue): string {
  return typeof value === "string" ? value : "";
}

/** Talos holds no two documents of one kind and name. */
function refuseDoubles(documents: readonly ConfigDocument[]): void {
  const seen = new Set<string>();
  for (const document of documents) {
    const id = idOf(document);
    if (seen.has(id)) throw new ConfigFault(`duplicate document ${label(document)} is not allowed`);
    seen.add(id);
  }
}

function label({ kind, name }: Pick<ConfigDocument, "kind" | "name">): string {
  return `${kind === "" ? "v1alpha1" : kind}${name === "" ? "" : `/${name.slice(0, 60)}`}`;
}
