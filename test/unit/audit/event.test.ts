import assert from "node:assert/strict";

import { type AuditEvent, auditEvents, describeEvent } from "../../../provider/audit";
import type { Values } from "../../../provider/engine/values";
import { secretsIn } from "../../e2e/support/leaks";
import { dependent, makeSecrets, QUICK } from "../support/cluster";
import { Managed, type TestHost, testHost } from "../support/engine";
import { vector } from "../support/fixed";
import { TalosSecrets } from "../../../provider/resources/talosSecrets";

describe("The audit trail", () => {
  let host: TestHost;

  beforeEach(() => {
    host = testHost();
  });

  const short = (events: readonly AuditEvent[]): string[] =>
    events.map(({ operation, part }) => (part === undefined ? operation : `${operation} ${part}`));
  const created = (managed: Managed): AuditEvent[] =>
    auditEvents(managed.definition.name, {
      kind: "create",
      inputs: managed.inputs,
      olds: {},
      outputs: managed.outputs,
    });
  const up = async (managed: Managed, args: Values): Promise<AuditEvent[]> => {
    const olds = managed.outputs;
    await managed.up(args);
    const { inputs, outputs } = managed;
    return auditEvents(managed.definition.name, { kind: "update", inputs, olds, outputs });
  };

  it("notes each CA of a new cluster, and none that is adopted as made", async () => {
    const made = created(await makeSecrets(host));
    assert.deepEqual(short(made), ["create os", "create kubernetes", "create etcd", "create aggregator"]);
    const os = made[0]!;
    assert.deepEqual([os.subject, os.issuer], ["O=talos", os.fingerprints[0]]);

    host.now = "2026-12-01T00:00:00Z";
    const adopted = new Managed(TalosSecrets, host);
    await adopted.up({ secretsYaml: vector("bundles/v1.13.yaml") });
    assert.deepEqual(short(created(adopted)), ["adopt os", "adopt kubernetes", "adopt etcd", "adopt aggregator"]);
  });

  for (const [what, name] of [
    ["CAs", "os"],
    ["keys", "serviceAccount"],
  ] as const)
    it(`notes every step of a rotation with the ${what} that it concerns, the new one first`, async () => {
      const secrets = await makeSecrets(host);
      const stage = (position: string): Values => ({ ...QUICK, rotation: { [name]: { id: "r", stage: position } } });
      const [accept] = await up(secrets, stage("accept"));
      const [swap] = await up(secrets, stage("swap"));
      const [finish] = await up(secrets, stage("finish"));
      assert.deepEqual(
        short([accept!, swap!, finish!]),
        ["accept", "swap", "finish"].map((position) => `rotate:${position} ${name}`),
      );
      const [fresh, old] = accept!.fingerprints;
      assert.ok(fresh !== undefined && old !== undefined && fresh !== old);
      assert.deepEqual([swap!.fingerprints, finish!.fingerprints], [[fresh, old], [fresh]]);
      assert.deepEqual(await up(secrets, stage("finish")), []);
    });

  it("notes a value that is replaced at once, and not the value", async () => {
    const secrets = await makeSecrets(host);
    const rotation = { bootstrapToken: { id: "1" }, aggregator: { id: "1" } };
    const events = await up(secrets, { ...QUICK, rotation });
    assert.deepEqual(short(events), ["rotate aggregator", "rotate bootstrapToken"]);
    assert.deepEqual(events[1], { operation: "rotate", part: "bootstrapToken", fingerprints: [] });
    for (const secret of secretsIn(secrets.outputs)) assert.ok(!JSON.stringify(events).includes(secret));
  });

  it("notes a certificate when it is issued, and nothing when it stays", async () => {
    const secrets = await makeSecrets(host);
    const client = dependent("ClientConfiguration", host);
    const args = { secrets: secrets.outputs["secrets"], clusterName: "c" };
    await client.up(args);
    assert.deepEqual(short(created(client)), ["issue"]);
    assert.deepEqual(await up(client, { ...args, endpoints: ["10.0.0.1"] }), []);
    assert.deepEqual(short(await up(client, { ...args, roles: ["os:reader"] })), ["issue"]);
  });

  it("says an event in one short line, with the start of the fingerprint", () => {
    const event = {
      operation: "rotate:swap",
      part: "os",
      subject: "O=talos",
      roles: ["os:admin"],
      serial: "1a",
      fingerprints: ["0123456789abcdef".repeat(4), "ff".repeat(32)],
      issuer: "ff".repeat(32),
      notAfter: "2036-01-01T00:00:00Z",
    };
    assert.equal(
      describeEvent(event),
      'audit: rotate:swap os, "O=talos", until 2036-01-01T00:00:00Z, fingerprint 0123456789ab',
    );
    assert.equal(
      describeEvent({ operation: "adopt", part: "aggregator", subject: "", fingerprints: [] }),
      "audit: adopt aggregator, (no name)",
    );
    assert.equal(
      describeEvent({ operation: "rotate", part: "bootstrapToken", fingerprints: [] }),
      "audit: rotate bootstrapToken",
    );
  });
});
