import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import { decodeKubernetesPki } from "../../../provider/core/secrets/kubernetesPki";
import { kubernetesPkiFiles } from "../../../provider/core/secrets/kubernetesPkiFiles";
import { generateAuthority, authorityPem } from "../../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../../provider/core/talosVersion";
import { fixedEnvironment, vector } from "../support/fixed";
import { now, talosPki } from "./support";

const bundle = vector("bundles/v1.13.yaml");
const parsed = parseSecretsBundle(bundle, { now }).bundle;

describe("talos-pki export", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "talos-pki-export-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const pki = (): string => join(folder, "pki");
  const run = (...more: string[]): ReturnType<typeof talosPki> =>
    talosPki(["export", "bundle", "--kubernetes-pki", pki(), ...more], { files: { bundle } });

  it("writes the layout of kubeadm, for the owner alone", async () => {
    const { code, out } = await run();
    assert.equal(code, 0);
    const names = [
      "ca.crt",
      "ca.key",
      "etcd/ca.crt",
      "etcd/ca.key",
      "front-proxy-ca.crt",
      "front-proxy-ca.key",
      "sa.key",
      "sa.pub",
    ];
    assert.equal(out, names.map((name) => `${join(pki(), name)}\n`).join(""));
    for (const name of names) assert.equal(statSync(join(pki(), name)).mode & 0o777, 0o600, name);
    for (const name of ["", "etcd"]) assert.equal(statSync(join(pki(), name)).mode & 0o777, 0o700, name);
    assert.equal(readFileSync(join(pki(), "ca.key"), "utf8"), parsed.certs.k8s.key);
  });

  it("writes what is read back as the same CAs", async () => {
    await run();
    const files = Object.fromEntries(
      Object.keys(kubernetesPkiFiles(parsed)).map((name) => [name, readFileSync(join(pki(), name), "utf8")]),
    );
    const { etcd, k8s, k8sAggregator, k8sServiceAccount } = parsed.certs;
    assert.deepEqual(decodeKubernetesPki(files).bundle, { certs: { k8s, etcd, k8sAggregator, k8sServiceAccount } });
  });

  it("may run twice, but replaces nothing that differs unless told to", async () => {
    await run();
    assert.equal((await run()).code, 0);
    const path = join(pki(), "ca.crt");
    writeFileSync(path, "mine", { mode: 0o644 });
    assert.deepEqual(await run(), {
      code: 2,
      out: "",
      err: `talos-pki: ${path}: is there already with other content\nnothing is written; give --force to replace\n`,
    });
    assert.equal(readFileSync(path, "utf8"), "mine");
    assert.equal((await run("--force")).code, 0);
    assert.equal(readFileSync(path, "utf8"), parsed.certs.k8s.crt);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(
      readdirSync(pki()).filter((name) => name.endsWith(".new")),
      [],
    );
  });

  it("writes an Ed25519 key under the label that Kubernetes reads", async () => {
    const authority = await generateAuthority(
      "kubernetes",
      parseTalosVersion("v1.13"),
      { algorithm: "ed25519" },
      fixedEnvironment(),
    );
    const files = kubernetesPkiFiles({ ...parsed, certs: { ...parsed.certs, k8s: authorityPem(authority) } });
    assert.match(files["ca.key"], /^-----BEGIN PRIVATE KEY-----\n/);
    assert.equal(decodeKubernetesPki(files).bundle.certs?.k8s?.key, files["ca.key"]);
  });

  it("needs a bundle that can work", async () => {
    const { code, err } = await talosPki(["export", "bundle", "--kubernetes-pki", pki()], {
      files: { bundle: vector("broken/key-mismatch.yaml") },
    });
    assert.equal(code, 2);
    assert.match(err, /^talos-pki: bundle\.certs\.k8s\.key: does not belong/);
  });
});
