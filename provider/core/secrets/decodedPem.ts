import { collectProblems, PkiError, type Problem } from "../errors";
import { type Authority, pairProblems } from "../x509/authority";
import { type Certificate, parseCACertificates } from "../x509/certificate";
import type { PemReader } from "../x509/pemReader";
import { parsePrivateKey, type PrivateKey } from "../x509/privateKey";
import type { CertificateAndKey } from "./types";

/** A PEM text and what it holds, parsed once, when it is first asked for. */
export class DecodedPem<T> {
  private outcome: { readonly value: T | undefined; readonly problems: readonly Problem[] } | undefined;

  constructor(
    /** As stored. */
    readonly pem: string,
    /** Where it was read from. */
    readonly path: string,
    private readonly parse: (pem: string, path: string) => T,
  ) {}

  static of<T>(pem: string, path: string, value: T): DecodedPem<T> {
    return new DecodedPem(pem, path, () => value);
  }

  /** `undefined` if it cannot be read; `problems` has why. */
  get value(): T | undefined {
    return this.read().value;
  }

  get problems(): readonly Problem[] {
    return this.read().problems;
  }

  private read(): { readonly value: T | undefined; readonly problems: readonly Problem[] } {
    if (this.outcome !== undefined) return this.outcome;
    const problems: Problem[] = [];
    const value = collectProblems(problems, () => this.parse(this.pem, this.path));
    return (this.outcome = { value, problems });
  }
}

/** A private key without a certificate. */
export type DecodedKey = DecodedPem<PrivateKey>;

/** Reads PEM; a `PemReader` does so once for each text that it meets. */
export type PemReaders = Pick<PemReader, "caCertificates" | "privateKey">;

const DIRECT: PemReaders = { caCertificates: parseCACertificates, privateKey: parsePrivateKey };

/** A private key from PEM. */
export const decodeKey = (pem: string, path: string, readers: PemReaders = DIRECT): DecodedKey =>
  new DecodedPem(pem, path, (text, at) => readers.privateKey(text, at));

const NO_PATHS: CertificateAndKey = { crt: "", key: "" };

/** A CA: PEM as stored, and what it holds. Either half may be absent or unreadable. */
export class DecodedCA {
  static readonly none = new DecodedCA(undefined, undefined);

  constructor(
    private readonly crt: DecodedPem<readonly Certificate[]> | undefined,
    private readonly key: DecodedKey | undefined,
  ) {}

  /** A CA that was just issued or parsed, and certificates that are trusted with it. */
  static of({ certificate, key }: Authority, trusted: readonly Certificate[] = [], paths = NO_PATHS): DecodedCA {
    const certificates = [certificate, ...trusted];
    const crt = certificates.map(({ pem }) => pem).join("");
    return new DecodedCA(DecodedPem.of(crt, paths.crt, certificates), DecodedPem.of(key.pem, paths.key, key));
  }

  /** As stored, byte for byte. */
  get pem(): Partial<CertificateAndKey> {
    return {
      ...(this.crt === undefined ? {} : { crt: this.crt.pem }),
      ...(this.key === undefined ? {} : { key: this.key.pem }),
    };
  }

  /** Where each half was read from; `""` for one that is absent. */
  get paths(): CertificateAndKey {
    return { crt: this.crt?.path ?? "", key: this.key?.path ?? "" };
  }

  /** The issuing certificate, then those that are trusted with it; empty if the first is absent or unreadable. */
  get certificates(): readonly Certificate[] {
    return this.crt?.value ?? [];
  }

  /** The issuing certificate. */
  get certificate(): Certificate | undefined {
    return this.certificates[0];
  }

  get privateKey(): PrivateKey | undefined {
    return this.key?.value;
  }

  /** Whether both halves are there, readable or not. */
  get isPair(): boolean {
    return this.crt !== undefined && this.key !== undefined;
  }

  /** What is wrong with the halves that are there: unreadable, not a CA, not a pair. */
  get problems(): readonly Problem[] {
    return [
      ...(this.crt?.problems ?? []),
      ...(this.key?.problems ?? []),
      ...pairProblems(this.certificate, this.privateKey, this.paths),
    ];
  }

  /**
   * Certificate and key, which can sign; `undefined` if a half is absent or empty.
   *
   * @throws PkiError what `problems` has
   */
  authority(): Authority | undefined {
    if (!this.crt?.pem || !this.key?.pem) return undefined;
    const { problems, certificate, privateKey: key } = this;
    if (problems.length > 0 || certificate === undefined || key === undefined) throw PkiError.of(problems);
    return { certificate, key };
  }

  /** The same with the halves of another CA where this one has none. */
  filledFrom(other: DecodedCA): DecodedCA {
    return new DecodedCA(this.crt?.pem ? this.crt : other.crt, this.key?.pem ? this.key : other.key);
  }

  /** The certificates alone. */
  withoutKey(): DecodedCA {
    return new DecodedCA(this.crt, undefined);
  }
}

/** A CA from PEM; what is wrong with it shows when it is asked for. */
export function decodeCA(
  pem: Partial<CertificateAndKey>,
  paths: CertificateAndKey,
  readers: PemReaders = DIRECT,
): DecodedCA {
  return new DecodedCA(
    pem.crt === undefined
      ? undefined
      : new DecodedPem(pem.crt, paths.crt, (text, at) => readers.caCertificates(text, at)),
    pem.key === undefined ? undefined : decodeKey(pem.key, paths.key, readers),
  );
}
