import { isTree, setAt, valueAt } from "../secrets/fields";
import {
  type CARow,
  type DocumentPlace,
  ENCRYPTION_NAMES,
  encryptionOf,
  INVENTORY,
  isCAName,
  isEncryption,
  isHeldBehind,
  type KeyRow,
  rowOf,
  SECRET_NAMES,
  type SecretName,
} from "../secrets/inventory";
import { hasFeature } from "../talosVersion";
import { formatPem, joinPem, parsePem } from "../x509/pem";
import { publicKeyPem } from "../x509/publicKey";
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
    if (row.kind === "ca") return caPlacements(name, row, isDocument, input);
    if (row.kind === "key") return keyPlacements(row, isDocument, input);
    // From 1.14 it is one of the keys of a KubeEtcdEncryptionConfig.
    if (hasDocuments && isEncryption(name)) return [];
    const text = textAt(input, row.bundle);
    if (text === "") return [];
    if (isDocument) return [{ at: [document.kind, ...document.path.split(".")], value: text }];
    return [{ at: inV1alpha1(v1alpha1), value: text }];
  });
}

/**
 * A control plane issues and accepts others. A worker accepts all, and in a document of its own nothing is left to issue.
 * Where there is no list of accepted CAs, they follow the issuing one in its own place.
 */
function caPlacements(name: SecretName, row: CARow, isDocument: boolean, input: MachineConfigInput): Placement[] {
  const isWorker = input.machine.type === "worker";
  const cert = textAt(input, `${row.bundle}.crt`);
  const key = isWorker ? "" : textAt(input, `${row.bundle}.key`);
  const others = isCAName(name) ? input.accepted[name] : [];
  const { document: issuing } = row.config;
  const { v1alpha1, document } = row.accepted;
  const isBehind = isHeldBehind(row);
  if (isDocument && issuing !== undefined && document !== undefined) {
    // A bundle may have in one text what is a list here.
    const [first = cert, ...behind] = isBehind ? singleCertificates(cert) : [];
    const accepted = isWorker ? [cert, ...others] : [...behind, ...others];
    return [
      ...(isWorker ? [] : [{ at: [issuing.kind, ...issuing.path.split(".")], value: { cert: first, key } }]),
      ...(accepted.length === 0 ? [] : [{ at: [document.kind, ...document.path.split(".")], value: accepted }]),
    ];
  }
  if (isBehind) {
    const crt = others.length === 0 ? cert : joinPem([cert, ...others]);
    return [{ at: inV1alpha1(row.config.v1alpha1), value: { crt: pemField(crt), key: pemField(key) } }];
  }
  const accepted = others.map((pem) => ({ crt: pemField(pem) }));
  return [
    { at: inV1alpha1(row.config.v1alpha1), value: { crt: pemField(cert), key: pemField(key) } },
    ...(accepted.length === 0 ? [] : [{ at: inV1alpha1(v1alpha1), value: accepted }]),
  ];
}

/** The certificates of a text that has several, each with a newline behind it. */
function singleCertificates(text: string): string[] {
  const isOne = text.indexOf("-----BEGIN ") === text.lastIndexOf("-----BEGIN ");
  return isOne ? [text] : parsePem(text, "secrets").map(({ label, der }) => formatPem(label, der));
}

/** The signing key; those that are accepted with it follow it in its place, or are a list of public keys. */
function keyPlacements(row: KeyRow, isDocument: boolean, input: MachineConfigInput): Placement[] {
  const [signing, ...others] = input.serviceAccountKeys;
  const text = textAt(input, row.bundle);
  if (text === "") return [];
  const { config, accepted } = row;
  if (!isDocument || config.document === undefined || accepted.document === undefined) {
    const keys = others.length === 0 ? text : joinPem(input.serviceAccountKeys.map(({ pem }) => pem));
    return [{ at: inV1alpha1(config.v1alpha1), value: pemField(keys) }];
  }
  const place = ({ kind, path }: DocumentPlace): string[] => [kind, ...path.split(".")];
  return [
    { at: place(config.document), value: others.length === 0 ? text : signing?.pem },
    ...(others.length === 0
      ? []
      : [{ at: place(accepted.document), value: others.map(({ publicKeyDer }) => publicKeyPem(publicKeyDer)) }]),
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
