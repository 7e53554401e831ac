import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";

import {
  formatSecretsBundle,
  parseSecretsBundle,
  pulumiverseSecrets,
  structureBundle,
} from "../../../../provider/core/secrets/codec";
import { bundleTree } from "../../../../provider/core/secrets/read";
import { writePlainYaml } from "../../../../provider/core/yaml/plain";
import { PkiError } from "../../../../provider/core/errors";
import { refuses, told } from "../../support/errors";
import { vector } from "../../support/fixed";
import { readVectorBundle } from "../../vectors/vectors";

const now = new Date("2027-01-01T00:00:00Z");
const parse = (text: string): ReturnType<typeof parseSecretsBundle> => parseSecretsBundle(text, { now });
const good = vector("bundles/v1.13.yaml");

/** Problems or, where the bundle is taken, warnings. */
function verdict(text: string): { taken: boolean; told: string[] } {
  try {
    return { taken: true, told: told(parse(text).warnings) };
  } catch (error) {
    if (error instanceof PkiError) return { taken: false, told: told(error.problems) };
    throw error;
  }
}

const folder = join(__dirname, "..", "..", "..", "vectors");
const bundles = [
  ...readdirSync(join(folder, "bundles")).map((name) => `bundles/${name}`),
  "out/from-pki-v1.13/secrets.yaml",
  "out/from-pki-v1.14/secrets.yaml",
  "out/from-pki-no-token/secrets.yaml",
  "out/from-config-aescbc-v1.14/secrets.yaml",
];

describe("A secrets bundle of talosctl", () => {
  for (const path of bundles) {
    it(`${path} comes back as the same bytes`, () => {
      const text = vector(path);
      const { bundle, unknown, warnings } = parse(text);
      assert.ok(formatSecretsBundle(bundle, unknown) === text);
      assert.deepEqual(warnings, []);
    });
  }

  it("is read in the capitalised form of the docs page, and written in talosctl's", () => {
    const { bundle } = parse(good);
    const page = writePlainYaml(bundleTree(bundle, "documentation"));
    assert.match(page, /^Cluster:\n {4}Id: /);
    assert.deepEqual(parse(page), { bundle, unknown: {}, warnings: [] });
    assert.ok(formatSecretsBundle(parse(page).bundle) === good);
  });

  it("is read in the shape of @pulumiverse/talos too", () => {
    const { bundle } = parse(good);
    const shape = pulumiverseSecrets(bundle);
    assert.deepEqual(Object.keys(shape), ["cluster", "secrets", "trustdinfo", "certs"]);
    assert.deepEqual(Object.keys(shape["certs"] as object), [
      "etcd",
      "k8s",
      "k8sAggregator",
      "k8sServiceaccount",
      "os",
    ]);
    assert.deepEqual(parse(writePlainYaml(shape)).bundle, bundle);
  });

  it("is read as JSON too", () => {
    const { bundle } = parse(good);
    assert.deepEqual(parse(JSON.stringify(structureBundle(bundle))).bundle, bundle);
  });

  it("is read with CRLF, a byte order mark of none, comments and folded base64", () => {
    const { bundle } = parse(good);
    const text = `# mine\r\n${good.replaceAll("\n", "\r\n")}`;
    assert.deepEqual(parse(text).bundle, bundle);
    const folded = good.replace(/(crt: )(\S{40})(\S+)/, "$1>-\n                $2\n                $3");
    assert.deepEqual(parse(folded).bundle, bundle);
  });

  it("keeps keys that Talos does not know, behind those that it knows, and says so", () => {
    const { bundle, unknown, warnings } = parse(
      `${good.replace("cluster:\n", "cluster:\n    color: blue\n")}owner:\n    name: 007\n`,
    );
    assert.deepEqual(unknown, { cluster: { color: "blue" }, owner: { name: "007" } });
    assert.deepEqual(told(warnings), [
      "unknown-key cluster.color: is a key that Talos does not know and ignores; it is kept",
      "unknown-key owner: is a key that Talos does not know and ignores; it is kept",
    ]);
    const written = formatSecretsBundle(bundle, unknown);
    assert.match(written, /\n {4}secret: \S+\n {4}color: blue\nsecrets:/);
    assert.match(written, /\nowner:\n {4}name: "007"\n$/);
    assert.ok(formatSecretsBundle(parse(written).bundle, parse(written).unknown) === written);
  });

  it("keeps a token of digits as text", () => {
    const { bundle } = parse(vector("broken/digits-token.yaml"));
    assert.equal(bundle.trustdInfo.token, "123456.7890123456789012");
    assert.match(formatSecretsBundle(bundle), /token: "123456\.7890123456789012"/);
  });
});

