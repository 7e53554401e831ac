import { DerFault, DerReader, TAG } from "./der";

/** What Go says of a certificate that it does not read; the words complete "the certificate …". */
class GoFault extends DerFault {}

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

const context = (number: number, constructed = false): number => 0x80 | number | (constructed ? 0x20 : 0);

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
  new DerReader(signatureAlgorithm).oid();
  readName(body.within(TAG.sequence));
  const validity = body.within(TAG.sequence);
  readTime(validity);
  readTime(validity);
  readName(body.within(TAG.sequence));
  readPublicKey(body.within(TAG.sequence));
  if (version > 1) for (const number of [1, 2]) body.optional(context(number));
  const extensions = version === 3 ? body.optional(context(3, true)) : undefined;
  if (extensions !== undefined) readExtensions(new DerReader(extensions).within(TAG.sequence));
  certificate.bitString();
}

/** 1 to 3, as people count. */
function readVersion(body: DerReader): number {
  const tagged = body.optional(context(0, true));
  if (tagged === undefined) return 1;
  const [version = 0, ...more] = new DerReader(tagged).integer();
  if (version > 2 || more.length > 0) throw new GoFault("is of a version that X.509 does not have");
  return version + 1;
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

function isAscii(octets: Uint8Array): boolean {
  return octets.every((octet) => octet < 0x80);
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

const TIMES: Readonly<Record<number, RegExp>> = {
  [TAG.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?Z$/,
  [TAG.generalizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/,
};

/** The algorithms of keys that Go knows; it does not look into others. */
const KEYS: Readonly<Record<string, (parameters: Uint8Array, key: Uint8Array) => boolean>> = {
  // rsaEncryption: the parameters are NULL, modulus and exponent are positive.
  "2a864886f70d010101": (parameters, key) => {
    const numbers = new DerReader(key).within(TAG.sequence);
    return hex(parameters) === "0500" && [numbers.integer(), numbers.integer()].every(isPositive);
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
  const algorithm = info.within(TAG.sequence);
  const takes = KEYS[algorithm.oid()];
  const parameters = algorithm.isEmpty ? new Uint8Array() : algorithm.any().encoded;
  const key = info.bitString();
  if (takes?.(parameters, key) === false)
    throw new GoFault("has a key in an encoding, or of a curve, that Go does not read");
}

/** Extensions by the hex of their OID, each with what Go asks of it; it does not look into others. */
const EXTENSIONS: Readonly<Record<string, (value: DerReader, critical: boolean) => unknown>> = {
  "551d0f": (value) => value.bitString(),
  "551d13": readBasicConstraints,
  "551d11": readAlternativeNames,
  "551d1e": readNameConstraints,
  "551d25": (value) => {
    for (const usages = value.within(TAG.sequence); !usages.isEmpty;) usages.oid();
  },
  "551d20": readPolicies,
  "551d21": (value) => {
    for (const mappings = value.within(TAG.sequence); !mappings.isEmpty;) {
      const mapping = mappings.within(TAG.sequence);
      for (let side = 0; side < 2; side += 1) mapping.read(TAG.oid);
    }
  },
  "551d24": (value) => value.within(TAG.sequence),
  "551d36": (value) => value.integer(),
  "551d1f": (value) => {
    for (const points = value.within(TAG.sequence); !points.isEmpty;) points.within(TAG.sequence);
  },
  "551d0e": (value, critical) => {
    if (critical) throw new GoFault("marks its subject key identifier critical");
    value.read(TAG.octetString);
  },
  "551d23": (value, critical) => {
    if (critical) throw new GoFault("marks its authority key identifier critical");
    value.read(TAG.sequence);
  },
  "2b06010505070101": (value, critical) => {
    if (critical) throw new GoFault("marks its CA information access critical");
    value.read(TAG.sequence);
  },
};

function readExtensions(extensions: DerReader): void {
  const seen = new Set<string>();
  while (!extensions.isEmpty) {
    const extension = extensions.within(TAG.sequence);
    const oid = extension.oid();
    const critical = extension.tag === TAG.boolean && extension.boolean();
    const value = extension.read(TAG.octetString);
    if (seen.has(oid)) throw new GoFault("has an extension twice");
    seen.add(oid);
    EXTENSIONS[oid]?.(new DerReader(value), critical);
  }
}

function readBasicConstraints(value: DerReader): void {
  const constraints = value.within(TAG.sequence);
  if (constraints.tag === TAG.boolean) constraints.boolean();
  if (constraints.tag !== TAG.integer) return;
  const [first = 0, ...more] = constraints.integer();
  if (first >= 0x80 || more.length > 8) throw new GoFault("has a path length that is not a number of CAs");
}

function readPolicies(value: DerReader): void {
  const seen = new Set<string>();
  for (const policies = value.within(TAG.sequence); !policies.isEmpty;) {
    const oid = hex(policies.within(TAG.sequence).read(TAG.oid));
    if (seen.has(oid)) throw new GoFault("has a certificate policy twice");
    seen.add(oid);
  }
}

function readAlternativeNames(value: DerReader): void {
  for (const names = value.within(TAG.sequence); !names.isEmpty;) {
    const { tag, content } = names.any();
    const isText = tag === context(1) || tag === context(2) || tag === context(6);
    if (isText && !isAscii(content)) throw new GoFault("has an alternative name that is not ASCII");
    if (tag === context(7) && content.length !== 4 && content.length !== 16) {
      throw new GoFault("has an alternative name that is not an IP address");
    }
  }
}

function readNameConstraints(value: DerReader): void {
  const constraints = value.within(TAG.sequence);
  const [permitted, excluded] = [constraints.optional(context(0, true)), constraints.optional(context(1, true))];
  if (!constraints.isEmpty || !value.isEmpty) throw new GoFault("has name constraints in a form that Go does not read");
  const subtrees = [permitted, excluded].filter((octets) => octets !== undefined);
  if (subtrees.every((octets) => octets.length === 0)) throw new GoFault("has name constraints without a name");
  for (const octets of subtrees) {
    for (const trees = new DerReader(octets); !trees.isEmpty;) {
      const { tag, content } = trees.within(TAG.sequence).any();
      if (SUBTREES[tag]?.(content) === false) throw new GoFault("has a name constraint that is not a name or network");
    }
  }
}

/** The bases of name constraints that Go looks into. */
const SUBTREES: Readonly<Record<number, (octets: Uint8Array) => boolean>> = {
  [context(1)]: (octets) => isAscii(octets) && (octets.includes(0x40) || isDomain(octets)),
  [context(2)]: isDomain,
  [context(6)]: (octets) => isDomain(octets) && !/^[0-9.]+$|:/.test(Buffer.from(octets).toString("latin1")),
  [context(7)]: (octets) => (octets.length === 8 || octets.length === 32) && isMask(octets.subarray(octets.length / 2)),
};

/** A domain as constraints name it, with a dot before it or none; "" stands for all. */
function isDomain(octets: Uint8Array): boolean {
  return /^(?:|\.?[!-\-/-~]+(?:\.[!-\-/-~]+)*)$/.test(Buffer.from(octets).toString("latin1"));
}

/** Ones, then zeros. */
function isMask(octets: Uint8Array): boolean {
  return /^1*0*$/.test(Array.from(octets, (octet) => octet.toString(2).padStart(8, "0")).join(""));
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");
const equals = (a: Uint8Array, b: Uint8Array): boolean => hex(a) === hex(b);
