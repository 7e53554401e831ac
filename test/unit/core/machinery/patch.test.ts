import assert from "node:assert/strict";

import { patchMachineConfig } from "../../../../provider/core/machinery/patch";
import { describeProblem, PkiError, type Problem } from "../../../../provider/core/errors";
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

function problemOf(run: () => unknown): Problem | undefined {
  return problemsIn(run)[0];
}

function problemsIn(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof PkiError);
    return error.problems;
  }
  return [];
}

const problemsOf = (patch: object): readonly string[] => problemsIn(() => patched(patch)).map(describeProblem);

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
      'ERR_PATCH_INVALID configPatches[0]: line 1: "SysctlConfig" "v1alpha1" is not registered in Talos 1.13; correct the patch',
    );
  });

  it("rejects a config that is none", () => {
    assert.equal(
      refusal("machine:\n    nope: 1\n", "machine: {}"),
      'ERR_CONFIG_INVALID config: line 2: unknown key "machine.nope"; must be a machine config that Talos 1.13 reads',
    );
    assert.equal(
      refusal("", "machine: {}"),
      "ERR_CONFIG_INVALID config: holds no document; must be a machine config that Talos 1.13 reads",
    );
  });

  it("says what would be right, whatever a name in the patch looks like", () => {
    assert.equal(
      refusal(worker, "machine:\n  'a; b': 1\n"),
      'ERR_PATCH_INVALID configPatches[0]: line 2: unknown key "machine.a; b"; correct the patch',
    );
    assert.equal(
      refusal("machine: {}\n", '[{ "op": "add", "path": "x" }]'),
      "ERR_PATCH_INVALID configPatches[0]: line 1: operation 1 has no path; must be one like /machine/certSANs/-",
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

  const single = readVectorFile("out/base-v1.11/worker.yaml");
  const jsonPatched = (patch: string): string => patchMachineConfig(single, [patch], { talosVersion: "v1.11" });

  it("writes the numbers and dates of a JSON patch in YAML as JSON has them, as Talos does", () => {
    const values = "{a: 0x1F, b: 010, c: 1e3, d: 1_000, e: 1.50, f: 2001-01-01, g: 1e21, h: 0.00001, i: yes}";
    assert.match(
      jsonPatched(`- op: add\n  path: /machine/sysctls\n  value: ${values}\n`),
      /\n {2}sysctls:\n {4}a: 31\n {4}b: 8\n {4}c: 1000\n {4}d: 1000\n {4}e: 1.5\n {4}f: "2001-01-01T00:00:00Z"\n {4}g: 1e\+21\n {4}h: 1e-05\n {4}i: "yes"\n/,
    );
  });

  it("ends a line of a JSON patch at U+0085, and writes texts of empty lines as such, as Talos does", () => {
    const put = (value: string): string =>
      jsonPatched(`[{"op":"add","path":"/machine/sysctls","value":{"k":"${value}"}}]`);
    assert.match(put("a\u0085b"), /\n {4}k: a b\n/);
    assert.match(put("a\u0085\u0085b"), /\n {4}k: \|-\n {6}a\n {6}b\n/);
    assert.match(put("\\n\\n"), /\n {4}k: \|2\+\n\n\n/);
  });

  it("rejects what Talos rejects around documents and at the beginning of lines, each with its line", () => {
    const rows: readonly (readonly [patch: string, message: string])[] = [
      ["%YAML 1.2\n---\nmachine: {}\n", "a directive, which Talos rejects at line 1; leave it out"],
      ["...\nmachine: {}\n", "the end of a document without a beginning at line 1; leave it out"],
      ["machine: {}\n...\nmachine: {}\n", "a document without a beginning at line 3; begin it with ---"],
      ["machine:\n\t\n  env: {}\n", "a tab, which Talos rejects at line 2; indent with spaces"],
      ["machine:\n  env:\n    A: |\n      \tb\n", "a tab, which Talos rejects at line 4; indent with spaces"],
      ["machine:\n  certSANs:\n  -\ta\n", "a tab, which Talos rejects at line 3; indent with spaces"],
      ["machine: {env: {A: 'a\u001bb'}}\n", "a control character at line 1; must be escaped, in double quotes"],
      [
        "machine:\n  env: {} # a\u2028\n",
        "a line or paragraph separator at line 2; must be written as \\L or \\P, in double quotes",
      ],
    ];
    for (const [patch, message] of rows)
      assert.equal(refusal(single, patch, "v1.11"), `ERR_PATCH_INVALID configPatches[0]: ${message}`);
  });

  it("ends a line at a carriage return, as Talos does", () => {
    const patch = "machine:\r  sysctls:\r    a: |\r      b\r      c\r    d: e\r";
    const patched = patchMachineConfig(single, [patch], { talosVersion: "v1.11" });
    assert.match(patched, /\n {8}a: \|\n {12}b\n {12}c\n {8}d: e\n/);
  });

  it("takes a merge key where Talos does, and rejects it elsewhere with its line", () => {
    const struct = "cluster:\n  apiServer: &a {image: x}\n  scheduler:\n    <<: *a\n";
    const map = "machine:\n  nodeLabels: &a {a: b}\n  nodeAnnotations:\n    <<: *a\n";
    const free = "machine:\n  kubelet:\n    extraConfig: {a: &a {x: 1}, b: {<<: *a}, c: {<<: [*a]}}\n";
    const problem = (line: number): string =>
      `ERR_PATCH_INVALID configPatches[0]: line ${line}: a merge key (<<), which Talos rejects here; write the keys out`;
    const newest = readVectorFile("out/base-v1.14/worker.yaml");
    assert.deepEqual(
      [struct, map, free].map((patch) => refusal(single, patch, "v1.11")),
      [problem(4), "", ""],
    );
    assert.deepEqual(
      [map, free].map((patch) => refusal(newest, patch, "v1.14")),
      [problem(4), ""],
    );
  });

  it("rejects in a JSON patch what JSON has not", () => {
    const value = (text: string): string => `- op: add\n  path: /machine/kubelet/extraConfig\n  value: {a: ${text}}\n`;
    for (const text of [".inf", "-.inf", ".nan"])
      assert.equal(
        refusal(single, value(text), "v1.11"),
        "ERR_PATCH_INVALID configPatches[0]: line 3: JSON has no such number; must be a finite one",
      );
    for (const text of ["{1: x}", "{true: x}", "[{~: x}]"])
      assert.equal(
        refusal(single, value(text), "v1.11"),
        "ERR_PATCH_INVALID configPatches[0]: line 3: a key of a JSON6902 patch is not a string; quote it",
      );
  });

  it("takes of a JSON patch what is absent from a map, as Talos does", () => {
    const cni = { name: "none" };
    assert.equal(
      jsonPatched(JSON.stringify([{ op: "replace", path: "/cluster/network/cni", value: cni }])),
      jsonPatched(JSON.stringify([{ op: "add", path: "/cluster/network/cni", value: cni }])),
    );
    const add = { op: "add", path: "/machine/certSANs/0", value: "a" };
    assert.equal(
      jsonPatched(JSON.stringify([{ op: "test", path: "/cluster/network/cni", value: null }, add])),
      jsonPatched(JSON.stringify([add])),
    );
    const none = jsonPatched(JSON.stringify([{ op: "add", path: "/machine/env", value: null }]));
    assert.equal(jsonPatched('[{"op": "add", "path": "/machine/env"}]'), none);
    assert.equal(jsonPatched('[{"op": "copy", "from": "/machine/sysctls", "path": "/machine/env"}]'), none);
  });

  it("rejects a JSON patch that puts a whole document elsewhere, as Talos does", () => {
    const of = (operation: object): string => refusal(single, JSON.stringify([operation]), "v1.11");
    const begin = "ERR_PATCH_INVALID configPatches[0]: line 1: operation 1";
    const end = "correct the patch";
    assert.equal(of({ op: "add", path: "", value: {} }), `${begin} (add) does not apply to a whole document; ${end}`);
    assert.equal(of({ op: "remove", path: "" }), `${begin} (remove) does not apply to a whole document; ${end}`);
    assert.equal(
      of({ op: "copy", from: "", path: "/x" }),
      `${begin} (copy) does not apply: a whole document cannot go elsewhere; ${end}`,
    );
    assert.equal(
      of({ op: "replace", path: "", value: "x" }),
      `${begin} (replace) would make a document of something else; ${end}`,
    );
    assert.equal(of({ op: "test", path: "/absent", value: 1 }), `${begin} (test) finds another value; ${end}`);
  });

  it("drops what stands under a key that is null, as Talos does", () => {
    assert.equal(patched("machine: {env: {null: v, ~: w, a: b}}"), patched("machine: {env: {a: b}}"));
    assert.equal(patched('machine: {env: {"null": v}}').includes('"null": v'), true);
  });

  const BASE = `version: v1alpha1
machine:
    type: worker
    token: abcdef.0123456789abcdef
    certSANs: []
cluster:
    controlPlane:
        endpoint: https://10.0.0.1:6443
    extraManifests: []
`;

  it("applies a JSON patch to what the config says, empty lists and nulls too, as Talos does", () => {
    const patch = '[{"op": "add", "path": "/cluster/extraManifests/-", "value": "https://example.org/a.yaml"}]';
    assert.equal(
      patchMachineConfig(BASE, [patch], { talosVersion: "v1.11" }),
      `cluster:
  controlPlane:
    endpoint: https://10.0.0.1:6443
  extraManifests:
  - https://example.org/a.yaml
machine:
  certSANs: []
  token: abcdef.0123456789abcdef
  type: worker
version: v1alpha1
`,
    );
    // A strategic merge patch before it drops what is empty.
    assert.match(
      problemOf(() => patchMachineConfig(BASE, ["machine: {env: {a: b}}", patch], { talosVersion: "v1.11" }))!.message,
      /^line 1: operation 1 \(add\) does not apply: the config has no such path; /,
    );
  });

  it("rejects to delete a document, or in one, that is not there, up to v1.13; Talos 1.14 passes over it", () => {
    const patches = {
      "apiVersion: v1alpha1\nkind: LinkConfig\nname: eth7\nmtu:\n  $patch: delete\n": "line 5",
      "machine: {}\n---\napiVersion: v1alpha1\nkind: LinkConfig\nname: eth7\n$patch: delete\n": "line 3 (document 2)",
    };
    for (const [patch, place] of Object.entries(patches)) {
      const problem = problemOf(() => patched(patch));
      assert.deepEqual(problem, {
        code: "ERR_PATCH_INVALID",
        path: "configPatches[0]",
        message: `${place}: $patch: delete of LinkConfig/eth7 finds nothing (lookup failed); correct the patch`,
        line: Number(/\d+/.exec(place)![0]),
        reason: "lookup-failed",
      });
      const passedOver = patchMachineConfig(worker, [patch], { talosVersion: "v1.14" });
      const rest = patch.includes("mtu") ? "---\napiVersion: v1alpha1\nkind: LinkConfig\nname: eth7\n" : "";
      assert.equal(passedOver, patchMachineConfig(worker, ["machine: {}"], { talosVersion: "v1.14" }) + rest);
    }
  });

  it("names the field of an object by its path", () => {
    const machine = {
      files: [{ path: "/var/a", permissions: "0o644", content: "x" }],
      network: { interfaces: [{ interface: "eth0", mtu: "9000" }] },
      sysctls: { "net.core.somaxconn": [1] },
    };
    assert.deepEqual(problemsOf({ machine }), [
      "configPatches[0].machine.files[0].permissions: must be a number; correct the patch",
      "configPatches[0].machine.network.interfaces[0].mtu: must be a number from -9223372036854775808 to 9223372036854775807; correct the patch",
      'configPatches[0].machine.sysctls["net.core.somaxconn"]: must be a string, found a list; correct the patch',
    ]);
    assert.deepEqual(problemsOf([{ op: "test", path: "/machine" }, { op: "nope" }]), [
      "configPatches[0][1]: operation 2 has no known op; must be add, remove, replace, move, copy or test",
    ]);
  });

  it("rejects a key that is a date on v1.14, and a key that is not a string within a free-form value", () => {
    const label = (key: string): string => `machine:\n  nodeLabels:\n    ${key}: x\n`;
    const message = "line 3: a key is a date, which is not a string; quote it";
    for (const key of ["2026-01-01", "2026-01-01T00:00:00Z"]) {
      assert.equal(refusal(worker, label(key), "v1.14"), `ERR_PATCH_INVALID configPatches[0]: ${message}`);
      assert.match(patched(label(key)), /nodeLabels:\n {8}"2026-01-01/);
    }
    for (const key of ["1", "1.5", "true", "0x10"])
      assert.match(patchMachineConfig(worker, [label(key)]), new RegExp(`"${key}": x`));
    const inner = "machine:\n  kubelet:\n    extraConfig:\n      a: {1: x}\n";
    const noString = "ERR_PATCH_INVALID configPatches[0]: line 4: a key is not a string; quote it";
    assert.deepEqual([refusal(worker, inner), refusal(worker, inner, "v1.14")], [noString, noString]);
  });

  it("rejects a JSON patch whose copies grow without bound", () => {
    const grow = { op: "copy", from: "/machine", path: "/machine/x" };
    const operations = Array.from({ length: 60 }, (_, index) => ({ ...grow, path: `/machine/x${index}` }));
    assert.match(refusal(single, operations, "v1.11"), /operation \d+ \(copy\) makes the config grow too large; /);
    const deep = Array.from({ length: 3000 }, (_, index) => [
      { op: "add", path: `/x${index + 1}`, value: {} },
      { op: "move", from: `/x${index}`, path: `/x${index + 1}/y` },
    ]);
    assert.equal(
      refusal(single, [{ op: "add", path: "/x0", value: {} }, ...deep.flat()], "v1.11"),
      "ERR_PATCH_INVALID configPatches: the patched config is nested too deep; correct the patch",
    );
  });

  it("rejects what has no YAML", () => {
    assert.equal(
      refusal(worker, { machine: { sysctls: { a: () => 1 } } }),
      "ERR_PATCH_INVALID configPatches[0]: holds something that has no YAML; must be plain objects, lists and values",
    );
  });
});
