import { DerFault, DerReader, TAG } from "../../../provider/core/x509/der";

/** A whole number from 0 to below a limit; the same ones from the same seed. */
export type Random = (below: number) => number;

/** Numbers by a linear congruence, of which the upper bits are taken. */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A copy with one octet changed, put in or left out. */
export function spoilOctet(der: Buffer, random: Random): Buffer {
  const at = random(der.length);
  const octet = random(256);
  const kind = random(8);
  if (kind === 0) return Buffer.concat([der.subarray(0, at), Buffer.from([octet]), der.subarray(at)]);
  if (kind === 1) return Buffer.concat([der.subarray(0, at), der.subarray(at + 1)]);
  const copy = Buffer.from(der);
  copy[at] = octet;
  return copy;
}

/** A value of DER with what it consists of; strings of octets or bits may hold DER too. */
interface Node {
  tag: number;
  /** Octets before the values: the count of unused bits of a bit string. */
  prefix: Buffer;
  content: Buffer | Node[];
}

/** A copy in which one value, wherever it is, is changed, put in, moved or left out, with lengths that fit again. */
export function spoilValue(der: Buffer, random: Random): Buffer {
  const root = parse(der);
  const places = placesIn(root);
  const { siblings, index } = places[random(places.length)]!;
  const node = siblings[index]!;
  const elsewhere = places[random(places.length)]!;
  const other = parse(encode(elsewhere.siblings[elsewhere.index]!));
  const changes: (() => unknown)[] = [
    () => siblings.splice(index, 1),
    () => siblings.splice(index, 0, node),
    () => siblings.splice(index, 0, other),
    () => siblings.splice(index, 1, other),
    () => (node.tag = TAGS[random(TAGS.length)]!),
    () => (node.tag ^= 1 << random(8)),
    () => (node.content = SMALL[random(SMALL.length)]!),
    () => (node.content = Buffer.from(Array.from({ length: random(12) }, () => random(256)))),
    () => (node.content = spoilOctet(octetsOf(node.content), random)),
    () => (node.content = Buffer.concat([octetsOf(node.content), Buffer.from([random(256)])])),
  ];
  changes[random(changes.length)]!();
  return encode(root);
}

const TAGS: readonly number[] = [...Object.values(TAG), 0x05, 0x1f, 0x80, 0x81, 0x82, 0x86, 0x87, 0xa0, 0xa1, 0xa3];
const SMALL = ["", "00", "0000", "01", "ff", "ff80", "80", "0080", "7f", "00ff", "8000", "0500", "00800000000000000000"]
  .concat(["7fffffffffffffff", "008000000000000000", "8000000000000000", "ff7fffffffffffffff", "2a030405", "2a8001"])
  .concat([
    "2a9080808001",
    "2a8880808000",
    "2a87ffffff7f",
    "300080",
    "3000",
    "0401ff",
    "a000",
    "8000",
    "0a000000ffffff00",
  ])
  .map((hex) => Buffer.from(hex, "hex"));

function parse(der: Buffer): Node {
  const { tag, content } = new DerReader(der).any();
  const octets = Buffer.from(content);
  const prefix = octets.subarray(0, tag === TAG.bitString ? 1 : 0);
  const isNested = (tag & 0x20) !== 0 || tag === TAG.octetString || tag === TAG.bitString;
  return { tag, prefix, content: (isNested ? parseAll(octets.subarray(prefix.length)) : undefined) ?? octets };
}

/** `undefined` for what is not DER. */
function parseAll(octets: Buffer): Node[] | undefined {
  try {
    const nodes: Node[] = [];
    for (const reader = new DerReader(octets); !reader.isEmpty;) nodes.push(parse(Buffer.from(reader.any().encoded)));
    return nodes;
  } catch (error) {
    if (error instanceof DerFault) return undefined;
    throw error;
  }
}

function placesIn(node: Node): { readonly siblings: Node[]; readonly index: number }[] {
  const { content } = node;
  if (Buffer.isBuffer(content)) return [];
  return content.flatMap((child, index) => [{ siblings: content, index }, ...placesIn(child)]);
}

function octetsOf(content: Buffer | Node[]): Buffer {
  return Buffer.isBuffer(content) ? content : Buffer.concat(content.map(encode));
}

function encode({ tag, prefix, content }: Node): Buffer {
  return Buffer.isBuffer(content) ? tlv(tag, content) : tlv(tag, prefix, ...content.map(encode));
}

/** A value of DER. */
export function tlv(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  if (size < 0x80) return Buffer.concat([Buffer.from([tag, size]), content]);
  const hex = size.toString(16).padStart(size < 0x100 ? 2 : 4, "0");
  return Buffer.concat([Buffer.from([tag, 0x80 | (hex.length / 2)]), Buffer.from(hex, "hex"), content]);
}

/** The certificate with another value of its extension; the OID is given as the hex of its content. */
export function withExtensionValue(der: Buffer, oid: string, value: Buffer): Buffer {
  const root = parse(der);
  const place = placesIn(root).find(({ siblings, index }) => {
    const before = siblings[index - 1];
    return before?.tag === TAG.oid && octetsOf(before.content).toString("hex") === oid;
  });
  place!.siblings[place!.index]!.content = value;
  return encode(root);
}

/** The certificate with another time of its beginning. */
export function withNotBefore(der: Buffer, tag: number, text: string): Buffer {
  const root = parse(der);
  const place = placesIn(root).find(({ siblings, index }) => siblings[index]!.tag === TAG.utcTime)!;
  Object.assign(place.siblings[place.index]!, { tag, content: Buffer.from(text) });
  return encode(root);
}
