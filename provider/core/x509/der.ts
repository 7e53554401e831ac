/** What is no DER, or not the DER that is asked for. */
export class DerFault extends Error {}

/** Tags (X.690, section 8.1.2); `contextTag` makes those of a context. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The tag of a value that only its place explains. */
export function contextTag(number: number, { isConstructed = false } = {}): number {
  return 0x80 | number | (isConstructed ? 0x20 : 0);
}

/** One value of DER: its tag, its content, and both with the length as they are encoded. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly encoded: Uint8Array;
}

/** Reads DER in order, as strictly as Go's cryptobyte: one encoding for each value, lengths in their shortest form. */
export class DerReader {
  private position = 0;

  constructor(private readonly octets: Uint8Array) {}

  get isEmpty(): boolean {
    return this.position === this.octets.length;
  }

  /** The tag of the next value. */
  get tag(): number | undefined {
    return this.octets[this.position];
  }

  /** @throws DerFault */
  any(): DerValue {
    const start = this.position;
    const [tag = 0x1f, first = 0xff] = this.octets.subarray(start, start + 2);
    const size = first < 0x80 ? 0 : first & 0x7f;
    if ((tag & 0x1f) === 0x1f || first === 0x80 || size > 4) throw new DerFault("a tag or length of another encoding");
    const header = start + 2 + size;
    const length =
      size === 0 ? first : this.octets.subarray(start + 2, header).reduce((sum, octet) => sum * 256 + octet, 0);
    const isShortest = size === 0 || (length >= 0x80 && this.octets[start + 2] !== 0);
    if (!isShortest || header + length > this.octets.length) throw new DerFault("a length that is wrong or too long");
    this.position = header + length;
    return {
      tag,
      content: this.octets.subarray(header, this.position),
      encoded: this.octets.subarray(start, this.position),
    };
  }

  /** @throws DerFault when the next value has another tag */
  read(tag: number): Uint8Array {
    if (this.tag !== tag) throw new DerFault("a value of another type");
    return this.any().content;
  }

  /** The next value if it has that tag. */
  optional(tag: number): Uint8Array | undefined {
    return this.tag === tag ? this.any().content : undefined;
  }

  /** The values within the next value, which has that tag. */
  within(tag: number): DerReader {
    return new DerReader(this.read(tag));
  }

  /** A whole number in its shortest form, as its octets; under a tag of its context, if it has one. */
  integer(tag: number = TAG.integer): Uint8Array {
    const octets = this.read(tag);
    const [first, second = 0] = octets;
    const isPadded = octets.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (first === undefined || isPadded) throw new DerFault("an integer of another encoding");
    return octets;
  }

  boolean(): boolean {
    const [value, ...more] = this.read(TAG.boolean);
    if ((value !== 0 && value !== 0xff) || more.length > 0) throw new DerFault("a boolean of another encoding");
    return value === 0xff;
  }

  /** The octets of a bit string, and how many bits of the last one are unused. */
  bitString(): { readonly octets: Uint8Array; readonly unused: number } {
    const content = this.read(TAG.bitString);
    const [unused] = content;
    const octets = content.subarray(1);
    const last = octets.at(-1) ?? 0;
    if (
      unused === undefined ||
      unused > 7 ||
      (unused > 0 && octets.length === 0) ||
      (last & ((1 << unused) - 1)) !== 0
    ) {
      throw new DerFault("a bit string of another encoding");
    }
    return { octets, unused };
  }

  /** An object identifier as lower-case hex of its content; its arcs have at most 31 bits, unless they may have any. */
  oid({ isOfAnySize = false } = {}): string {
    const octets = this.read(TAG.oid);
    let arc = 0;
    octets.forEach((octet, index) => {
      const begins = index === 0 || octets[index - 1]! < 0x80;
      const isTooLarge = !isOfAnySize && !begins && arc >= 2 ** 24;
      // An arc has no leading zero.
      if ((begins && octet === 0x80) || isTooLarge) throw new DerFault(OTHER_OID);
      arc = (begins ? 0 : arc) * 128 + (octet & 0x7f);
    });
    if ((octets.at(-1) ?? 0xff) >= 0x80) throw new DerFault(OTHER_OID);
    return hex(octets);
  }
}

/** Whether octets are ASCII. */
export function isAscii(octets: Uint8Array): boolean {
  return octets.every((octet) => octet < 0x80);
}

const OTHER_OID = "an object identifier of another encoding";

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString("hex");
