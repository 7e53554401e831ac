import { collectProblems, type Problem } from "../core/errors";
import { joinKey } from "../core/config/fieldReader";
import { type Certificate, keyFits, parseCertificateDer } from "../core/x509/certificate";
import { decodeBase64, formatPem, parsePem } from "../core/x509/pem";
import { parsePrivateKey, type PrivateKey } from "../core/x509/privateKey";
import { type KeyInPem, parsePublicKeyDer, PUBLIC_LABEL } from "../core/x509/publicKey";

/** A certificate somewhere in a file, and the private key beside it, if there is one. */
export interface FoundCertificate {
  /** Where it stands: `certs.os.crt`, `machine.acceptedCAs[0].crt`; `""` in a PEM file. */
  readonly path: string;
  readonly certificate: Certificate;
  readonly key?: PrivateKey;
  /** Certificates behind it in the same value: a chain. */
  readonly others: readonly Certificate[];
}

/** A key without a certificate beside it: a private one, or one of which only the public half is there. */
export type FoundKey =
  | { readonly path: string; readonly isPrivate: true; readonly key: PrivateKey }
  | { readonly path: string; readonly isPrivate: false; readonly key: KeyInPem };

/** Every certificate and key of a tree. */
export interface Material {
  readonly certificates: readonly FoundCertificate[];
  readonly keys: readonly FoundKey[];
  readonly problems: readonly Problem[];
}

/** Base64 of `-----BEGIN`, wherever that begins in a group of three octets. */
const BASE64_PEM = /^LS0tLS1CRUdJTi/;
const MAX_DEPTH = 64;

/** One PEM value of a map, parsed. */
interface Value {
  readonly path: string;
  readonly certificates: readonly Certificate[];
  readonly keys: readonly FoundKey[];
}

/**
 * Finds every certificate and key of a plain tree, whatever kind of file it is from: PEM, or base64 of PEM. A
 * key belongs to a certificate in the same map. Aliases are walked once.
 */
export function findMaterial(tree: unknown, path = ""): Material {
  const problems: Problem[] = [];
  const certificates: FoundCertificate[] = [];
  const keys: FoundKey[] = [];
  const seen = new Set<unknown>();
  const visit = (node: unknown, at: string, depth: number): void => {
    if (typeof node !== "object" || node === null || seen.has(node) || depth > MAX_DEPTH) return;
    seen.add(node);
    const entries = Array.isArray(node)
      ? node.map((child: unknown, index) => [`${at}[${index}]`, child] as const)
      : Object.entries(node).map(([key, child]) => [joinKey(at, key), child] as const);
    const values = entries.flatMap(([where, child]) =>
      typeof child === "string" ? readValue(child, where, problems) : [],
    );
    // In a list the values have nothing to do with each other.
    for (const group of Array.isArray(node) ? values.map((value) => [value]) : [values])
      pair(group, certificates, keys);
    for (const [where, child] of entries) visit(child, where, depth + 1);
  };
  visit(tree, path, 0);
  return { certificates, keys, problems };
}

/** Several materials as one. */
export function joinMaterial(parts: readonly Material[]): Material {
  return {
    certificates: parts.flatMap(({ certificates }) => certificates),
    keys: parts.flatMap(({ keys }) => keys),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** The same of PEM text. */
export function findPem(text: string, path = ""): Material {
  const problems: Problem[] = [];
  const certificates: FoundCertificate[] = [];
  const keys: FoundKey[] = [];
  const values = readValue(text, path, problems, true);
  pair(values, certificates, keys);
  return { certificates, keys, problems };
}

function readValue(text: string, path: string, problems: Problem[], mustBePem = false): Value[] {
  const pem = mustBePem || text.includes("-----BEGIN ") ? text : decodePem(text);
  if (pem === undefined) return [];
  const certificates: Certificate[] = [];
  const keys: FoundKey[] = [];
  const blocks = collectProblems(problems, () => parsePem(pem, path)) ?? [];
  for (const { label, der, headers } of blocks) {
    if (label === "CERTIFICATE") {
      const certificate = collectProblems(problems, () => parseCertificateDer(der, path));
      if (certificate !== undefined) certificates.push(certificate);
    } else if (label === PUBLIC_LABEL) {
      const key = collectProblems(problems, () => parsePublicKeyDer(der, path));
      if (key !== undefined) keys.push({ path, isPrivate: false, key });
    } else if (label.endsWith("PRIVATE KEY")) {
      const block = headers.length > 0 ? pem : formatPem(label, der);
      const key = collectProblems(problems, () => parsePrivateKey(block, path));
      if (key !== undefined) keys.push({ path, isPrivate: true, key });
    }
  }
  return certificates.length + keys.length === 0 ? [] : [{ path, certificates, keys: placed(keys) }];
}

/** Each of several keys of a text by its own path, in their order. */
function placed(keys: readonly FoundKey[]): readonly FoundKey[] {
  return keys.length === 1 ? keys : keys.map((found, index) => ({ ...found, path: `${found.path}[${index}]` }));
}

function decodePem(text: string): string | undefined {
  if (!BASE64_PEM.test(text)) return undefined;
  const bytes = decodeBase64(text.replace(/\s+/g, ""));
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}

/** Puts certificates and keys of one map together: the key that fits, or the only one there is. */
function pair(values: readonly Value[], certificates: FoundCertificate[], keys: FoundKey[]): void {
  const found = values.flatMap((value) => value.keys);
  const free = new Set(found.filter((one) => one.isPrivate));
  const chains = values.filter((value) => value.certificates.length > 0);
  const lonely = free.size === 1 && chains.length === 1 ? [...free][0] : undefined;
  for (const { path, certificates: all } of chains) {
    all.forEach((certificate, index) => {
      const fitting = [...free].find(({ key }) => keyFits(certificate, key)) ?? (index === 0 ? lonely : undefined);
      if (fitting !== undefined) free.delete(fitting);
      certificates.push({
        path: all.length === 1 ? path : `${path}[${index}]`,
        certificate,
        others: all.slice(index + 1),
        ...(fitting === undefined ? {} : { key: fitting.key }),
      });
    });
  }
  keys.push(...found.filter((one) => !one.isPrivate || free.has(one)));
}
