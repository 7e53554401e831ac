import assert from "node:assert/strict";

import { ADOPTABLE, alphaConfig, alphaTalosconfig, AMBIGUOUS, CONFIGS, HIDDEN } from "../support/otherTools";
import { vector } from "../support/fixed";
import { talosPki } from "./support";

const bundle = vector("bundles/v1.13.yaml");

describe("A file of another tool", () => {
  for (const [name, text] of Object.entries(ADOPTABLE)) {
    it(`is no different from the bundle in it: ${name}`, async () => {
      const outcome = await talosPki(["diff", "file", "secrets.yaml"], {
        files: { file: text, "secrets.yaml": bundle },
      });
      assert.deepEqual(outcome, { code: 0, out: "the bundles are the same\n", err: "" });
    });

    it(`is verified and inspected like what is in it: ${name}`, async () => {
      const files = { file: text };
      const verified = await talosPki(["verify", "file"], { files });
      assert.deepEqual([verified.code, verified.err], [0, ""]);
      const { out, code } = await talosPki(["inspect", "file"], { files });
      assert.equal(code, 0);
      assert.match(out, /os CA/);
      assert.doesNotMatch(out, /machine config$/m);
    });
  }

  it("that holds one thing is that thing", async () => {
    const plain = await talosPki(["inspect", "file"], { files: { file: alphaConfig } });
    for (const name of Object.keys(CONFIGS).filter((each) => !each.includes("machines") && !each.includes("nodes"))) {
      assert.deepEqual(await talosPki(["inspect", "file"], { files: { file: CONFIGS[name]! } }), plain, name);
    }
  });

  it("that holds a config has the secrets of that config", async () => {
    for (const [name, text] of Object.entries(CONFIGS)) {
      const { code } = await talosPki(["diff", "a", "b"], { files: { a: text, b: alphaConfig } });
      assert.equal(code, 0, name);
    }
  });

  it("names each certificate by the address of what it is in", async () => {
    const { out } = await talosPki(["inspect", "file"], { files: { file: ADOPTABLE["a Terraform state"]! } });
    assert.match(out, /^file: Terraform state\n/);
    assert.match(out, /^talos_machine_secrets\.this certs\.os\.crt$/m);
    assert.match(out, /^data\.talos_client_configuration\.this contexts\.\w+\.crt$/m);
    assert.match(out, /^ {2}data\.talos_client_configuration\.this current context: alpha$/m);
  });

  it("gives its CAs to those that ask whom to trust", async () => {
    const files = { state: ADOPTABLE["a Terraform state"]!, talosconfig: alphaTalosconfig };
    const { code, out } = await talosPki(["verify", "talosconfig", "--bundle", "state"], { files });
    assert.deepEqual([code, /^ok/.test(out)], [0, true]);
    assert.equal((await talosPki(["expiry", "state"], { files })).code, 0);
  });

  it("is a talosconfig for those that need one", async () => {
    const files = { state: ADOPTABLE["a Terraform state"]! };
    const { err } = await talosPki(["inspect", "127.0.0.1:1", "--talosconfig", "state", "--context", "none"], {
      files,
    });
    assert.match(err, /^talos-pki: state: has no context "none"; set --context to one of \w+\n$/);
  });

  it("that hides its secrets is inspected for the rest of it", async () => {
    for (const name of ["a stack export", "the outputs of a stack"]) {
      const { code, err } = await talosPki(["inspect", "file"], { files: { file: HIDDEN[name]![0] } });
      assert.deepEqual([code, err], [0, ""], name);
    }
  });

  it("that is encrypted is so for every command", async () => {
    const files = { file: HIDDEN["age, armored"]![0] };
    for (const args of [
      ["inspect", "file"],
      ["verify", "file"],
      ["diff", "file", "file"],
    ]) {
      assert.match(
        (await talosPki(args, { files })).err,
        /is encrypted with age; decrypt it first \(age --decrypt --identity KEY FILE\)/,
      );
    }
  });

  it("with several clusters is compared by address", async () => {
    const [text, addresses] = AMBIGUOUS["Secrets of Cluster API"]!;
    const files = { file: text, "secrets.yaml": bundle };
    assert.match(
      (await talosPki(["diff", "file", "secrets.yaml"], { files })).err,
      /set resource to one of default\/alpha-talos, /,
    );
    const chosen = ["diff", "file", "secrets.yaml", "--before-resource", addresses[0]!];
    assert.equal((await talosPki(chosen, { files })).code, 0);
    const other = ["diff", "secrets.yaml", "file", "--after-resource", addresses[1]!];
    assert.equal((await talosPki(other, { files })).code, 1);
  });

  it("that has nothing of a cluster is not called a config", async () => {
    const configMap = "apiVersion: v1\nkind: ConfigMap\ndata: {}\n";
    assert.match((await talosPki(["inspect", "file"], { files: { file: configMap } })).out, /^file: YAML\n/);
    const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: eA==}\n";
    assert.match((await talosPki(["inspect", "file"], { files: { file: secret } })).out, /^file: Kubernetes Secret\n/);
  });
});
