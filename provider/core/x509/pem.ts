import { PkiError } from "../errors";
import { MAX_CREDENTIALS_LENGTH } from "../limits";

/** One PEM block (RFC 7468): its label and the DER within. */
export interface PemBlock {
  /** `CERTIFICATE` in `-----BEGIN CERTIFICATE-----`. */
  readonly label: string;
  /** The octets within; not looked at. */
  readonly der: Uint8Array;
  /** RFC 1421 headers between the label and the data, such as `Proc-Type`; empty nearly always. */
  readonly headers: readonly string[];
}

const BEGIN = "-----BEGIN ";
const END = "-----END ";
const DASHES = "-----";
const LINE = 64;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Reads every PEM block of a text; anything around the blocks is ignored, as Go's `pem.Decode` does.
 *
 * @param text PEM, any number of blocks
 * @param path property path for errors
 * @throws PkiError ERR_PEM_INVALID when a block is cut off or holds junk, or when there is none
 * @example
 * const [block] = parsePem("-----BEGIN CERTIFICATE-----\n…", "certificatePem");
 */
export function parsePem(text: string, path: string): [PemBlock, ...PemBlock[]] {
  if (text.length > MAX_CREDENTIALS_LENGTH) {
    throw new PkiError("ERR_PEM_INVALID", "is longer than 1 MiB; must be a PEM file", { path });
  }
  const blocks: PemBlock[] = [];
  let position = text.indexOf(BEGIN);
  while (position !== -1) {
    const [block, next] = readBlock(text, position, path);
    blocks.push(block);
    position = text.indexOf(BEGIN, next);
  }
  const [first, ...others] = blocks;
  if (first === undefined) {
    throw new PkiError("ERR_PEM_INVALID", "holds no PEM block; must be text that begins with -----BEGIN", { path });
  }
  return [first, ...others];
}

function readBlock(text: string, begin: number, path: string): [PemBlock, number] {
  const cutOff = (): PkiError =>
    new PkiError("ERR_PEM_INVALID", "a PEM block is cut off; use -----BEGIN …----- to -----END …-----", { path });
  const labelEnd = text.indexOf(DASHES, begin + BEGIN.length);
  const label = labelEnd === -1 ? "" : text.slice(begin + BEGIN.length, labelEnd);
  if (labelEnd === -1 || label.includes("\n")) throw cutOff();
  const end = text.indexOf(END, labelEnd);
  if (end === -1 || !text.startsWith(`${label}${DASHES}`, end + END.length)) throw cutOff();
  const lines = text
    .slice(labelEnd + DASHES.length, end)
    .split("\n")
    .map((line) => line.trim());
  const blank = lines.findIndex((line, index) => index > 0 && line === "");
  const headed = lines.some((line) => line.includes(":"));
  const headers = headed ? lines.slice(0, blank === -1 ? lines.length : blank).filter((line) => line !== "") : [];
  const body = (headed ? lines.slice(blank === -1 ? lines.length : blank) : lines).join("");
  const der = decodeBase64(body);
  if (der === undefined || der.length === 0) {
    throw new PkiError("ERR_PEM_INVALID", "a PEM block holds something else than base64; must be RFC 7468", { path });
  }
  return [{ label, der, headers }, end + END.length + label.length + DASHES.length];
}

/**
 * Writes one PEM block (RFC 7468) as Talos does: 64 columns, LF, final newline.
 *
 * @param label `CERTIFICATE` for `-----BEGIN CERTIFICATE-----`
 * @example
 * formatPem("CERTIFICATE", certificate.der) === certificate.pem; // true
 */
export function formatPem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString("base64");
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return `${BEGIN}${label}${DASHES}\n${lines.join("\n")}\n${END}${label}${DASHES}\n`;
}

/** Standard padded base64 to bytes; `undefined` when a character or the length is wrong. Never lenient, as Go is not. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** Octets as text; `undefined` when they are not UTF-8, of which something would be lost. */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  const text = Buffer.from(octets).toString("utf8");
  return Buffer.compare(Buffer.from(text, "utf8"), octets) === 0 ? text : undefined;
}

/**
 * PEM texts as one: each ends in a newline, without which it would swallow the next.
 *
 * @example
 * joinPem([acceptedPem, issuingPem]);
 */
export function joinPem(texts: string | readonly string[]): string {
  const list = typeof texts === "string" ? [texts] : texts;
  return list.map((pem) => (pem === "" || pem.endsWith("\n") ? pem : `${pem}\n`)).join("");
}

/** Text to standard padded base64 of its UTF-8. */
export function encodeBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

/** True for text that holds the beginning of a private key in PEM, of whatever kind. */
export function holdsPrivateKey(text: string): boolean {
  return /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text);
}
