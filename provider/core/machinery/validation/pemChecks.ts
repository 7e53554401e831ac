import { parseCertificate, parsePrivateKey } from "../../x509";
import { assertGoReads } from "../../x509/goPem";
import { isPresent, textOf } from "./facts";
import { wrong } from "./checks";
import { row, type Row } from "./rule";
import { PkiError } from "../../errors";

const BLOCK = /^-----BEGIN (.*)-----[ \t]*\r?\n(?:[\s\S]*?\n)??-----END \1-----[ \t]*\r?$/gm;

/** The labels of all blocks of a text, as Go finds them. */
function labelsOf(text: string): readonly string[] {
  return [...text.matchAll(BLOCK)].map(([, label]) => label!);
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof PkiError) return false;
    throw error;
  }
}

interface PemOptions {
  /** Only blocks of certificates are taken. */
  readonly certificate: boolean;
  /** The first block must be one that can be loaded. */
  readonly loads: boolean;
}

/** Whether Talos takes a text as PEM. Source: config/types/meta/certificate_key.go, v1.14.1. */
export function isPem(text: string, { certificate, loads }: PemOptions): boolean {
  const labels = labelsOf(text);
  if (labels.length === 0 || (certificate && labels.some((label) => label !== "CERTIFICATE"))) return false;
  if (!loads) return true;
  return succeeds(() => {
    if (certificate) return parseCertificate(text, "");
    assertGoReads(text, "");
    return parsePrivateKey(text, "");
  });
}

/** Whether at least one certificate of a text can be read, as Go's AppendCertsFromPEM asks. */
export function isCertificatePool(text: string): boolean {
  return [...text.matchAll(BLOCK)].some(
    ([block, label]) => label === "CERTIFICATE" && succeeds(() => parseCertificate(block, "")),
  );
}

/** A CA that issues: certificate and key, both loadable. */
export const ISSUING_CA: readonly Row[] = (["cert", "key"] as const).map((key) =>
  row(
    key,
    wrong(
      key === "cert" ? "must be a certificate in PEM" : "must be a private key in PEM",
      "begin it with -----BEGIN",
      (value, { config }) =>
        !config.trusted.has(textOf(value)) && !isPem(textOf(value), { certificate: key === "cert", loads: true }),
    ),
  ),
);

/** A certificate that is trusted; Talos looks at its frame only. */
export const ACCEPTED_CA = wrong(
  "must be a certificate in PEM",
  "begin it with -----BEGIN CERTIFICATE-----",
  (value) => {
    return isPresent(value) && !isPem(textOf(value), { certificate: true, loads: false });
  },
);
