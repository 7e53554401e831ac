import { createHash } from "node:crypto";

import { redactedLeaves } from "../config/redact";
import { readMachineAddress } from "../config/machineAddress";
import { PkiError } from "../errors";
import { canonical } from "../canonical";
import { isTree, type Tree, valueAt } from "../secrets/fields";
import { type CAName, type ConfigPlace, INVENTORY } from "../secrets/inventory";
import { MACHINE_TYPES, type MachineType } from "../secrets/types";
import { decodeBase64 } from "../x509/pem";
import type { Certificate } from "../x509/certificate";
import { PemReader } from "../x509/pemReader";
import { readPlainDocuments } from "../yaml/plain";

/** CAs of one kind in a machine config. */
export interface ConfigTrust {
  /** The CA that issues; absent where the config has none. */
  readonly issuing?: Certificate;
  /** CAs accepted beside it. */
  readonly accepted: readonly Certificate[];
}

/** A machine config as a node is given it: its text, and what must be known of it to prove that the node runs with it. */
export interface NodeConfig {
  readonly text: string;
  /** SHA-256 of the normalised documents: what comments, order of keys and newlines do not change. Lower-case hex. */
  readonly hash: string;
  readonly machineType: MachineType;
  /** Host of the cluster endpoint, which leads to a control plane. */
  readonly clusterHost: string | undefined;
  /** The OS CAs, by which the node serves and accepts. */
  readonly os: ConfigTrust;
}

/**
 * Reads a machine config.
 *
 * @param path the input that holds it, for errors
 * @param pems what has read the CAs of the cluster's other nodes
 * @throws PkiError ERR_CONFIG_INVALID, ERR_YAML_INVALID, ERR_PEM_INVALID
 * @example
 * readNodeConfig(config, "machineConfig").machineType; // "controlplane"
 */
export function readNodeConfig(text: string, path: string, pems = new PemReader()): NodeConfig {
  const documents = readPlainDocuments(text, path).filter(isTree);
  const main = documents.find((document) => !("kind" in document) && isTree(document["machine"]));
  const type = valueAt(main, ["machine", "type"]);
  const machineType = MACHINE_TYPES.find((known) => known === (type === "init" ? "controlplane" : type));
  if (main === undefined || machineType === undefined) {
    const message = `holds no machine config (machine.type is ${type === undefined ? "missing" : "unknown"}); must be the config of a controlplane or worker`;
    throw new PkiError("ERR_CONFIG_INVALID", message, { path });
  }
  const os = trustOf(documents, "os", path, pems);
  return {
    text,
    hash: hashOf(documents),
    machineType,
    clusterHost: clusterHostOf(documents),
    os,
  };
}

/**
 * SHA-256 of a config's normalised documents, lower-case hex: equal for configs that say the same.
 *
 * @throws PkiError ERR_YAML_INVALID
 * @example
 * nodeConfigHash("a: 1 # one\n") === nodeConfigHash("{a: 1}\n"); // true
 */
export function nodeConfigHash(text: string, path = "machineConfig"): string {
  return hashOf(readPlainDocuments(text, path).filter(isTree));
}

function hashOf(documents: readonly Tree[]): string {
  // Talos keeps one document of a kind and name, in whatever order.
  const texts = documents.map(canonical).sort();
  return createHash("sha256").update(texts.join("\n"), "utf8").digest("hex");
}

function clusterHostOf(documents: readonly Tree[]): string | undefined {
  const places = documents.flatMap((document) =>
    document["kind"] === "KubeClusterConfig"
      ? [document["endpoint"]]
      : [valueAt(document, ["cluster", "controlPlane", "endpoint"])],
  );
  const endpoint = places.find((place) => typeof place === "string");
  return typeof endpoint === "string" ? readMachineAddress(endpoint)?.host : undefined;
}

