import assert from "node:assert/strict";

import { vector } from "../support/fixed";
import { talosPki } from "./support";

const bundle = vector("bundles/v1.13.yaml");
const diff = (after: string, ...more: string[]): ReturnType<typeof talosPki> =>
  talosPki(["diff", "before", "after", ...more], { files: { before: bundle, after } });

describe("talos-pki diff", () => {
  it("finds a bundle the same as itself, in any of its forms", async () => {
    const same = { code: 0, out: "the bundles are the same\n", err: "" };
    assert.deepEqual(await diff(bundle), same);
    assert.deepEqual(await diff(vector("out/base-v1.13/controlplane.yaml")), same);
  });

  it("tells which value has changed, and of keys and certificates public facts", async () => {
    const { code, out } = await diff(vector("broken/key-mismatch.yaml"));
    assert.equal(code, 1);
    assert.equal(
      out,
      `certs.k8s.key: changed
  - ecdsa-p256, public half 32de7b1258a5b862240c6be0a251418adea443c3777111b42f979ab762ca64f5
  + ecdsa-p256, public half bc0a8ca896582453d4f02c47dcdc1740a9b443d4b7f6a3409cc9563ae781da82
`,
    );
  });

  it("says no more of a token than that it differs, or is not there", async () => {
    const [, token] = /token: (\S+)/.exec(bundle)!;
    assert.deepEqual(
      await diff(bundle.replace(`bootstraptoken: ${token!}`, "bootstraptoken: abcdef.0123456789abcdef")),
      {
        code: 1,
        out: "secrets.bootstraptoken: changed\n",
        err: "",
      },
    );
    assert.equal((await diff(vector("broken/missing-token.yaml"))).out, "secrets.bootstraptoken: removed\n");
  });

  it("knows the same certificate in other clothes", async () => {
    const crt = /certs:[^]*os:\n\s+crt: (\S+)/.exec(bundle)![1]!;
    const dressed = Buffer.from(`a word before\n${Buffer.from(crt, "base64").toString()}`).toString("base64");
    assert.equal((await diff(bundle.replace(crt, dressed))).out, "certs.os.crt: the same, written otherwise\n");
  });

  it("compares what can be read with what cannot", async () => {
    const { code, out } = await diff(vector("broken/truncated-pem.yaml"));
    assert.equal(code, 1);
    assert.match(out, /certs\.etcd\.crt: changed\n {2}- O=etcd, ends .*\n {2}\+ unreadable: a PEM block is cut off/);
  });

  it("has trouble with what is no bundle", async () => {
    assert.deepEqual(await diff(vector("broken/sops.yaml")), {
      code: 2,
      out: "",
      err: "talos-pki: after: is encrypted with SOPS; decrypt it first (sops --decrypt FILE) [ERR_BUNDLE_ENCRYPTED]\n",
    });
    assert.equal((await diff("- a")).code, 2);
  });

  it("shows no secret, whatever differs, as text or as JSON", async () => {
    for (const more of [[], ["--json"]]) {
      const after = vector("bundles/v1.14.yaml");
      const { out } = await diff(after, ...more);
      const values = [...`${bundle}\n${after}`.matchAll(/: (\S{20,})/g)].map(([, value]) => value!);
      assert.ok(values.length > 20);
      for (const value of values) {
        assert.ok(!out.includes(value));
        // Within a PEM file: its lines.
        for (const line of Buffer.from(value, "base64").toString().split("\n")) {
          assert.ok(line.length < 30 || !out.includes(line));
        }
      }
    }
  });
});
