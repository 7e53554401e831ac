import assert from "node:assert/strict";

import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import type { CertificateAndKey } from "../../../provider/core/secrets/types";
import { startFakeNode, stopFakeNodes } from "./nodes";
import { clear, FakeStack, now, type Outcome, talosPki } from "./support";

const ARGS = { talosVersion: "v1.13", serviceAccount: { algorithm: "ecdsa-p256" } };

/** A stack in the middle of a rotation of its OS CA, and its talosconfig. */
async function makeStack(): Promise<{ text: string; talosconfig: string; os: CertificateAndKey }> {
  const stack = new FakeStack();
  await stack.up("TalosSecrets", "prod", ARGS);
  const rotation = { os: { id: "2026-11", stage: "accept" } };
  const secrets = await stack.up("TalosSecrets", "prod", { ...ARGS, rotation });
  const os = parseSecretsBundle(String(clear(secrets, "secretsYaml")), { now }).bundle.certs.os;
  const client = { secrets: clear(secrets, "secrets"), clusterName: "prod", endpoints: ["127.0.0.1"] };
  const talosconfig = String(clear(await stack.up("ClientConfiguration", "ops", client), "talosconfig"));
  return { text: stack.export(), talosconfig, os };
}

describe("The live state, with a talosconfig", () => {
  let made: Awaited<ReturnType<typeof makeStack>>;
  let good: string;
  let foreign: string;
  let closed: string;
  before(async () => {
    made = await makeStack();
  });
  beforeEach(async () => {
    const other = (await makeStack()).os;
    good = await startFakeNode(made.os, [made.os.crt]);
    foreign = await startFakeNode(other, [made.os.crt]);
    closed = await startFakeNode(made.os, [other.crt]);
  });
  afterEach(stopFakeNodes);

  const run = (command: readonly string[], nodes: readonly string[]): Promise<Outcome> =>
    talosPki([...command, "--talosconfig", "talosconfig", "--nodes", nodes.join(",")], {
      files: { "-": made.text, talosconfig: made.talosconfig },
    });

  it("is a table below the certificates, and the exit code counts it", async () => {
    const fine = await run(["expiry"], [good]);
    assert.equal(fine.code, 0, fine.out);
    assert.match(fine.out, /^OK: 6 ok; nearest end: ops .*; 1 nodes ok\n/);
    assert.match(
      fine.out,
      /\nSTATE +NODE +SERVES, OF +ENDS +VERDICT\nok +127\.0\.0\.1:\d+ +O=talos +20\S+Z +serves and lets in/,
    );

    const bad = await run(["expiry"], [good, foreign, closed, "127.0.0.1:1"]);
    assert.equal(bad.code, 2);
    assert.match(bad.out, /^CRITICAL: 6 ok; .*; 3 of 4 nodes not ok\n/);
    const verdicts = bad.out.trimEnd().split("\n").slice(-4);
    assert.match(verdicts[0]!, /^ok /);
    assert.match(verdicts[1]!, /^critical .*(another CA|no CA|not signed|unknown|only has the same name)/i);
    assert.match(verdicts[2]!, /^critical .* does not let the client of the talosconfig in: /);
    assert.match(verdicts[3]!, /^warning +127\.0\.0\.1:1 +\? +\? +cannot be asked: /);
    assert.equal((await run(["expiry"], ["127.0.0.1:1"])).code, 1);
  });

  it("is in the metrics, with the stage of a rotation", async () => {
    const { out, code } = await run(["expiry", "--prometheus"], [good, foreign, closed, "127.0.0.1:1"]);
    assert.equal(code, 2);
    const has = (line: string): void => {
      assert.ok(out.includes(`${line}\n`), `${line}\nis not in\n${out}`);
    };
    const values = (name: string): string[] =>
      [good, foreign, closed, "127.0.0.1:1"].map((node) => {
        const escaped = node.replaceAll(".", "\\.");
        return new RegExp(`^${name}\\{node="${escaped}"\\} (\\S+)$`, "m").exec(out)?.[1] ?? "-";
      });
    assert.deepEqual(values("talos_pki_node_up"), ["1", "1", "1", "0"]);
    assert.deepEqual(values("talos_pki_node_expected_ca"), ["1", "0", "1", "-"]);
    assert.deepEqual(values("talos_pki_node_client_accepted"), ["1", "-", "0", "-"]);
    assert.match(values("talos_pki_node_certificate_not_after_seconds").join(" "), /^\d{10} \d{10} \d{10} -$/);
    has('talos_pki_rotation_under_way{resource="prod",ca="os",id="2026-11",stage="accept"} 1');
    has('talos_pki_rotation_under_way{resource="prod",ca="kubernetes",id="",stage="none"} 0');
    has(`talos_pki_observed_seconds ${now.getTime() / 1000}`);
    assert.match(out, /^talos_pki_certificate_is_ca\{name="prod: os CA",.*\} 1$/m);
    assert.match(out, /^talos_pki_certificate_is_ca\{name="ops \(ClientConfiguration\)",.*\} 0$/m);
  });

  it("is in the JSON only where it was asked for", async () => {
    const { out } = await run(["expiry", "--json"], [good, foreign]);
    const { nodes } = JSON.parse(out) as { nodes: { node: string; serves: { isExpected: boolean } }[] };
    assert.deepEqual(
      nodes.map(({ node, serves }) => [node, serves.isExpected]),
      [
        [good, true],
        [foreign, false],
      ],
    );
    const without = await talosPki(["expiry", "--json"], { files: { "-": made.text } });
    assert.equal("nodes" in JSON.parse(without.out), false);
  });

  it("is a section of the page", async () => {
    const { out, code } = await run(["report", "--html", "-"], [good, foreign, "127.0.0.1:1"]);
    assert.equal(code, 0);
    const section = /<section><h2>Nodes<\/h2>[^]*?<\/section>/.exec(out)?.[0] ?? "";
    assert.deepEqual(
      [...section.matchAll(/<article class="(\w+)"><h3>(\S+) <span class="verdict">([\w ]+)</g)].map((m) => m.slice(1)),
      [
        ["ok", good, "ok"],
        ["critical", foreign, "not ok"],
        ["warning", "127.0.0.1:1", "unknown"],
      ],
    );
    assert.match(section, /O=talos, unexpected/);
    assert.match(out, /<li class="critical"><b>2<\/b> of 3 nodes<\/li>/);
    const without = await talosPki(["report", "--html", "-"], { files: { "-": made.text } });
    assert.doesNotMatch(without.out, /<h2>Nodes/);
  });

  it("needs a talosconfig for its nodes", async () => {
    const { code, out } = await talosPki(["expiry", "--nodes", "10.0.0.2"], { files: { "-": made.text } });
    assert.equal(code, 3);
    assert.match(out, /^UNKNOWN: --nodes: are met as the client of --talosconfig; set that too\n$/);
  });
});
