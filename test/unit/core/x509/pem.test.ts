import assert from "node:assert/strict";

import { decodeBase64, formatPem, holdsPrivateKey, joinPem, parsePem } from "../../../../provider/core/x509/pem";
import { refuses } from "../../support/errors";

const DER = Uint8Array.from({ length: 100 }, (_, index) => index);
const PEM = formatPem("CERTIFICATE", DER);

describe("PEM", () => {
  it("is written in 64 columns with LF and a final newline", () => {
    const lines = PEM.split("\n");
    assert.deepEqual(
      lines.map((line) => line.length),
      [27, 64, 64, 8, 25, 0],
    );
    assert.equal(formatPem("X", Uint8Array.of(0)), "-----BEGIN X-----\nAA==\n-----END X-----\n");
  });

  it("is read back to the same bytes, every block of it, whatever stands around", () => {
    const blocks = parsePem(`bag attributes\n${PEM}between\n${formatPem("EC PRIVATE KEY", DER)}after`, "x");
    assert.deepEqual(blocks, [
      { label: "CERTIFICATE", der: DER, headers: [] },
      { label: "EC PRIVATE KEY", der: DER, headers: [] },
    ]);
  });

  it("is read with CRLF, with spaces at the ends of lines, in one line and without a final newline", () => {
    for (const text of [
      PEM.replaceAll("\n", "\r\n"),
      PEM.replaceAll("\n", "  \n"),
      `-----BEGIN CERTIFICATE-----\n${Buffer.from(DER).toString("base64")}\n-----END CERTIFICATE-----`,
    ]) {
      assert.deepEqual(parsePem(text, "x")[0].der, DER);
    }
  });

  it("is found behind what stands around and before its lines", () => {
    const indented = PEM.replace(/^(?=.)/gm, "    ");
    const blocks = parsePem(`\ufeffbag attributes\r\n${indented}\n${PEM.trimEnd()}`, "x");
    assert.deepEqual(
      blocks.map(({ label, der }) => formatPem(label, der)),
      [PEM, PEM],
    );
  });

  it("keeps the headers of RFC 1421 apart from the data", () => {
    const text = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAEC\n-----END RSA PRIVATE KEY-----\n`;
    assert.deepEqual(parsePem(text, "x")[0], {
      label: "RSA PRIVATE KEY",
      der: Uint8Array.of(0, 1, 2),
      headers: ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00"],
    });
  });

  const cutOff = "x: a PEM block is cut off; use -----BEGIN …----- to -----END …-----";
  for (const [what, text] of [
    ["that ends before its END line", PEM.slice(0, -30)],
    ["whose END line has another label", PEM.replace("END CERTIFICATE", "END X")],
    ["whose BEGIN line has no end", "-----BEGIN CERTIFICATE\nAAEC\n-----END CERTIFICATE-----\n"],
    ["that is only begun", "-----BEGIN "],
  ] as const) {
    it(`of a block ${what} is rejected`, () => {
      refuses(() => parsePem(text, "x"), "ERR_PEM_INVALID", cutOff);
    });
  }

  it("with junk or nothing in a block is rejected", () => {
    const junk = "x: a PEM block holds something else than base64; must be RFC 7468";
    for (const body of ["A*EC", "AAE", "", "AA==AAEC"]) {
      refuses(() => parsePem(`-----BEGIN X-----\n${body}\n-----END X-----\n`, "x"), "ERR_PEM_INVALID", junk);
    }
  });

  it("without any block is rejected", () => {
    const none = "x: holds no PEM block; must be text that begins with -----BEGIN";
    for (const text of ["", "no PEM", Buffer.from(PEM).toString("base64")]) {
      refuses(() => parsePem(text, "x"), "ERR_PEM_INVALID", none);
    }
  });

  it("of more than a mebibyte is rejected", () => {
    refuses(
      () => parsePem("-".repeat(1024 * 1024 + 1), "x"),
      "ERR_PEM_INVALID",
      "x: is longer than 1 MiB; must be a PEM file",
    );
  });

  it("is joined so that no text swallows the next", () => {
    assert.equal(joinPem(["a", "b\n", "", "c"]), "a\nb\nc\n");
    assert.equal(joinPem("a"), "a\n");
  });

  it("tells a private key of any kind from what is public", () => {
    for (const label of ["PRIVATE KEY", "RSA PRIVATE KEY", "ED25519 PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]) {
      assert.equal(holdsPrivateKey(`${PEM}${formatPem(label, DER)}`), true, label);
    }
    for (const label of ["CERTIFICATE", "PUBLIC KEY", "EC PARAMETERS"]) {
      assert.equal(holdsPrivateKey(formatPem(label, DER)), false, label);
    }
  });
});

describe("Base64", () => {
  it("is read only in its standard, padded form", () => {
    assert.deepEqual(decodeBase64("AAEC"), Uint8Array.of(0, 1, 2));
    assert.deepEqual(decodeBase64("AA=="), Uint8Array.of(0));
    assert.deepEqual(decodeBase64(""), new Uint8Array());
    for (const text of ["AAE", "A===", "AA==AAEC", "AA-_", "AAE\n", " AAEC"])
      assert.equal(decodeBase64(text), undefined, text);
  });
});
