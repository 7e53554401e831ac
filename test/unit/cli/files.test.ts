import assert from "node:assert/strict";

import { decodeText, normaliseText } from "../../../provider/core/text";
import { vector } from "../support/fixed";
import { talosPki } from "./support";

const talosconfig = vector("out/base-v1.13/talosconfig");
const bundle = vector("bundles/v1.13.yaml");

const utf16le = (text: string): Buffer => Buffer.from(text, "utf16le");
const utf16be = (text: string): Buffer => utf16le(text).swap16();

/** How editors and PowerShell write a file. */
const ENCODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  "UTF-8 with a mark": (text) => Buffer.from(`\ufeff${text}`),
  "UTF-16 LE with a mark": (text) => utf16le(`\ufeff${text}`),
  "UTF-16 BE with a mark": (text) => utf16be(`\ufeff${text}`),
  "UTF-16 LE without a mark": utf16le,
  "UTF-16 BE without a mark": utf16be,
  "CRLF line ends": (text) => Buffer.from(text.replaceAll("\n", "\r\n")),
  "UTF-16 LE with CRLF line ends": (text) => utf16le(`\ufeff${text.replaceAll("\n", "\r\n")}`),
};

const failing = (code: string): Error => Object.assign(new Error(code), { code });

describe("A file", () => {
  for (const [name, encode] of Object.entries(ENCODINGS)) {
    it(`is read in ${name}, whatever it is`, async () => {
      const export_ = JSON.stringify({ version: 3, deployment: { resources: [] } });
      const files = { talosconfig: encode(talosconfig), "b.yaml": encode(bundle), "e.json": encode(export_) };
      const plain = await talosPki(["inspect", "talosconfig"], { files: { talosconfig } });
      assert.deepEqual(await talosPki(["inspect", "talosconfig"], { files }), plain);
      const verified = await talosPki(["verify", "talosconfig", "--bundle", "b.yaml"], { files });
      assert.deepEqual([verified.code, verified.err], [0, ""]);
      assert.match((await talosPki(["expiry", "e.json"], { files })).out, /^UNKNOWN: there is no certificate in it/);
    });
  }

  it("of octets that are no text stays what it is", () => {
    assert.equal(decodeText(Uint8Array.of(0xff, 0x61)), "\ufffda");
    assert.equal(decodeText(new Uint8Array()), "");
    assert.equal(decodeText(Buffer.from("a\0b")), "a\0b");
  });

  it("that a program has read as UTF-8 although it was UTF-16 is mended as long as it is ASCII", () => {
    for (const encode of [utf16le, utf16be]) {
      assert.equal(normaliseText(encode(`\ufeff${bundle}`).toString("utf8")), bundle);
    }
    for (const text of ["", "a", "\ufffd\ufffda", "a\0b", "\0\0\0\0"]) assert.equal(normaliseText(text), text);
  });

  const errors: readonly (readonly [string, string])[] = [
    ["ENOENT", "there is no such file"],
    ["ENOTDIR", "there is no such file"],
    ["EISDIR", "is a folder; must be a file"],
    ["EACCES", "permission denied"],
    ["EXDEV", "EXDEV"],
  ];
  for (const [code, words] of errors) {
    it(`that cannot be read because of ${code} is said to be so`, async () => {
      const { err } = await talosPki(["inspect", "x"], { files: { x: failing(code) } });
      assert.equal(err, `talos-pki: x: ${words}\n`);
    });
  }

  it("that cannot be written is named with the reason", async () => {
    const { code, err } = await talosPki(["report", "talosconfig", "--html", "."], { files: { talosconfig } });
    assert.deepEqual([code, err], [2, "talos-pki: .: is a folder; must be a file\n"]);
  });

  it("is standard input for every option that names a file", async () => {
    const files = { "-": bundle, talosconfig };
    for (const args of [
      ["verify", "talosconfig", "--bundle", "-"],
      ["diff", "-", "-"],
    ]) {
      assert.deepEqual((await talosPki(args, { files })).err, "");
    }
  });
});

const omni = `context: a
contexts:
  a:
    endpoints: ["https://omni.example.org"]
    auth: {siderov1: {identity: me@example.org}}
`;

describe("A context", () => {
  it("that is not there is named with those that are, by every command alike", async () => {
    const files = { talosconfig };
    const err = `talos-pki: talosconfig: has no context "b"; set --context to one of alpha\n`.replace(
      "alpha",
      /^context: (.*)$/m.exec(talosconfig)![1]!,
    );
    for (const args of [
      ["inspect", "talosconfig"],
      ["verify", "talosconfig"],
      ["inspect", "10.0.0.1:50000", "--talosconfig", "talosconfig"],
    ]) {
      assert.equal((await talosPki([...args, "--context", "b"], { files })).err, err);
    }
  });

  it("that is there is taken although the current one is not", async () => {
    const files = { talosconfig: talosconfig.replace(/^context: .*$/m, "context: gone") };
    const [, name = ""] = /^context: (.*)$/m.exec(talosconfig)!;
    const { code, err } = await talosPki(["verify", "talosconfig", "--context", name], { files });
    assert.deepEqual([code, err], [0, ""]);
  });

  it("is rejected where nothing has contexts", async () => {
    const { err } = await talosPki(["inspect", "b.yaml", "--context", "b"], { files: { "b.yaml": bundle } });
    assert.equal(err, "talos-pki: --context: names a context of a talosconfig; b.yaml is a secrets bundle\n");
  });

  it("of Omni is recognised, with its user", async () => {
    const files = { omni };
    assert.match((await talosPki(["inspect", "omni"], { files })).out, /Omni user of a: me@example\.org/);
    assert.equal(
      (await talosPki(["verify", "omni"], { files })).err,
      'talos-pki: omni: context "a" authenticates to Omni as "me@example.org"; it has no client certificate to verify, Omni checks signatures instead\n',
    );
  });
});
