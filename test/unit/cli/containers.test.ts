import assert from "node:assert/strict";

import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import { SECRET, SIGNATURE } from "../../../provider/engine/wire";
import { ADOPTABLE, alphaConfig, alphaTalosconfig, AMBIGUOUS, CONFIGS, HIDDEN } from "../support/otherTools";
import { vector } from "../support/fixed";
import { clear, FakeStack, now, talosPki } from "./support";

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

  it("that hides all of it is rejected with the command that shows it", async () => {
    for (const [name, form] of Object.entries({
      "a stack export": "Pulumi stack export",
      "the outputs of a stack": "Pulumi stack outputs",
    })) {
      const [text, show] = HIDDEN[name]!;
      const reason = `is encrypted with the key of the stack (${form}); decrypt it first (${show}) [ERR_BUNDLE_ENCRYPTED]`;
      for (const args of [
        ["inspect", "file"],
        ["verify", "file"],
        ["inspect", "talosconfig", "--bundle", "file"],
      ]) {
        const outcome = await talosPki(args, { files: { file: text, talosconfig: alphaTalosconfig } });
        assert.deepEqual(outcome, { code: 1, out: "", err: `talos-pki: ${reason}\n` }, name);
      }
    }
  });

  it("that hides a part of it is inspected and verified for the rest of it, with a warning", async () => {
    const [hidden] = HIDDEN["a stack export with each secret marked by itself"]!;
    const files = { file: hidden, shown: ADOPTABLE["an export of a stack of @pulumiverse/talos"]! };
    const warning =
      /^warning: some of it is encrypted with the key of the stack \(Pulumi stack export\) and not looked at; decrypt it first \(pulumi stack export --show-secrets\) \[values-hidden\]$/m;
    for (const command of ["inspect", "verify"]) {
      const { code, out, err } = await talosPki([command, "file"], { files });
      assert.deepEqual([code, err], [0, ""], command);
      assert.match(out, /O=talos/);
      assert.match(out, warning);
      const json = JSON.parse((await talosPki([command, "file", "--json"], { files })).out) as Record<string, object[]>;
      assert.deepEqual(
        json["warnings"]?.map((one) => (one as { reason: string }).reason),
        ["values-hidden"],
      );
      assert.doesNotMatch((await talosPki([command, "shown"], { files })).out, warning);
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

  it("of our own holds a cluster once, whatever parts of its secrets other resources have", async () => {
    const stack = new FakeStack();
    const outputs = await stack.up("TalosSecrets", "prod", { talosVersion: "v1.13", secretsYaml: bundle });
    const { certs } = parseSecretsBundle(String(clear(outputs, "secretsYaml")), { now }).bundle;
    const text = JSON.parse(stack.export(true)) as { deployment: { resources: { outputs: object }[] } };
    const { resources } = text.deployment;
    const type = "pulumi-nodejs:dynamic/talos-pki:ConfigurationApply";
    const part = { plaintext: JSON.stringify({ certs: { os: certs.os } }), [SIGNATURE]: SECRET };
    const urn = `urn:pulumi:dev::test::${type}::node`;
    resources.unshift({ ...resources[0], ...{ urn, type }, outputs: { secrets: part } });
    const files = { "export.json": JSON.stringify(text), bundle };
    const { code, out } = await talosPki(["diff", "bundle", "export.json"], { files });
    assert.deepEqual([code, out], [0, "the bundles are the same\n"]);
  });

  it("is asked for one part of it by address, and a wrong address is rejected by every command", async () => {
    const [text, addresses] = AMBIGUOUS["a stack export"]!;
    const one = ADOPTABLE["an export of a stack of @pulumiverse/talos"]!;
    const files = { several: text, one, bundle, talosconfig: alphaTalosconfig };
    const all = await talosPki(["inspect", "several"], { files });
    const part = await talosPki(["inspect", "several", "--resource", addresses[1]!], { files });
    assert.equal(part.code, 0);
    assert.match(part.out, /^certs\.os\.crt$/m);
    const fingerprints = (out: string): string[] => out.match(/(?<=SHA-256 +)\S+/g) ?? [];
    assert.deepEqual([fingerprints(all.out).length, fingerprints(part.out).length], [8, 4]);
    assert.ok(fingerprints(all.out).join().endsWith(fingerprints(part.out).join()));

    const wrong = "talos:machine/secrets:Secrets::wrong";
    const listed = `the Pulumi stack export has no part of a cluster at "${wrong}"; set resource to one of talos:machine/secrets:Secrets::this`;
    const none = `there is nothing at "${wrong}", as the file is none of another tool; leave resource out`;
    for (const [args, problem] of [
      [["inspect", "one", "--resource", wrong], listed],
      [["verify", "one", "--resource", wrong], listed],
      [["diff", "one", "bundle", "--before-resource", wrong], listed.replace("part of", "secrets of")],
      [["inspect", "bundle", "--resource", wrong], none],
      [["verify", "bundle", "--resource", wrong], none],
      [["diff", "bundle", "one", "--before-resource", wrong], none],
      [["export", "bundle", "--kubernetes-pki", "never", "--resource", wrong], none],
      [["inspect", "127.0.0.1:1", "--talosconfig", "talosconfig", "--resource", wrong], none],
    ] as const) {
      const { code, out, err } = await talosPki(args, { files });
      assert.notEqual(code, 0, args.join(" "));
      assert.deepEqual([out, err.includes(`${problem} [ERR_INPUT_INVALID]`)], ["", true], `${args.join(" ")}: ${err}`);
    }
  });

  it("that has nothing of a cluster is not called a config", async () => {
    const configMap = "apiVersion: v1\nkind: ConfigMap\ndata: {}\n";
    assert.match((await talosPki(["inspect", "file"], { files: { file: configMap } })).out, /^file: YAML\n/);
    const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: eA==}\n";
    assert.match((await talosPki(["inspect", "file"], { files: { file: secret } })).out, /^file: Kubernetes Secret\n/);
  });
});
