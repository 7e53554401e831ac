import { collectProblems, PkiError, type Problem } from "../errors";
import { type Certificate, keyFits, parseCertificate, parseCertificates } from "../x509/certificate";
import { decodeBase64 } from "../x509/pem";
import { parsePrivateKey, type PrivateKey } from "../x509/privateKey";
import { joinKey } from "./fieldReader";
import type { TalosconfigContext } from "./talosconfig";

/** The credentials of a context, parsed. */
export interface TalosconfigCredentials {
  /** Whom the client trusts; empty when the system's roots are meant. */
  readonly authorities: readonly Certificate[];
  /** `undefined` for a context without a client certificate. */
  readonly certificate: Certificate | undefined;
  readonly key: PrivateKey | undefined;
}

type Encoded = Pick<TalosconfigContext, "ca" | "crt" | "key">;

/**
 * Parses the credentials of a context, for whoever is going to use them.
 *
 * @throws PkiError every problem at once: ERR_PEM_INVALID, ERR_INPUT_MISSING (half a pair), ERR_KEY_MISMATCH,
 *   ERR_KEY_ENCRYPTED, ERR_KEY_UNSUPPORTED, ERR_SECRET_REDACTED
 * @example
 * const { authorities, certificate, key } = readCredentials(talosconfig.contexts["alpha"]!, "contexts.alpha");
 */
export function readCredentials(context: Encoded, path = ""): TalosconfigCredentials {
  const problems: Problem[] = [];
  const credentials = parseCredentials(problems, context, path, () => true);
  if (problems.length > 0) throw PkiError.of(problems);
  return credentials;
}

/**
 * What keeps the credentials of a context from working. A value that is neither PEM nor DER passes: talosctl keeps
 * such contexts too, and they are no worse for a merge.
 *
 * @returns the codes of readCredentials
 */
export function credentialProblems(context: Encoded, path: string): Problem[] {
  const problems: Problem[] = [];
  parseCredentials(problems, context, path, (text) => text.includes("-----") || text.startsWith(DER_SEQUENCE));
  return problems;
}

const DER_SEQUENCE = "\x30";

function parseCredentials(
  problems: Problem[],
  encoded: Encoded,
  path: string,
  counts: (text: string) => boolean,
): TalosconfigCredentials {
  const read = <T>(name: keyof Encoded, parse: (text: string, path: string) => T): T | undefined => {
    const at = joinKey(path, name);
    return collectProblems(problems, () => {
      const text = decode(encoded[name], at);
      return text !== undefined && counts(text) ? parse(text, at) : undefined;
    });
  };
  const authorities = read("ca", parseCertificates) ?? [];
  const certificate = read("crt", parseCertificate);
  const key = read("key", parsePrivateKey);
  if ((encoded.crt === undefined) !== (encoded.key === undefined)) {
    problems.push({
      code: "ERR_INPUT_MISSING",
      path: joinKey(path, encoded.crt === undefined ? "crt" : "key"),
      message: "is missing beside its other half; must be both crt and key, or neither",
    });
  }
  if (certificate !== undefined && key !== undefined && !keyFits(certificate, key)) {
    problems.push({
      code: "ERR_KEY_MISMATCH",
      path: joinKey(path, "key"),
      message: "does not belong to the certificate in crt; must be the pair that was issued together",
    });
  }
  return { authorities, certificate, key };
}

function decode(value: string | undefined, path: string): string | undefined {
  if (value === undefined) return undefined;
  if (/^\*+$/.test(value)) throw new PkiError("ERR_SECRET_REDACTED", "is redacted; the real value is needed", { path });
  // Go's decoder passes over line breaks and nothing else.
  const bytes = decodeBase64(value.replace(/[\r\n]/g, ""));
  if (bytes !== undefined) return Buffer.from(bytes).toString("utf8");
  throw new PkiError("ERR_PEM_INVALID", "is not base64; must be the base64 of a PEM file", { path });
}
