import { collectProblems, PkiError, type Problem } from "../errors";
import { type Certificate, keyFits, parseCertificate } from "./certificate";
import { type PrivateKey, parsePrivateKey } from "./privateKey";

/** A CA that can sign: certificate and key, parsed, known to belong together. */
export interface Authority {
  /** Bears CA:TRUE. */
  readonly certificate: Certificate;
  /** The certificate's own private key. */
  readonly key: PrivateKey;
}

/**
 * Reads a CA and sees that it can sign.
 *
 * @param pem certificate and private key, PEM text
 * @param paths property paths of the two, for errors
 * @throws PkiError every problem of both at once: those of the parsers, ERR_NOT_A_CA, ERR_KEY_MISMATCH
 * @example
 * const authority = parseAuthority({ crt, key }, { crt: "certs.os.crt", key: "certs.os.key" });
 */
export function parseAuthority(
  pem: { readonly crt: string; readonly key: string },
  paths: { readonly crt: string; readonly key: string },
): Authority {
  const problems: Problem[] = [];
  const certificate = collectProblems(problems, () => parseCertificate(pem.crt, paths.crt));
  const key = collectProblems(problems, () => parsePrivateKey(pem.key, paths.key));
  problems.push(...pairProblems(certificate, key, paths));
  if (problems.length > 0 || certificate === undefined || key === undefined) throw PkiError.of(problems);
  return { certificate, key };
}

/** What keeps a certificate and a key, as far as they could be parsed, from being a CA that can sign. */
export function pairProblems(
  certificate: Certificate | undefined,
  key: PrivateKey | undefined,
  paths: { readonly crt: string; readonly key: string },
): Problem[] {
  const problems = certificate === undefined ? [] : authorityProblems(certificate, paths.crt);
  if (certificate === undefined || key === undefined || keyFits(certificate, key)) return problems;
  const message = "does not belong to the certificate beside it; must be the pair of one CA";
  return [...problems, { code: "ERR_KEY_MISMATCH", path: paths.key, message }];
}

/** What keeps a certificate from being a CA, whatever its time; `undefined` for one that can be. */
function whyNoAuthority({ isAuthority, keyUsages }: Certificate): string | undefined {
  if (!isAuthority) return "is not a CA (basicConstraints lacks CA:TRUE)";
  return keyUsages?.includes("keyCertSign") === false
    ? "may not sign certificates (keyUsage lacks keyCertSign)"
    : undefined;
}

/** What would be right in its place. */
const AUTHORITY_EXPECTED = "must be the certificate of a CA";

/**
 * What keeps a certificate from being a CA, whatever its time, as a problem of the input that holds it.
 *
 * @returns ERR_NOT_A_CA, or nothing
 * @example
 * authorityProblems(parseCertificate(caPem, "certificatePem"), "certificatePem"); // []
 */
export function authorityProblems(certificate: Certificate, path: string): Problem[] {
  const what = whyNoAuthority(certificate);
  return what === undefined ? [] : [{ code: "ERR_NOT_A_CA", path, message: `${what}; ${AUTHORITY_EXPECTED}` }];
}
