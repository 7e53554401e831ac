import { AsnConvert } from "@peculiar/asn1-schema";
import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from "@peculiar/asn1-x509";

import type { Problem } from "../errors";

/** The subject of a certificate: several organizations share one relative name, as Go writes them. */
export interface SubjectName {
  readonly organizations?: readonly string[];
  readonly commonName?: string;
}

/** A name, read. */
export interface DistinguishedName {
  /** `O=talos, CN=a`: the order of the certificate, values escaped as RFC 4514 (section 2.4) says; empty for an empty name. */
  readonly text: string;
  /** The last one, as Go has it. */
  readonly commonName: string | undefined;
  readonly organizations: readonly string[];
}

const COMMON_NAME = "2.5.4.3";
const ORGANIZATION = "2.5.4.10";

/** Names of attributes in text (RFC 4514, section 3, and some that are usual); others go by their OID. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  [COMMON_NAME]: "CN",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  [ORGANIZATION]: "O",
  "2.5.4.11": "OU",
  "2.5.4.6": "C",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "E",
  "2.5.4.42": "G",
  "2.5.4.43": "I",
  "2.5.4.4": "SN",
  "2.5.4.12": "T",
};

/**
 * Verifiers keep to no bound, and names of Kubernetes go beyond the 64 characters of RFC 5280 (appendix A.1). This one
 * keeps a certificate small enough for every TLS handshake.
 */
const LONGEST_VALUE = 1024;

// What asn1.Marshal of Go takes for a PrintableString.
const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
const NUMERIC_STRING = 0x12;

/** O before CN; the DER of the name, each value as the string type that Go would choose. */
export function encodeName({ organizations = [], commonName = "" }: SubjectName): Uint8Array {
  const attribute = (type: string, text: string): AttributeTypeAndValue =>
    new AttributeTypeAndValue({
      type,
      value: new AttributeValue(PRINTABLE.test(text) ? { printableString: text } : { utf8String: text }),
    });
  // X.690, 11.6: a SET is sorted by the encodings of its members.
  const set = organizations
    .map((name) => attribute(ORGANIZATION, name))
    .map((member) => ({ member, der: Buffer.from(AsnConvert.serialize(member)) }))
    .sort((a, b) => Buffer.compare(a.der, b.der));
  const name = new Name([
    ...(set.length > 0 ? [new RelativeDistinguishedName(set.map(({ member }) => member))] : []),
    ...(commonName === "" ? [] : [new RelativeDistinguishedName([attribute(COMMON_NAME, commonName)])]),
  ]);
  return new Uint8Array(AsnConvert.serialize(name));
}

/** Reads a name: its values as they are, and all of it as text. */
export function readName(der: ArrayBuffer): DistinguishedName {
  const sets = Array.from(AsnConvert.parse(der, Name), (set) =>
    Array.from(set, ({ type, value }) => ({ type, value: stringOf(value), octets: value })),
  );
  const valuesOf = (wanted: string): string[] =>
    sets.flat().flatMap(({ type, value }) => (type === wanted && value !== undefined ? [value] : []));
  return {
    text: sets
      .map((set) =>
        set
          .map(
            ({ type, value, octets }) =>
              `${ATTRIBUTES[type] ?? type}=${value === undefined ? `#${hex(octets.anyValue)}` : escapeValue(value)}`,
          )
          .join("+"),
      )
      .join(", "),
    commonName: valuesOf(COMMON_NAME).at(-1),
    organizations: valuesOf(ORGANIZATION),
  };
}

/** `undefined` for what is not a string. */
function stringOf(value: AttributeValue): string | undefined {
  if (value.anyValue === undefined) return value.toString();
  const octets = Buffer.from(value.anyValue);
  if (octets[0] !== NUMERIC_STRING) return undefined;
  const length = octets[1] ?? 0;
  return octets.toString("latin1", length < 0x80 ? 2 : 2 + (length & 0x7f));
}

const hex = (octets: ArrayBuffer | undefined): string => Buffer.from(octets ?? new ArrayBuffer(0)).toString("hex");

/** RFC 4514, section 2.4; control characters as octets too, so that a text stays on its line. */
function escapeValue(value: string): string {
  return value
    .replace(/[,+"\\<>;]|^[ #]| $/g, "\\$&")
    .replace(/\p{Cc}/gu, (character) => Buffer.from(character).toString("hex").toUpperCase().replace(/../g, "\\$&"));
}

/**
 * What keeps a text from being a value of a name. Control characters, NUL among them, serve nobody but who wants to
 * be taken for another; what is no Unicode cannot be written.
 *
 * @returns ERR_INPUT_INVALID
 */
export function nameValueProblems(value: string, path: string): Problem[] {
  const invalid = (message: string): Problem[] => [{ code: "ERR_INPUT_INVALID", path, message }];
  if (/\p{Cc}/u.test(value)) return invalid("holds a control character; must be printable text");
  if (/\p{Cs}/u.test(value)) return invalid("holds half of a surrogate pair; must be Unicode text");
  return Buffer.byteLength(value) > LONGEST_VALUE
    ? invalid(`is longer than ${LONGEST_VALUE} octets of UTF-8; must be a shorter name`)
    : [];
}
