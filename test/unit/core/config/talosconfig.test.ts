import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import {
  createTalosconfig,
  formatTalosconfig,
  mergeTalosconfig,
  type Talosconfig,
} from "../../../../provider/core/config/talosconfig";
import { readCredentials } from "../../../../provider/core/config/talosconfigCredentials";
import { parseTalosconfig } from "../../../../provider/core/config/talosconfigParser";
import { PkiError, type Problem } from "../../../../provider/core/errors";
import { told } from "../../support/errors";
import { readVectorBundle } from "../../vectors/vectors";

const vector = (...path: string[]): string =>
  readFileSync(join(__dirname, "../../../vectors", ...path), "utf8").replaceAll("\r\n", "\n");
const written = (id: string): string => vector("out", id, "talosconfig");

/** Every problem that a reader finds. */
function problemsOf(read: () => unknown): readonly Problem[] {
  try {
    read();
  } catch (error) {
    if (error instanceof PkiError) return error.problems;
    throw error;
  }
  return assert.fail("no error");
}

const pem = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString("utf8");

describe("A talosconfig", () => {
  const contractVersions = ["v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11", "v1.12", "v1.13", "v1.14"];
  const ids = [
    ...["only", "endpoints", "nodes", "merge", "legacy", "proxy"].map((name) => `talosconfig-${name}`),
    ...contractVersions.map((version) => `base-${version}`),
  ];
  for (const id of ids) {
    it(`written by talosctl (${id}) is read and written back byte for byte`, () => {
      assert.equal(formatTalosconfig(parseTalosconfig(written(id))), written(id));
    });
  }

  it("made from PEM is the file that talosctl gen config writes", () => {
    const { ca, crt, key } = parseTalosconfig(written("talosconfig-only")).contexts["gamma"]!;
    const made = createTalosconfig({
      contextName: "gamma",
      caCertificatesPem: pem(ca),
      clientCertificatePem: pem(crt),
      clientKeyPem: pem(key),
    });
    assert.equal(formatTalosconfig(made), written("talosconfig-only"));
  });

  it("with endpoints or nodes is the file that talosctl config endpoint and config node write", () => {
    const { contexts } = parseTalosconfig(vector("talosconfigs/a.yaml"));
    const context = contexts["gamma"]!;
    const change = (more: object): string =>
      formatTalosconfig({ context: "gamma", contexts: { gamma: { ...context, ...more } } });
    assert.equal(change({ endpoints: ["10.0.0.1", "10.0.0.2"] }), written("talosconfig-endpoints"));
    assert.equal(change({ nodes: ["n2", "n1"] }), written("talosconfig-nodes"));
  });

  it("takes the legacy target as a further endpoint and forgets unknown keys, as talosctl config context does", () => {
    const legacy = parseTalosconfig(vector("talosconfigs/legacy.yaml"));
    assert.equal(formatTalosconfig({ ...legacy, context: "two" }), written("talosconfig-legacy"));
    const old = { ...legacy.contexts["old"]!, proxyUrl: "socks5://127.0.0.1:1080" };
    const proxied = { ...legacy, contexts: { ...legacy.contexts, old } };
    assert.equal(formatTalosconfig(proxied), written("talosconfig-proxy"));
  });

  it("merges as talosctl config merge does, telling the new name", () => {
    const [a, b] = ["a", "b"].map((name) => parseTalosconfig(vector(`talosconfigs/${name}.yaml`)));
    const { talosconfig, renames } = mergeTalosconfig(a!, b!);
    assert.equal(formatTalosconfig(talosconfig), written("talosconfig-merge"));
    assert.deepEqual(renames, [{ from: "gamma", to: "gamma-1" }]);
  });

  it("merges one with no current context without touching ours", () => {
    const ours: Talosconfig = { context: "a", contexts: { a: { endpoints: [] }, "a-1": { endpoints: [] } } };
    const { talosconfig, renames } = mergeTalosconfig(ours, { context: "", contexts: { a: { endpoints: ["x"] } } });
    assert.equal(talosconfig.context, "a");
    assert.deepEqual(renames, [{ from: "a", to: "a-2" }]);
    assert.deepEqual(talosconfig.contexts["a-2"], { endpoints: ["x"] });
  });

  it("keeps every kind of value", () => {
    const text = `context: "1"
contexts:
    __proto__:
        endpoints: []
    "1":
        endpoints:
            - "0123456789"
        auth:
            basic:
                username: "yes"
                password: '#1'
            siderov1:
                identity: me@example.org
        cluster: alpha
`;
    const parsed = parseTalosconfig(text);
    assert.equal(formatTalosconfig(parsed), text);
    assert.deepEqual(Object.keys(parsed.contexts), ["1", "__proto__"]);
  });

  it("that is empty has no context", () => {
    assert.deepEqual(parseTalosconfig(""), { context: "", contexts: {} });
    assert.equal(formatTalosconfig(parseTalosconfig("context: ~\n")), 'context: ""\ncontexts: {}\n');
  });

  it("joins CAs whole, however they end", () => {
    const { os, k8s } = readVectorBundle("bundles/v1.13.yaml").certs;
    const { contexts } = createTalosconfig({
      contextName: "c",
      caCertificatesPem: [k8s.crt.trimEnd(), os.crt],
      clientCertificatePem: os.crt,
      clientKeyPem: os.key,
    });
    assert.equal(pem(contexts["c"]?.ca), k8s.crt + os.crt);
  });

  it("is not made of PEM that nobody could use", () => {
    const { os, k8s } = readVectorBundle("bundles/v1.13.yaml").certs;
    const messages = (options: Partial<Parameters<typeof createTalosconfig>[0]>): string[] =>
      told(
        problemsOf(() =>
          createTalosconfig({
            contextName: "c",
            caCertificatesPem: os.crt,
            clientCertificatePem: os.crt,
            clientKeyPem: os.key,
            ...options,
          }),
        ),
      );
    const none = "holds no PEM block; must be text that begins with -----BEGIN";
    assert.deepEqual(messages({ caCertificatesPem: ["junk"], clientCertificatePem: "junk", clientKeyPem: "junk" }), [
      `ERR_PEM_INVALID caCertificatesPem[0]: ${none}`,
      `ERR_PEM_INVALID clientCertificatePem: ${none}`,
      `ERR_PEM_INVALID clientKeyPem: ${none}`,
    ]);
    assert.deepEqual(messages({ caCertificatesPem: [], clientKeyPem: k8s.key }), [
      "ERR_INPUT_MISSING caCertificatesPem: is empty; must be the certificates of the CAs to trust, PEM",
      "ERR_KEY_MISMATCH clientKeyPem: does not belong to clientCertificatePem; must be the pair that was issued together",
    ]);
  });

  it("needs a name for its context", () => {
    const { os } = readVectorBundle("bundles/v1.13.yaml").certs;
    assert.deepEqual(
      problemsOf(() =>
        createTalosconfig({
          contextName: "",
          caCertificatesPem: os.crt,
          clientCertificatePem: os.crt,
          clientKeyPem: os.key,
        }),
      ),
      [
        {
          code: "ERR_INPUT_MISSING",
          path: "contextName",
          message: "is empty; must be the name of the context, such as the cluster's",
        },
      ],
    );
  });
});

