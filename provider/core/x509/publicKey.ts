import { createHash, createPublicKey } from "node:crypto";

import { collectProblems, PkiError } from "../errors";
import { formatPem, parsePem, type PemBlock } from "./pem";
import { parsePrivateKey } from "./privateKey";

/** One of the keys in a PEM text: its public half, and the private one where the text has it. */
export interface KeyInPem {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array;
  /** The block as it was, 64 columns, final newline; secret where it is private. */
  readonly pem: string;
  readonly isPrivate: boolean;
}

const PUBLIC_LABEL = "PUBLIC KEY";

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
  const pem = formatPem(label, der);
  return label === PUBLIC_LABEL
    ? { pem, publicKeyDer: readPublicKey(der, path), isPrivate: false }
    : { pem, publicKeyDer: parsePrivateKey(pem, path).publicKeyDer, isPrivate: true };
}

function readPublicKey(der: Uint8Array, path: string): Uint8Array {
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    return new Uint8Array(key.export({ format: "der", type: "spki" }));
  } catch {
    throw new PkiError("ERR_PEM_INVALID", `holds no readable key under the label ${PUBLIC_LABEL}`, { path });
  }
}
