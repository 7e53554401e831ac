import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";

import { generateMachineConfig } from "../../provider/core/config/machineConfig";
import { CONTAINER_RULES } from "../../provider/core/machinery/validation/containerRules";
import { EXPRESSION } from "../../provider/core/machinery/validation/cel/celChecks";
import { ConfigFacts } from "../../provider/core/machinery/validation/facts";
import type { Check, Place } from "../../provider/core/machinery/validation/rule";
import { patchMachineConfig } from "../../provider/core/machinery/patch";
import { redactMachineConfig } from "../../provider/core/config/redact";
import { parseTalosconfig } from "../../provider/core/config/talosconfigParser";
import { PkiError } from "../../provider/core/errors";
import { findTalosconfig } from "../../provider/core/secrets/adopt/choose";
import { parseSecretsBundle } from "../../provider/core/secrets/codec";
import { bundleFromControlPlaneConfig } from "../../provider/core/secrets/controlPlaneConfig";
import { parseCertificates } from "../../provider/core/x509/certificate";
import { parsePem } from "../../provider/core/x509/pem";
import { parsePrivateKey } from "../../provider/core/x509/privateKey";
import { decodeText } from "../../provider/core/text";
import { readPlainDocuments } from "../../provider/core/yaml/plain";
import { readMachineAddress } from "../../provider/core/config/machineAddress";
import { readSource } from "../../provider/cli/source";
import { ADOPTABLE, AMBIGUOUS, CONFIGS, HIDDEN } from "../unit/support/otherTools";

/** Seconds per parser; the long run sets 600. */
const SECONDS = Number(process.env["TALOS_PKI_FUZZ_SECONDS"] ?? 8);
const SEED = Number(process.env["TALOS_PKI_SEED"] ?? Date.now() % 2 ** 31);
/** No input below a mebibyte may hold a parser longer, on a machine that does other things too. */
const LONGEST_MS = 5_000;

const now = new Date("2027-01-01T00:00:00Z");
const vector = (path: string): string => readFileSync(join(__dirname, "..", "vectors", path), "utf8");
const bundle = parseSecretsBundle(vector("bundles/v1.13.yaml"), { now }).bundle;
const config = vector("out/base-v1.13/controlplane.yaml");
const documents = vector("out/base-v1.14/controlplane.yaml");

interface Target {
  readonly seeds: readonly string[];
  readonly parse: (text: string) => unknown;
}

const patched = (text: string, talosVersion: string): unknown =>
  generateMachineConfig({
    secrets: bundle,
    clusterName: "a",
    clusterEndpoint: "https://10.0.0.1:6443",
    machineType: "controlplane",
    talosVersion,
    configPatches: [text],
  });

/** Asks checks of one value, for several versions of Talos. */
const judged = (checks: readonly Check[], value: string): unknown =>
  [8, 11, 14].map((minor) => {
    const config = new ConfigFacts([], { minor, mode: "metal" });
    const place: Omit<Place, "document"> = { path: "", value, parent: undefined, key: "", config };
    return checks.map((check) => check.breaks(place as Place));
  });

const IMAGE_RULES = CONTAINER_RULES["ContainerConfig"]!.filter(({ path }) => path === "image");

const TARGETS: Readonly<Record<string, Target>> = {
  PEM: { seeds: [vector("pki/ca.crt"), vector("broken/pem-encrypted-ca.key")], parse: (text) => parsePem(text, "x") },
  certificates: { seeds: [vector("pki/ca.crt"), bundle.certs.os.crt], parse: (text) => parseCertificates(text, "x") },
  "private keys": {
    seeds: [bundle.certs.os.key, bundle.certs.k8s.key, vector("pki/sa.key")],
    parse: (text) => parsePrivateKey(text, "x"),
  },
  YAML: {
    seeds: [vector("broken/alias-bomb.yaml"), config, documents],
    parse: (text) => readPlainDocuments(text, "x"),
  },
  "secrets bundles": {
    seeds: [vector("bundles/v1.13.yaml"), vector("broken/casing.yaml"), vector("broken/alias-bomb-in-field.yaml")],
    parse: (text) => parseSecretsBundle(text, { now }),
  },
  "control plane configs": { seeds: [config, documents], parse: (text) => bundleFromControlPlaneConfig(text, { now }) },
  talosconfigs: {
    seeds: [vector("talosconfigs/a.yaml"), vector("talosconfigs/legacy.yaml")],
    parse: (text) => parseTalosconfig(text, "x"),
  },
  "machine configs": { seeds: [config, documents], parse: (text) => patchMachineConfig(text, ["machine: {}"]) },
  addresses: {
    seeds: ["10.0.0.2:50000", "[fe80::1%eth0]:50000", "https://[fe80::1%25eth0]:50000/x?y#z", "cp-1.example.org"],
    parse: readMachineAddress,
  },
  "CEL expressions": {
    seeds: [
      'glob("Samsung*", disk.model) || disk.transport in ["nvme", "sata"] && disk.size > 100u * GB',
      'disk.symlinks.exists(x, x.startsWith("/dev/")).filter(x, true).map(x, {x: [x]}) == 1 ? toString(1) : -1.5e3',
      "double(memory_current.orValue(0u)) / (class == Burstable ? 2.0 : 1.0)",
      "multiply_qos_vectors(d_qos_memory_full_total, {System: 8.0}) > 1.0 && has(link.vlan.vid)",
      `mac(link.hardware_addr) == r'00' && duration("500ms") < time_since_trigger`,
    ],
    parse: (text) => judged(Object.values(EXPRESSION), text),
  },
  "image references": {
    seeds: ["ghcr.io/example/app:v1", `[::1]:5000/a/b@sha256:${"0".repeat(64)}`, "localhost:5000/x", "nginx"],
    parse: (text) => judged(IMAGE_RULES, text),
  },
  "octets of a text": {
    seeds: [vector("talosconfigs/a.yaml"), "\ufeffa: 1\r\n"],
    parse: (text) => [
      decodeText(Buffer.from(text)),
      decodeText(Buffer.from(text, "utf16le")),
      decodeText(Buffer.from(text, "latin1")),
    ],
  },
  "redacted machine configs": { seeds: [config, documents], parse: (text) => redactMachineConfig(text) },
  "patches of v1.13": {
    seeds: ["append.yaml", "delete-item.yaml", "multidoc.yaml", "net1.yaml", "json6902.yaml"].map((name) =>
      vector(`patches/${name}`),
    ),
    parse: (text) => patched(text, "v1.13"),
  },
  "patches of v1.14": {
    seeds: ["accepted-v1.14.yaml", "replace-v1.14.yaml", "delete-named.yaml", "identity-first.yaml"].map((name) =>
      vector(`patches/${name}`),
    ),
    parse: (text) => patched(text, "v1.14"),
  },
};

