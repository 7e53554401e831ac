import crypto from "node:crypto";

/** How often each certificate and private key was parsed, by the SHA-256 of its DER. */
export interface ParseCounts {
  readonly certificates: readonly number[];
  readonly keys: readonly number[];
}

/** Counts what OpenSSL parses while `run` runs: every certificate and private key of this package goes through it. */
export async function countParses(run: () => unknown): Promise<ParseCounts> {
  const { X509Certificate, createPrivateKey } = crypto;
  const certificates = new Map<string, number>();
  const keys = new Map<string, number>();
  const count = (counts: Map<string, number>, der: unknown): void => {
    const name = crypto
      .createHash("sha256")
      .update(der as Buffer)
      .digest("hex");
    counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  class CountedCertificate extends X509Certificate {
    constructor(der: crypto.BinaryLike) {
      super(der);
      count(certificates, der);
    }
  }
  const countedKey = (input: crypto.PrivateKeyInput): crypto.KeyObject => {
    count(keys, input.key);
    return createPrivateKey(input);
  };
  try {
    Object.assign(crypto, { X509Certificate: CountedCertificate, createPrivateKey: countedKey });
    await run();
  } finally {
    Object.assign(crypto, { X509Certificate, createPrivateKey });
  }
  return { certificates: [...certificates.values()], keys: [...keys.values()] };
}
