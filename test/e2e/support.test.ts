import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";

import { assertNoSecrets, needsPulumi, Project, secretsIn, type PulumiCli } from "./support";

/** A dynamic resource that needs nothing of this package; `body` is the provider's code. */
const trivial = (body: string, args = "{}"): string => `
const pulumi = require("@pulumi/pulumi");
class Thing extends pulumi.CustomResource {
  constructor(name, args, opts) {
    super("pulumi-nodejs:dynamic/e2e:Thing", name, { made: undefined, ...args, __provider: ${JSON.stringify(`exports.handler=()=>({check:async(_,inputs)=>({inputs}),diff:async()=>({}),${body}})`)} }, opts);
  }
}
const thing = new Thing("thing", ${args});
exports.made = thing.made;
exports.hidden = pulumi.secret("a very hidden value");
`;

const SIMPLE = `create:async inputs=>({id:"1",outs:{...inputs,made:process.env.TALOS_PKI_NOW||"no clock"}}),update:async(i,o,n)=>({outs:{...n,made:"anew"}})`;

describe("the e2e harness", function () {
  this.timeout(300_000);
  let cli: PulumiCli;
  let project: Project | undefined;

  before(function () {
    cli = needsPulumi(this);
  });

  afterEach(async () => {
    await project?.remove();
    project = undefined;
  });

  it("runs an up, an empty preview, an update, a refresh and a destroy", async () => {
    project = await Project.create({ cli, program: trivial(SIMPLE, "{ size: 1 }") });
    const first = await project.up({ now: "2026-01-02T03:04:05Z" });
    assert.deepEqual([first.code, first.changes], [0, { create: 2 }], first.output);
    assert.deepEqual(await project.outputs(), { made: "2026-01-02T03:04:05Z", hidden: "[secret]" });
    assert.deepEqual(await project.outputs({ secrets: true }), {
      made: "2026-01-02T03:04:05Z",
      hidden: "a very hidden value",
    });

    const again = await project.preview({ args: ["--expect-no-changes"] });
    assert.deepEqual([again.code, again.changes], [0, { same: 2 }], again.output);

    project.writeProgram({ program: trivial(SIMPLE, "{ size: 2 }") });
    const preview = await project.preview({ args: ["--diff"] });
    const step = preview.steps.find(({ name }) => name === "thing");
    assert.deepEqual([step?.op, step?.diffs], ["update", ["size"]], preview.output);
    assert.match(preview.stdout, /~ size: 1 => 2/);
    assert.notEqual((await project.preview({ args: ["--expect-no-changes"] })).code, 0);

    assert.deepEqual((await project.up()).changes, { same: 1, update: 1 });
    assert.equal((await project.refresh()).code, 0);
    project.assertNoSecrets(["a very hidden value"]);
    assert.deepEqual((await project.destroy()).changes, { delete: 2 });
    assert.deepEqual(project.resources(), []);
  });

  it("runs a program in TypeScript, and tells what a program that fails said", async () => {
    project = await Project.create({ cli, typescript: `export const sum: number = 1 + 1;` });
    assert.equal((await project.up()).code, 0);
    assert.deepEqual(await project.outputs(), { sum: 2 });
    project.writeProgram({ typescript: `throw new Error("what went wrong");` });
    const failed = await project.up();
    assert.notEqual(failed.code, 0);
    assert.match(failed.diagnostics.map(({ message }) => message).join("\n"), /what went wrong/);
  });

  it("kills an up in the middle of a create, and the next one completes", async () => {
    const slow = `create:async inputs=>{console.log("begun");await new Promise(r=>setTimeout(r,process.env.SLOW||0));return{id:"1",outs:{...inputs,made:"yes"}}}`;
    project = await Project.create({ cli, program: trivial(slow) });
    const operation = project.start("up", { env: { SLOW: "60000" } });
    assert.equal(await operation.running.until(/begun/), true);
    const killed = await operation.kill();
    assert.deepEqual([killed.code, killed.signal], [undefined, "SIGKILL"]);
    await project.unlock();
    const next = await project.up();
    assert.deepEqual([next.code, await project.outputs()], [0, { made: "yes", hidden: "[secret]" }], next.output);
  });

  it("kills the provider alone, and the up fails", async () => {
    const slow = `create:async inputs=>{console.log("begun");await new Promise(r=>setTimeout(r,60000))}`;
    project = await Project.create({ cli, program: trivial(slow) });
    const operation = project.start("up");
    await operation.running.until(/begun/);
    const killed = await operation.kill("providers");
    assert.match(killed.output, /creating failed/);
    assert.notEqual(killed.code, 0);
  });

  it("finds a value that a state holds in clear", async () => {
    project = await Project.create({ cli, program: `exports.open = "a very hidden value";` });
    await project.up();
    assert.throws(() => project?.assertNoSecrets(["a very hidden value"]), /secrets stand in clear/);
  });
});

