import assert from "node:assert/strict";

import { vector } from "../support/fixed";
import { talosPki } from "./support";

const files = {
  talosconfig: vector("out/talosconfig-only/talosconfig"),
  bundle: vector("bundles/v1.13.yaml"),
  other: vector("bundles/v1.14.yaml"),
  "v1.14": vector("out/default-v1.14/controlplane.yaml"),
  worker: vector("out/base-v1.13/worker.yaml"),
  pem: vector("pki/ca.crt"),
  key: vector("pki/ca.key"),
};

interface Entry {
  readonly path: string;
  readonly authority?: string;
  readonly issuer: { readonly authority?: string };
  readonly privateKey?: { readonly fits: boolean };
}

async function entries(...args: string[]): Promise<string[]> {
  const { out } = await talosPki(["inspect", ...args, "--json"], { files });
  const { certificates } = JSON.parse(out) as { certificates: Entry[] };
  return certificates.map(({ path, authority, issuer, privateKey }) =>
    [
      path,
      authority ?? "-",
      issuer.authority ?? "?",
      privateKey === undefined ? "" : privateKey.fits ? "key" : "wrong key",
    ].join(" "),
  );
}

describe("talos-pki inspect", () => {
  it("tells a person everything about a talosconfig", async () => {
    const { code, out, err } = await talosPki(["inspect", "talosconfig"], { files });
    assert.equal(
      out,
      `talosconfig: talosconfig
  current context: gamma

contexts.gamma.ca
  what         os CA
  subject      O=talos
  issuer       itself
  usages       digitalSignature, keyCertSign; serverAuth, clientAuth
  valid        2026-11-22T18:23:24Z to 2036-11-19T18:23:24Z, 3649 days left
  key          ed25519
  serial       ba01403c151d19b88a0418acbf4845ce
  SHA-256      de2ff79e66df06a161c4c7b1584828cea125444d7a6e2190d164312da3f48dfe

contexts.gamma.crt
  what         client
  subject      O=os:admin
  roles        os:admin
  issuer       O=talos, the os CA
  usages       digitalSignature; clientAuth
  valid        2026-11-22T18:36:55Z to 2027-11-22T18:36:55Z, 364 days left
  key          ed25519, the private key fits
  serial       83a1689353c1885ca07d359bb4ee6fb3
  SHA-256      327818cbf3199cac7a3d20e9d1abbad41b00031a4905a74463881b1bf70b7dcf
`,
    );
    assert.deepEqual([code, err], [0, ""]);
  });

  it("finds every certificate and key of every kind of file", async () => {
    assert.deepEqual(await entries("bundle"), [
      "certs.etcd.crt etcd itself key",
      "certs.k8s.crt kubernetes itself key",
      "certs.k8saggregator.crt aggregator itself key",
      "certs.os.crt os itself key",
    ]);
    assert.deepEqual(await entries("v1.14"), [
      "machine.ca.crt os itself key",
      "cluster.etcd.ca.crt etcd itself key",
      "KubeAPIServerCAConfig.issuingCA.cert kubernetes itself key",
      "KubeAggregatorCAConfig.issuingCA.cert aggregator itself key",
    ]);
    assert.deepEqual(await entries("worker"), ["machine.ca.crt os itself ", "cluster.ca.crt kubernetes itself "]);
    assert.deepEqual(await entries("pem"), [" - itself "]);
  });

  it("reads stdin", async () => {
    const { out } = await talosPki(["inspect", "-"], { files: { "-": files.pem } });
    assert.match(out, /^-: PEM\n/);
  });

  it("names the issuer by the CAs of another file", async () => {
    const crt = Buffer.from(/crt: (\S+)/.exec(files.talosconfig)![1]!, "base64").toString();
    const lone = { ...files, lone: crt };
    const { out } = await talosPki(["inspect", "lone", "--bundle", "bundle"], { files: lone });
    assert.match(out, /issuer {7}O=talos, the os CA\n/);
    assert.match(
      (await talosPki(["inspect", "lone", "--bundle", "other"], { files: lone })).out,
      /issuer {7}O=talos\n/,
    );
  });

  it("describes a private key by its public half", async () => {
    const { out } = await talosPki(["inspect", "key"], { files });
    assert.equal(
      out,
      `key: PEM

private key
  key          rsa-2048, public half 2f1c6f9e1220741826aafb0a9712c604017f98bbaab2cc0d0f3fdcc73ed11227
`,
    );
  });

  it("tells what is wrong with a broken file, and exits with 1", async () => {
    const broken = { bundle: vector("broken/key-mismatch.yaml") };
    const { code, out } = await talosPki(["inspect", "bundle"], { files: broken });
    assert.equal(code, 1);
    assert.match(out, /the private key does not fit/);
    assert.match(
      out,
      /problem: certs\.k8s\.key: does not belong to the certificate beside it;.* \[ERR_KEY_MISMATCH\]\n$/,
    );
  });

  it("rejects what it cannot read, each with its own words", async () => {
    const unreadable = {
      sops: vector("broken/sops.yaml"),
      der: vector("broken/pem-der-ca.crt"),
      empty: "",
      patch: '[{"op":"remove","path":"/a"}]',
    };
    const of = async (name: string): Promise<string> => {
      const { code, out, err } = await talosPki(["inspect", name], { files: unreadable });
      assert.equal(out, "");
      return `${code} ${err}`;
    };
    assert.equal(
      await of("sops"),
      "1 talos-pki: is encrypted with SOPS; decrypt it first (sops --decrypt FILE) [ERR_BUNDLE_ENCRYPTED]\n",
    );
    const neither =
      "1 talos-pki: is neither PEM nor YAML; must be a talosconfig, secrets bundle, machine config, kubeconfig or PEM file [ERR_PEM_INVALID]\n";
    assert.equal(await of("der"), neither);
    assert.equal(await of("empty"), neither.replace("neither PEM nor YAML", "empty"));
    assert.equal(await of("patch"), neither.replace("neither PEM nor YAML", "a list, as a JSON patch is"));
    assert.equal(await of("gone"), "2 talos-pki: gone: there is no such file\n");
  });

  it("paints on a terminal and nowhere else", async () => {
    const plain = await talosPki(["inspect", "talosconfig"], { files });
    const painted = await talosPki(["inspect", "talosconfig"], { files, colours: true });
    assert.doesNotMatch(plain.out, /\u001b/);
    assert.match(painted.out, /\u001b\[32m364 days left\u001b\[39m/);
  });

  it("lets no foreign text move the cursor", async () => {
    const evil = { evil: 'context: \u202eevil\ncontexts:\n  "a\\e[2J\\nb": {endpoints: ["\\e]0;x\\a"]}\n' };
    const { out } = await talosPki(["inspect", "evil"], { files: evil });
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it("hides what may be a credential in the facts of a file", async () => {
    const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz01";
    const texts = {
      config: `machine: {type: worker, certSANs: [a.example.org, ${token}]}\ncluster: {clusterName: c, controlPlane: {endpoint: "https://me:pw@h:6443/?t=hunter2"}}\n`,
      talosconfig: `context: ${token}\ncontexts: {c: {endpoints: ["https://me:pw@h"], nodes: [10.0.0.2]}}\n`,
    };
    for (const more of [[], ["--json"]]) {
      const outs: string[] = [];
      for (const name of ["config", "talosconfig"]) {
        const { out } = await talosPki(["inspect", name, ...more], { files: texts });
        outs.push(out);
      }
      const all = outs.join("");
      for (const text of [token, "pw@", "hunter2"]) assert.ok(!all.includes(text), all);
      assert.match(all, /https:\/\/\*{6}@h:6443\/\?\*{6}/);
      assert.match(all, /a\.example\.org[\s",]+\(hidden\)/);
      assert.match(all, /10\.0\.0\.2/);
    }
  });

  it("never writes a private key or a token, as text or as JSON", async () => {
    const secrets = [...files.bundle.matchAll(/(?:key|token|secret|id): (\S+)/gi)].map(([, value]) => value!);
    assert.ok(secrets.length >= 9);
    for (const name of ["bundle", "talosconfig", "v1.14"]) {
      for (const more of [[], ["--json"]]) {
        const { out, err } = await talosPki(["inspect", name, ...more], { files });
        for (const secret of secrets) {
          const decoded = Buffer.from(secret, "base64")
            .toString()
            .split("\n")
            .filter((line) => line.length > 20);
          for (const text of [secret, ...decoded])
            assert.ok(text.startsWith("-----") || !`${out}${err}`.includes(text));
        }
        assert.doesNotMatch(out, /PRIVATE KEY/);
      }
    }
  });
});
