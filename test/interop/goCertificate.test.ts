import { strict as assert } from "node:assert";

import * as x509 from "../../provider/core/x509/library";
import { contextTag, TAG } from "../../provider/core/x509/der";
import { whyGoCannotRead } from "../../provider/core/x509/goCertificate";
import { formatPem } from "../../provider/core/x509/pem";

import { makeCaShapes } from "./support/caShapes";
import { goVerdicts, needGo } from "./support/goVerify";
import { baseTime, odd } from "./support/oddCertificates";
import {
  type Random,
  randomFrom,
  spoilOctet,
  spoilValue,
  tlv,
  withExtensionValue,
  withNotBefore,
} from "./support/spoiltCertificates";

/** Copies of each certificate of a shape. */
const COPIES = 150;
const SEED = 1;

/** Points that are not on their curve are left to OpenSSL, which reads each certificate before. */
const NOT_ON_CURVE = /ecdsa|point|P(?:224|256|384|521)/;
/** Go adds one to the greatest number, and reads the certificate as one of the least version, without extensions. */
const GREATEST_VERSION = "a00a02087fffffffffffffff";

/** Both directions: what Go reads and we do not, and what we read and Go does not. */
async function differences(all: readonly Buffer[]): Promise<{ texts: string[]; unreadable: number }> {
  const verdicts = await goVerdicts(
    all.map((der) => ({
      ...{ name: "", trust: "", purpose: "server" as const, expected: [], now: baseTime },
      certificates: formatPem("CERTIFICATE", der),
    })),
  );
  const texts = all.flatMap((der, index) => {
    const { unreadable = false, error = "" } = verdicts[index]!;
    const why = whyGoCannotRead(der);
    const text = der.toString("hex");
    const isSame = (why !== undefined) === unreadable;
    const isKnown = unreadable ? NOT_ON_CURVE.test(error) : text.includes(GREATEST_VERSION);
    return isSame || isKnown ? [] : [`${why ?? "read"}, Go: ${error}: ${text}`];
  });
  return { texts, unreadable: verdicts.filter(({ unreadable }) => unreadable === true).length };
}

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const sequence = (...contents: readonly Buffer[]): Buffer => tlv(TAG.sequence, ...contents);
const tagged = (number: number, content: Buffer | string, isConstructed = false): Buffer =>
  tlv(contextTag(number, { isConstructed }), Buffer.from(content));
const oid = tlv(TAG.oid, hex("2a0304"));
const otherOid = tlv(TAG.oid, hex("2a0305"));
const url = (text: string): Buffer => tagged(6, text);

/** Every extension that Go looks into, with a value of every kind. */
const EXTENSIONS: readonly (readonly [oid: string, value: Buffer])[] = [
  [
    "2.5.29.17",
    sequence(tagged(1, "a@b.c"), tagged(2, "a.b"), url("spiffe://u:p@a.b:80/c%20?d#e"), tagged(7, hex("0a000001"))),
  ],
  [
    "2.5.29.30",
    sequence(
      tagged(0, Buffer.concat(["a@b.c", ".b"].map((text) => sequence(tagged(1, text)))), true),
      tagged(
        1,
        Buffer.concat(
          [tagged(2, ".a.b"), url("a.b"), tagged(7, hex("0a000000ff000000"))].map((base) => sequence(base)),
        ),
        true,
      ),
    ),
  ],
  [
    "2.5.29.31",
    sequence(
      sequence(tagged(0, tagged(0, Buffer.concat([url("a"), url("b")]), true), true)),
      sequence(tagged(1, hex("0780"))),
    ),
  ],
  ["2.5.29.32", sequence(sequence(oid, sequence(sequence(oid))), sequence(otherOid))],
  ["2.5.29.33", sequence(sequence(oid, otherOid), sequence(otherOid, oid))],
  ["2.5.29.35", sequence(tagged(0, hex("0a0b")), tagged(1, tagged(4, sequence(), true), true), tagged(2, hex("01")))],
  ["2.5.29.36", sequence(tagged(0, hex("00")), tagged(1, hex("0100")))],
  ["2.5.29.54", tlv(TAG.integer, hex("7fffffffffffffff"))],
  ["1.3.6.1.5.5.7.1.1", sequence(sequence(oid, url("http://a/")), sequence(otherOid, tagged(2, "b")))],
];

