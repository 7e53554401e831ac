import { createHash, createPublicKey, type KeyObject } from "node:crypto";

import { collectProblems, PkiError } from "../errors";
import { describeAlgorithm } from "./algorithms";
import { formatPem, parsePem, type PemBlock } from "./pem";
import { parsePrivateKey } from "./privateKey";

/** One of the keys in a PEM text: its public half, and the private one where the text has it. */
export interface KeyInPem {
  /** `ecdsa-p256`, `rsa-4096`, …; other kinds are named likewise. */
  readonly algorithm: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array;
  /** The block as it was, 64 columns, final newline; secret where it is private. */
  readonly pem: string;
  readonly isPrivate: boolean;
}

/** The PEM label of a SubjectPublicKeyInfo. */
export const PUBLIC_LABEL = "PUBLIC KEY";

/**
 * SHA-256 of a SubjectPublicKeyInfo's DER, lower-case hex.
 *
 * @example
 * keyFingerprint(key.publicKeyDer);
 */
export function keyFingerprint(publicKeyDer: Uint8Array): string {
  return createHash("sha256").update(publicKeyDer).digest("hex");
}

/**
 * A public key as verifiers of tokens read it.
 *
 * @example
 * publicKeyPem(key.publicKeyDer); // "-----BEGIN PUBLIC KEY-----\n…"
 */
export function publicKeyPem(publicKeyDer: Uint8Array): string {
  return formatPem(PUBLIC_LABEL, publicKeyDer);
}

/**
 * Every key of a PEM text, private or public, in its order: the first one signs where it is private, and tokens of all are
 * accepted. Blocks behind the first that are no keys are skipped, as kube-apiserver skips them.
 * Source: k8s.io/client-go/util/keyutil ParsePublicKeysPEM, v0.35.
 *
 * @throws PkiError those of parsePrivateKey for the first block; ERR_PEM_INVALID for a text without PEM
 * @example
 * parseKeys(joinPem([oldKey.pem, newKey.pem]), "cluster.serviceAccount.key").length; // 2
 */
export function parseKeys(text: string, path: string): readonly KeyInPem[] {
  const [first, ...others] = parsePem(text, path);
  return [readKey(first, path), ...others.flatMap((block) => collectProblems([], () => readKey(block, path)) ?? [])];
}

function readKey({ label, der }: PemBlock, path: string): KeyInPem {
  if (label === PUBLIC_LABEL) return parsePublicKeyDer(der, path);
  const pem = formatPem(label, der);
  const { algorithm, publicKeyDer } = parsePrivateKey(pem, path);
  return { pem, algorithm, publicKeyDer, isPrivate: true };
}

/**
 * Reads a public key from the DER of its SubjectPublicKeyInfo.
 *
 * @throws PkiError ERR_PEM_INVALID
 * @example
 * parsePublicKeyDer(key.publicKeyDer, "issuer.publicKey").isPrivate; // false
 */
export function parsePublicKeyDer(der: Uint8Array, path: string): KeyInPem {
  const key = readPublicKey(der, path);
  return {
    pem: formatPem(PUBLIC_LABEL, der),
    algorithm: describeAlgorithm(key),
    publicKeyDer: new Uint8Array(key.export({ format: "der", type: "spki" })),
    isPrivate: false,
  };
}

function readPublicKey(der: Uint8Array, path: string): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
  } catch {
    throw new PkiError("ERR_PEM_INVALID", `holds no readable key under the label ${PUBLIC_LABEL}`, { path });
  }
}
