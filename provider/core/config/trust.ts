import { PkiError, collectProblems, type Problem } from "../errors";
import { formatPem, holdsPrivateKey, parsePem } from "../x509/pem";

/**
 * Single certificates out of PEM texts that may hold several: each once, by its DER, without those of `issuing`,
 * 64 columns and a final newline each, because Talos joins them as they stand and one without it loses the next.
 *
 * @throws PkiError ERR_PRIVATE_KEY_GIVEN, ERR_PEM_INVALID, all at once
 * @example
 * distinctCertificates([pem, pem], "acceptedCAs"); // [pem]
 */
export function distinctCertificates(texts: readonly string[], path: string, issuing = ""): readonly string[] {
  const problems: Problem[] = [];
  const seen = new Set(issuing === "" ? [] : normalised(issuing, path, true));
  const certificates = texts.flatMap(
    (text, index) => collectProblems(problems, () => normalised(text, `${path}[${index}]`)) ?? [],
  );
  if (problems.length > 0) throw PkiError.of(problems);
  return certificates.filter((pem) => !seen.has(pem) && seen.add(pem));
}

function normalised(text: string, path: string, lenient = false): string[] {
  if (!lenient && holdsPrivateKey(text)) {
    throw new PkiError("ERR_PRIVATE_KEY_GIVEN", "holds a private key; give the certificate only", { path });
  }
  if (lenient && !text.includes("-----BEGIN ")) return [];
  return parsePem(text, path).map(({ label, der }) => {
    if (label === "CERTIFICATE" || lenient) return formatPem(label, der);
    throw new PkiError("ERR_PEM_INVALID", `holds a PEM block ${JSON.stringify(label)}; must be CERTIFICATE`, { path });
  });
}