/**
 * The CAs of a kind that a config of any layout holds.
 *
 * @param path the input that holds it, for errors
 * @throws PkiError ERR_YAML_INVALID, ERR_PEM_INVALID
 * @example
 * configTrust(config, "kubernetes", "machineConfig").issuing?.fingerprint;
 */
export function configTrust(text: string, name: CAName, path: string): ConfigTrust {
  return trustOf(readPlainDocuments(text, path).filter(isTree), name, path, new PemReader());
}

function trustOf(documents: readonly Tree[], name: CAName, path: string, pems: PemReader): ConfigTrust {
  const { config, accepted }: { readonly config: ConfigPlace; readonly accepted: ConfigPlace } = INVENTORY[name];
  const read = (value: unknown, at: string): readonly Certificate[] =>
    typeof value === "string" && value !== "" ? pems.caCertificates(value, at) : [];
  const main = documents.filter((document) => !("kind" in document));
  const [own, others] = [config, accepted].map(({ v1alpha1 }) =>
    main.map((document) => ({ at: `${path}.${v1alpha1}`, value: valueAt(document, v1alpha1.split(".")) })),
  );
  const [ownDocument, otherDocument] = [config, accepted].map(({ document: place }) =>
    documents
      .filter(({ kind }) => place !== undefined && kind === place.kind)
      .map((document) => ({
        at: `${path}.${place!.kind}.${place!.path}`,
        value: valueAt(document, place!.path.split(".")),
      })),
  );
  const issuing = [
    ...own!.flatMap(({ value, at }) => read(pemOf(valueAt(value, ["crt"])), `${at}.crt`)),
    ...ownDocument!.flatMap(({ value, at }) => read(valueAt(value, ["cert"]), `${at}.cert`)),
  ];
  const beside = [
    ...others!.flatMap(({ value, at }) =>
      listOf(value).flatMap((item, index) => read(pemOf(valueAt(item, ["crt"])), `${at}[${index}].crt`)),
    ),
    ...otherDocument!.flatMap(({ value, at }) => listOf(value).flatMap((item, index) => read(item, `${at}[${index}]`))),
  ];
  const [first, ...behind] = issuing;
  return { ...(first === undefined ? {} : { issuing: first }), accepted: [...behind, ...beside] };
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** v1alpha1 holds base64 of PEM. */
function pemOf(value: unknown): string {
  return typeof value === "string" ? Buffer.from(decodeBase64(value) ?? []).toString("utf8") : "";
}

/** What is shorter is no secret, and would take words apart. */
const SHORTEST_QUOTED = 4;
/** yaml.v3 quotes the beginning of a value that it cannot decode: 7 bytes and an ellipsis (yaml.v3 decode.go, v3.0.4). */
const CUT_LENGTH = 7;

/**
 * Words of a node about a config, without what a view of that config would hide: a rejection may quote the value that it
 * rejects.
 *
 * @example
 * withoutSecrets("invalid token \"abc.def\"", config); // "invalid token \"******\""
 */
export function withoutSecrets(words: string, config: string): string {
  const [leaves] = redactedLeaves([config], {});
  const hidden = [...(leaves?.values() ?? [])].filter(({ text, shown }) => text !== shown);
  const forms = new Map(hidden.flatMap(({ text, shown }) => quotedForms(text).map((form) => [form, shown] as const)));
  // A secret may be the beginning of another one.
  const longestFirst = [...forms].sort(([one], [other]) => other.length - one.length);
  return longestFirst.reduce((safe, [form, shown]) => safe.replaceAll(form, shown), words);
}

/** How a value may be quoted: as it is, escaped, line by line, cut off. */
function quotedForms(text: string): string[] {
  const whole = [text, ...text.split(/\r?\n/)].flatMap((part) => [part, JSON.stringify(part).slice(1, -1)]);
  return whole.flatMap((part) => (part.length < SHORTEST_QUOTED ? [] : [part, `${part.slice(0, CUT_LENGTH)}...`]));
}
