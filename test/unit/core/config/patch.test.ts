import assert from "node:assert/strict";

import { patchMachineConfig } from "../../../../provider/core/config/patch";
import { PkiError } from "../../../../provider/core/errors";
import { readVectorFile } from "../../vectors/vectors";

const worker = readVectorFile("out/base-v1.13/worker.yaml");
const patched = (...patches: (string | object)[]): string =>
  patchMachineConfig(worker, patches, { talosVersion: "v1.13" });

function refusal(config: string, patch: string | object, talosVersion = "v1.13"): string {
  try {
    patchMachineConfig(config, [patch], { talosVersion });
  } catch (error) {
    assert.ok(error instanceof PkiError);
    return `${error.code} ${error.message}`;
  }
  return "";
}

describe("patching a machine config", () => {
  it("leaves the text alone, comments and all, when no patch says anything", () => {
    const text = `# mine\n${worker}`;
    assert.equal(patchMachineConfig(text, ["", "# nothing\n", "null"], { talosVersion: "v1.13" }), text);
  });

  it("does not care for the order of keys in a patch", () => {
    const one = { machine: { sysctls: { b: "1", a: "2" }, env: { X: "y" } } };
    const two = { machine: { env: { X: "y" }, sysctls: { a: "2", b: "1" } } };
    assert.equal(patched(one), patched(two));
  });

  it("applies patches one after another", () => {
    assert.equal(
      patched({ machine: { sysctls: { a: "1" } } }, { machine: { sysctls: { $patch: "delete" } } }),
      patched("machine: {}"),
    );
  });

  it("knows the documents of the Talos that is named, the newest by default", () => {
    const patch = "apiVersion: v1alpha1\nkind: SysctlConfig\nparams: {a: b}\n";
    assert.match(patchMachineConfig(worker, [patch]), /kind: SysctlConfig\nparams:\n {4}a: b\n$/);
    assert.equal(
      refusal(worker, patch),
      'ERR_PATCH_INVALID configPatches[0]: line 1: "SysctlConfig" "v1alpha1" is not registered in Talos 1.13; expected a patch that Talos takes',
    );
  });

  it("refuses a config that is none", () => {
    assert.equal(
      refusal("machine:\n    nope: 1\n", "machine: {}"),
      'ERR_CONFIG_INVALID config: line 2: unknown key "machine.nope"; expected a machine config that Talos 1.13 reads',
    );
    assert.equal(
      refusal("", "machine: {}"),
      "ERR_CONFIG_INVALID config: holds no document; expected a machine config that Talos 1.13 reads",
    );
  });

  it("says what would be right, whatever a name in the patch looks like", () => {
    assert.equal(
      refusal(worker, "machine:\n  'a; b': 1\n"),
      'ERR_PATCH_INVALID configPatches[0]: line 2: unknown key "machine.a; b"; expected a patch that Talos takes',
    );
    assert.equal(
      refusal("machine: {}\n", '[{ "op": "add", "path": "x" }]'),
      "ERR_PATCH_INVALID configPatches[0]: line 1: operation 1 has no path; expected one like /machine/certSANs/-",
    );
  });

  it("never repeats a value of a patch in its errors", () => {
    const secret = "hunter2hunter2";
    for (const patch of [
      `machine: {token: {a: ${secret}}}`,
      `machine: {type: [${secret}]}`,
      `machine: {install: {wipe: ${secret}}}`,
      `machine: {ca: {crt: ${secret}!}}`,
      `machine: {ca: ${secret}}`,
      `apiVersion: v1alpha1\nkind: HostnameConfig\nauto: ${secret}\n`,
      `machine: {time: {bootTimeout: ${secret}}}`,
      `[{op: replace, path: /machine/token, value: ${secret}}]`,
      `machine:\n  token: "${secret}\n`,
    ]) {
      const message = refusal(worker, patch);
      assert.notEqual(message, "", patch);
      assert.equal(message.includes(secret), false, message);
    }
  });

  it("refuses what has no YAML", () => {
    assert.equal(
      refusal(worker, { machine: { sysctls: { a: () => 1 } } }),
      "ERR_PATCH_INVALID configPatches[0]: holds something that has no YAML; expected plain objects, lists and values",
    );
  });
});
