import { createHash, createHmac } from "node:crypto";

import { formatYamlDocuments, Plain, type YamlValue } from "../yaml/emitter";
import { parseYamlDocuments } from "../yaml/parser";
import { type Classified, type ClassifiedEntry, Classifier, isBlank } from "./classify";
import { KnownSecrets } from "./knownSecrets";
import { isShownKey, shownText } from "./publicForm";
import { isRedacted, isSecretText, REDACTED } from "./secretLeaf";

/** What redactMachineConfig replaces beside what it knows itself. */
export interface RedactOptions {
  /**
   * Further secret values: a leaf that is one is replaced, and one that holds one of 8 characters or more. A bundle, or
   * any tree of strings and numbers.
   */
  readonly secrets?: unknown;
}

/**
 * A view of a machine config that shows a leaf only where the schema of Talos marks its field as public and the value
 * looks like one: numbers, booleans, versions, images, addresses, paths, names, certificates. Everything else is free
 * text (contents of files, environment variables, manifests, arguments, labels, unknown fields and documents) and is
 * replaced by a fingerprint such as `sha256:1a2b3c4d5e6f`, which changes when the text does. A secret is replaced by
 * `******`: by its field, by the name beside it, or because it repeats another secret of the config.
 * Of a URL the user, query and fragment are replaced. Fields stand in Talos's order and free-form maps in order of their
 * keys, so that the order in the input does not show. Comments go.
 *
 * A fingerprint is the beginning of the HMAC-SHA-256 of the text under the cluster's secret (else the machine's token),
 * so only a holder of the config can try guesses. In a text without that secret, such as a patch alone, it is the first
 * four digits of the SHA-256, and a text that is shorter than 16 characters or holds a key, a token or a password is
 * replaced by `******`.
 *
 * @param config YAML, one or several documents, of known kinds or not
 * @throws PkiError ERR_YAML_INVALID
 * @example
 * redactMachineConfig("machine:\n    token: abcdef.0123456789abcdef\n"); // "machine:\n    token: '******'\n"
 */
export function redactMachineConfig(config: string, options: RedactOptions = {}): string {
  const [documents, redactor] = classify([config], options);
  return formatYamlDocuments(documents[0]!.map((document) => redactor.value(document)));
}

/** Keys from the top; an item of a list is `[index]`. */
export interface RedactedLeaf {
  /** The path as it may be shown. */
  readonly path: readonly string[];
  /** The value as it is, which may be secret. */
  readonly text: string;
  /** The value as it may be shown. */
  readonly shown: string;
}

/**
 * The leaves of configs of one cluster, by their true paths; that of a document begins with its kind and name. A secret
 * of one config is one in all of them, and equal texts have equal fingerprints.
 *
 * @throws PkiError ERR_YAML_INVALID
 */