async function withEveryExtension(): Promise<Buffer> {
  const extensions = EXTENSIONS.map(([type, value]) => new x509.Extension(type, false, value));
  const { der } = await odd({ subject: "CN=a, O=b+OU=c, L=Zürich", ca: true, pathLength: 3, extensions });
  return der;
}

/** What the texts of names and times are put together from. */
const NAME_PARTS = [
  "a",
  "b.c",
  ".",
  "@",
  '"',
  "\\",
  ":",
  "80",
  "/",
  "//",
  "[",
  "]",
  "::1",
  "%25",
  "%2",
  "%e4",
  "%41",
  "?",
].concat(["#", " ", "\t", "*", "10.0.0.1", "http", "x-y", "&", "_", "ä", "\x7f", "~", "(", "<", "..", "1"]);
const TIME_PARTS = [
  "26",
  "2026",
  "00",
  "02",
  "29",
  "30",
  "12",
  "31",
  "23",
  "59",
  "60",
  "24",
  "Z",
  "+0100",
  "-0000",
  "+2400",
].concat(["-0030", "+0060", "+2500", "9", ".5", "68", "49", "50", "+", "z", "0000"]);

const someOf = (parts: readonly string[], most: number, random: Random): string =>
  Array.from({ length: random(most + 1) }, () => parts[random(parts.length)]!).join("");

const digits = (random: Random): string => String(random(62)).padStart(2, "0");

/** Nearly a time. */
function timeText(random: Random): string {
  const year = random(2) === 0 ? digits(random) : `${digits(random)}${digits(random)}`;
  const month = ["01", "02", "12"][random(3)]!;
  const rest = Array.from({ length: 2 + random(3) }, () => String(random(32)).padStart(2, "0")).join("");
  return `${year}${month}${rest}${random(4) === 0 ? someOf(TIME_PARTS, 2, random) : TIME_PARTS[12 + random(9)]!}`;
}

/** Copies whose names and times have texts of many kinds. */
function spelledCopies(der: Buffer, count: number, random: Random): Buffer[] {
  return Array.from({ length: count }, () => {
    if (random(3) === 0) return withNotBefore(der, [TAG.utcTime, TAG.generalizedTime][random(2)]!, timeText(random));
    const name = tagged([1, 2, 6, 7][random(4)]!, someOf(NAME_PARTS, 8, random));
    if (random(2) === 0) return withExtensionValue(der, "551d11", sequence(name));
    return withExtensionValue(der, "551d1e", sequence(tagged(random(2), sequence(name), true)));
  });
}

describe("What Go does not read in a certificate", function () {
  this.timeout(120_000);
  needGo();

  it("is known, for thousands of spoilt certificates", async () => {
    const shapes = [...(await makeCaShapes()).map(({ made }) => made.der), await withEveryExtension()];
    const all = shapes.flatMap((der, index) => {
      const random = randomFrom(SEED + index);
      const copies = Array.from({ length: COPIES }, () => (random(2) === 0 ? spoilOctet : spoilValue)(der, random));
      return [der, ...copies];
    });
    const { texts, unreadable } = await differences(all);
    assert.ok(unreadable > 1000);
    assert.deepEqual(texts, []);
  });

  it("is known, for thousands of values of each extension", async () => {
    const random = randomFrom(SEED);
    const der = await withEveryExtension();
    const { texts, unreadable } = await differences(Array.from({ length: 20 * COPIES }, () => spoilValue(der, random)));
    assert.ok(unreadable > 200);
    assert.deepEqual(texts, []);
  });

  it("is known, for thousands of texts of names and times", async () => {
    const copies = spelledCopies(await withEveryExtension(), 20 * COPIES, randomFrom(SEED));
    const { texts, unreadable } = await differences(copies);
    assert.ok(unreadable > 200 && unreadable < copies.length - 200);
    assert.deepEqual(texts, []);
  });
});
