import { PkiError } from "../errors";
import { ownMember } from "../ownMember";
import { decodeBase64, parsePem, type PemBlock } from "./pem";

const BEGIN = "-----BEGIN ";
const END = "\n-----END ";

/**
 * Sees that Talos can read the PEM of a file that is kept as it is: Go finds no block in a text that is indented or
 * begins with a byte order mark, and takes a key only in the encoding of its label. What parsePem rejects is not told
 * again.
 *
 * @throws PkiError ERR_PEM_INVALID
 * @example
 * assertGoReads(pem, "certs.os.crt");
 */
export function assertGoReads(text: string, path: string): void {
  const block = goBlock(text);
  const [first] = parsePem(text, path);
  if (block?.label !== first.label || Buffer.compare(block.der, first.der) !== 0) {
    throw new PkiError(
      "ERR_PEM_INVALID",
      "holds a PEM block that Talos does not find; use -----BEGIN …----- and -----END …----- at the beginning of lines of their own, with no byte order mark or indentation",
      { path },
    );
  }
  const expected = ownMember(KEY_FORMS, block.label);
  if (expected !== undefined && !expected(block.der)) {
    throw new PkiError(
      "ERR_PEM_INVALID",
      `holds a key in another encoding than its label ${block.label} says, which Talos rejects; write it anew (openssl pkey) as PRIVATE KEY`,
      { path },
    );
  }
}

const [INTEGER, OCTET_STRING, SEQUENCE] = [0x02, 0x04, 0x30];
/** What follows the version in a SEC 1, PKCS #1 and PKCS #8 key. */
const KEY_FORMS: Readonly<Record<string, (der: Uint8Array) => boolean>> = {
  "EC PRIVATE KEY": (der) => afterVersion(der)[0] === OCTET_STRING,
  "RSA PRIVATE KEY": (der) => afterVersion(der)[0] === INTEGER,
  "PRIVATE KEY": (der) => afterVersion(der)[0] === SEQUENCE,
  // The algorithm: 1.3.101.112.
  "ED25519 PRIVATE KEY": (der) => Buffer.from(afterVersion(der).subarray(0, 7)).toString("hex") === "300506032b6570",
};

/** DER of a key behind its version, which is one octet. */
function afterVersion(der: Uint8Array): Uint8Array {
  const length = der[1] ?? 0;
  const content = 2 + (length < 0x80 ? 0 : length - 0x80);
  return der.subarray(content + 3);
}

/** The first block that Go finds. Source: go/src/encoding/pem/pem.go, Decode, go1.26. */
function goBlock(text: string): Pick<PemBlock, "label" | "der"> | undefined {
  let from = 0;
  for (;;) {
    const end = text.indexOf(END, from);
    if (end === -1) return undefined;
    const begin = text.lastIndexOf(BEGIN, end - BEGIN.length);
    const beginsLine = begin >= from && (begin === from || text[begin - 1] === "\n");
    const block = beginsLine ? blockBetween(text, begin, end) : undefined;
    if (block !== undefined) return block;
    from = end + END.length;
  }
}

function blockBetween(text: string, begin: number, end: number): Pick<PemBlock, "label" | "der"> | undefined {
  const [first = "", ...lines] = text.slice(begin + BEGIN.length, end).split("\n");
  const label = /^(.*)-----[ \t]*\r?$/.exec(first)?.[1];
  if (label === undefined) return undefined;
  const rest = text.slice(end + END.length);
  const restOfLine = rest.startsWith(`${label}-----`) ? rest.slice(label.length + 5).split("\n", 1)[0]! : "junk";
  if (!/^[ \t]*\r?$/.test(restOfLine)) return undefined;
  const headers = lines.findIndex((line) => !line.includes(":"));
  const der = decodeBase64(
    lines
      .slice(Math.max(headers, 0))
      .join("")
      .replace(/[ \t\r]/g, ""),
  );
  return der === undefined ? undefined : { label, der };
}