describe("A broken talosconfig", () => {
  const broken: [file: string, code: string, message: string][] = [
    ["tc-bad-base64", "ERR_PEM_INVALID", "contexts.gamma.crt: is not base64; must be the base64 of a PEM file"],
    ["tc-missing-context", "ERR_INPUT_INVALID", 'context: "other" is none of the contexts; must be "gamma"'],
    [
      "tc-key-mismatch",
      "ERR_KEY_MISMATCH",
      "contexts.gamma.key: does not belong to the certificate in crt; must be the pair that was issued together",
    ],
    [
      "tc-truncated-crt",
      "ERR_PEM_INVALID",
      "contexts.gamma.crt: a PEM block is cut off; use -----BEGIN …----- to -----END …-----",
    ],
  ];
  for (const [file, code, message] of broken) {
    it(`(${file}) is rejected by name`, () => {
      const text = vector("broken", `${file}.yaml`);
      assert.throws(() => parseTalosconfig(text), { name: "PkiError", code, message });
    });
  }

  it("tells every problem at once, with its path", () => {
    const text = `context: other
contexts:
    a: {endpoints: 10.0.0.1, crt: "!"}
    b.c: {nodes: [[]], ca: ${Buffer.from("0\x82DER").toString("base64")}}
    d: ~
    e: [x]
    f: {key: "******", auth: {basic: [], siderov1: {identity: {}}}}
`;
    assert.deepEqual(
      problemsOf(() => parseTalosconfig(text, "talosconfig")).map(({ code, path }) => `${code} ${path}`),
      [
        "ERR_INPUT_INVALID talosconfig.contexts.a.endpoints",
        "ERR_PEM_INVALID talosconfig.contexts.a.crt",
        "ERR_INPUT_MISSING talosconfig.contexts.a.key",
        "ERR_INPUT_INVALID talosconfig.contexts.b.c.nodes[0]",
        "ERR_PEM_INVALID talosconfig.contexts.b.c.ca",
        "ERR_INPUT_MISSING talosconfig.contexts.d",
        "ERR_INPUT_INVALID talosconfig.contexts.e",
        "ERR_INPUT_INVALID talosconfig.contexts.f.auth.basic",
        "ERR_INPUT_INVALID talosconfig.contexts.f.auth.siderov1.identity",
        "ERR_SECRET_REDACTED talosconfig.contexts.f.key",
        "ERR_INPUT_MISSING talosconfig.contexts.f.crt",
        "ERR_INPUT_INVALID talosconfig.context",
      ],
    );
  });

  it("never shows a value, however long or odd its names are", () => {
    const secret = "c2VjcmV0LXNlY3JldA=!";
    const name = "n".repeat(5000);
    const text = `contexts:\n    ${name}: {crt: ${secret}, key: {a: ${secret}}}\n`;
    for (const { path, message } of problemsOf(() => parseTalosconfig(text))) {
      assert.ok(!`${path}${message}`.includes(secret));
      assert.ok(path.length < 100);
    }
  });

  it("that is a list or a lone word is none", () => {
    for (const text of ["- a", "word", "'9'"]) {
      assert.throws(() => parseTalosconfig(text), {
        code: "ERR_INPUT_INVALID",
        message: "the text is not a talosconfig; must be a map with context and contexts",
      });
    }
  });

  it("that grows through aliases ends in an error, and soon", () => {
    const list = `[${"x,".repeat(20_000)}x]`;
    const contexts = Array.from({ length: 1_500 }, (_, index) => `  c${index}: *a`).join("\n");
    const bomb = `contexts:\n  a: &a {endpoints: ${list}}\n${contexts}\n`;
    const start = process.cpuUsage();
    assert.throws(() => parseTalosconfig(bomb), {
      code: "ERR_YAML_INVALID",
      message: "the text grows beyond 1 MiB through YAML aliases; write it out without them",
    });
    const many = `contexts:\n  a: &a {endpoints: []}\n${"  c: *a\n".repeat(40_000).replaceAll(/c:/g, (_, at: number) => `c${at}:`)}`;
    assert.throws(() => parseTalosconfig(many), {
      code: "ERR_YAML_INVALID",
      message: "holds too many aliases; must be at most 2000",
    });
    assert.ok(process.cpuUsage(start).user < 5_000_000);
  });
});

describe("The credentials of a context", () => {
  it("are read into certificates and key", () => {
    const { contexts } = parseTalosconfig(vector("talosconfigs/a.yaml"));
    const { authorities, certificate, key } = readCredentials(contexts["gamma"]!);
    assert.deepEqual(
      authorities.map(({ subject }) => subject),
      ["O=talos"],
    );
    assert.deepEqual(certificate?.organizations, ["os:admin"]);
    assert.equal(key?.algorithm, "ed25519");
  });

  it("may be none", () => {
    assert.deepEqual(readCredentials({}), { authorities: [], certificate: undefined, key: undefined });
  });

  it("that are no PEM at all pass the parser, but not their user", () => {
    const { contexts } = parseTalosconfig(vector("talosconfigs/legacy.yaml"));
    assert.deepEqual(
      problemsOf(() => readCredentials(contexts["old"]!, "contexts.old")).map(({ code, path }) => `${code} ${path}`),
      ["ERR_PEM_INVALID contexts.old.ca", "ERR_PEM_INVALID contexts.old.crt", "ERR_PEM_INVALID contexts.old.key"],
    );
  });
});