const aliases = "abcdefghi".split("").map((key, index) => {
  const kept = index < 3 ? "kept" : "dropped, as there is too much of it";
  return `unknown-key ${key}: is a key that Talos does not know and ignores; it is ${kept}`;
});

const notFound =
  "holds a PEM block that Talos does not find; use -----BEGIN …----- and -----END …----- at the beginning of lines of their own, with no byte order mark or indentation";
const otherLabel = (label: string): string =>
  `holds a key in another encoding than its label ${label} says, which Talos rejects; write it anew (openssl pkey) as PRIVATE KEY`;

const unusual = (kind: string): string =>
  `unusual-key certs.k8s.key: is of the kind ${kind}, which Talos takes; plan its rotation to ECDSA P-256 or RSA of 2048 bits or more`;

/** What is said of each broken bundle; `warned` where talosctl takes it and so does this package. */
const BROKEN: Readonly<Record<string, { told: string[]; warned?: true }>> = {
  "alias-bomb.yaml": { told: aliases, warned: true },
  "alias-bomb-in-field.yaml": { told: ["ERR_INPUT_INVALID trustdinfo.token: is a list; must be a string"] },
  "bad-base64.yaml": {
    told: ["ERR_PEM_INVALID certs.k8s.crt: is not base64; must be the base64 of a PEM file"],
  },
  "both-encryption.yaml": {
    told: [
      "ERR_INPUT_INVALID secrets: only one of secretboxencryptionsecret, aescbcencryptionsecret is allowed; keep the one that the cluster uses",
    ],
  },
  "casing.yaml": {
    told: [
      'ERR_INPUT_MISSING cluster: is required; found "Cluster", expected "cluster" (keys are case-sensitive)',
      'ERR_INPUT_MISSING trustdinfo: is required; found "trustdInfo", expected "trustdinfo" (keys are case-sensitive)',
      'ERR_INPUT_MISSING certs.os: is required; found "OS", expected "os" (keys are case-sensitive)',
      "ERR_INPUT_MISSING secrets: one of secretboxencryptionsecret, aescbcencryptionsecret is required; give the one that the cluster uses",
    ],
  },
  "digits-token.yaml": {
    told: [
      "unusual-form trustdinfo.token: is all digits; it is quoted here, but other YAML readers take it for a number where it is not",
    ],
    warned: true,
  },
  "duplicate-keys.yaml": {
    told: ["ERR_YAML_INVALID a key at line 9 already stands at line 8; give it once"],
  },
  "ec-parameters.yaml": {
    told: [
      "ERR_PEM_INVALID certs.k8s.key: begins with an EC PARAMETERS block, which Talos rejects; keep only the EC PRIVATE KEY block",
    ],
  },
  "encrypted-key.yaml": {
    told: ["ERR_KEY_ENCRYPTED certs.k8s.key: is an encrypted private key; decrypt it first (openssl pkey)"],
  },
  "explicit-curve.yaml": {
    told: ["ERR_KEY_UNSUPPORTED certs.k8s.key: spells its curve out, which Talos rejects; must be a named curve"],
  },
  "expired-ca.yaml": {
    told: ["expired certs.os.crt: the CA expired at 2021-01-01T00:00:00Z; rotate it"],
    warned: true,
  },
  "key-mismatch.yaml": {
    told: ["ERR_KEY_MISMATCH certs.k8s.key: does not belong to the certificate beside it; must be the pair of one CA"],
  },
  "missing-token.yaml": {
    told: ["ERR_INPUT_MISSING secrets.bootstraptoken: is required; must be what talosctl writes there"],
  },
  "negative-serial.yaml": {
    told: [
      "ERR_PEM_INVALID certs.k8s.crt: is a certificate with a negative serial number, which Talos rejects; must be a certificate of RFC 5280",
    ],
  },
  "not-a-ca.yaml": {
    told: ["ERR_NOT_A_CA certs.os.crt: is not a CA (basicConstraints lacks CA:TRUE); must be the certificate of a CA"],
  },
  "p521-ca.yaml": { told: [unusual("ecdsa-p521")], warned: true },
  "p256-as-ed25519.yaml": { told: [`ERR_PEM_INVALID certs.k8s.key: ${otherLabel("ED25519 PRIVATE KEY")}`] },
  "pem-bom.yaml": { told: [`ERR_PEM_INVALID certs.k8s.crt: ${notFound}`] },
  "pem-end-on-data-line.yaml": { told: [`ERR_PEM_INVALID certs.k8s.crt: ${notFound}`] },
  "pem-indented.yaml": { told: [`ERR_PEM_INVALID certs.k8s.key: ${notFound}`] },
  "pkcs8-as-ec.yaml": { told: [`ERR_PEM_INVALID certs.k8s.key: ${otherLabel("EC PRIVATE KEY")}`] },
  "rsa-1024-ca.yaml": { told: [unusual("rsa-1024")], warned: true },
  "redacted.yaml": {
    told: ["etcd", "k8s", "k8saggregator", "os", "k8sserviceaccount"].map(
      (name) => `ERR_SECRET_REDACTED certs.${name}.key: is redacted; the real private key is needed`,
    ),
  },
  "sops.yaml": {
    told: ["ERR_BUNDLE_ENCRYPTED is encrypted with SOPS; decrypt it first (sops --decrypt FILE)"],
  },
  "trailing-der.yaml": {
    told: [
      "ERR_PEM_INVALID certs.k8s.crt: holds more octets than the certificate itself, which Talos rejects; must be a certificate of RFC 5280",
    ],
  },
  "truncated-pem.yaml": {
    told: ["ERR_PEM_INVALID certs.etcd.crt: a PEM block is cut off; use -----BEGIN …----- to -----END …-----"],
  },
};

