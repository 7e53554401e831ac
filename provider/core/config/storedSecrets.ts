import { isTree, setAt, valueAt } from "../secrets/fields";
import {
  type CARow,
  ENCRYPTION_NAMES,
  encryptionOf,
  INVENTORY,
  isEncryption,
  rowOf,
  SECRET_NAMES,
} from "../secrets/inventory";
import { hasFeature } from "../talosVersion";
import type { YamlValue } from "../yaml/emitter";
import { yamlValue } from "../yaml/plain";
import type { MachineConfigInput } from "./machineConfigOptions";
import { REDACTED } from "./secretLeaf";

/** Fields of a part of a document, to be spread behind the fields of a layout: a field that is there keeps its place. */
type Fields = Readonly<Record<string, YamlValue>>;

/** Where a machine config stores the secrets of its machine, and what it accepts beside them; empty texts are left out. */
export interface StoredSecrets {
  /** Fields of the v1alpha1 document at a path. */
  v1alpha1(...path: readonly string[]): Fields;
  /** Fields of the document of a kind at a path. */
  document(kind: string, ...path: readonly string[]): Fields;
}

/** The v1alpha1 document has no kind. */
const V1ALPHA1 = "";

/** The secrets of a machine in the layout of its version. */
export function storeSecrets(input: MachineConfigInput): StoredSecrets {
  const documents: Record<string, unknown> = {};
  for (const { at, value } of placements(input)) setAt(documents, at, value);
  const fields = (path: readonly string[]): Fields => {
    const found = valueAt(documents, path);
    return Object.fromEntries(
      Object.entries(isTree(found) ? found : {}).map(([key, value]) => [key, yamlValue(value)]),
    );
  };
  return {
    v1alpha1: (...path) => fields([V1ALPHA1, ...path]),
    document: (kind, ...path) => fields([kind, ...path]),
  };
}

/** A value and its place: the kind of a document, and the path in it. */
interface Placement {
  readonly at: readonly string[];
  readonly value: unknown;
}

const inV1alpha1 = (path: string): string[] => [V1ALPHA1, ...path.split(".")];

function placements(input: MachineConfigInput): Placement[] {
  const hasDocuments = hasFeature(input.version, "kubernetesDocuments");
  return SECRET_NAMES.flatMap((name): Placement[] => {
    const row = rowOf(name);
    if (input.machine.type === "worker" && row.worker === "nothing") return [];
    const { v1alpha1, document } = row.config;
    const isDocument = hasDocuments && document !== undefined;
    if (row.kind === "ca") return caPlacements(row, isDocument, input);
    // From 1.14 it is one of the keys of a KubeEtcdEncryptionConfig.
    if (hasDocuments && isEncryption(name)) return [];
    const text = textAt(input, row.bundle);
    if (text === "") return [];
    if (isDocument) return [{ at: [document.kind, ...document.path.split(".")], value: text }];
    return [{ at: inV1alpha1(v1alpha1), value: row.kind === "key" ? pemField(text) : text }];
  });
}

/** A control plane issues and accepts others. A worker accepts all, and in a document of its own nothing is left to issue. */
function caPlacements(row: CARow, isDocument: boolean, input: MachineConfigInput): Placement[] {
  const isWorker = input.machine.type === "worker";
  const cert = textAt(input, `${row.bundle}.crt`);
  const key = isWorker ? "" : textAt(input, `${row.bundle}.key`);
  const others = row.acceptedInput === undefined ? [] : input[row.acceptedInput];
  const { document: issuing } = row.config;
  const { v1alpha1, document } = row.accepted;
  if (isDocument && issuing !== undefined && document !== undefined) {
    const accepted = isWorker ? [cert, ...others] : others;
    return [
      ...(isWorker ? [] : [{ at: [issuing.kind, ...issuing.path.split(".")], value: { cert, key } }]),
      ...(accepted.length === 0 ? [] : [{ at: [document.kind, ...document.path.split(".")], value: accepted }]),
    ];
  }
  const accepted = others.map((pem) => ({ crt: pemField(pem) }));
  return [
    { at: inV1alpha1(row.config.v1alpha1), value: { crt: pemField(cert), key: pemField(key) } },
    ...(accepted.length === 0 ? [] : [{ at: inV1alpha1(v1alpha1), value: accepted }]),
  ];
}

function textAt({ machine }: MachineConfigInput, path: string): string {
  const text = valueAt(machine.secrets, path.split("."));
  return typeof text === "string" ? text : "";
}

/** Base64 of PEM, as the v1alpha1 document has it; a redacted key stays as it is. */
function pemField(pem: string): string {
  return pem === REDACTED ? pem : Buffer.from(pem, "utf8").toString("base64");
}

/**
 * The providers of a KubeEtcdEncryptionConfig. Talos 1.14 puts an AES-CBC key under the provider `secretbox`, which can
 * decrypt nothing of the cluster. Here it is stored where nodes up to 1.13 had it, with what is not encrypted behind it.
 */
export function etcdEncryptionProviders(input: MachineConfigInput): YamlValue[] {
  return ENCRYPTION_NAMES.flatMap((name) => {
    const encryption = encryptionOf(name);
    const secret = textAt(input, INVENTORY[name].bundle);
    if (encryption === undefined || secret === "") return [];
    const { provider, keyName, isBeforePlaintext } = encryption;
    return [
      yamlValue({ [provider]: { keys: [{ name: keyName, secret }] } }),
      ...(isBeforePlaintext === true ? [yamlValue({ identity: {} })] : []),
    ];
  });
}