/** Every form of another tool, each with its secrets, so that an edit lands in any of them. */
const OTHER_TOOLS: Readonly<Record<string, Target>> = Object.fromEntries(
  [
    { name: "Terraform states", part: /Terraform|terraform/ },
    { name: "Pulumi exports and outputs", part: /stack|resource given/ },
    { name: "Kubernetes Secrets", part: /Secret|bootstrap data/ },
    { name: "machine configs of talosctl get", part: /talosctl get/ },
    { name: "encrypted files", part: /./, only: HIDDEN },
  ].map(({ name, part, only }) => {
    const files =
      only === undefined ? { ...ADOPTABLE, ...CONFIGS, ...firsts(AMBIGUOUS), ...firsts(HIDDEN) } : firsts(only);
    const seeds = Object.entries(files).flatMap(([file, text]) => (part.test(file) ? [text] : []));
    return [name, { seeds, parse: (text: string) => READERS[text.length % READERS.length]!(text) }];
  }),
);

/** Whatever reads a file of another tool, each in its turn. */
const READERS: readonly ((text: string) => unknown)[] = [
  (text) => parseSecretsBundle(text, { now }),
  (text) => bundleFromControlPlaneConfig(text, { now }),
  (text) => parseTalosconfig(findTalosconfig(text, { path: "x" }), "x"),
  (text) => readSource("x", text),
];

function firsts(files: Readonly<Record<string, readonly [string, unknown]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([name, [text]]) => [name, text]));
}

const PIECES = [
  "&a ",
  "*a",
  "<<: *a",
  "- ",
  ": ",
  "{",
  "[",
  "]",
  "}",
  "|\n",
  ">-\n",
  "---\n",
  "...\n",
  "\t",
  "\u0000",
  "\u2028",
  "!!binary ",
  "!x ",
  "~",
  "null",
  "$patch: delete",
  "-----BEGIN ",
  "-----END ",
  "=",
  "\r\n",
  "'",
  '"',
  "\\",
  "(",
  ")",
  ".map(x, x)",
  ".constructor(",
  "\ud800",
  "\n",
  " ",
  "0",
  "a",
  "kind:",
];

/** One edit of a text: where (as shares of it) and what. */
const edit = fc.record({
  kind: fc.constantFrom("cut", "copy", "insert", "flip", "swap", "run"),
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  size: fc.nat({ max: 200 }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  piece: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 12 })),
});

type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function apply(text: string, { kind, from, size, to, piece }: Edit): string {
  const at = Math.floor(from * text.length);
  const other = Math.floor(to * text.length);
  const part = text.slice(at, at + size);
  switch (kind) {
    case "cut":
      return text.slice(0, at) + text.slice(at + size);
    case "copy":
      return text.slice(0, other) + part.repeat(3) + text.slice(other);
    case "insert":
      return text.slice(0, at) + piece + text.slice(at);
    case "flip":
      return (
        text.slice(0, at) + String.fromCharCode((text.charCodeAt(at) || 65) ^ (1 << (size % 8))) + text.slice(at + 1)
      );
    case "run":
      // Work that grows with the square of a run shows itself only in a long one.
      return text.slice(0, at) + (piece.at(-1) ?? " ").repeat(1 + size * 1_000) + text.slice(at);
    default:
      return text.slice(0, at) + piece.repeat(1 + (size % 40)) + text.slice(at + size);
  }
}

describe(`edited at random for ${SECONDS} s each (seed ${SEED})`, function () {
  this.timeout((SECONDS + 120) * 1000);
  for (const [name, { seeds, parse }] of Object.entries({ ...TARGETS, ...OTHER_TOOLS })) {
    it(`${name} give an answer or a PkiError, in bounded time`, () => {
      const end = Date.now() + SECONDS * 1000;
      const arbitrary = fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 5 }));
      let runs = 0;
      for (let batch = 0; Date.now() < end; batch++) {
        for (const [seed, edits] of fc.sample(arbitrary, { seed: SEED + batch, numRuns: 50 })) {
          const text = edits.reduce(apply, seed);
          // Work, not time: other processes run beside this one.
          const before = process.cpuUsage();
          try {
            parse(text);
          } catch (error) {
            if (!(error instanceof PkiError)) {
              throw new Error(`seed ${SEED}, batch ${batch}: ${JSON.stringify(edits)}`, { cause: error });
            }
            assert.ok(error.problems.length > 0);
          }
          const ms = process.cpuUsage(before).user / 1000;
          assert.ok(ms < LONGEST_MS, `took ${Math.round(ms)} ms of work: ${JSON.stringify(edits)}`);
          runs += 1;
        }
      }
      assert.ok(runs >= 50);
      console.log(`      ${runs} runs`);
    });
  }
});