describe("A broken bundle", () => {
  const { inputs } = JSON.parse(vector("broken/index.json")) as {
    inputs: { file: string; kind: string; defect: string }[];
  };

  it("of the vectors is here, each of them", () => {
    const files = inputs.filter(({ kind }) => kind === "bundle").map(({ file }) => file);
    assert.deepEqual(files.sort(), Object.keys(BROKEN).sort());
  });

  for (const { file, kind, defect } of inputs) {
    const expected = BROKEN[file];
    if (kind !== "bundle" || expected === undefined) continue;
    it(`${file} (${defect}) is ${expected.warned === true ? "taken with a warning" : "refused"}`, () => {
      const started = process.hrtime.bigint();
      assert.deepEqual(verdict(vector(`broken/${file}`)), { taken: expected.warned === true, told: expected.told });
      assert.ok(process.hrtime.bigint() - started < 2_000_000_000n, "in less than two seconds");
    });
  }

  it("is told by the path of the property that holds it", () => {
    refuses(
      () => parseSecretsBundle(vector("broken/missing-token.yaml"), { now, path: "secretsYaml" }),
      "ERR_INPUT_MISSING",
      "secretsYaml.secrets.bootstraptoken: is required; must be what talosctl writes there",
    );
  });

  it("that is none at all is rejected", () => {
    const none = "the text is not a secrets bundle; must be the YAML of talosctl gen secrets";
    for (const text of ["", "null", "a", "[1]", "# nothing"]) refuses(() => parse(text), "ERR_INPUT_MISSING", none);
  });

  it("of several documents is rejected", () => {
    refuses(() => parse(`${good}---\n${good}`), "ERR_YAML_INVALID", "the text holds 2 documents; must be one");
  });

  it("that lacks everything is told what, each section once", () => {
    assert.deepEqual(verdict("cluster: {}\n").told, [
      ...["cluster", "secrets", "trustdinfo", "certs"].map(
        (name) => `ERR_INPUT_MISSING ${name}: is required; must be what talosctl writes there`,
      ),
      "ERR_INPUT_MISSING secrets: one of secretboxencryptionsecret, aescbcencryptionsecret is required; give the one that the cluster uses",
    ]);
  });

  it("with octets around a PEM block that are not UTF-8 is rejected, as they could not be written back", () => {
    const latin1 = good.replace(/(os:\n +crt: )(\S+)/, (_, before: string, crt: string) => {
      const octets = Buffer.concat([Buffer.from("# caf\xe9\n", "latin1"), Buffer.from(crt, "base64")]);
      return `${before}${octets.toString("base64")}`;
    });
    assert.deepEqual(verdict(latin1).told, [
      "ERR_PEM_INVALID certs.os.crt: holds octets that are not UTF-8; must be the base64 of a PEM file with nothing around the block",
    ]);
  });

  it("whose values are no texts is told so, and of nothing twice", () => {
    const text = good
      .replace(/ {4}bootstraptoken: .*\n/, "    bootstraptoken: {a: b}\n")
      .replace(/(k8sserviceaccount:\n {8}key: ).*\n/, "$1[1]\n");
    assert.deepEqual(verdict(text).told, [
      "ERR_INPUT_INVALID secrets.bootstraptoken: is a map; must be a string",
      "ERR_INPUT_INVALID certs.k8sserviceaccount.key: is a list; must be a string",
    ]);
  });

  it("never has a secret in what is said of it", () => {
    const secret = /bootstraptoken: (\S+)/.exec(good)![1]!;
    for (const text of [
      good.replace(/bootstraptoken: (\S+)/, "bootstraptoken: '$1"),
      good.replace(/bootstraptoken: (\S+)/, "bootstraptoken: *$1"),
      good.replace(/bootstraptoken: (\S+)/, "bootstraptoken: !!$1 x: $1"),
      good.replace(/bootstraptoken: (\S+)/, "$1: $1\n    $1: $1"),
    ]) {
      const said = verdict(text).told.join("\n");
      assert.ok(!verdict(text).taken);
      assert.ok(!said.includes(secret.slice(0, 6)), "the message holds no part of the token");
    }
  });
});

