import { contextTag, DerFault, DerReader, isAscii, TAG } from "./der";
import { readGoExtensions } from "./goExtensions";
import { GoFault } from "./goFault";

/**
 * What Go's crypto/x509 does not read in a certificate that OpenSSL reads. Whatever Go does not read Talos and
 * Kubernetes pass over: they trust it as little as if it were not there.
 *
 * Source: go/src/crypto/x509/parser.go, parseCertificate, go1.26.
 *
 * @returns words that complete "the certificate …"; `undefined` when Go reads it
 * @example
 * whyGoCannotRead(certificate.der); // undefined
 */
export function whyGoCannotRead(der: Uint8Array): string | undefined {
  try {
    readCertificate(new DerReader(der));
    return undefined;
  } catch (error) {
    if (error instanceof GoFault) return error.message;
    if (error instanceof DerFault) return `holds ${error.message} than DER has`;
    throw error;
  }
}

function readCertificate(der: DerReader): void {
  const certificate = der.within(TAG.sequence);
  if (!der.isEmpty) throw new GoFault("holds more octets than the certificate itself");
  const body = certificate.within(TAG.sequence);
  const signatureAlgorithm = certificate.read(TAG.sequence);
  const version = readVersion(body);
  if (body.integer()[0]! >= 0x80) throw new GoFault("has a negative serial number");
  if (!equals(body.read(TAG.sequence), signatureAlgorithm)) {
    throw new GoFault("names one signature algorithm inside and another outside");
  }
  readAlgorithm(new DerReader(signatureAlgorithm));
  readName(body.within(TAG.sequence));
  const validity = body.within(TAG.sequence);
  readTime(validity);
  readTime(validity);
  readName(body.within(TAG.sequence));
  readPublicKey(body.within(TAG.sequence));
  if (version > 1) for (const number of [1, 2]) body.optional(contextTag(number));
  const extensions = version === 3 ? body.optional(contextTag(3, { isConstructed: true })) : undefined;
  if (extensions !== undefined) readGoExtensions(new DerReader(extensions).within(TAG.sequence));
  certificate.bitString();
}

/** 1 to 3, as people count. */
function readVersion(body: DerReader): number {
  const tagged = body.optional(contextTag(0, { isConstructed: true }));
  if (tagged === undefined) return 1;
  const reader = new DerReader(tagged);
  const [version = 0, ...more] = reader.integer();
  if (version > 2 || more.length > 0 || !reader.isEmpty) throw new GoFault("is of a version that X.509 does not have");
  return version + 1;
}

function readAlgorithm(algorithm: DerReader): { readonly oid: string; readonly parameters: Uint8Array } {
  const oid = algorithm.oid();
  return { oid, parameters: algorithm.isEmpty ? new Uint8Array() : algorithm.any().encoded };
}

function readName(name: DerReader): void {
  while (!name.isEmpty) {
    const set = name.within(TAG.set);
    while (!set.isEmpty) {
      const attribute = set.within(TAG.sequence);
      attribute.oid();
      const { tag, content } = attribute.any();
      if (STRINGS[tag]?.(Buffer.from(content)) !== true)
        throw new GoFault("has a name in a text encoding that Go does not read");
    }
  }
}

/** The strings of a name, and what they may hold. */
const STRINGS: Readonly<Record<number, (octets: Buffer) => boolean>> = {
  [TAG.t61String]: () => true,
  [TAG.printableString]: (octets) => /^[a-zA-Z0-9'()+,\-./ :=?*&]*$/.test(octets.toString("latin1")),
  [TAG.utf8String]: (octets) => Buffer.from(octets.toString("utf8")).equals(octets),
  [TAG.bmpString]: (octets) => octets.length % 2 === 0 && isPlainUcs2(octets),
  [TAG.ia5String]: isAscii,
  [TAG.numericString]: (octets) => /^[0-9 ]*$/.test(octets.toString("latin1")),
};

/** No surrogates and no characters that are none. */
function isPlainUcs2(octets: Buffer): boolean {
  return !/[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/.test(Buffer.from(octets).swap16().toString("utf16le"));
}

function readTime(validity: DerReader): void {
  const { tag, content } = validity.any();
  const form = TIMES[tag]?.exec(Buffer.from(content).toString("latin1"));
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "00"] = form ?? [];
  const century = year.length === 4 ? "" : Number(year) < 50 ? "20" : "19";
  // A moment of no calendar comes out as another one, or as none.
  const text = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== text) {
    throw new GoFault("spells a time in a way that Go does not read");
  }
}

/** Go takes an offset from UTC too, but for one of nothing. */
const ZONE = String.raw`(?:Z|[+-](?!0000)(?:[01]\d|2[0-4])[0-5]\d)`;
const TIMES: Readonly<Record<number, RegExp>> = {
  [TAG.utcTime]: new RegExp(String.raw`^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?${ZONE}$`),
  [TAG.generalizedTime]: new RegExp(String.raw`^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)${ZONE}$`),
};

/** The algorithms of keys that Go knows; it does not look into others. */
const KEYS: Readonly<Record<string, (parameters: Uint8Array, key: Uint8Array) => boolean>> = {
  // rsaEncryption: the parameters are NULL, modulus and exponent are positive.
  "2a864886f70d010101": (parameters, key) => {
    const numbers = new DerReader(key).within(TAG.sequence);
    const [modulus, exponent] = [numbers.integer(), numbers.integer()];
    return hex(parameters) === "0500" && isPositive(modulus) && isPositive(exponent) && exponent.length <= 8;
  },
  // DSA: the key and the three parameters are positive.
  "2a8648ce380401": (parameters, key) => {
    const numbers = new DerReader(parameters).within(TAG.sequence);
    return [new DerReader(key), numbers, numbers, numbers].every((reader) => isPositive(reader.integer()));
  },
  // id-ecPublicKey: P-224, P-256, P-384, P-521; a point with both coordinates.
  "2a8648ce3d0201": (parameters, key) =>
    ["06052b81040021", "06082a8648ce3d030107", "06052b81040022", "06052b81040023"].includes(hex(parameters)) &&
    key[0] === 4,
  // Ed25519: no parameters.
  "2b6570": (parameters, key) => parameters.length === 0 && key.length === 32,
};

function isPositive([first = 0, ...more]: Uint8Array): boolean {
  return first < 0x80 && (first > 0 || more.length > 0);
}

function readPublicKey(info: DerReader): void {
  const { oid, parameters } = readAlgorithm(info.within(TAG.sequence));
  const { octets, unused } = info.bitString();
  if (KEYS[oid]?.(parameters, rightAligned(octets, unused)) === false)
    throw new GoFault("has a key in an encoding, or of a curve, that Go does not read");
}

/** Go takes the bits of a key as a number, without the unused ones. */
function rightAligned(octets: Uint8Array, unused: number): Uint8Array {
  return octets.map((octet, index) => (((octets[index - 1] ?? 0) << 8) | octet) >> unused);
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");
const equals = (a: Uint8Array, b: Uint8Array): boolean => hex(a) === hex(b);
