import assert from "node:assert/strict";

import { generateMachineConfig } from "../../../../provider/core/config/machineConfig";
import { formatSecretsBundle, parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import { bundleFromControlPlaneConfig } from "../../../../provider/core/secrets/controlPlaneConfig";
import { decodeBundle } from "../../../../provider/core/secrets/decodedBundle";
import {
  BUNDLE_FIELDS,
  BUNDLE_FORMS,
  isTree,
  SECRET_FIELDS,
  setAt,
  type Tree,
  valueAt,
} from "../../../../provider/core/secrets/fields";
import { generateDecodedBundle } from "../../../../provider/core/secrets/generate";
import {
  CA_NAMES,
  ENCRYPTION_NAMES,
  IMMEDIATE,
  ONLY_IMMEDIATE,
  isEncryption,
  KEY_NAMES,
  rowOf,
  SECRET_NAMES,
  STAGED,
  TEXT_NAMES,
} from "../../../../provider/core/secrets/inventory";
import { decodeKubernetesPki, KUBERNETES_PKI_FILES } from "../../../../provider/core/secrets/kubernetesPki";
import { kubernetesPkiFiles } from "../../../../provider/core/secrets/kubernetesPkiFiles";
import { bundleTree, readBundleTree } from "../../../../provider/core/secrets/read";
import { validateSecretsBundle } from "../../../../provider/core/secrets/validate";
import { parseTalosVersion, SUPPORTED_TALOS_VERSIONS } from "../../../../provider/core/talosVersion";
import { encodeBase64 } from "../../../../provider/core/x509/pem";
import { readPlainDocuments } from "../../../../provider/core/yaml/plain";
import { told } from "../../support/errors";
import { fixedEnvironment } from "../../support/fixed";
import { readVectorBundle } from "../../vectors/vectors";

const now = new Date("2027-01-01T00:00:00Z");
const quick = { serviceAccount: { algorithm: "ecdsa-p256" } } as const;
const bundle = readVectorBundle("bundles/v1.13.yaml");
const [encryption = "secretboxEncryptionSecret", spare] = ENCRYPTION_NAMES;

describe("The inventory of secrets", () => {
  it("has every secret of a cluster once, each of one kind", () => {
    assert.deepEqual([...CA_NAMES, ...KEY_NAMES, ...TEXT_NAMES].sort(), [...SECRET_NAMES].sort());
    assert.deepEqual(CA_NAMES, ["os", "kubernetes", "etcd", "aggregator"]);
    assert.deepEqual(ENCRYPTION_NAMES, ["secretboxEncryptionSecret", "aescbcEncryptionSecret"]);
  });

  it("says what rotates, and how", () => {
    assert.deepEqual(STAGED, ["os", "kubernetes", "etcd", "aggregator", "serviceAccount"]);
    assert.deepEqual(ONLY_IMMEDIATE, ["bootstrapToken", "trustdToken"]);
    assert.deepEqual(IMMEDIATE, ["aggregator", "serviceAccount", "bootstrapToken", "trustdToken"]);
  });

  it("gives no place to two secrets", () => {
    for (const form of [...BUNDLE_FORMS, "bundle", "v1alpha1", "input"] as const) {
      const places = SECRET_FIELDS.map((field) => field[form].join("."));
      assert.equal(new Set(places).size, places.length, form);
    }
    const positions = SECRET_NAMES.map((name) => rowOf(name).position);
    assert.deepEqual(
      positions.toSorted((a, b) => a - b),
      SECRET_NAMES.map((_, index) => index + 1),
    );
  });

  for (const talosVersion of SUPPORTED_TALOS_VERSIONS) {
    it(`is what a bundle of ${talosVersion} is made of`, async () => {
      const made = await generateDecodedBundle({ talosVersion, ...quick }, fixedEnvironment());
      const absent = BUNDLE_FIELDS.filter((field) => made.value(field) === undefined).map(({ secret }) => secret);
      assert.deepEqual(absent, [spare]);
      for (const name of CA_NAMES) {
        const row = rowOf(name);
        assert.ok(row.kind === "ca");
        const { organizations = [], commonName } = row.subject;
        const subject = [
          ...organizations.map((o) => `O=${o}`),
          ...(commonName === undefined ? [] : [`CN=${commonName}`]),
        ];
        assert.equal(made.authority(name).certificate.subject, subject.join(", "));
        assert.equal(made.authority(name).key.algorithm, row.algorithm);
        // What Talos makes works.
        assert.equal(row.keyRule?.reason(row.algorithm, parseTalosVersion(talosVersion)), undefined);
      }
    });
  }

  for (const field of BUNDLE_FIELDS) {
    const name = [field.secret, ...(field.half === undefined ? [] : [field.half])].join(" ");
    const value = valueAt(bundle, field.bundle) ?? valueAt(bundle, ["secrets", encryption]);
    const only: Record<string, unknown> = {};
    setAt(only, field.bundle, value);

    it(`is written and read in every form: ${name}`, () => {
      for (const form of BUNDLE_FORMS) {
        const tree = bundleTree(only, form);
        assert.notEqual(valueAt(tree, field[form]), undefined, form);
        const { bundle: read, problems, unknownPaths } = readBundleTree(tree, "");
        assert.deepEqual({ read, problems, unknownPaths }, { read: only, problems: [], unknownPaths: [] }, form);
      }
      assert.deepEqual(decodeBundle(only).bundle, only);
    });

    if (!isEncryption(field.secret))
      it(`is missed where it is missing: ${name}`, () => {
        const rest: Record<string, unknown> = {};
        for (const other of BUNDLE_FIELDS) {
          const kept = valueAt(bundle, other.bundle);
          if (other !== field && kept !== undefined) setAt(rest, other.bundle, kept);
        }
        const { problems } = validateSecretsBundle(rest, now);
        assert.equal(problems.length, 1);
        assert.ok(field.talosctl.join(".").startsWith(problems[0]!.path));
      });
  }

  it("asks for exactly one key that encrypts Secrets", () => {
    const { [encryption as "secretboxEncryptionSecret"]: key, ...secrets } = bundle.secrets;
    const verdict = (more: object): string[] =>
      told(validateSecretsBundle({ ...bundle, secrets: { ...secrets, ...more } }, now).problems);
    for (const name of ENCRYPTION_NAMES) assert.deepEqual(verdict({ [name]: key }), []);
    assert.equal(verdict({}).length, 1);
    assert.equal(verdict(Object.fromEntries(ENCRYPTION_NAMES.map((name) => [name, key]))).length, 1);
  });

  it("names kubeadm's files, which are written and read", () => {
    const files = kubernetesPkiFiles(bundle);
    assert.deepEqual(Object.keys(files).sort(), [...KUBERNETES_PKI_FILES, "sa.pub"].sort());
    const adopted = decodeKubernetesPki(files);
    for (const field of BUNDLE_FIELDS) {
      const expected = field.kubeadm === undefined ? undefined : valueAt(bundle, field.bundle);
      assert.equal(adopted.value(field), expected);
    }
  });

  for (const talosVersion of ["v1.13", "v1.14"]) {
    const whole = readVectorBundle(`bundles/${talosVersion}.yaml`);
    const documents = (machineType: "controlplane" | "worker"): Tree[] => {
      const options = { clusterName: "alpha", clusterEndpoint: "https://10.0.0.1:6443", machineType, talosVersion };
      const { machineConfig } = generateMachineConfig({ secrets: whole, ...options });
      return readPlainDocuments(machineConfig, "").filter(isTree);
    };
    const [controlPlane, worker] = [documents("controlplane"), documents("worker")];

    it(`places every secret in a control plane config of ${talosVersion}`, () => {
      for (const { secret, half, kind, bundle: at, v1alpha1, document } of BUNDLE_FIELDS) {
        const value = valueAt(whole, at);
        if (typeof value !== "string" || (isEncryption(secret) && talosVersion === "v1.14")) continue;
        const isDocument = talosVersion === "v1.14" && document !== undefined;
        const main = controlPlane.find((one) => one["kind"] === (isDocument ? document.kind : undefined));
        const expected = isDocument || kind === "text" ? value : encodeBase64(value);
        assert.equal(valueAt(main, isDocument ? document.path : v1alpha1), expected, `${secret} ${half ?? ""}`);
      }
      const { bundle: adopted } = bundleFromControlPlaneConfig(
        controlPlane.map((one) => JSON.stringify(one)).join("\n---\n"),
        { now },
      );
      assert.deepEqual(adopted, whole);
    });

    it(`places in a worker's config of ${talosVersion} what a worker needs, and nothing else`, () => {
      const text = JSON.stringify(worker);
      for (const { secret, half, kind, bundle: at, isForWorker } of BUNDLE_FIELDS) {
        const value = valueAt(whole, at);
        if (typeof value !== "string") continue;
        const forms = [JSON.stringify(value).slice(1, -1), ...(kind === "pem" ? [encodeBase64(value)] : [])];
        assert.equal(
          forms.some((form) => text.includes(form)),
          isForWorker,
          `${secret} ${half ?? ""}`,
        );
      }
    });
  }

  it("has talosctl's order", () => {
    const text = formatSecretsBundle(bundle);
    assert.deepEqual(parseSecretsBundle(text, { now }).bundle, bundle);
    assert.deepEqual(
      BUNDLE_FIELDS.map(({ talosctl }) => talosctl.join(".")).filter((path) => !path.includes("aescbc")),
      [...text.matchAll(/^( *)(\w+):(.*)$/gm)].reduce<{ at: string[]; paths: string[] }>(
        ({ at, paths }, [, indent = "", key = "", value]) => {
          const path = [...at.slice(0, indent.length / 4), key];
          return { at: path, paths: value === "" ? paths : [...paths, path.join(".")] };
        },
        { at: [], paths: [] },
      ).paths,
    );
  });
});
