import assert from "node:assert/strict";

import { talosPki } from "./support";

describe("talos-pki", () => {
  it("tells its commands", async () => {
    const { code, out } = await talosPki(["--help"]);
    assert.equal(code, 0);
    for (const command of ["inspect", "verify", "expiry", "diff", "export", "report", "audit", "rotation"]) {
      assert.match(out, new RegExp(`^ {2}${command}\\b`, "m"));
    }
  });

  it("tells its version", async () => {
    assert.deepEqual(await talosPki(["--version"]), { code: 0, out: "1.2.3\n", err: "" });
  });

  const wrong: [args: string[], code: number, words: RegExp][] = [
    [[], 2, /Usage: talos-pki/],
    [["look"], 2, /unknown command 'look'/],
    [["inspect"], 2, /missing required argument 'target'/],
    [["inspect", "a", "b"], 2, /too many arguments/],
    [["verify", "a", "--role", "root"], 2, /must be one of os:admin, os:operator/],
    [["verify", "a", "--purpose", "mail"], 2, /must be one of client, server, kubernetes/],
    [["verify", "a", "--at", "noon"], 2, /must be a time such as 2027-01-01T00:00:00Z/],
    [["expiry", "--warn", "30"], 3, /must be a time such as 30d, 12h or 1d12h/],
    [["export", "a"], 2, /required option '--kubernetes-pki <folder>' not specified/],
    [["report", "a"], 2, /required option '--html <file>' not specified/],
    [["rotation", "run"], 2, /missing required argument 'command'/],
    [["inspect", "10.0.0.1:50000", "--context", "a"], 2, /--context: names a context of --talosconfig; give that too/],
  ];
  for (const [args, code, words] of wrong) {
    it(`rejects \`talos-pki ${args.join(" ")}\` with ${code}`, async () => {
      const outcome = await talosPki(args);
      assert.equal(outcome.code, code);
      assert.match(outcome.err, words);
      assert.equal(outcome.out, "");
    });
  }
});
