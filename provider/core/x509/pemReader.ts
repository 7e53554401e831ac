import { collectProblems, PkiError, type Problem } from "../errors";
import { type Authority, pairProblems } from "./authority";
import { type Certificate, parseCACertificates, parseCertificate, parseCertificates } from "./certificate";
import { parsePrivateKey, type PrivateKey } from "./privateKey";

/** Enough for the PEM of a hundred clusters. */
const DEFAULT_SIZE = 1024;

/**
 * Reads PEM, each text once: a provider process meets the same few CAs in every resource of a cluster, and reading them
 * is what its requests cost. What cannot be read is not remembered, since errors name a path.
 */
export class PemReader {
  private readonly certificateLists = new Map<string, readonly [Certificate, ...Certificate[]]>();
  private readonly caLists = new Map<string, readonly [Certificate, ...Certificate[]]>();
  private readonly firstCertificates = new Map<string, Certificate>();
  private readonly privateKeys = new Map<string, PrivateKey>();

  /** @param size how many texts of each kind are remembered */
  constructor(private readonly size = DEFAULT_SIZE) {}

  /** The first certificate of a text, as `parseCertificate`. @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN */
  certificate(pem: string, path: string): Certificate {
    return this.remember(this.firstCertificates, pem, () => parseCertificate(pem, path));
  }

  /** Every certificate of a text, as `parseCertificates`. @throws PkiError ERR_PEM_INVALID, ERR_PRIVATE_KEY_GIVEN */
  certificates(pem: string, path: string): readonly [Certificate, ...Certificate[]] {
    return this.remember(this.certificateLists, pem, () => parseCertificates(pem, path));
  }

  /** A private key, as `parsePrivateKey`. @throws PkiError ERR_PEM_INVALID, ERR_KEY_ENCRYPTED, ERR_KEY_UNSUPPORTED */
  privateKey(pem: string, path: string): PrivateKey {
    return this.remember(this.privateKeys, pem, () => parsePrivateKey(pem, path));
  }

  /** A CA that can sign, as `parseAuthority`. @throws PkiError every problem of both halves */
  ca(
    pem: { readonly crt: string; readonly key: string },
    paths: { readonly crt: string; readonly key: string },
  ): Authority {
    const problems: Problem[] = [];
    const certificate = collectProblems(problems, () => this.certificate(pem.crt, paths.crt));
    const key = collectProblems(problems, () => this.privateKey(pem.key, paths.key));
    problems.push(...pairProblems(certificate, key, paths));
    if (problems.length > 0 || certificate === undefined || key === undefined) throw PkiError.of(problems);
    return { certificate, key };
  }

  /** The PEM of a CA and of what is trusted with it, as `parseCACertificates`. @throws PkiError ERR_PEM_INVALID */
  caCertificates(pem: string, path: string): readonly [Certificate, ...Certificate[]] {
    return this.remember(this.caLists, pem, () => parseCACertificates(pem, path));
  }

  private remember<T>(known: Map<string, T>, text: string, read: () => T): T {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = read();
    const [oldest] = known.keys();
    if (known.size >= this.size && oldest !== undefined) known.delete(oldest);
    known.set(text, result);
    return result;
  }
}
