import { collectProblems, type Problem } from "../core/errors";
import { joinKey } from "../core/config/fieldReader";
import { type Certificate, keyFits, parseCertificateDer } from "../core/x509/certificate";
import { decodeBase64, formatPem, parsePem } from "../core/x509/pem";
import { parsePrivateKey, type PrivateKey } from "../core/x509/privateKey";

/** A certificate somewhere in a file, and the private key beside it, if there is one. */
export interface FoundCertificate {
  /** Where it stands: `certs.os.crt`, `machine.acceptedCAs[0].crt`; `""` in a PEM file. */
  readonly path: string;
  readonly certificate: Certificate;
  readonly key?: PrivateKey;
  /** Certificates behind it in the same value: a chain. */
  readonly others: readonly Certificate[];
}

/** A private key without a certificate beside it. */
export interface FoundKey {
  readonly path: string;
  readonly key: PrivateKey;
}

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
  readonly keys: readonly PrivateKey[];
}

/**
 * Finds every certificate and private key of a plain tree, whatever kind of file it is from: PEM, or base64 of PEM. A
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
  const keys: PrivateKey[] = [];
  const blocks = collectProblems(problems, () => parsePem(pem, path)) ?? [];
  for (const { label, der, headers } of blocks) {
    if (label === "CERTIFICATE") {
      const certificate = collectProblems(problems, () => parseCertificateDer(der, path));
      if (certificate !== undefined) certificates.push(certificate);
    } else if (label.endsWith("PRIVATE KEY")) {
      const block = headers.length > 0 ? pem : formatPem(label, der);
      const key = collectProblems(problems, () => parsePrivateKey(block, path));
      if (key !== undefined) keys.push(key);
    }
  }
  return certificates.length + keys.length === 0 ? [] : [{ path, certificates, keys }];
}

function decodePem(text: string): string | undefined {
  if (!BASE64_PEM.test(text)) return undefined;
  const bytes = decodeBase64(text.replace(/\s+/g, ""));
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
}

/** Puts certificates and keys of one map together: the key that fits, or the only one there is. */
function pair(values: readonly Value[], certificates: FoundCertificate[], keys: FoundKey[]): void {
  const free = new Set(values.flatMap((value) => value.keys.map((key) => ({ path: value.path, key }))));
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
  keys.push(...free);
}
