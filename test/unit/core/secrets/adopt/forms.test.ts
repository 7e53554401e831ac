import assert from "node:assert/strict";

import { parse } from "yaml";

import { PkiError } from "../../../../../provider/core/errors";
import { findTalosconfig } from "../../../../../provider/core/secrets/adopt/choose";
import { parseSecretsBundle } from "../../../../../provider/core/secrets/codec";
import { bundleFromControlPlaneConfig } from "../../../../../provider/core/secrets/controlPlaneConfig";
import { told } from "../../../support/errors";
import { vector } from "../../../support/fixed";
import {
  ADOPTABLE,
  alpha,
  alphaConfig,
  alphaTalosconfig,
  AMBIGUOUS,
  beta,
  CONFIGS,
  HIDDEN,
  LEGACY_SECRET,
  PARTS,
  PLACEHOLDERS,
} from "../../../support/otherTools";

const now = new Date("2026-12-01T00:00:00Z");
const path = "secretsYaml";

/** What a reader says of what it rejects. */
function refusal(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof PkiError) return told(error.problems);
    throw error;
  }
  return [];
}

describe("The secrets of a cluster", () => {
  for (const [name, text] of Object.entries(ADOPTABLE)) {
    it(`are adopted from ${name}`, () => {
      const { bundle, warnings, unknown } = parseSecretsBundle(text, { now, path });
      assert.deepEqual([bundle, warnings, unknown], [alpha, [], {}]);
    });

    it(`are adopted from ${name} with a byte order mark`, () => {
      assert.deepEqual(parseSecretsBundle(`\ufeff${text}`, { now, path }).bundle, alpha);
    });
  }

  it("are adopted from a file of SOPS of which no rule matched a value, as Talos reads it", () => {
    const metadata =
      "sops:\n    encrypted_regex: ^(data|stringData)$\n    mac: ENC[AES256_GCM,data:AA==]\n    version: 3.8.1\n";
    assert.deepEqual(parseSecretsBundle(`${vector("bundles/v1.13.yaml")}${metadata}`, { now, path }).bundle, alpha);
    const json = JSON.stringify({
      ...(parse(vector("bundles/v1.13.yaml")) as object),
      sops: { mac: "ENC[AES256_GCM]" },
    });
    assert.deepEqual(parseSecretsBundle(json, { now, path }).bundle, alpha);
    const partly = vector("bundles/v1.13.yaml").replace(
      /bootstraptoken: .*/,
      "bootstraptoken: ENC[AES256_GCM,data:AA==]",
    );
    assert.deepEqual(
      refusal(() => parseSecretsBundle(`${partly}${metadata}`, { now, path })),
      ["ERR_BUNDLE_ENCRYPTED secretsYaml: is encrypted with SOPS; decrypt it first (sops --decrypt FILE)"],
    );
  });

  for (const [name, text] of Object.entries(CONFIGS)) {
    it(`are adopted from ${name}, as secretsYaml and as controlPlaneConfig`, () => {
      const wanted = bundleFromControlPlaneConfig(alphaConfig, { now }).bundle;
      assert.deepEqual(parseSecretsBundle(text, { now }).bundle, wanted);
      assert.deepEqual(bundleFromControlPlaneConfig(text, { now }).bundle, wanted);
    });
  }

  for (const [name, [text, addresses]] of Object.entries(AMBIGUOUS)) {
    it(`are asked for by address where ${name} has several`, () => {
      const [problem = "", ...others] = refusal(() => parseSecretsBundle(text, { now, path }));
      assert.deepEqual(others, []);
      assert.match(problem, /^ERR_INPUT_INVALID secretsYaml: the .* holds the secrets of a cluster several times, /);
      assert.ok(problem.endsWith(`set resource to one of ${addresses.join(", ")}`), problem);
      const [first = "", second = ""] = addresses;
      assert.deepEqual(parseSecretsBundle(text, { now, resource: first }).bundle, alpha);
      assert.deepEqual(parseSecretsBundle(text, { now, resource: second }).bundle, beta);
      assert.match(
        refusal(() => parseSecretsBundle(text, { now, path, resource: "x" }))[0]!,
        /^ERR_INPUT_INVALID secretsYaml: the .* has no secrets of a cluster at "x"; set resource to one of /,
      );
    });
  }

  it("are not taken from another address than the one asked for, where a file has one", () => {
    const text = ADOPTABLE["a Terraform state"]!;
    assert.deepEqual(
      refusal(() => parseSecretsBundle(text, { now, path, resource: "talos_machine_secrets.that" })),
      [
        'ERR_INPUT_INVALID secretsYaml: the Terraform state has no secrets of a cluster at "talos_machine_secrets.that"; set resource to one of talos_machine_secrets.this',
      ],
    );
  });

  for (const [name, [text, command]] of Object.entries(HIDDEN)) {
    it(`are not shown by ${name}, and the command that shows them is named`, () => {
      for (const read of [
        () => parseSecretsBundle(text, { now, path }),
        () => bundleFromControlPlaneConfig(text, { now, path }),
      ]) {
        const [problem = "", ...others] = refusal(read);
        assert.deepEqual(others, []);
        assert.match(problem, /^ERR_BUNDLE_ENCRYPTED secretsYaml: is encrypted with /);
        assert.ok(problem.endsWith(`; decrypt it first (${command})`), problem);
      }
    });
  }

  it("are named by what lacks in the parts of a cluster of Cluster API without Talos", () => {
    assert.deepEqual(
      refusal(() => parseSecretsBundle(PARTS, { now, path })).map((line) => line.split(": ")[0]),
      ["cluster", "secrets", "trustdinfo", "certs.os", "secrets"].map(
        (section) => `ERR_INPUT_MISSING secretsYaml.default/alpha.${section}`,
      ),
    );
    const { certs, ...others } = alpha;
    const given = { ...others, certs: { os: certs.os } };
    assert.deepEqual(parseSecretsBundle(PARTS, { now, given }).bundle, alpha);
  });

  it("lack the cluster's id and secret in the Secret of an old Talos provider", () => {
    const { bundle } = parseSecretsBundle(LEGACY_SECRET, { now, given: { cluster: alpha.cluster } });
    assert.deepEqual(bundle, alpha);
  });

  it("may not hold talhelper's variables", () => {
    assert.deepEqual(
      refusal(() => parseSecretsBundle(PLACEHOLDERS, { now, path })),
      [
        "ERR_INPUT_INVALID secretsYaml.secrets.bootstraptoken: is a variable; put its value in first, as talhelper does (envsubst < talsecret.yaml)",
      ],
    );
  });

  it("are in no talosconfig, kubeconfig or worker's config, which are called by their names", () => {
    const kubeconfig = "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\n";
    assert.deepEqual(
      [alphaTalosconfig, kubeconfig, vector("out/base-v1.13/worker.yaml"), "a: 1", "[]"].map(
        (text) => refusal(() => parseSecretsBundle(text, { now, path }))[0],
      ),
      [
        "ERR_CONFIG_INVALID secretsYaml: is a talosconfig; must be a secrets bundle",
        "ERR_CONFIG_INVALID secretsYaml: is a kubeconfig; must be a secrets bundle",
        "ERR_CONFIG_INVALID secretsYaml: the text is no control plane machine config (machine.type is worker); a worker's config holds no keys",
        "ERR_INPUT_MISSING secretsYaml: the text is not a secrets bundle; must be the YAML of talosctl gen secrets",
        "ERR_INPUT_MISSING secretsYaml: the text is not a secrets bundle; must be the YAML of talosctl gen secrets",
      ],
    );
    assert.deepEqual(
      [alphaTalosconfig, vector("bundles/v1.13.yaml")].map(
        (text) => refusal(() => bundleFromControlPlaneConfig(text, { now }))[0],
      ),
      [
        "ERR_CONFIG_INVALID controlPlaneConfig: is a talosconfig; must be the config of a control plane",
        "ERR_CONFIG_INVALID controlPlaneConfig: is a secrets bundle; must be the config of a control plane",
      ],
    );
  });

  it("are missed in a file of another tool that holds none, by what the file is", () => {
    const state = JSON.stringify({ version: 4, lineage: "x", serial: 1, outputs: {}, resources: [] });
    assert.deepEqual(
      refusal(() => parseSecretsBundle(state, { now, path })),
      ["ERR_INPUT_MISSING secretsYaml: the Terraform state holds no secrets of a cluster; must be one that does"],
    );
  });
});

describe("A talosconfig", () => {
  it("is found in a file of another tool", () => {
    for (const name of [
      "a Terraform state",
      "the outputs of a stack of this package",
      "all Secrets of a cluster in one List",
    ]) {
      assert.equal(findTalosconfig(ADOPTABLE[name]!, { path: "" }), alphaTalosconfig, name);
    }
    assert.equal(findTalosconfig(alphaTalosconfig, { path: "" }), alphaTalosconfig);
  });
});
