import { CUSTOM_TYPES } from "../machinery/customTypes";
import { ConfigSchema, type ConfigType } from "../machinery/schema";
import { sortByKey } from "../yaml/map";
import { memberText } from "../yaml/node";
import type { YamlEntry, YamlMapping, YamlNode, YamlScalar } from "../yaml/parser";
import { integerOf } from "../yaml/scalar";
import { type Decision, decisionsOn, isPublicType } from "./publicFields";
import { isRedacted, isSecretName } from "./secretLeaf";

/** A node of a config, with what its leaves may show; entries in Talos's order. */
export type Classified =
  | { readonly kind: "leaf"; readonly node: YamlScalar; readonly rule: Decision | "public" }
  | { readonly kind: "list"; readonly items: readonly Classified[] }
  | { readonly kind: "map"; readonly entries: readonly ClassifiedEntry[] };

export interface ClassifiedEntry {
  readonly key: string;
  /** The key is a word of the schema. */
  readonly isField: boolean;
  readonly value: Classified;
}

/** Where a type and the decision on its field come from: a place in the schema, or none. */
interface Place {
  readonly type?: ConfigType | undefined;
  readonly decision?: Decision | undefined;
  readonly isSecret?: boolean | undefined;
}

/** The best secret to key fingerprints with: it lives as long as the cluster. */
const CLUSTER_SECRETS = [
  "v1alpha1.ClusterConfig secret",
  "cluster.DiscoveryIdentityConfigV1Alpha1 clusterSecret",
  "v1alpha1.MachineConfig token",
];
const SHORTEST_KEY = 16;

/** What every document has; all that is known of one whose kind is not. */
const ENVELOPE: ReadonlyMap<string, Decision> = new Map([
  ["apiVersion", "text"],
  ["kind", "text"],
  ["name", "text"],
]);

/** Decides for every leaf of a config what it may show, and gathers the secrets that it holds by their place. */
export class Classifier {
  readonly secrets = new Set<string>();
  private keyRank = CLUSTER_SECRETS.length;
  private key: string | undefined;

  /** A secret that stays the same as long as the cluster lives. */
  get clusterSecret(): string | undefined {
    return this.key;
  }

  document(node: YamlNode): Classified {
    const kind = memberText(node, "kind");
    const type = (ConfigSchema.of("1.14").document(kind) ?? ConfigSchema.of("1.13").document(kind))?.type;
    return node.kind === "mapping" ? this.mapping(node, { type }, ENVELOPE) : this.node(node, {});
  }

  private node(node: YamlNode, place: Place): Classified {
    const type = behindPointers(place.type);
    if (node.kind === "mapping") return this.mapping(node, { ...place, type }, NO_FIELDS);
    if (node.kind === "sequence") {
      const ofItem = type?.kind === "list" ? { ...place, type: type.element } : withoutType(place);
      return { kind: "list", items: node.items.map((item) => this.node(item, ofItem)) };
    }
    const rule = ruleOf(node, { ...place, type });
    if (rule === "secret") this.secrets.add(node.text);
    return { kind: "leaf", node, rule };
  }

  private mapping(node: YamlMapping, place: Place, envelope: ReadonlyMap<string, Decision>): Classified {
    const type = behindPointers(place.type);
    const siblings = new Set(node.entries.map(({ key }) => key));
    const entries = inOrder(node.entries, fieldNames(type)).map(({ key, value }): ClassifiedEntry => {
      const field = fieldPlace(type, key, envelope);
      if (field === undefined) {
        const isSecret = place.isSecret === true || (value.kind !== "mapping" && isSecretMember(node, key, siblings));
        const ofEntry = type?.kind === "map" ? { ...place, type: type.element } : withoutType(place);
        return { key, isField: false, value: this.node(value, { ...ofEntry, isSecret }) };
      }
      if (type?.kind === "struct") this.noteClusterSecret(`${type.name} ${key}`, value);
      return { key, isField: true, value: this.node(value, { ...field, isSecret: place.isSecret === true }) };
    });
    return { kind: "map", entries };
  }

