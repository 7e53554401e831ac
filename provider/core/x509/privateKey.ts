import { createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from "node:crypto";

import type { Environment } from "../environment";
import { PkiError } from "../errors";
import { ownMember } from "../ownMember";
import { ALGORITHMS, describeAlgorithm, type KeyAlgorithm, signingParameters } from "./algorithms";
import { formatPem, parsePem, type PemBlock } from "./pem";

/** A private key, parsed. `pem` is secret; nothing here prints it. */
export interface PrivateKey {
  /** PEM with Talos's label for the kind of key, final newline. */
  readonly pem: string;
  /** `ed25519`, `ecdsa-p256`, …; other kinds are named likewise (`rsa-3072`). */
  readonly algorithm: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array;
  /** For node:crypto. */
  readonly keyObject: KeyObject;
}

type Encoding = { readonly format: "der"; readonly type: "pkcs1" | "pkcs8" | "sec1" };

/** Labels that Talos reads (siderolabs/crypto x509.go, v0.6). An Ed25519 key is PKCS#8 under a label of its own. */
const ENCODINGS: Readonly<Record<string, Encoding>> = {
  "ED25519 PRIVATE KEY": { format: "der", type: "pkcs8" },
  "EC PRIVATE KEY": { format: "der", type: "sec1" },
  "RSA PRIVATE KEY": { format: "der", type: "pkcs1" },
  "PRIVATE KEY": { format: "der", type: "pkcs8" },
};

/** The label and encoding in which Talos writes each kind of key. */
const TALOS_LABELS: Readonly<Record<string, string>> = {
  ed25519: "ED25519 PRIVATE KEY",
  ec: "EC PRIVATE KEY",
  rsa: "RSA PRIVATE KEY",
};

/**
 * Makes a private key.
 *
 * @example
 * const key = await generatePrivateKey("ed25519", environment);
 */
export async function generatePrivateKey(algorithm: KeyAlgorithm, environment: Environment): Promise<PrivateKey> {
  const pair = await environment.subtle.generateKey(
    ALGORITHMS[algorithm].generate as unknown as webcrypto.EcKeyGenParams,
    true,
    ["sign", "verify"],
  );
  const der = Buffer.from(await environment.subtle.exportKey("pkcs8", pair.privateKey));
  return describePrivateKey(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
}

/**
 * A private key as TLS takes it, PKCS#8 PEM: OpenSSL reads no key under Talos's label for Ed25519.
 *
 * @example
 * pkcs8Pem(key); // "-----BEGIN PRIVATE KEY-----\n…"
 */
export function pkcs8Pem({ keyObject }: PrivateKey): string {
  return keyObject.export({ format: "pem", type: "pkcs8" }).toString();
}

/**
 * Reads the first PEM block as a private key, by Talos's labels.
 *
 * @throws PkiError ERR_PEM_INVALID, ERR_KEY_ENCRYPTED, ERR_KEY_UNSUPPORTED, ERR_SECRET_REDACTED
 * @example
 * const key = parsePrivateKey("-----BEGIN EC PRIVATE KEY-----\n…", "certs.k8s.key");
 */
export function parsePrivateKey(text: string, path: string): PrivateKey {
  if (/^\*+$/.test(text.trim())) {
    throw new PkiError("ERR_SECRET_REDACTED", "is redacted; the real private key is needed", { path });
  }
  const [block] = parsePem(text, path);
  const encoding = encodingOf(block, path);
  let keyObject: KeyObject;
  try {
    keyObject = createPrivateKey({ key: Buffer.from(block.der), ...encoding });
  } catch {
    // OpenSSL's own message is left out: it tells nothing more and could quote the input.
    throw new PkiError("ERR_PEM_INVALID", `holds no readable key under the label ${block.label}`, { path });
  }
  if (signingParameters(keyObject) === undefined) {
    throw new PkiError(
      "ERR_KEY_UNSUPPORTED",
      `is of the kind ${describeAlgorithm(keyObject)}; must be Ed25519, ECDSA P-256 or P-384, or RSA of 2048 bits or more`,
      { path },
    );
  }
  const key = describePrivateKey(keyObject);
  if (keyObject.asymmetricKeyType === "ec" && !namesItsCurve(key.publicKeyDer)) {
    throw new PkiError("ERR_KEY_UNSUPPORTED", "spells its curve out, which Talos rejects; must be a named curve", {
      path,
    });
  }
  return key;
}

/** The parameters of RFC 5480 are the OID of the curve; Go reads no others. */
function namesItsCurve(spki: Uint8Array): boolean {
  return /^30(?:81)?..30..06072a8648ce3d020106/.test(Buffer.from(spki).toString("hex"));
}

function encodingOf(block: PemBlock, path: string): Encoding {
  if (block.label === "ENCRYPTED PRIVATE KEY" || block.headers.some((header) => header.includes("ENCRYPTED"))) {
    throw new PkiError("ERR_KEY_ENCRYPTED", "is an encrypted private key; decrypt it first (openssl pkey)", { path });
  }
  if (block.label === "EC PARAMETERS") {
    throw new PkiError(
      "ERR_PEM_INVALID",
      "begins with an EC PARAMETERS block, which Talos rejects; keep only the EC PRIVATE KEY block",
      { path },
    );
  }
  const encoding = ownMember(ENCODINGS, block.label);
  if (encoding === undefined) {
    const given = block.label === "CERTIFICATE" ? "holds a certificate" : "holds a PEM block of another kind";
    throw new PkiError("ERR_PEM_INVALID", `${given}; must be one of ${Object.keys(ENCODINGS).join(", ")}`, { path });
  }
  return encoding;
}

function describePrivateKey(keyObject: KeyObject): PrivateKey {
  const label = TALOS_LABELS[keyObject.asymmetricKeyType ?? ""] ?? "PRIVATE KEY";
  const encoding = ENCODINGS[label]!;
  // Types of Node lack the union over key kinds; the table above pairs them rightly.
  const der = (keyObject.export as (options: Encoding) => Buffer).call(keyObject, encoding);
  return {
    pem: formatPem(label, der),
    algorithm: describeAlgorithm(keyObject),
    publicKeyDer: publicKeyDer(keyObject),
    keyObject,
  };
}

/** SubjectPublicKeyInfo with both coordinates of the point: a key may hold its own compressed, a certificate may not. */
function publicKeyDer(keyObject: KeyObject): Uint8Array {
  const key = createPublicKey(keyObject);
  const isCompressed = /^30..30..06072a8648ce3d0201.*?03..000[23]/.test(spkiOf(key).toString("hex"));
  if (!isCompressed || signingParameters(keyObject) === undefined) return new Uint8Array(spkiOf(key));
  return new Uint8Array(spkiOf(createPublicKey({ key: key.export({ format: "jwk" }), format: "jwk" })));
}

function spkiOf(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "spki" });
}

/** The key as WebCrypto signs with it. */
export async function importSigningKey(key: PrivateKey, environment: Environment): Promise<webcrypto.CryptoKey> {
  const der = key.keyObject.export({ format: "der", type: "pkcs8" });
  const parameters = signingParameters(key.keyObject);
  if (parameters === undefined) throw new RangeError("a parsed key can sign");
  return environment.subtle.importKey("pkcs8", der, parameters, false, ["sign"]);
}
