import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { parseSecretsBundle } from "../../provider/core/secrets/codec";
import { needsPulumi, Project, type PulumiCli, repository, secretsIn } from "./support";
import { PLUGIN_PROJECT } from "./support/languages";

const VECTORS = join(repository, "test", "vectors");
const NOW = "2026-12-01T00:00:00Z";

/** What a user writes after the imports. */
const PROGRAM = `
const fs = require("node:fs");
const talos = require("pulumi-talos-pki/plugin");
const options = { protect: true };
const secrets = new talos.TalosSecrets("prod", { talosVersion: "v1.13" }, options);
const admin = new talos.ClientConfiguration("admin", { secrets, clusterName: "alpha", endpoints: ["10.9.9.9"] }, options);
new talos.AcceptedCA("west", { certificatePem: fs.readFileSync("west.crt", "utf8") }, options);
exports.fingerprint = admin.fingerprint;
exports.talosconfig = admin.talosconfig;
`;

describe("pulumi import", function () {
  this.timeout(300_000);
  let project: Project;
  const bundle = readFileSync(join(VECTORS, "bundles", "v1.13.yaml"), "utf8");
  const { certs } = parseSecretsBundle(bundle, { now: new Date(NOW) }).bundle;

  before(async function () {
    const cli: PulumiCli = needsPulumi(this);
    project = await Project.create({
      cli,
      program: "",
      files: { "Pulumi.yaml": PLUGIN_PROJECT, "secrets.yaml": bundle, "west.crt": certs.os.crt },
      env: { TALOS_PKI_NOW: NOW },
    });
    cpSync(join(VECTORS, "out", "base-v1.13", "talosconfig"), join(project.programFolder, "talosconfig"));
  });

  after(async () => {
    await (project as Project | undefined)?.remove();
  });

  const importing = (kind: string, name: string, id: string): ReturnType<Project["pulumi"]> =>
    // The language hosts that can be built here generate no programs.
    project.pulumi(["import", `talos-pki:index:${kind}`, name, id, "--yes", "--generate-code=false"]);

  it("takes over a secrets file, a talosconfig and a CA by their paths", async () => {
    for (const [kind, name, id] of [
      ["TalosSecrets", "prod", "secrets.yaml?talosVersion=v1.13"],
      ["ClientConfiguration", "admin", "talosconfig"],
      ["AcceptedCA", "west", "west.crt"],
    ] as const) {
      const { code, stdout, stderr } = await importing(kind, name, id);
      assert.equal(code, 0, stdout + stderr);
      assert.ok(!/failed to validate|bug in the/.test(stdout + stderr), stdout);
    }
    const { deployment } = await project.decryptedState();
    const prod = deployment.resources.find(({ urn }) => urn.endsWith("TalosSecrets::prod"));
    assert.match(prod?.id ?? "", /^[0-9a-f]{64}$/);
    assert.deepEqual(prod?.inputs, { talosVersion: "v1.13" });
    const { plaintext } = prod.outputs?.["secretsYaml"] as { plaintext: string };
    const own = parseSecretsBundle(JSON.parse(plaintext) as string, { now: new Date(NOW) });
    assert.deepEqual(own.bundle.certs, certs);
  });

  it("keeps every key and certificate when the program takes the resources over", async () => {
    writeFileSync(join(project.programFolder, "index.js"), PROGRAM);
    const up = await project.up();
    assert.equal(up.code, 0, up.output);
    const updated = up.steps.filter(({ op }) => op === "update").map(({ name }) => name);
    assert.deepEqual(updated, ["admin"]);
    assert.ok(!up.output.includes("reissued"), up.output);
    const outputs = await project.outputs({ secrets: true });
    const talosconfig = readFileSync(join(VECTORS, "out", "base-v1.13", "talosconfig"), "utf8");
    const crt = /crt: (\S+)/.exec(talosconfig)?.[1] ?? "none";
    assert.ok(String(outputs["talosconfig"]).includes(crt));
    assert.match(String(outputs["talosconfig"]), /10\.9\.9\.9/);
    assert.deepEqual((await project.up()).changes, { same: 4 });
    assert.deepEqual((await project.refresh()).changes, { same: 4 });
  });

  it("imports by the option of a resource in a program as well", async () => {
    const option = `${PROGRAM}
      new talos.AcceptedCA("east", { certificatePem: fs.readFileSync("west.crt", "utf8") }, { import: "west.crt" });
    `;
    writeFileSync(join(project.programFolder, "index.js"), option);
    const up = await project.up();
    assert.equal(up.code, 0, up.output);
    assert.deepEqual(up.changes, { import: 1, same: 4 });
  });

  it("says what is wrong with an id", async () => {
    const { code, stdout, stderr } = await importing("AcceptedCA", "none", "none.crt");
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /id: there is no file none\.crt that can be read; must be a path/);
    assert.ok(!/\n\s+at .*\.js:\d+/.test(stdout + stderr));
  });

  it("lets no secret out", async () => {
    project.assertNoSecrets(secretsIn(await project.decryptedState()));
  });
});
