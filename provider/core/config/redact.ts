import { createHash } from "node:crypto";

import { ConfigSchema, type ConfigType } from "../machinery/schema";
import { isSecretName, isSecretText, REDACTED } from "./secretLeaf";
import { formatYamlDocuments, Plain, type YamlValue } from "../yaml/emitter";
import { sortByKey } from "../yaml/map";
import { memberText } from "../yaml/node";
import { parseYamlDocuments, type YamlEntry, type YamlMapping, type YamlNode } from "../yaml/parser";

/** What redactMachineConfig replaces beside what it knows itself. */
export interface RedactOptions {
  /**
   * Further secret values: a leaf that is one is replaced, and one that holds one of 8 characters or more. A bundle, or
   * any tree of strings and numbers.
   */
  readonly secrets?: unknown;
}

/** Shorter values are no secrets, or would take half of the config with them. */
const SHORTEST_SECRET = 8;

/**
 * A view of a machine config with every secret leaf replaced by `******`. A leaf is secret by its place, by what it
 * holds (a private key in PEM or base64, a token, a key of 32 bytes), or because it repeats a value that is secret
 * elsewhere in the config. Fields stand in Talos's order and free-form maps in order of their keys, so that the order in the input
 * does not show. Comments go.
 *
 * @param config YAML, one or several documents, of known kinds or not
 * @throws PkiError ERR_YAML_INVALID
 * @example
 * redactMachineConfig("machine:\n    token: abcdef.0123456789abcdef\n"); // "machine:\n    token: '******'\n"
 */
export function redactMachineConfig(config: string, options: RedactOptions = {}): string {
  return redactWithKeys(config, options).text;
}

/**
 * The same, with what it does to the keys of maps: harmless ones stay.
 *
 * @throws PkiError ERR_YAML_INVALID
 */
export function redactWithKeys(
  config: string,
  options: RedactOptions,
): { readonly text: string; readonly redactKey: (key: string) => string } {
  const nodes = parseYamlDocuments(config, { path: "machineConfig", mergeKeys: true });
  const redactor = new Redactor(nodes, options);
  return {
    text: formatYamlDocuments(nodes.map((node) => redactor.document(node))),
    redactKey: (key) => redactor.key(key),
  };
}

/**
 * SHA-256 of a machine config in lower-case hex.
 *
 * @example
 * configHash("machine: {}\n").length; // 64
 */
export function configHash(config: string): string {
  return createHash("sha256").update(config, "utf8").digest("hex");
}

class Redactor {
  /** Secret wherever they stand, also within a longer text. */
  private readonly needles: readonly string[];
  /** What was named as a secret is one at any length, where it is the whole text. */
  private readonly named = new Set<string>();

  constructor(nodes: readonly YamlNode[], options: RedactOptions) {
    collectTexts(options.secrets, this.named);
    const known = new Set(this.named);
    for (const node of nodes) collectSecrets(node, known);
    this.needles = [...known].filter((value) => value.length >= SHORTEST_SECRET && value !== REDACTED);
  }

  private isSecret(text: string): boolean {
    return isSecretText(text) || this.named.has(text) || this.needles.some((needle) => text.includes(needle));
  }

  document(node: YamlNode): YamlValue {
    const kind = memberText(node, "kind");
    const type = ConfigSchema.of("1.14").document(kind) ?? ConfigSchema.of("1.13").document(kind);
    return this.value(node, type?.type, false);
  }

  private value(node: YamlNode, type: ConfigType | undefined, isSecret: boolean): YamlValue {
    if (node.kind === "mapping") return this.mapping(node, type, isSecret);
    const element = type?.kind === "list" ? type.element : undefined;
    if (node.kind === "sequence") return node.items.map((item) => this.value(item, element, isSecret));
    if (node.tag === "null") return null;
    if (isBlank(node)) return node.tag === "str" ? node.text : new Plain(node.text);
    if (isSecret || this.isSecret(node.text)) return REDACTED;
    return node.tag === "str" ? node.text : new Plain(node.text);
  }

  private mapping(node: YamlMapping, type: ConfigType | undefined, isSecret: boolean): YamlValue {
    const siblings = node.entries.map(({ key }) => key);
    return new Map(
      ordered(node.entries, type).map(({ key, value }) => {
        const secret = isSecret || (value.kind !== "mapping" && isSecretMember(node, key, siblings));
        return [this.key(key), this.value(value, memberType(type, key), secret)];
      }),
    );
  }

  /** Keys are not secret, unless somebody put a secret there. */
  key(key: string): string {
    return this.needles.some((needle) => key.includes(needle)) || isSecretText(key) ? REDACTED : key;
  }
}

/** `{name: API_TOKEN, value: …}` names its secret in another member. */
function isSecretMember(node: YamlMapping, key: string, siblings: readonly string[]): boolean {
  return isSecretName(key, siblings) || (key === "value" && isSecretName(memberText(node, "name"), []));
}

/** Nothing, a redacted value, or a yes or no hides no secret. */
function isBlank({ text, tag }: YamlNode & { kind: "scalar" }): boolean {
  return text === "" || text === REDACTED || tag === "bool";
}

function memberType(type: ConfigType | undefined, key: string): ConfigType | undefined {
  const inner = behindPointers(type);
  if (inner?.kind === "struct") return inner.shape.fields.get(key)?.type;
  return inner?.kind === "map" ? inner.element : undefined;
}

function behindPointers(type: ConfigType | undefined): ConfigType | undefined {
  return type?.kind === "pointer" ? behindPointers(type.element) : type;
}

function ordered(entries: readonly YamlEntry[], type: ConfigType | undefined): readonly YamlEntry[] {
  const inner = behindPointers(type);
  const fields =
    inner?.kind === "struct" ? [...inner.shape.fields.keys()] : inner?.kind === "custom" ? ["crt", "key"] : [];
  const position = new Map(fields.map((field, index) => [field, index]));
  const known = entries
    .filter(({ key }) => position.has(key))
    .sort((a, b) => position.get(a.key)! - position.get(b.key)!);
  return [
    ...known,
    ...sortByKey(
      entries.filter(({ key }) => !position.has(key)),
      ({ key }) => key,
    ),
  ];
}

/** The values that are secret by their place, so that a copy elsewhere is found too. */
function collectSecrets(node: YamlNode, known: Set<string>): void {
  if (node.kind === "scalar") return;
  if (node.kind === "sequence") {
    for (const item of node.items) collectSecrets(item, known);
    return;
  }
  const siblings = node.entries.map(({ key }) => key);
  for (const { key, value } of node.entries) {
    collectSecrets(value, known);
    if (value.kind === "mapping" || !isSecretMember(node, key, siblings)) continue;
    for (const item of value.kind === "sequence" ? value.items : [value]) {
      if (item.kind === "scalar" && item.tag !== "null" && !isBlank(item)) known.add(item.text);
    }
  }
}

function collectTexts(value: unknown, known: Set<string>): void {
  if (typeof value === "number" || (typeof value === "string" && value !== "")) known.add(String(value));
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) if (key !== "crt") collectTexts(inner, known);
  }
}
