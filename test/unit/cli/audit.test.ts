import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { auditTrail } from "../../../provider/audit";
import { secretsIn } from "../../e2e/support/leaks";
import { dependent, makeSecrets, QUICK } from "../support/cluster";
import { type Managed, type TestHost, testHost } from "../support/engine";
import type { Values } from "../../../provider/engine/values";
import { talosPki } from "./support";

const NOW = new Date("2026-06-01T00:00:00Z");

/** The log of a cluster, written by the code that writes it in an update. */
async function story(file: string): Promise<{ log: Buffer; secret: readonly string[] }> {
  const host: TestHost = testHost();
  const trail = auditTrail({ host, say: () => undefined, file, stack: "prod" });
  const secret: string[] = [];
  const made = new Set<Managed>();
  const up = async (name: string, managed: Managed, args: Values, time: string): Promise<void> => {
    host.now = time;
    const isNew = !made.has(managed);
    made.add(managed);
    const [kind, olds] = isNew ? (["create", {}] as const) : (["update", managed.outputs] as const);
    await managed.up(args);
    trail(managed.definition.name, name, { kind, inputs: managed.inputs, olds, outputs: managed.outputs });
    secret.push(...secretsIn(managed.outputs));
  };
  host.now = "2026-01-01T00:00:00Z";
  const secrets = await makeSecrets(host);
  trail("TalosSecrets", "cluster", { kind: "create", inputs: secrets.inputs, olds: {}, outputs: secrets.outputs });
  made.add(secrets);
  const shared = (): Values => ({ secrets: secrets.outputs["secrets"], clusterName: "c" });
  const clients = ["ops", "ci"].map(() => dependent("ClientConfiguration", host));
  const kubeconfig = dependent("Kubeconfig", host);
  await up("ops", clients[0]!, shared(), "2026-01-02T00:00:00Z");
  await up("ci", clients[1]!, { ...shared(), roles: ["os:reader"], validityPeriodHours: 48 }, "2026-01-03T00:00:00Z");
  await up("admin", kubeconfig, { ...shared(), clusterEndpoint: "https://10.0.0.1:6443" }, "2026-01-04T00:00:00Z");
  await up("ops", clients[0]!, { ...shared(), rotationTriggers: { lost: 1 } }, "2026-01-05T00:00:00Z");
  for (const [index, stage] of ["accept", "swap", "finish"].entries()) {
    await up("cluster", secrets, { ...QUICK, rotation: { os: { id: "r", stage } } }, `2026-02-0${index + 1}T00:00:00Z`);
    await up("ops", clients[0]!, { ...shared(), rotationTriggers: { lost: 1 } }, `2026-02-0${index + 1}T01:00:00Z`);
  }
  return { log: readFileSync(file), secret };
}

