import assert from "node:assert/strict";

import fc from "fast-check";

import { readSource } from "../../provider/cli/source";
import { readMachineAddress } from "../../provider/core/config/machineAddress";
import { parseTalosconfig } from "../../provider/core/config/talosconfigParser";
import { parseHours } from "../../provider/core/duration";
import { PkiError } from "../../provider/core/errors";
import { findTalosconfig } from "../../provider/core/secrets/adopt/choose";
import { openContainer } from "../../provider/core/secrets/adopt/open";
import { parseSecretsBundle } from "../../provider/core/secrets/codec";
import { bundleFromControlPlaneConfig } from "../../provider/core/secrets/controlPlaneConfig";
import { decodeKubernetesPki } from "../../provider/core/secrets/kubernetesPki";
import { decodeText, normaliseText } from "../../provider/core/text";
import { parseTalosVersion } from "../../provider/core/talosVersion";
import { parseAuthority } from "../../provider/core/x509/authority";
import { parseCertificate, parseCertificateDer, parseCertificates } from "../../provider/core/x509/certificate";
import { parseCertificateRequest } from "../../provider/core/x509/certificateRequest";
import { decodeBase64, formatPem, parsePem } from "../../provider/core/x509/pem";
import { parsePrivateKey } from "../../provider/core/x509/privateKey";
import { formatTime } from "../../provider/core/environment";
import { readPlainDocuments, readPlainYaml } from "../../provider/core/yaml/plain";
import { AcceptedCA } from "../../provider/resources/acceptedCA";
import { PemReader } from "../../provider/core/x509/pemReader";
import { decodeClusterSecrets } from "../../provider/resources/clusterSecrets";
import { makeRequest } from "../unit/core/x509/requests";
import { Managed, testHost } from "../unit/support/engine";
import { fixedEnvironment, vector } from "../unit/support/fixed";
import { ADOPTABLE, CONFIGS, HIDDEN } from "../unit/support/otherTools";

const now = new Date("2027-01-01T00:00:00Z");
const environment = fixedEnvironment();
const pems = new PemReader();

/** Everything that reads text which somebody else has written. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  PEM: (text) => parsePem(text, "x"),
  base64: (text) => decodeBase64(text),
  "a certificate": (text) => parseCertificate(text, "x"),
  "several certificates": (text) => parseCertificates(text, "x"),
  "a private key": (text) => parsePrivateKey(text, "x"),
  "a CA": (text) => parseAuthority({ crt: text, key: text }, { crt: "x", key: "y" }),
  "a request": (text) => parseCertificateRequest(text, "x", environment),
  YAML: (text) => readPlainYaml(text, "x"),
  "YAML documents": (text) => readPlainDocuments(text, "x"),
  "a secrets bundle": (text) => parseSecretsBundle(text, { now }),
  "a control plane config": (text) => bundleFromControlPlaneConfig(text, { now }),
  "a kubeadm PKI": (text) => decodeKubernetesPki({ "ca.crt": text, "ca.key": text, "sa.key": text }),
  "a file of another tool": (text) => openContainer(text, "x"),
  "the talosconfig in a file": (text) => findTalosconfig(text, { path: "x" }),
  "a file of the CLI": (text) => readSource("x", text),
  "the address of a machine": (text) => readMachineAddress(text),
  "a text": (text) => normaliseText(decodeText(Buffer.from(text))),
  "a talosconfig": (text) => parseTalosconfig(text, "x"),
  "a duration": (text) => parseHours(text, "x"),
  "a Talos version": (text) => parseTalosVersion(text),
  "the secrets of a resource": (text) => decodeClusterSecrets(text, "x", { pems }),
  "an accepted CA": (text) => new Managed(AcceptedCA, testHost()).check({}, { certificatePem: text }),
};

/** Fails unless the parser answers, or throws a PkiError. */
async function survives(parse: (text: string) => unknown, text: string): Promise<void> {
  try {
    await parse(text);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    assert.ok(error.problems.length > 0 && error.message.length > 0);
  }
}