describe("What is odd in a bundle", () => {
  const odd = (change: (text: string) => string): string[] => verdict(change(good)).told;

  it("warns: tokens and secrets of an unusual form", () => {
    assert.deepEqual(
      odd((text) => text.replace(/bootstraptoken: .*/, "bootstraptoken: hello")),
      [
        "unusual-form secrets.bootstraptoken: has an unusual form; Talos makes 6 and 16 characters of 0-9 and a-z with a dot between",
      ],
    );
    assert.deepEqual(
      odd((text) => text.replace(/ {4}secret: .*/, "    secret: hello")),
      ["unusual-form cluster.secret: is not the base64 of 32 bytes; Talos v1.14 rejects it"],
    );
  });

  it("warns: CAs within a year of their end, and such as are not valid yet", () => {
    const { certs } = readVectorBundle("bundles/v1.13.yaml");
    const at = (time: string): string[] => told(parseSecretsBundle(good, { now: new Date(time) }).warnings);
    assert.ok(certs.os.crt.length > 0);
    assert.equal(at("2030-01-01T00:00:00Z").length, 0);
    const soon = at("2036-04-01T00:00:00Z");
    assert.equal(soon.length, 4);
    assert.match(
      soon[0]!,
      /^expires-soon certs\.etcd\.crt: the CA expires at 2036-\S+Z, in less than a year; plan its rotation$/,
    );
    const early = at("2020-01-01T00:00:00Z");
    assert.equal(early.length, 4);
    assert.match(early[3]!, /^not-yet-valid certs\.os\.crt: the CA is valid only from 2026-\S+Z; look at the clock$/);
  });
});