describe("talos-pki audit", () => {
  let folder: string;
  let log: Buffer;
  let secret: readonly string[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "talos-pki-"));
    ({ log, secret } = await story(join(folder, "audit.jsonl")));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const audit = (args: readonly string[], content: Buffer | string = log): ReturnType<typeof talosPki> =>
    talosPki(["audit", ...args], { files: { "-": content, "audit.jsonl": content }, now: NOW });
  const json = async (args: readonly string[], content: Buffer | string = log): Promise<Record<string, unknown>[]> =>
    JSON.parse((await audit([...args, "--json"], content)).out) as Record<string, unknown>[];
  const rows = (out: string): string[] => out.trimEnd().split("\n").slice(1);

  it("takes a log without a record for no answer", async () => {
    for (const args of [[], ["--clients"], ["--clients", "--json"]]) {
      const { code, out, err } = await audit(args, "");
      assert.deepEqual([code, out], [1, args.includes("--json") ? "[]\n" : ""], args.join(" "));
      assert.match(err, /^talos-pki: no record was read: .* TALOS_PKI_AUDIT_LOG.*; .* talos-pki expiry\n$/);
    }
    const foreign = await audit(["--clients"], JSON.stringify({ version: 3, deployment: {} }, undefined, 2));
    assert.deepEqual([foreign.code, foreign.out], [1, ""]);
    assert.match(
      foreign.err,
      /^talos-pki: \(?(stdin|-|standard input)\)? line 1: none of 4 lines is a record [^\n]*\n$/,
    );
    const empty = await audit(["audit.jsonl", "--verify"], "");
    assert.deepEqual([empty.code, empty.out], [1, "audit.jsonl: holds no line, so there is nothing to verify\n"]);
  });

  it("lists every record, oldest first, in short lines", async () => {
    const { code, out, err } = await audit([]);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^TIME +OPERATION +RESOURCE +ENDS +FINGERPRINT +SUBJECT\n/);
    assert.equal(rows(out).length, 12);
    assert.match(
      rows(out)[4]!,
      /^2026-01-02T00:00:00Z {2}issue +prod\/ops \(ClientConfiguration\) +2027-01-02T00:00:00Z {2}[0-9a-f]{12} +O=os:admin, CN=talosctl-client$/,
    );
    for (const value of secret) assert.ok(!out.includes(value) && !log.includes(value));
  });

  it("calls a CA without a subject, as talosctl's aggregator CA is, as the other commands do", async () => {
    const nameless = log.toString("utf8").replace('"CN=front-proxy"', '""');
    const { out } = await audit([], nameless);
    assert.match(
      rows(out).find((row) => row.includes("create aggregator"))!,
      / {2}\(no name\)$/,
    );
  });

  it("filters by what a record says, and all that is asked for must match", async () => {
    const count = async (...args: string[]): Promise<number> => (await json(args)).length;
    assert.equal(await count("--resource", "ops"), 3);
    assert.equal(await count("--type", "Kubeconfig"), 1);
    assert.equal(await count("--operation", "rotate:swap"), 1);
    assert.equal(await count("--role", "os:reader"), 1);
    assert.equal(await count("--role", "system:masters", "--type", "Kubeconfig"), 1);
    assert.equal(await count("--stack", "other"), 0);
    assert.equal(await count("--since", "2026-02-01"), 4);
    const [ca] = (await json(["--operation", "rotate:accept"]))[0]!["fingerprints"] as string[];
    assert.equal(await count("--fingerprint", ca!.slice(0, 12).toUpperCase()), 3);
    assert.equal((await audit(["--stack", "other"])).out, "no record\n");
  });

  it("names who holds a valid client certificate of which role, also one that was replaced", async () => {
    const { out } = await audit(["--clients", "--at", "2026-01-06"]);
    assert.deepEqual(
      rows(out).map((line) => line.split(/ {2,}/).slice(0, 4).join(" | ")),
      [
        "os:admin | prod/ops (ClientConfiguration) | 2026-01-02T00:00:00Z | 2027-01-02T00:00:00Z",
        "os:admin | prod/ops (ClientConfiguration) | 2026-01-05T00:00:00Z | 2027-01-05T00:00:00Z",
        "system:masters | prod/admin (Kubeconfig) | 2026-01-04T00:00:00Z | 2027-01-04T00:00:00Z",
      ],
    );
    const early = await json(["--clients", "--at", "2026-01-04T12:00:00Z", "--role", "os:reader"]);
    assert.deepEqual(
      early.map(({ resource, roles, isIssuerRetired }) => [resource, roles, isIssuerRetired]),
      [["ci", ["os:reader"], false]],
    );
  });

  it("sets apart those whose CA a rotation has replaced", async () => {
    const during = await json(["--clients", "--at", "2026-02-02T12:00:00Z", "--role", "os:admin"]);
    assert.deepEqual(
      during.map(({ isIssuerRetired }) => isIssuerRetired),
      [false, false, false],
    );
    const { out } = await audit(["--clients", "--role", "os:admin"]);
    assert.match(
      out,
      /^ROLES.*\nos:admin +prod\/ops \(ClientConfiguration\) +2026-02-02T01:00:00Z.*\n2 more certificates have not expired, but were issued by a CA that a rotation has replaced/,
    );
    assert.equal((await audit(["--clients", "--role", "os:operator"])).out, "no valid client certificate\n");
  });

  it("reports what is no record, and answers the rest with 1", async () => {
    const { code, out, err } = await audit(["audit.jsonl"], `{"time":"2026\n[]\n{"operation":1}\n${log.toString()}`);
    assert.equal(code, 1);
    assert.equal(rows(out).length, 12);
    assert.deepEqual(
      err
        .match(/audit\.jsonl line \d+: is not a record of the audit log; it is left out\n/g)
        ?.map((line) => line.slice(12, 18)),
      ["line 1", "line 2", "line 3"],
    );
  });

  it("lets no record move the terminal's cursor", async () => {
    const record = { time: "2026-01-01T00:00:00Z", resource: "a\u001b[2J\nb", type: "Kubeconfig", operation: "issue" };
    const evil = JSON.stringify({
      ...record,
      fingerprints: ["\u001b[1m"],
      roles: ["\r"],
      notAfter: "2027-01-01T00:00:00Z",
    });
    for (const args of [[], ["--clients"], ["--json"]]) {
      const { out } = await audit(args, evil);
      assert.match(out, /Kubeconfig/);

      assert.doesNotMatch(out, /[\u001b\r]/);
    }
  });

  it("verifies the chain", async () => {
    const { code, out } = await audit(["audit.jsonl", "--verify"]);
    assert.equal(code, 0);
    const head = /^audit\.jsonl: intact: 12 lines\n.* --head (\d+:[0-9a-f]{64})\n$/.exec(out)?.[1];
    assert.ok(head !== undefined, out);

    const changed = log.toString().replace("os:reader", "os:Reader");
    const after = await audit(["audit.jsonl", "--verify"], changed);
    assert.equal(after.code, 1);
    assert.equal(
      after.out,
      "audit.jsonl: broken: line 7 does not match what stands before it: line 6 was changed; compare it with a copy\n",
    );
    const lines = log.toString().split("\n");
    assert.match(
      (await audit(["--verify"], [...lines.slice(0, 5), ...lines.slice(6)].join("\n"))).out,
      /^stdin: broken: line 6 .*: something was removed or inserted at line 5; /,
    );
    const [cut] = await json(["--verify", "--head", head], lines.slice(0, 10).join("\n") + "\n");
    assert.deepEqual([cut!["break"], cut!["hasHead"]], [undefined, false]);
    assert.equal((await audit(["--verify", "--head", head], lines.slice(0, 10).join("\n"))).code, 1);
    assert.equal((await audit(["--verify", "--head", head], `${log.toString()}more\n`)).code, 0);
  });

  const wrong: [args: string[], words: RegExp][] = [
    [["--verify", "--clients"], /must be --verify or --clients, not both/],
    [["--head", `1:${"0".repeat(64)}`], /--head: is compared by --verify; set that too/],
    [["--verify", "--head", "1:2"], /must be what --verify has printed/],
    [["--verify", "a", "b", "--head", `1:${"0".repeat(64)}`], /--head: is the end of one file; name one file/],
    [["--at", "2026-01-01"], /--at: is for --clients; set that too/],
    [["--fingerprint", "xyz"], /must be at least 4 hex digits of a SHA-256/],
    [["nowhere"], /nowhere: there is no such file/],
  ];
  for (const [args, words] of wrong) {
    it(`rejects \`talos-pki audit ${args.join(" ").slice(0, 40)}\``, async () => {
      const { code, out, err } = await audit(args);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, words);
    });
  }
});