const config = vector("out/base-v1.13/controlplane.yaml");
const seeds = [
  ...Object.values(ADOPTABLE),
  ...Object.values(CONFIGS),
  ...Object.values(HIDDEN).map(([text]) => text),
  vector("pki/ca.crt"),
  vector("pki/ca.key"),
  vector("pki/sa.key"),
  vector("bundles/v1.13.yaml"),
  vector("broken/alias-bomb.yaml"),
  vector("broken/sops.yaml"),
  vector("out/base-v1.14/controlplane.yaml"),
  config,
  vector("broken/tc-bad-base64.yaml"),
  Buffer.from(vector("pki/ca.crt")).toString("base64"),
];

/** A known file with something done to it, as time and people do. */
const damaged = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(
      fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(40), put: fc.string({ maxLength: 8 }) }),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
  )
  .map(([seed, edits]) =>
    edits.reduce((text, { at, cut, put }) => {
      const from = Math.floor(at * text.length);
      return text.slice(0, from) + put + text.slice(from + cut);
    }, seed),
  );

const junk = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ maxLength: 300, unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "-----BEGIN ",
        "CERTIFICATE",
        "PRIVATE KEY",
        "-----",
        "-----END ",
        "\n",
        ":",
        "AAAA",
        "=",
        "{",
        "[",
        "*a ",
        "&a ",
        "? ",
        "- ",
        "  ",
        "|",
        "certs",
        "machine",
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join("")),
);

describe("Whatever is read", () => {
  for (const [what, parse] of Object.entries(PARSERS)) {
    it(`as ${what} is understood or rejected with a PkiError`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(damaged, junk), (text) => survives(parse, text)),
        { numRuns: 150 },
      );
    });
  }

  it("as any value in the place of secrets is understood or rejected with a PkiError", async () => {
    const value = fc.anything({
      maxDepth: 4,
      key: fc.constantFrom(
        "certs",
        "os",
        "k8s",
        "crt",
        "key",
        "acceptedCAs",
        "secrets",
        "secretsYaml",
        "sops",
        "kubernetes",
      ),
    });
    await fc.assert(
      fc.asyncProperty(value, (given) => survives(() => decodeClusterSecrets(given, "x", { pems }), "")),
      { numRuns: 300 },
    );
  });

  it("as the DER of a certificate or a request with some octets changed is understood or rejected", async () => {
    const certificate = parseCertificate(vector("pki/ca.crt"), "").der;
    const [request] = parsePem(await makeRequest({ name: "CN=a", dnsNames: ["a"] }), "");
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        const change = (der: Uint8Array): Uint8Array => {
          const copy = Uint8Array.from(der);
          for (const [at, octet] of changes) copy[at % copy.length] = octet;
          return copy;
        };
        await survives(() => {
          const read = parseCertificateDer(change(certificate), "x");
          // What is understood can be spoken of.
          assert.match(formatTime(read.notAfter) + formatTime(read.notBefore), /^.{20}.{20}$/);
          assert.equal(typeof read.algorithm, "string");
        }, "");
        await survives(
          () => parseCertificateRequest(formatPem("CERTIFICATE REQUEST", change(request.der)), "x", environment),
          "",
        );
      }),
      { numRuns: 400 },
    );
  });
});

const MEBIBYTE = 1024 * 1024;
const repeat = (part: string, size = MEBIBYTE): string => part.repeat(Math.ceil(size / part.length)).slice(0, size);

/** The ASN.1 of so many values, one within the other. */
function nestedDer(depth: number): Uint8Array {
  let der = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const length =
      der.length < 128
        ? Buffer.of(der.length)
        : Buffer.of(0x83, der.length >> 16, (der.length >> 8) & 255, der.length & 255);
    der = Buffer.concat([Buffer.of(0x30), length, der]);
  }
  return new Uint8Array(der);
}

