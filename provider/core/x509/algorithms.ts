import type { KeyObject } from "node:crypto";

/** Key algorithms of the contract. */
export type KeyAlgorithm = "ed25519" | "ecdsa-p256" | "ecdsa-p384" | "rsa-2048" | "rsa-4096";

interface AlgorithmRow {
  /** WebCrypto parameters to make a key. */
  readonly generate: Readonly<Record<string, unknown>>;
  /** WebCrypto parameters to import a key and to sign with it. */
  readonly sign: Readonly<{ name: string; hash?: string; namedCurve?: string }>;
  /** How Node's OpenSSL describes such a key. */
  readonly type: string;
  readonly curve?: string;
  readonly bits?: number;
}

const PUBLIC_EXPONENT = new Uint8Array([1, 0, 1]);

const rsa = (bits: number): AlgorithmRow => ({
  generate: { name: "RSASSA-PKCS1-v1_5", modulusLength: bits, publicExponent: PUBLIC_EXPONENT, hash: "SHA-512" },
  // Talos signs with SHA-512 where the key is RSA (siderolabs/crypto x509.go, v0.6).
  sign: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
  type: "rsa",
  bits,
});

const ecdsa = (namedCurve: string, curve: string, hash: string): AlgorithmRow => ({
  generate: { name: "ECDSA", namedCurve },
  sign: { name: "ECDSA", namedCurve, hash },
  type: "ec",
  curve,
});

/** One row per algorithm; code that depends on the algorithm reads it here. */
export const ALGORITHMS: Readonly<Record<KeyAlgorithm, AlgorithmRow>> = {
  ed25519: { generate: { name: "Ed25519" }, sign: { name: "Ed25519" }, type: "ed25519" },
  "ecdsa-p256": ecdsa("P-256", "prime256v1", "SHA-256"),
  "ecdsa-p384": ecdsa("P-384", "secp384r1", "SHA-384"),
  "rsa-2048": rsa(2048),
  "rsa-4096": rsa(4096),
};

/** Every kind of key that Talos takes, by the names that the inputs use. */
export const KEY_ALGORITHMS = Object.keys(ALGORITHMS) as readonly KeyAlgorithm[];

/** What kind of key this is, in words that fit any key: `ed25519`, `ecdsa-p521`, `rsa-3072`, `dsa`. */
export function describeAlgorithm(key: KeyObject): string {
  const type = key.asymmetricKeyType ?? "unknown";
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const known = KEY_ALGORITHMS.find((name) => {
    const row = ALGORITHMS[name];
    return row.type === type && row.curve === namedCurve && (row.bits === undefined || row.bits === modulusLength);
  });
  if (known !== undefined) return known;
  if (type === "rsa") return `rsa-${modulusLength ?? 0}`;
  return namedCurve === undefined ? type : `ecdsa-${namedCurve.replace("secp521r1", "p521")}`;
}

/** Kinds that Talos takes and nobody should make: a CA may have one that exists. */
const UNUSUAL_P521 = ecdsa("P-521", "secp521r1", "SHA-512");
const LEAST_RSA_BITS = 1024;

/** WebCrypto parameters that sign with such a key; `undefined` for a kind that is not taken. RSA of any usual size is. */
export function signingParameters(key: KeyObject): AlgorithmRow["sign"] | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa") {
    return modulusLength !== undefined && modulusLength >= LEAST_RSA_BITS ? ALGORITHMS["rsa-4096"].sign : undefined;
  }
  return [...Object.values(ALGORITHMS), UNUSUAL_P521].find(
    (row) => row.type === key.asymmetricKeyType && row.curve === namedCurve,
  )?.sign;
}

/** Whether a key that signs is of a kind to be left behind: P-521, which few tools take, or RSA below 2048 bits. */
export function isUnusual(key: KeyObject): boolean {
  const { namedCurve, modulusLength = Infinity } = key.asymmetricKeyDetails ?? {};
  return namedCurve === UNUSUAL_P521.curve || modulusLength < 2048;
}

const GO_CURVES = ["secp224r1", "prime256v1", "secp384r1", "secp521r1"];
const LARGEST_GO_EXPONENT = 2n ** 31n - 1n;

/**
 * What keeps Go from verifying a signature of a public key, as a noun; `undefined` where nothing does. Source:
 * go/src/crypto/x509/x509.go, checkSignature, and crypto/rsa, checkPublicKeySize, go1.26.
 */
export function whyGoVerifiesNothing(key: KeyObject): string | undefined {
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa") {
    if (modulusLength < LEAST_RSA_BITS) return `an RSA key of ${modulusLength} bits`;
    return publicExponent > LARGEST_GO_EXPONENT ? "an RSA key of a public exponent beyond 31 bits" : undefined;
  }
  const isKnown = key.asymmetricKeyType === "ed25519" || GO_CURVES.includes(namedCurve ?? "");
  return isKnown ? undefined : `a key of the kind ${describeAlgorithm(key)}`;
}
