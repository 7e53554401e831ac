import assert from "node:assert/strict";

import { encodeName, nameValueProblems, readName } from "../../../../provider/core/x509/name";
import { told } from "../../support/errors";

const COMMON_NAME = "0603550403";
const ORGANIZATION = "060355040a";

/** DER: tag, length, content. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const attribute = (oid: string, tag: number, value: string | Buffer): Buffer =>
  tagged(0x30, Buffer.concat([Buffer.from(oid, "hex"), tagged(tag, Buffer.from(value as string))]));

const nameOf = (...sets: readonly (readonly Buffer[])[]): ArrayBuffer =>
  Uint8Array.from(tagged(0x30, Buffer.concat(sets.map((set) => tagged(0x31, Buffer.concat(set)))))).buffer;

const encoded = (name: Parameters<typeof encodeName>[0]): string => Buffer.from(encodeName(name)).toString("hex");
const hex = (der: ArrayBuffer): string => Buffer.from(der).toString("hex");

const [PRINTABLE, UTF8, NUMERIC, T61, BMP, IA5, VISIBLE] = [0x13, 0x0c, 0x12, 0x14, 0x1e, 0x16, 0x1a];

describe("A name", () => {
  it("is empty, or O before CN", () => {
    assert.equal(encoded({}), "3000");
    assert.equal(encoded({ organizations: [], commonName: "" }), "3000");
    const both = nameOf([attribute(ORGANIZATION, PRINTABLE, "talos")], [attribute(COMMON_NAME, PRINTABLE, "a")]);
    assert.equal(encoded({ organizations: ["talos"], commonName: "a" }), hex(both));
  });

  it("is written as PrintableString where Go writes that, else as UTF8String", () => {
    for (const [text, tag] of [
      ["os:etcd:backup", PRINTABLE],
      ["Aa0 '()+,-./:=?", PRINTABLE],
      ["#1 laptop", UTF8],
      ["#0c0548656c6c6f", UTF8],
      ["a\\b", UTF8],
      ['"a"', UTF8],
      ["a@b", UTF8],
      ["a*", UTF8],
      ["a&b", UTF8],
      ["a_b", UTF8],
      ["größe", UTF8],
      ["😀", UTF8],
    ] as const) {
      assert.equal(encoded({ commonName: text }), hex(nameOf([attribute(COMMON_NAME, tag, text)])), text);
    }
  });

  it("has its organizations in the order of their encodings, whatever their types", () => {
    const set = [
      attribute(ORGANIZATION, UTF8, "#z"),
      attribute(ORGANIZATION, PRINTABLE, "ab"),
      attribute(ORGANIZATION, PRINTABLE, "abc"),
    ];
    assert.equal(encoded({ organizations: ["abc", "ab", "#z"] }), hex(nameOf(set)));
  });

  it("is read to the letter, in every type of string", () => {
    for (const [tag, octets, text] of [
      [UTF8, "a\\b", "a\\b"],
      [UTF8, "a\0b", "a\0b"],
      [UTF8, "", ""],
      [NUMERIC, "12 3", "12 3"],
      [NUMERIC, "1".repeat(300), "1".repeat(300)],
      [T61, Buffer.from("e9", "hex"), "é"],
      [IA5, "a@b", "a@b"],
      [BMP, Buffer.from("0041d83dde00", "hex"), "A😀"],
      [VISIBLE, "abc", undefined],
    ] as const) {
      const name = readName(nameOf([attribute(COMMON_NAME, tag, octets)]));
      assert.equal(name.commonName, text);
    }
  });

  it("with several values of CN has the last, as in Go", () => {
    const name = readName(nameOf([attribute(COMMON_NAME, UTF8, "a")], [attribute(COMMON_NAME, UTF8, "b")]));
    assert.deepEqual(name, { text: "CN=a, CN=b", commonName: "b", organizations: [] });
  });

  it("is told as text that nothing can pass for more than it is", () => {
    const text = (value: string, tag = UTF8): string => readName(nameOf([attribute(COMMON_NAME, tag, value)])).text;
    assert.equal(text("a, O=system:masters"), "CN=a\\, O=system:masters");
    assert.equal(text('+"\\<>;='), 'CN=\\+\\"\\\\\\<\\>\\;=');
    assert.equal(text("#a#"), "CN=\\#a#");
    assert.equal(text(" "), "CN=\\ ");
    assert.equal(text("  a  "), "CN=\\  a \\ ");
    assert.equal(text("a\nb\0\u0085"), "CN=a\\0Ab\\00\\C2\\85");
    assert.equal(text("größe"), "CN=größe");
    assert.equal(text("abc", VISIBLE), "CN=#1a03616263");
    assert.equal(readName(nameOf([attribute("06022a03", UTF8, "a+b")])).text, "1.2.3=a\\+b");
    const set = [attribute(ORGANIZATION, PRINTABLE, "a"), attribute(ORGANIZATION, PRINTABLE, "b")];
    assert.equal(readName(nameOf(set)).text, "O=a+O=b");
  });

  it("takes no value with control characters, no half of a character, nothing of great length", () => {
    const problems = (value: string): string[] => told(nameValueProblems(value, "commonName"));
    assert.deepEqual([...problems(""), ...problems("größe #1, \\"), ...problems("ä".repeat(512))], []);
    for (const value of ["a\nb", "a\0", "\u007f", "\u0085"])
      assert.deepEqual(problems(value), [
        "ERR_INPUT_INVALID commonName: holds a control character; must be printable text",
      ]);
    assert.deepEqual(problems("a\ud83d"), [
      "ERR_INPUT_INVALID commonName: holds half of a surrogate pair; must be Unicode text",
    ]);
    assert.deepEqual(problems("ä".repeat(513)), [
      "ERR_INPUT_INVALID commonName: is longer than 1024 octets of UTF-8; must be a shorter name",
    ]);
  });
});