/** Texts that a careless parser chokes on. */
const HEAVY: Readonly<Record<string, string>> = {
  "a mebibyte of one letter": repeat("a"),
  "a mebibyte of blanks": repeat(" "),
  "many newlines": repeat("\n", MEBIBYTE / 4),
  "a mebibyte of digits": repeat("1"),
  "a mebibyte of BEGIN lines": repeat("-----BEGIN CERTIFICATE-----\n"),
  "a mebibyte of begun labels": repeat("-----BEGIN "),
  "a mebibyte of dashes": repeat("-----"),
  "a mebibyte of little PEM blocks": repeat("-----BEGIN X-----\nAAAA\n-----END X-----\n"),
  "a mebibyte of one PEM block": `-----BEGIN CERTIFICATE-----\n${repeat("A", MEBIBYTE - 60)}\n-----END CERTIFICATE-----\n`,
  "many PEM headers": `-----BEGIN X-----\n${repeat("a: b\n", MEBIBYTE / 4)}-----END X-----\n`,
  "more than a mebibyte": repeat("a", MEBIBYTE + 1),
  "a thousand nested lists": "[".repeat(1000) + "]".repeat(1000),
  "a thousand open lists": "[".repeat(1000),
  "a thousand nested maps": "{a: ".repeat(1000) + "}".repeat(1000),
  "a thousand nested sequences": "- ".repeat(1000),
  "a thousand nested lists in a bundle": `certs: ${"[".repeat(1000)}${"]".repeat(1000)}\n`,
  "many levels that end at once": `${"- ".repeat(20_000)}\nmachine: a\n`,
  "many open lists": "[".repeat(MEBIBYTE / 8),
  "many keys": Array.from({ length: 50_000 }, (_, index) => `k${index}: v\n`).join(""),
  "many documents": repeat("---\na: b\n", MEBIBYTE / 8),
  "many anchors": Array.from({ length: 10_000 }, (_, index) => `k${index}: &a${index} v\n`).join(""),
  "a bomb of aliases": vector("broken/alias-bomb.yaml"),
  "a bomb of aliases in a field": vector("broken/alias-bomb-in-field.yaml"),
  "a bomb of aliases as accepted CAs": `${vector("broken/alias-bomb.yaml")}acceptedCAs: {os: [*i], kubernetes: *i}\n`,
  "many copies of a big value": `${vector("broken/alias-bomb.yaml")}${Array.from({ length: 5_000 }, (_, index) => `k${index}: *c\n`).join("")}`,
  "a bomb of aliases in a config": `${config}---\nkind: KubeEtcdEncryptionConfig\nconfig: {resources: &x [&y [&z [a,a,a,a,a,a,a,a,a]], *y, *y, *y], providers: *x}\n`,
  "a Secret by many aliases": `kind: List\nitems:\n- &a {apiVersion: v1, kind: Secret, data: {bundle: &b ${repeat("Y2VydHM6IHt9Cg==".slice(0, 16), MEBIBYTE / 2)}}}\n${"- *a\n".repeat(900)}${"- {apiVersion: v1, kind: Secret, data: {bundle: *b}}\n".repeat(900)}`,
  "deep JSON": `{"deployment":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}`,
  "deep secrets of an export": `{"deployment":{"resources":[{"type":"talos:x","outputs":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}]}}`,
  "many resources of a state": `{"version":4,"lineage":"a","resources":[${Array.from({ length: 8_000 }, (_, index) => `{"type":"talos_a","name":"n${index}","instances":[{"attributes":{"machine_secrets":{"certs":{}}}}]}`).join(",")}]}`,
  "many objects of a JSON stream": "{\n}\n".repeat(MEBIBYTE / 32),
  "a deep certificate": formatPem("CERTIFICATE", nestedDer(1000)),
  "a very deep certificate": formatPem("CERTIFICATE", nestedDer(20_000)),
  "a deep request": formatPem("CERTIFICATE REQUEST", nestedDer(20_000)),
  "a deep key": formatPem("PRIVATE KEY", nestedDer(20_000)),
};

/** They read YAML by the same function as those that are left. */
const ALIKE = ["YAML", "a control plane config", "a talosconfig", "the secrets of a resource"];
const isSmall = (text: string): boolean => text.length < MEBIBYTE / 16;

describe("What is made to be hard to read", () => {
  for (const [what, text] of Object.entries(HEAVY)) {
    it(`takes no long time: ${what}`, async () => {
      for (const [name, parse] of Object.entries(PARSERS)) {
        if (ALIKE.includes(name) && !isSmall(text)) continue;
        // Work, not time: other processes run beside this one.
        const started = process.cpuUsage();
        await survives(parse, text);
        const { user, system } = process.cpuUsage(started);
        assert.ok(user + system < 5_000_000, `${name} took ${Math.round((user + system) / 1000)} ms of work`);
      }
    });
  }
});