describe("the search for leaks", () => {
  const pair = (kind: "ed25519" | "ec" | "rsa"): { readonly key: string; readonly certificate: string } => {
    const { privateKey, publicKey } =
      kind === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : kind === "ec"
          ? generateKeyPairSync("ec", { namedCurve: "P-256" })
          : generateKeyPairSync("ed25519");
    return {
      key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      certificate: publicKey.export({ type: "spki", format: "pem" }).toString(),
    };
  };

  for (const kind of ["ed25519", "ec", "rsa"] as const) {
    const { key, certificate } = pair(kind);
    const search = (text: string): void => {
      assertNoSecrets([{ where: "here", text }], [key]);
    };
    const body = key.split("\n").slice(1, -2).join("");
    const forms: Record<string, string> = {
      "as PEM": key,
      "as PEM under Talos's label": key.replaceAll("PRIVATE KEY", "ED25519 PRIVATE KEY"),
      "as PEM in JSON": JSON.stringify({ key }),
      "as base64 of the PEM": Buffer.from(key).toString("base64"),
      "inside base64 of a longer file": Buffer.from(`a: 1\nkey: ${Buffer.from(key).toString("base64")}\n`).toString(
        "base64",
      ),
      "as the bare body": body,
      "as bytes in hexadecimal": Buffer.from(body, "base64").toString("hex"),
    };
    for (const [name, text] of Object.entries(forms)) {
      it(`finds a private ${kind} key ${name}`, () => {
        assert.throws(() => {
          search(`some text ${text} more`);
        }, /secrets stand in clear/);
      });
    }

    it(`does not take the public half of an ${kind} key for a secret`, () => {
      search(certificate);
      search(Buffer.from(certificate).toString("base64"));
      // As it stands in a document of Talos 1.14.
      assertNoSecrets([{ where: "here", text: certificate }], [key.trim().replace(/^/gm, "  ")]);
    });

    it(`does not show an ${kind} key in its message`, () => {
      assert.throws(
        () => {
          search(key);
        },
        (error: Error) => !error.message.includes(body.slice(0, 40)),
      );
    });
  }

  it("rejects a search that could not fail", () => {
    assert.throws(() => {
      assertNoSecrets([{ where: "here", text: "x" }], []);
    }, /could not fail/);
    assert.throws(() => {
      assertNoSecrets([], ["a secret of some length"]);
    }, /could not fail/);
  });

  it("collects the secrets of a bundle, of JSON and of a decrypted state", () => {
    const { key } = pair("ed25519");
    const yaml = `secrets:\n  bootstraptoken: abcdef.0123456789abcdef\ncerts:\n  os:\n    crt: LS0t\n    key: ${Buffer.from(key).toString("base64")}\n`;
    const expected = ["abcdef.0123456789abcdef", Buffer.from(key).toString("base64")];
    assert.deepEqual(secretsIn(yaml), expected);
    assert.deepEqual(
      secretsIn({ secretsYaml: { "4dabf18193072939515e22adb298388d": "x", plaintext: JSON.stringify(yaml) } }),
      expected,
    );
    assert.deepEqual(secretsIn([{ clientKeyPem: key.trim() }]), [key.trim()]);
  });
});
