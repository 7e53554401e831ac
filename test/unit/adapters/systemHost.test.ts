import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { importResource } from "../../../provider/adapters/plugin/imports";
import { systemHost } from "../../../provider/adapters/systemHost";
import { KUBERNETES_PKI_FILES } from "../../../provider/core/secrets/kubernetesPki";
import { Operations } from "../../../provider/engine/operations";
import { TalosSecrets } from "../../../provider/resources/talosSecrets";
import { problemsOf } from "../support/engine";

/** Root may open everything. */
async function unprivileged<T>(run: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return run();
  process.seteuid?.("nobody");
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

describe("The files of a machine", () => {
  let folder: string;
  const inFolder = (name: string): string => join(folder, name);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "talos-pki-"));
    writeFileSync(inFolder("a"), "text");
    mkdirSync(inFolder("sub"));
    symlinkSync("loop", inFolder("loop"));
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  const problems = (name: string, names: readonly string[]): Promise<string[]> =>
    problemsOf(() => systemHost.readFiles(name === "" ? folder : inFolder(name), names, "input"));

  it("are read where they are there", async () => {
    assert.deepEqual(await systemHost.readFiles(folder, ["a", "b", "a/c"]), { a: "text" });
  });

  it("that cannot be read are all named, each with the reason", async () => {
    assert.deepEqual(await problems("", ["a", "sub", "b", "loop"]), [
      `ERR_INPUT_INVALID input: ${inFolder("sub")}: is a folder; must be a file`,
      `ERR_INPUT_INVALID input: ${inFolder("loop")}: is a symbolic link that leads back to itself`,
    ]);
  });

  it("in a folder that is missing or none are one problem", async () => {
    const names = ["x", "y", "z"];
    assert.deepEqual(await problems("no", names), [
      `ERR_INPUT_INVALID input: ${inFolder("no")}: there is no such folder`,
    ]);
    assert.deepEqual(await problems("a", names), [
      `ERR_INPUT_INVALID input: ${inFolder("a")}: is not a folder; must be one`,
    ]);
  });

  it("that are closed, or in a closed folder, say so", async () => {
    chmodSync(folder, 0o755);
    chmodSync(inFolder("a"), 0);
    assert.deepEqual(await unprivileged(() => problems("", ["a"])), [
      `ERR_INPUT_INVALID input: ${inFolder("a")}: permission denied`,
    ]);
    chmodSync(folder, 0);
    assert.deepEqual(await unprivileged(() => problems("", ["x", "y"])), [
      `ERR_INPUT_INVALID input: ${folder}: permission denied`,
    ]);
  });

  it("of a kubeadm folder that is not there give one problem", async () => {
    const check = async (name: string): Promise<readonly string[]> => {
      const operations = new Operations(TalosSecrets, systemHost);
      const { problems } = await operations.check({}, { kubernetesPkiDirectory: inFolder(name) });
      return problems.map(({ path, message }) => `${path}: ${message}`);
    };
    assert.deepEqual(await check("no"), [`kubernetesPkiDirectory: ${inFolder("no")}: there is no such folder`]);
    assert.deepEqual(await check("a"), [`kubernetesPkiDirectory: ${inFolder("a")}: is not a folder; must be one`]);
    assert.equal((await check("sub")).length, KUBERNETES_PKI_FILES.length);
  });

  it("of an import say why they cannot be read", async () => {
    const of = (name: string): Promise<string[]> =>
      problemsOf(() => importResource("AcceptedCA", inFolder(name), systemHost));
    assert.deepEqual(await of("sub"), [`ERR_INPUT_INVALID id: ${inFolder("sub")}: is a folder; must be a file`]);
    assert.match((await of("no"))[0] ?? "", /^ERR_INPUT_MISSING id: there is no file /);
  });
});
