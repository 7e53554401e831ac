import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey } from "node:crypto";

import { parseAllDocuments } from "yaml";

/** A text that is searched, and where it stood. */
export interface Text {
  readonly where: string;
  readonly text: string;
}

/** A form of a secret that is searched for. The message of a failure names the form, never the value. */
interface Needle {
  readonly secret: number;
  readonly form: string;
  readonly value: string;
}

const SHORTEST = 12;
const PRIVATE_KEY = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/g;

/** Base64 of anything that contains `bytes`, whatever stands before: one text for each of the three alignments. */
function base64Inside(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    // The characters at both ends also depend on the neighbours.
    return text.slice(Math.ceil((shift * 4) / 3), text.length - 2);
  });
}

/** The bytes that everybody may see: those of an RSA or EC private key are in part its public key. */
function publicBytes(pem: string): Buffer {
  try {
    // Under Talos's own label stands PKCS #8, which Node knows under the usual one.
    // In a document of Talos 1.14 it is indented.
    const usual = pem.replaceAll("ED25519 PRIVATE KEY", "PRIVATE KEY").replace(/^[ \t]+/gm, "");
    return createPublicKey(createPrivateKey(usual)).export({ type: "spki", format: "der" });
  } catch {
    // Nothing of a key that cannot be read is known to be public.
    return Buffer.alloc(0);
  }
}

/** A private key in PEM: the body whole, each line of it, the bytes in base64 and hexadecimal. */
function keyForms(pem: string): readonly (readonly [string, string])[] {
  const lines = pem
    .trim()
    .split("\n")
    .slice(1, -1)
    .map((line) => line.trim());
  const der = Buffer.from(lines.join(""), "base64");
  const known = publicBytes(pem);
  const tellsMore = (bytes: Buffer): boolean => bytes.length >= 16 && !known.includes(bytes);
  const forms: (readonly [string, string])[] = [];
  for (let at = 0; at < der.length; at += 24) {
    const piece = der.subarray(at, at + 24);
    if (tellsMore(piece)) {
      forms.push(["bytes of the key in hexadecimal", piece.toString("hex")]);
      base64Inside(piece).forEach((text) => forms.push(["bytes of the key in base64", text]));
    }
  }
  for (const line of lines) {
    if (tellsMore(Buffer.from(line, "base64"))) {
      forms.push(["a line of the PEM", line]);
      for (const text of base64Inside(Buffer.from(line))) {
        forms.push(["a line of the PEM inside base64", text]);
        // A Talos file holds base64 of PEM, and may itself be handed on in base64, as cloud user data is.
        base64Inside(Buffer.from(text)).forEach((twice) =>
          forms.push(["a line of the PEM inside base64 inside base64", twice]),
        );
      }
    }
  }
  return forms;
}

function formsOf(secret: string): readonly (readonly [string, string])[] {
  const keys = secret.match(PRIVATE_KEY) ?? [];
  if (keys.length > 0) {
    return keys.flatMap(keyForms);
  }
  const decoded = Buffer.from(secret, "base64");
  const inner = decoded.toString("utf8").match(PRIVATE_KEY) ?? [];
  const own: (readonly [string, string])[] = [
    ["as it is", secret],
    ["in hexadecimal", Buffer.from(secret).toString("hex")],
    ...base64Inside(Buffer.from(secret)).map((text) => ["inside base64", text] as const),
  ];
  return [...(inner.length > 0 ? [] : own), ...inner.flatMap(keyForms)];
}

function needlesOf(secrets: readonly string[]): readonly Needle[] {
  return secrets.flatMap((secret, index) => {
    const needles = formsOf(secret)
      .filter(([, value]) => value.length >= SHORTEST)
      .map(([form, value]) => ({ secret: index, form, value }));
    assert.ok(needles.length > 0, `secret ${index} is too short to be searched for`);
    return needles;
  });
}

/** As it stands, and with what JSON, YAML and PEM put between the parts of a long value taken out. */
const hay = (text: string): readonly string[] => [text, text.replace(/\\[nrt]|\\u000a|[\s"'|>]/g, "")];

/** Needles by their first characters, so that a text is read once, however many there are. */
function index(needles: readonly Needle[]): ReadonlyMap<string, readonly Needle[]> {
  const table = new Map<string, Needle[]>();
  for (const needle of needles) {
    const start = needle.value.slice(0, SHORTEST);
    table.set(start, [...(table.get(start) ?? []), needle]);
  }
  return table;
}

function* search(text: string, table: ReadonlyMap<string, readonly Needle[]>): Generator<Needle> {
  for (let at = 0; at + SHORTEST <= text.length; at += 1) {
    for (const needle of table.get(text.slice(at, at + SHORTEST)) ?? []) {
      if (text.startsWith(needle.value, at)) {
        yield needle;
      }
    }
  }
}

/**
 * Fails if any text holds any secret in clear: as it is, in hexadecimal, in base64 at any alignment, and for private keys (PEM, or base64 of
 * PEM) also each line of the PEM and each 24 bytes of the key. What of an RSA or EC key is public does not count. The
 * message names the place and the form, never the value.
 *
 * @example
 * assertNoSecrets([{ where: "state", text: project.state() }], secretsIn(await project.outputs({ secrets: true })));
 */
export function assertNoSecrets(texts: readonly Text[], secrets: readonly string[]): void {
  assert.ok(secrets.length > 0, "no secret to search for: this check could not fail");
  assert.ok(
    texts.some(({ text }) => text.length > 0),
    "no text to search in: this check could not fail",
  );
  const table = index(needlesOf(secrets));
  const found = texts.flatMap(({ where, text }) =>
    hay(text).flatMap((form) =>
      [...search(form, table)].map(({ secret, form: name }) => `${where}: secret ${secret}, ${name}`),
    ),
  );
  assert.deepEqual([...new Set(found)], [], "secrets stand in clear");
}

/** Names, in Talos's, Kubernetes's and our own files, under which a secret stands. */
const SECRET_NAME =
  /^(key|clientkey|client-key-data|clientkeypem|privatekeypem|token|bootstraptoken|trustdtoken|secret|secretboxencryptionsecret|aescbcencryptionsecret)$/i;

function collect(value: unknown, name: string, into: Set<string>): void {
  if (typeof value === "string") {
    if (name === "plaintext") {
      // So the engine stores a secret in a state that it decrypts: as JSON.
      collect(JSON.parse(value), "", into);
      return;
    }
    (value.match(PRIVATE_KEY) ?? []).forEach((key) => into.add(key));
    if (SECRET_NAME.test(name) && value.length >= SHORTEST) {
      into.add(value);
    }
    if (value.includes("\n") && value.includes(":") && !value.startsWith("-----")) {
      parseAllDocuments(value).forEach((document) => {
        collect(document.toJS(), name, into);
      });
    }
  } else if (Array.isArray(value)) {
    value.forEach((item) => {
      collect(item, name, into);
    });
  } else if (typeof value === "object" && value !== null) {
    Object.entries(value).forEach(([key, item]) => {
      collect(item, key, into);
    });
  }
}

/**
 * Every secret inside a value: private keys in PEM wherever they stand, and what stands under a name such as `key`, `token` or `secret`; YAML in
 * strings is read too. For the outputs of a stack, its decrypted state, or the text of a bundle.
 */
export function secretsIn(value: unknown): readonly string[] {
  const into = new Set<string>();
  collect(value, "", into);
  return [...into];
}
