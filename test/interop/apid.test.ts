import { strict as assert } from "node:assert";

import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";

import { Cluster, hoursFromNow, issueClient } from "./support/cluster";
import { forgeClient } from "./support/forge";
import { needJudge, needOpenssl, startNode, stopNodes } from "./support/judge";
import type { Node, Outcome } from "./support/judge";

const refused = (outcome: Outcome, why: RegExp): void => {
  assert.notEqual(outcome.code, 0, outcome.stdout);
  assert.match(outcome.stderr, why);
};

const allowed = (outcome: Outcome): void => {
  assert.equal(outcome.code, 0, outcome.stderr);
};

describe("a real apid on our control plane config", function () {
  this.timeout(60_000);
  needJudge();

  let cluster: Cluster;
  let node: Node;

  before("start it", async () => {
    cluster = await Cluster.make();
    node = await startNode({ config: cluster.config("controlplane"), type: "controlplane" });
  });

  after("stop it", stopNodes);

  const as = (role: string): Promise<string> => cluster.client(role, { roles: [role] });

  it("lets our os:admin in", async () => {
    const outcome = await node.talosctl(["version"], await as("os:admin"));
    allowed(outcome);
    assert.match(outcome.stdout, /Server:\s+NODE:\s+127\.0\.0\.1\s+Tag:\s+v1\.13\.0/);
    assert.match(outcome.stdout, /Enabled:\s+RBAC/);
  });

  it("lets our os:reader read and rejects it the rest", async () => {
    const reader = await as("os:reader");
    allowed(await node.talosctl(["version"], reader));
    allowed(await node.talosctl(["get", "hostname"], reader));
    for (const command of [
      ["get", "machineconfig"],
      ["reboot", "--wait=false"],
      ["apply-config", "--file", cluster.config("controlplane")],
    ]) {
      refused(await node.talosctl(command, reader), /code = PermissionDenied desc = not authorized/);
    }
  });

  it("lets our os:operator reboot, not reset", async () => {
    const operator = await as("os:operator");
    allowed(await node.talosctl(["reboot", "--wait=false"], operator));
    refused(await node.talosctl(["reset", "--wait=false"], operator), /not authorized/);
    refused(await node.talosctl(["reset", "--wait=false"], await as("os:admin")), /code = Unimplemented/);
  });

  it("rejects our os:etcd:backup what is not etcd's", async () => {
    refused(await node.talosctl(["version"], await as("os:etcd:backup")), /not authorized/);
  });

  it("rejects a client whose certificate has expired, or is of tomorrow", async () => {
    const log = node.log().length;
    const yesterday = await cluster.client("yesterday", { validityPeriodHours: 1 }, hoursFromNow(-24));
    refused(await node.talosctl(["version"], yesterday), /tls: expired certificate/);
    refused(
      await node.talosctl(["version"], await cluster.client("tomorrow", {}, hoursFromNow(24))),
      /remote error: tls/,
    );
    assert.match(node.log().slice(log), /certificate has expired or is not yet valid/);
  });

  it("rejects a client of another cluster, and is rejected by it", async () => {
    const other = await Cluster.make("v1.13");
    const stranger = cluster.talosconfig("stranger", await issueClient(other.bundle.certs.os));
    refused(await node.talosctl(["version"], stranger), /remote error: tls/);
    const distrustful = other.talosconfig("distrustful", await issueClient(cluster.bundle.certs.os));
    refused(await node.talosctl(["version"], distrustful), /x509: certificate signed by unknown authority/);
  });

  it("takes a new PKI from apply-config at once", async () => {
    const next = (await Cluster.make()).bundle.certs.os;
    const { os } = cluster.bundle.certs;
    const admin = await as("os:admin");
    const own = await startNode({ config: cluster.config("controlplane", {}, "own.yaml"), type: "controlplane" });
    try {
      const nextClient = await issueClient(next);
      const ahead = cluster.talosconfig("ahead", nextClient);
      refused(await own.talosctl(["version"], ahead), /remote error: tls/);

      await own.applyConfig(cluster.config("controlplane", { acceptedCAs: [next.crt] }, "accept.yaml"), admin);
      allowed(await own.talosctl(["version"], ahead));
      allowed(await own.talosctl(["version"], admin));

      const swapped = { ...cluster.bundle, certs: { ...cluster.bundle.certs, os: next } };
      const config = { secrets: swapped, acceptedCAs: [os.crt] };
      await own.applyConfig(cluster.config("controlplane", config, "swap.yaml"), ahead);
      refused(await own.talosctl(["version"], admin), /certificate signed by unknown authority/);
      const both = cluster.talosconfig("both", await issueClient(os), { caCertificatesPem: [os.crt, next.crt] });
      allowed(await own.talosctl(["version"], both));

      const finished = cluster.talosconfig("finished", nextClient, { caCertificatesPem: next.crt });
      await own.applyConfig(cluster.config("controlplane", { secrets: swapped }, "finish.yaml"), finished);
      allowed(await own.talosctl(["version"], finished));
      refused(await own.talosctl(["version"], both), /remote error: tls/);
    } finally {
      await own.stop();
    }
  });

  it("reads its config again on SIGHUP, and is listed in a file as long as it runs", async () => {
    const { os } = (await Cluster.make()).bundle.certs;
    const readyFile = cluster.folder.at("ready");
    const config = cluster.config("controlplane", {}, "reloaded.yaml");
    const own = await startNode({ config, type: "controlplane", readyFile });
    assert.equal(readFileSync(readyFile, "utf8"), `apid=${own.endpoint} trustd=${own.trustd}\n`);
    const swapped = { ...cluster.bundle, certs: { ...cluster.bundle.certs, os } };
    cluster.config("controlplane", { secrets: swapped }, "reloaded.yaml");
    const authority = new X509Certificate(os.crt).publicKey;
    assert.ok(!(await own.serverCertificate()).verify(authority));
    own.reload();
    await own.waitForCertificate((certificate) => certificate.verify(authority));
    await own.stop();
    assert.ok(!existsSync(readyFile));
  });

  describe("and client certificates that the core would never issue", () => {
    needOpenssl();

    const forged = async (extendedKeyUsage?: string): Promise<Outcome> => {
      const { os } = cluster.bundle.certs;
      const usage = extendedKeyUsage === undefined ? {} : { extendedKeyUsage };
      const pair = await forgeClient(cluster.folder, os, { subject: "/O=os:admin", ...usage });
      return node.talosctl(["version"], cluster.talosconfig("forged", pair));
    };

    for (const [name, usage, message] of [
      ["without an extended key usage", undefined, "is missing the client auth extended key usage"],
      ["for clients and servers", "clientAuth,serverAuth", "is missing the client auth extended key usage"],
      ["for servers", "serverAuth", "certificate specifies an incompatible key usage"],
    ] as const) {
      it(`rejects one ${name} in Talos's own words`, async () => {
        const log = node.log().length;
        refused(await forged(usage), /remote error: tls: bad certificate/);
        assert.ok(node.log().slice(log).includes(message), node.log().slice(log));
      });
    }

    it("takes one for clients: the forgery is not what is rejected", async () => {
      allowed(await forged("clientAuth"));
    });
  });
});