export function redactedLeaves(
  configs: readonly string[],
  options: RedactOptions,
): readonly ReadonlyMap<string, RedactedLeaf>[] {
  const [classified, redactor] = classify(configs, options);
  return classified.map((documents) => {
    const leaves = new Map<string, RedactedLeaf>();
    for (const document of documents) redactor.leavesOfDocument(document, leaves);
    return leaves;
  });
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

function classify(configs: readonly string[], options: RedactOptions): [Classified[][], Redactor] {
  const classifier = new Classifier();
  const classified = configs.map((config) =>
    parseYamlDocuments(config, { path: "machineConfig", mergeKeys: true }).map((node) => classifier.document(node)),
  );
  return [classified, new Redactor(classifier, options)];
}

/** Where a leaf stands: its true path and the one that may be shown. */
interface Position {
  readonly path: readonly string[];
  readonly shown: readonly string[];
}

class Redactor {
  /** What was named as a secret is one at any length, where it is the whole text. */
  private readonly named = new Set<string>();
  private readonly known: KnownSecrets;
  private readonly keys = new Map<string, string>();
  private readonly key: string | undefined;

  constructor(classifier: Classifier, { secrets }: RedactOptions) {
    collectTexts(secrets, this.named);
    this.known = new KnownSecrets([...this.named, ...classifier.secrets]);
    this.key = classifier.clusterSecret;
  }

  value(classified: Classified): YamlValue {
    if (classified.kind === "list") return classified.items.map((item) => this.value(item));
    if (classified.kind === "leaf") return this.leaf(classified);
    const keys = this.shownKeys(classified.entries);
    return new Map(classified.entries.map(({ value }, index) => [keys[index]!, this.value(value)]));
  }

  leavesOfDocument(document: Classified, leaves: Map<string, RedactedLeaf>): void {
    const position: Position = { path: [], shown: [] };
    const kind = document.kind === "map" ? leafAt(document.entries, "kind") : undefined;
    if (document.kind !== "map" || kind === undefined) {
      this.collectLeaves(document, position, leaves);
      return;
    }
    const label = [kind, leafAt(document.entries, "name")].filter((leaf) => leaf !== undefined);
    const rest = document.entries.filter(({ key }) => !["apiVersion", "kind", "name"].includes(key));
    this.collectLeaves(
      { kind: "map", entries: rest },
      {
        path: [label.map(({ node }) => node.text).join("/")],
        shown: [label.map((leaf) => textOf(this.leaf(leaf))).join("/")],
      },
      leaves,
    );
  }

  private collectLeaves(classified: Classified, position: Position, leaves: Map<string, RedactedLeaf>): void {
    const visit = (value: Classified, key: string, shown: string): void => {
      this.collectLeaves(value, { path: [...position.path, key], shown: [...position.shown, shown] }, leaves);
    };
    const add = (text: string, shown: string): void => {
      leaves.set(JSON.stringify(position.path), { path: position.shown, text, shown });
    };
    if (classified.kind === "leaf") {
      add(classified.node.tag === "null" ? "null" : classified.node.text, textOf(this.leaf(classified)));
    } else if (classified.kind === "list") {
      for (const [index, item] of classified.items.entries()) visit(item, `[${index}]`, `[${index}]`);
      if (classified.items.length === 0) add("[]", "[]");
    } else {
      const keys = this.shownKeys(classified.entries);
      for (const [index, { key, value }] of classified.entries.entries()) visit(value, key, keys[index]!);
      if (classified.entries.length === 0) add("{}", "{}");
    }
  }

  private leaf({ node, rule }: Classified & { kind: "leaf" }): string | Plain | null {
    if (node.tag === "null") return null;
    const text = this.shownValue(node, rule);
    return node.tag === "str" || text !== node.text ? text : new Plain(text);
  }

  private shownValue(node: (Classified & { kind: "leaf" })["node"], rule: (Classified & { kind: "leaf" })["rule"]) {
    const { text } = node;
    if (isBlank(node)) return text;
    if (rule === "secret" || this.named.has(text) || this.known.areIn(text)) return REDACTED;
    const shown = rule === "public" ? text : rule === "hidden" ? undefined : shownText(text, rule);
    return shown ?? this.fingerprint(text);
  }

  /** The keys of a map as they may be shown, each a different one. */
  private shownKeys(entries: readonly ClassifiedEntry[]): readonly string[] {
    const counts = new Map<string, number>();
    return entries.map(({ key, isField }) => {
      const shown = isField ? key : this.shownKey(key);
      const count = (counts.get(shown) ?? 0) + 1;
      counts.set(shown, count);
      return count === 1 ? shown : `${shown} (${count})`;
    });
  }

  /** The same few keys stand in every item of a list. */
  private shownKey(key: string): string {
    const seen = this.keys.get(key);
    if (seen !== undefined) return seen;
    const isShown = isRedacted(key) || isShownKey(key);
    const shown = this.known.areIn(key) ? REDACTED : isShown ? key : this.fingerprint(key);
    this.keys.set(key, shown);
    return shown;
  }

  /** Changes when the text does. Nobody without the key can try guesses; where there is none, too little is shown. */
  private fingerprint(text: string): string {
    if (this.key !== undefined) return abridged(createHmac("sha256", this.key).update(text, "utf8").digest("hex"), 12);
    const isGuessable = text.length < SHORTEST_HASHED || isSecretText(text);
    return isGuessable ? REDACTED : abridged(configHash(text), 4);
  }
}

/** Without a key, shorter texts could be found by trying all. */
const SHORTEST_HASHED = 16;

const abridged = (digest: string, digits: number): string => `sha256:${digest.slice(0, digits)}`;

function leafAt(entries: readonly ClassifiedEntry[], name: string): (Classified & { kind: "leaf" }) | undefined {
  const value = entries.find(({ key }) => key === name)?.value;
  return value?.kind === "leaf" ? value : undefined;
}

function textOf(leaf: string | Plain | null): string {
  return leaf === null ? "null" : typeof leaf === "string" ? leaf : leaf.text;
}

function collectTexts(value: unknown, known: Set<string>): void {
  if (typeof value === "number" || (typeof value === "string" && value !== "")) known.add(String(value));
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) if (key !== "crt") collectTexts(inner, known);
  }
}