  private noteClusterSecret(place: string, value: YamlNode): void {
    const rank = CLUSTER_SECRETS.indexOf(place);
    if (rank === -1 || rank >= this.keyRank || value.kind !== "scalar" || value.text.length < SHORTEST_KEY) return;
    this.keyRank = rank;
    this.key = value.text;
  }
}

/** What is known of the inside of a value that the schema does not describe. */
function withoutType({ decision, isSecret }: Place): Place {
  return { isSecret, ...(decision === "word" && { decision }) };
}

const NO_FIELDS: ReadonlyMap<string, Decision> = new Map();

function fieldPlace(
  type: ConfigType | undefined,
  key: string,
  envelope: ReadonlyMap<string, Decision>,
): Place | undefined {
  if (type?.kind === "custom") {
    const decision = decisionsOn(type.name).get(key);
    return decision === undefined ? undefined : { decision };
  }
  if (type?.kind !== "struct") return envelope.has(key) ? { decision: envelope.get(key) } : undefined;
  const field = type.shape.fields.get(key);
  if (field === undefined) return undefined;
  return { type: field.type, decision: decisionsOn(type.name).get(key) ?? envelope.get(key) };
}

function ruleOf(node: YamlScalar, { type, decision, isSecret }: Place): Decision | "public" {
  if (isBlank(node)) return "public";
  if (isSecret === true) return "secret";
  if (decision !== undefined) return decision;
  return type !== undefined && isPublicType(type) ? ruleOfType(node, type) : "hidden";
}

/** A value that is not of its type may be anything. */
function ruleOfType(node: YamlScalar, type: ConfigType): Decision | "public" {
  switch (type.kind) {
    case "integer":
      return isWithin(node, type) ? "public" : "hidden";
    case "enum": {
      const isSame = type.anyCase ? (value: string) => value.toLowerCase() === node.text.toLowerCase() : undefined;
      return (isSame === undefined ? type.values.includes(node.text) : type.values.some(isSame)) ? "public" : "hidden";
    }
    case "custom":
      return readsAs(node, type.name) ? "line" : "hidden";
    default:
      return "hidden";
  }
}

function isWithin({ text, tag }: YamlScalar, { min, max }: ConfigType & { kind: "integer" }): boolean {
  const value = tag === "int" ? integerOf(text) : undefined;
  return value !== undefined && value >= min && value <= max;
}

function readsAs(node: YamlScalar, name: string): boolean {
  try {
    CUSTOM_TYPES[name]!.read(node, { schemaVersion: "1.14" });
    return true;
  } catch {
    return false;
  }
}

/** Nothing, what was redacted before, and a yes or no hide no secret. */
export function isBlank({ text, tag }: YamlScalar): boolean {
  return text === "" || tag === "null" || tag === "bool" || isRedacted(text);
}

/** `{name: API_TOKEN, value: …}` names its secret in another member. */
function isSecretMember(node: YamlMapping, key: string, siblings: ReadonlySet<string>): boolean {
  return isSecretName(key, siblings) || (key === "value" && isSecretName(memberText(node, "name")));
}

function behindPointers(type: ConfigType | undefined): ConfigType | undefined {
  return type?.kind === "pointer" ? behindPointers(type.element) : type;
}

function fieldNames(type: ConfigType | undefined): Iterable<string> {
  if (type?.kind === "struct") return type.shape.fields.keys();
  return type?.kind === "custom" ? decisionsOn(type.name).keys() : [];
}

/** Fields as Talos writes them, then everything else by its key. */
function inOrder(entries: readonly YamlEntry[], fields: Iterable<string>): readonly YamlEntry[] {
  const byKey = new Map(entries.map((entry) => [entry.key, entry]));
  const known = [...fields].flatMap((field) => byKey.get(field) ?? []);
  for (const { key } of known) byKey.delete(key);
  return [...known, ...sortByKey(byKey.values(), ({ key }) => key)];
}
