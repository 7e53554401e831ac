import assert from "node:assert/strict";

import { parseTalosconfig } from "../../../provider/core/config/talosconfigParser";
import { parseCertificate, parseCertificates } from "../../../provider/core/x509/certificate";
import { parsePrivateKey } from "../../../provider/core/x509/privateKey";
import { keyFits } from "../../../provider/core/x509/certificate";
import { ClientConfiguration } from "../../../provider/resources/clientConfiguration";
import type { Values } from "../../../provider/engine/values";
import { makeSecrets } from "../support/cluster";
import { Managed, type TestHost, testHost } from "../support/engine";

describe("A ClientConfiguration", () => {
  let host: TestHost;
  let secrets: Managed;
  let args: Values;

  before(async () => {
    host = testHost();
    secrets = await makeSecrets(host);
    args = { secrets: secrets.outputs["secrets"], clusterName: "prod" };
  });
  beforeEach(() => {
    host.now = "2026-01-01T00:00:00Z";
  });

  const make = async (more: Values = {}): Promise<Managed> => {
    const client = new Managed(ClientConfiguration, host);
    await client.up({ ...args, ...more });
    return client;
  };

  it("is a talosconfig with a certificate for a year, and tells its public facts", async () => {
    const client = await make({ endpoints: ["10.0.0.2", "10.0.0.3"], nodes: ["10.0.0.4"] });
    const { outputs } = client;
    const config = parseTalosconfig(String(outputs["talosconfig"]));
    assert.equal(config.context, "prod");
    const context = config.contexts["prod"]!;
    assert.deepEqual([context.endpoints, context.nodes], [["10.0.0.2", "10.0.0.3"], ["10.0.0.4"]]);
    const certificate = parseCertificate(String(outputs["clientCertificatePem"]), "");
    const key = parsePrivateKey(String(outputs["clientKeyPem"]), "");
    assert.ok(keyFits(certificate, key));
    assert.equal(outputs["caCertificatesPem"], (secrets.outputs["trust"] as Values)["os"]);
    assert.deepEqual(
      Object.fromEntries(
        [
          "roles",
          "fingerprint",
          "serialNumber",
          "issuerFingerprint",
          "notBefore",
          "notAfter",
          "renewalTime",
          "readyForRenewal",
        ].map((name) => [name, outputs[name]]),
      ),
      {
        roles: ["os:admin"],
        fingerprint: certificate.fingerprint,
        serialNumber: certificate.serialNumber,
        issuerFingerprint: (secrets.outputs["certificateAuthorities"] as { os: Values }).os["fingerprint"],
        notBefore: "2026-01-01T00:00:00Z",
        notAfter: "2027-01-01T00:00:00Z",
        renewalTime: "2026-12-02T00:00:00Z",
        readyForRenewal: false,
      },
    );
    const base64 = (text: unknown): string => Buffer.from(String(text)).toString("base64");
    assert.deepEqual(outputs["clientConfiguration"], {
      caCertificate: base64(outputs["caCertificatesPem"]),
      clientCertificate: base64(outputs["clientCertificatePem"]),
      clientKey: base64(outputs["clientKeyPem"]),
    });
    assert.equal(client.id, certificate.serialNumber);
  });

  it("keeps of the secrets the OS CA only", async () => {
    const client = await make();
    const kept = client.inputs["secrets"] as Values;
    assert.deepEqual(Object.keys(kept).sort(), ["acceptedCAs", "certs"]);
    assert.deepEqual(Object.keys(kept["certs"] as Values), ["os"]);
    assert.deepEqual(kept["acceptedCAs"], { os: [] });
  });

  it("takes a bare CA instead", async () => {
    const { os } = (client(await make()).inputs["secrets"] as { certs: { os: { crt: string; key: string } } }).certs;
    const bare = new Managed(ClientConfiguration, host);
    await bare.up({ clusterName: "prod", certificateAuthority: { certificatePem: os.crt, privateKeyPem: os.key } });
    assert.equal(bare.outputs["issuerFingerprint"], parseCertificate(os.crt, "").fingerprint);
    assert.equal(
      (
        await bare.preview({
          clusterName: "prod",
          certificateAuthority: { certificatePem: os.crt, privateKeyPem: os.key },
        })
      ).op,
      "same",
    );
  });
  const client = (managed: Managed): Managed => managed;

  for (const [what, more, changes] of [
    ["endpoints", { endpoints: ["10.9.9.9"] }, ["endpoints"]],
    ["nodes", { nodes: ["10.9.9.9"] }, ["nodes"]],
    ["the context's name", { contextName: "other" }, ["contextName"]],
    ["the cluster's name", { clusterName: "other" }, ["clusterName"]],
    ["the renewal window, as long as it is not due", { earlyRenewalHours: 24 }, ["earlyRenewalHours"]],
    ["the spelling of the lifetime", { validityPeriodHours: "8760h" }, ["validityPeriodHours"]],
    ["a default that is written out", { roles: ["os:admin"] }, ["roles"]],
  ] as const) {
    it(`keeps its certificate and key on a change of ${what}`, async () => {
      const managed = await make();
      const before = managed.outputs;
      host.now = "2026-02-01T00:00:00Z";
      const done = await managed.up({ ...args, ...more });
      assert.deepEqual([done.op, done.changes, done.notices], ["update", changes, []]);
      for (const name of ["clientCertificatePem", "clientKeyPem", "fingerprint"])
        assert.equal(managed.outputs[name], before[name]);
      assert.equal((await managed.preview({ ...args, ...more })).op, "same");
    });
  }

  it("rewrites the talosconfig where the certificate stays", async () => {
    const managed = await make();
    await managed.up({ ...args, endpoints: ["10.9.9.9"], contextName: "other" });
    const config = parseTalosconfig(String(managed.outputs["talosconfig"]));
    assert.deepEqual(Object.keys(config.contexts), ["other"]);
    assert.deepEqual(config.contexts["other"]?.endpoints, ["10.9.9.9"]);
  });

  for (const [what, more, reason] of [
    ["roles", { roles: ["os:reader"] }, "roles changed"],
    ["the common name", { commonName: "me" }, "commonName changed"],
    ["the algorithm", { algorithm: "ecdsa-p256" }, "algorithm changed"],
    ["the lifetime", { validityPeriodHours: 24 }, "validityPeriodHours changed"],
    ["the triggers", { rotationTriggers: { a: 1 } }, "rotationTriggers changed"],
    ["a pinned issuedAt", { issuedAt: "2026-01-15T00:00:00Z" }, "issuedAt changed"],
  ] as const) {
    it(`is reissued on a change of ${what}, with the reason`, async () => {
      const managed = await make();
      const before = managed.outputs;
      host.now = "2026-02-01T00:00:00Z";
      const done = await managed.up({ ...args, ...more });
      assert.equal(done.op, "update");
      assert.ok(done.changes.includes("issuedAt"));
      assert.deepEqual(done.notices, [`will be reissued: ${reason}`]);
      assert.notEqual(managed.outputs["fingerprint"], before["fingerprint"]);
      assert.notEqual(managed.outputs["clientKeyPem"], before["clientKeyPem"]);
      const issuedAt = "issuedAt" in more ? more.issuedAt : "2026-02-01T00:00:00Z";
      assert.deepEqual([managed.outputs["notBefore"], managed.inputs["issuedAt"]], [issuedAt, issuedAt]);
      assert.equal((await managed.preview({ ...args, ...more })).op, "same");
    });
  }

  it("takes roles in another order, or twice, for the same", async () => {
    const managed = await make({ roles: ["os:reader", "os:admin"] });
    const again = await managed.preview({ ...args, roles: ["os:admin", "os:reader", "os:admin"] });
    assert.equal(again.op, "same");
    assert.deepEqual(managed.outputs["roles"], ["os:admin", "os:reader"]);
  });

  it("takes triggers with their keys in another order for the same", async () => {
    const managed = await make({ rotationTriggers: { a: { x: 1, y: 2 }, b: 0 } });
    assert.equal((await managed.preview({ ...args, rotationTriggers: { b: 0, a: { y: 2, x: 1 } } })).op, "same");
  });

  it("stays the same until it is due, then is renewed, offline and long after its end too", async () => {
    const managed = await make();
    const first = managed.outputs["fingerprint"];
    host.now = "2026-12-01T23:59:59Z";
    const fresh = await managed.preview(args);
    assert.deepEqual([fresh.op, fresh.notices], ["same", []]);
    host.now = "2026-12-12T00:00:00.750Z";
    const due = await managed.up(args);
    assert.deepEqual(
      [due.op, due.changes, due.notices],
      ["update", ["issuedAt"], ["will be reissued: expires in 20 days, inside the renewal window of 30 days"]],
    );
    assert.equal(managed.inputs["issuedAt"], "2026-12-12T00:00:00Z");
    assert.equal(managed.outputs["notAfter"], "2027-12-12T00:00:00Z");
    const second = managed.outputs["fingerprint"];
    assert.notEqual(second, first);
    host.now = "2030-01-01T00:00:00Z";
    const late = await managed.up(args);
    assert.deepEqual(late.notices, ["will be reissued: expired 751 days ago"]);
    assert.notEqual(managed.outputs["fingerprint"], second);
    assert.equal(managed.outputs["readyForRenewal"], false);
  });

  it("tells after a refresh that it is due", async () => {
    const managed = await make();
    host.now = "2026-12-12T00:00:00Z";
    await managed.refresh();
    assert.equal(managed.outputs["readyForRenewal"], true);
    host.now = "2026-01-02T00:00:00Z";
    await managed.refresh();
    assert.equal(managed.outputs["readyForRenewal"], false);
  });

  it("is renewed by a window that makes it due", async () => {
    const managed = await make();
    host.now = "2026-07-01T00:00:00Z";
    const done = await managed.up({ ...args, earlyRenewalHours: "4800h" });
    assert.deepEqual(done.changes, ["earlyRenewalHours", "issuedAt"]);
    assert.equal(managed.outputs["renewalTime"], "2026-12-13T00:00:00Z");
  });

  it("stays as it is where issuedAt is pinned, as by ignoreChanges, with a warning once it is due", async () => {
    const managed = await make();
    const pinned = { ...args, issuedAt: managed.inputs["issuedAt"] };
    host.now = "2026-06-01T00:00:00Z";
    assert.deepEqual((await managed.preview(pinned)).notices, []);
    host.now = "2027-01-03T00:00:00Z";
    const held = await managed.preview(pinned);
    assert.deepEqual(
      [held.op, held.notices],
      ["same", ["expired 2 days ago, but its issuedAt is pinned; remove it to renew"]],
    );
  });

  it("stays as it is where issuedAt names the same moment in other words", async () => {
    const managed = await make({ issuedAt: "2026-01-01T00:00:00Z" });
    for (const issuedAt of ["2026-01-01T02:00:00+02:00", "2025-12-31T23:30:00.000-00:30"]) {
      const { op, changes, notices } = await managed.preview({ ...args, issuedAt });
      assert.deepEqual([op, changes, notices], ["same", [], []]);
    }
    const other = await make({ issuedAt: "2025-12-31T23:00:00.9-01:00" });
    assert.deepEqual(
      [other.inputs["issuedAt"], other.outputs["notBefore"]],
      ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
    );
  });

  it("warns where a pinned issuedAt makes a certificate that has expired already", async () => {
    const managed = await make();
    host.now = "2028-01-01T00:00:00Z";
    const { notices } = await managed.preview({ ...args, issuedAt: managed.inputs["issuedAt"], roles: ["os:reader"] });
    assert.deepEqual(notices, [
      "will be reissued: roles changed",
      "issuedAt: lies so far back that the certificate will have expired already, at 2027-01-01T00:00:00Z; release it",
    ]);
  });

  it("is cut to its CA's end, with a warning, and renewed no more when that gains nothing", async () => {
    host.now = "2035-06-01T00:00:00Z";
    const managed = new Managed(ClientConfiguration, host);
    const made = await managed.up(args);
    assert.deepEqual(made.notices, [
      "validityPeriodHours: the certificate would outlive its CA and is cut to the CA's end, 2035-12-30T00:00:00Z; rotate the CA in time",
    ]);
    assert.equal(managed.outputs["notAfter"], "2035-12-30T00:00:00Z");
    host.now = "2035-12-20T00:00:00Z";
    const later = await managed.preview(args);
    assert.deepEqual(
      [later.op, later.notices],
      [
        "same",
        [
          "expires in 10 days, inside the renewal window of 30 days, but its CA ends at the same time; rotate the CA",
          "secrets: the CA expires at 2035-12-30T00:00:00Z, in less than a year; plan its rotation",
        ],
      ],
    );
  });

  it("warns of a CA within a year of its end", async () => {
    const managed = await make();
    host.now = "2034-12-31T00:00:00Z";
    const { notices } = await managed.preview(args);
    assert.deepEqual(notices, [
      "will be reissued: expired 2921 days ago",
      "validityPeriodHours: the certificate would outlive its CA and is cut to the CA's end, 2035-12-30T00:00:00Z; rotate the CA in time",
    ]);
  });

  it("of a CA that has expired blocks nothing as long as nothing else changes", async () => {
    const managed = await make();
    host.now = "2036-01-01T00:00:00Z";
    const { op, problems, notices } = await managed.preview(args);
    assert.deepEqual([op, problems], ["same", []]);
    assert.deepEqual(notices, [
      "expired 3287 days ago, but its CA has expired too; rotate the CA",
      "secrets: the CA expired at 2035-12-30T00:00:00Z; rotate it",
    ]);
    const moved = await managed.up({ ...args, endpoints: ["10.9.9.9"] });
    assert.deepEqual([moved.op, moved.changes], ["update", ["endpoints"]]);
  });

  it("is not issued by a CA that has expired", async () => {
    const managed = await make();
    host.now = "2036-01-01T00:00:00Z";
    const expected = [
      "ERR_AUTHORITY_EXPIRED secrets: the CA O=talos expired at 2035-12-30T00:00:00Z and can issue nothing; rotate it",
    ];
    assert.deepEqual((await managed.preview({ ...args, roles: ["os:reader"] })).problems, expected);
    assert.deepEqual((await new Managed(ClientConfiguration, host).preview(args)).problems, expected);
  });

  it("is rejected by a clock that is wrong by more than five minutes, and taken by one that is a little off", async () => {
    host.now = "2026-02-01T00:00:00Z";
    const managed = await make();
    host.now = "2026-01-31T23:55:00Z";
    assert.deepEqual((await managed.preview(args)).problems, []);
    host.now = "2026-01-31T23:54:00Z";
    assert.deepEqual((await managed.preview(args)).problems, [
      "ERR_CLOCK issuedAt: the clock shows 2026-01-31T23:54:00Z, before 2026-02-01T00:00:00Z, which has passed already; set the clock",
    ]);
    host.now = "2025-12-31T23:00:00Z";
    assert.deepEqual((await new Managed(ClientConfiguration, host).preview(args)).problems, [
      "ERR_CLOCK secrets: the clock shows 2025-12-31T23:00:00Z, before 2026-01-01T00:00:00Z, which has passed already; set the clock",
    ]);
  });

  it("trusts every CA that a rotation accepts, the issuing one first", async () => {
    const rotated = await makeSecrets(host);
    const managed = new Managed(ClientConfiguration, host);
    const from = (): Values => ({ clusterName: "prod", secrets: rotated.outputs["secrets"] });
    await managed.up(from());
    const [before, issuer] = [managed.outputs["fingerprint"], managed.outputs["issuerFingerprint"]];
    const rotate = (stage: string): Promise<unknown> =>
      rotated.up({ serviceAccount: { algorithm: "ecdsa-p256" }, rotation: { os: { id: "r", stage } } });
    const trusted = (): string[] =>
      parseCertificates(String(managed.outputs["caCertificatesPem"]), "").map(({ fingerprint }) => fingerprint);
    await rotate("accept");
    assert.deepEqual((await managed.up(from())).changes, ["secrets"]);
    assert.equal(managed.outputs["fingerprint"], before);
    assert.equal(trusted()[0], issuer);
    const next = trusted()[1];
    await rotate("swap");
    assert.deepEqual((await managed.up(from())).notices, ["will be reissued: issued by a CA that has been rotated"]);
    assert.deepEqual(trusted(), [next, issuer]);
    assert.equal(managed.outputs["issuerFingerprint"], next);
    const swapped = managed.outputs["fingerprint"];
    assert.notEqual(swapped, before);
    await rotate("finish");
    await managed.up(from());
    assert.deepEqual(trusted(), [next]);
    assert.equal(managed.outputs["fingerprint"], swapped);
  });
});
