import assert from "node:assert/strict";

import { markup } from "../../../provider/cli/report/markup";
import { CliError } from "../../../provider/cli/cliContext";
import { vector } from "../support/fixed";
import { talosPki } from "./support";

// CSI of C1, right-to-left override, left-to-right mark, line separator, and a line of its own.
const HOSTILE = "a\u009b31m\u202eb\u200ec\u2028d\ne";
const VISIBLE = "a\\u009b31m\\u202eb\\u200ec\\u2028d\\u000ae";
const DANGEROUS = /[^\P{Cc}\n]|\p{Bidi_Control}|[\u2028\u2029]/u;

/** A talosconfig whose only context has that name. */
const talosconfig = (name: string): string =>
  vector("out/talosconfig-only/talosconfig")
    .replace("context: gamma", 'context: ""')
    .replace("    gamma:", `    ${JSON.stringify(name)}:`);

describe("A name that would steer a terminal", () => {
  it("is made visible in what goes to stderr", async () => {
    const files = { talosconfig: talosconfig(HOSTILE) };
    const wanted = await talosPki(["inspect", "127.0.0.1:1", "--talosconfig", "talosconfig"], { files });
    assert.deepEqual(wanted, {
      code: 2,
      out: "",
      err: `talos-pki: talosconfig: has no current context; set --context to one of ${VISIBLE}\n`,
    });
  });

  it("is made visible in the path of a problem", async () => {
    const files = { talosconfig: talosconfig(HOSTILE).replace(/crt: .*/, "crt: bm90aGluZw==") };
    const args = ["inspect", "127.0.0.1:1", "--talosconfig", "talosconfig", "--context", HOSTILE];
    const { code, out, err } = await talosPki(args, { files });
    assert.deepEqual([code, out], [1, ""]);
    assert.ok(err.startsWith(`talos-pki: contexts.${VISIBLE}.crt: `), err);
    assert.doesNotMatch(err, DANGEROUS);
  });

  it("is made visible in what is said about a wrong command line", async () => {
    const { err } = await talosPki([HOSTILE.replace("\n", "")]);
    assert.match(err, /^error: unknown command 'a\\u009b31m/);
    assert.doesNotMatch(err, DANGEROUS);
  });

  it("is made visible in what a program says that fails, line by line", async () => {
    const run = (): Promise<string> =>
      Promise.reject(new CliError("pulumi failed:", ["one\u001b[31m", `two${HOSTILE}`]));
    const { err } = await talosPki(["report", "--html", "-", "--stack", "dev"], { run });
    assert.equal(err, `talos-pki: pulumi failed:\none\\u001b[31m\ntwo${VISIBLE}\n`);
  });

  it("is escaped in JSON, where it stays the same name", async () => {
    const { out } = await talosPki(["inspect", "talosconfig", "--json"], {
      files: { talosconfig: talosconfig(HOSTILE) },
    });
    assert.doesNotMatch(out, DANGEROUS);
    const { certificates } = JSON.parse(out) as { certificates: readonly { path: string }[] };
    assert.ok(certificates.some(({ path }) => path.includes("\u009b31m\u202eb")));
  });

  it("turns nothing round on the page of a report", () => {
    assert.equal(markup`${"a\u202eb\u2066c\u200ed\u061ce\u009b"}`.text, "a\ufffdb\ufffdc\ufffdd\ufffde\ufffd");
  });
});
