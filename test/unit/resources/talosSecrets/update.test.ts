import assert from "node:assert/strict";

import { STAGED } from "../../../../provider/core/secrets/inventory";
import type { SecretsBundle } from "../../../../provider/core/secrets/types";
import type { Values } from "../../../../provider/engine/values";
import { UNKNOWN } from "../../../../provider/engine/wire";
import { makeSecrets, QUICK } from "../../support/cluster";
import { bundleOf, host, makeAuthority, OTHER, pem, statusOf, TOKEN } from "./support";

beforeEach(() => {
  host.now = "2026-01-01T00:00:00Z";
});

describe("TalosSecrets are never regenerated", () => {
  for (const [what, args] of [
    ["no change", QUICK],
    [
      "other options of CAs that are made already",
      {
        serviceAccount: { algorithm: "rsa-2048" },
        certificateAuthorities: { os: { algorithm: "ecdsa-p384", validityPeriodHours: 24 } },
      },
    ],
    ["an adopt input that comes later", { ...QUICK, secretsYaml: "x" }],
  ] as const) {
    it(`by ${what}`, async () => {
      const secrets = await makeSecrets(host);
      const { outputs } = secrets;
      assert.equal((await secrets.up(args)).op, "same");
      assert.deepEqual(secrets.outputs, outputs);
    });
  }

  it("by another talosVersion, which the dependents see", async () => {
    const secrets = await makeSecrets(host, { talosVersion: "v1.12" });
    const before = bundleOf(secrets);
    const { changes } = await secrets.up({ ...QUICK, talosVersion: "v1.13" });
    assert.deepEqual(changes, ["talosVersion"]);
    assert.deepEqual(bundleOf(secrets), before);
    assert.equal((secrets.outputs["secrets"] as Values)["talosVersion"], "v1.13");
  });

  it("by another spelling of the same talosVersion, not even where an older package has kept one", async () => {
    const secrets = await makeSecrets(host, { talosVersion: "v1.12" });
    const older = { ...secrets.inputs, talosVersion: "1.12" };
    for (const talosVersion of ["1.12", "v1.12"]) {
      const { inputs } = await secrets.check(older, { ...QUICK, talosVersion });
      assert.equal(inputs["talosVersion"], "1.12");
    }
    const { inputs } = await secrets.check(older, { ...QUICK, talosVersion: "1.13" });
    assert.equal(inputs["talosVersion"], "v1.13");
  });

  it("by a newer package, whose newest contract is another: it is pinned at creation", async () => {
    const secrets = await makeSecrets(host);
    const older = { ...secrets.inputs, talosVersion: "v1.12" };
    const { inputs } = await secrets.check(older, QUICK);
    assert.equal(inputs["talosVersion"], "v1.12");
  });

  it("by values that are given as they are, or given no more", async () => {
    const given = { ...QUICK, bootstrapToken: TOKEN, cluster: { id: "a" } };
    const secrets = await makeSecrets(host, given);
    assert.equal((await secrets.preview(given)).op, "same");
    assert.equal((await secrets.preview(QUICK)).op, "same");
    const { trustdInfo, certs } = bundleOf(secrets);
    const same = {
      ...given,
      trustdToken: trustdInfo.token,
      certificateAuthorities: { etcd: { certificatePem: certs.etcd.crt, privateKeyPem: certs.etcd.key } },
    };
    assert.equal((await secrets.preview(same)).op, "same");
  });
});

describe("A changed value of TalosSecrets", () => {
  it("is rejected with the way on, every one at once", async () => {
    const secrets = await makeSecrets(host, { bootstrapToken: TOKEN });
    const [own, aggregator, etcd] = [
      await makeAuthority(),
      await makeAuthority("aggregator"),
      await makeAuthority("etcd"),
    ];
    const { problems } = await secrets.preview({
      serviceAccount: { privateKeyPem: own["privateKeyPem"] },
      bootstrapToken: OTHER,
      trustdToken: OTHER,
      cluster: { id: "other" },
      certificateAuthorities: { os: pem(own), aggregator: pem(aggregator), etcd: pem(etcd) },
    });
    const rotation = (name: string): string =>
      `differs from the value in the state; to replace it set rotation.${name} to a new id, else give the old value, or none`;
    assert.deepEqual(problems, [
      ...["os", "etcd", "aggregator"].map(
        (name) =>
          `ERR_SECRET_CHANGED certificateAuthorities.${name}: differs from the CA in the state; to replace it set rotation.${name} to a new id with stage "accept", which takes it, else give the old CA, or none`,
      ),
      'ERR_SECRET_CHANGED serviceAccount.privateKeyPem: differs from the key in the state; to replace it set rotation.serviceAccount to a new id with stage "accept", which takes it, else give the old key, or none',
      "ERR_SECRET_CHANGED cluster.id: differs from the value in the state, and Talos cannot rotate it; must be the old value, or none",
      `ERR_SECRET_CHANGED bootstrapToken: ${rotation("bootstrapToken")}`,
      `ERR_SECRET_CHANGED trustdToken: ${rotation("trustdToken")}`,
    ]);
  });
});

describe("A value of TalosSecrets whose rotation a preview does not know", () => {
  it("is not rejected for it", async () => {
    const secrets = await makeSecrets(host);
    const own = await makeAuthority();
    const id = { id: UNKNOWN };
    const { problems } = await secrets.preview({
      ...QUICK,
      bootstrapToken: OTHER,
      certificateAuthorities: { os: pem(own) },
      rotation: { bootstrapToken: id, os: { ...id, stage: "accept" } },
    });
    assert.deepEqual(problems, []);
  });
});

describe("An immediate rotation", () => {
  const names = ["aggregator", "serviceAccount", "bootstrapToken", "trustdToken"] as const;
  const valueOf = (bundle: SecretsBundle, name: (typeof names)[number]): string =>
    ({
      aggregator: bundle.certs.k8sAggregator.crt,
      serviceAccount: bundle.certs.k8sServiceAccount.key,
      bootstrapToken: bundle.secrets.bootstrapToken,
      trustdToken: bundle.trustdInfo.token,
    })[name];
  const warnings = {
    aggregator: "aggregated Kubernetes APIs (metrics and the like) fail until every control plane has its new config",
    serviceAccount:
      "every service account token issued so far is rejected once the control planes have their new config; restart the pods that hold one",
    bootstrapToken: "nodes that have not joined yet cannot join with their old config",
    trustdToken: "workers cannot renew their API certificate until they and every control plane have their new config",
  };

  for (const name of names) {
    it(`of ${name} replaces it and nothing else, once per id, with a warning`, async () => {
      const secrets = await makeSecrets(host);
      const before = bundleOf(secrets);
      const args = { ...QUICK, rotation: { [name]: { id: "1" } } };
      const done = await secrets.up(args);
      assert.deepEqual(done.changes, ["rotation"]);
      assert.deepEqual(done.notices, [`rotation.${name} "1": will be replaced at once; ${warnings[name]}`]);
      const after = bundleOf(secrets);
      for (const other of names) assert.equal(valueOf(after, other) === valueOf(before, other), other !== name, other);
      // One that has stages reads as finished.
      const { issuing, retired, ...status } = statusOf(secrets, name);
      const { stage } = status;
      assert.deepEqual([status["id"], stage], ["1", STAGED.some((staged) => staged === name) ? "finish" : undefined]);
      assert.equal(issuing === undefined, stage === undefined);
      assert.equal((retired as unknown[] | undefined)?.length, stage === undefined ? undefined : 1);
      assert.deepEqual(after.certs.os, before.certs.os);
      assert.equal((await secrets.preview(args)).op, "same");
      assert.equal((await secrets.preview(QUICK)).op, "same");
      await secrets.up({ ...QUICK, rotation: { [name]: { id: "2" } } });
      assert.notEqual(valueOf(bundleOf(secrets), name), valueOf(after, name));
    });
  }

  it("takes the new value that is given with it", async () => {
    const secrets = await makeSecrets(host, { bootstrapToken: TOKEN });
    const [aggregator, key] = [await makeAuthority("aggregator"), await makeAuthority()];
    const args = {
      bootstrapToken: OTHER,
      serviceAccount: { privateKeyPem: key["privateKeyPem"] },
      certificateAuthorities: { aggregator: pem(aggregator) },
      rotation: { bootstrapToken: { id: "1" }, serviceAccount: { id: "1" }, aggregator: { id: "1" } },
    };
    await secrets.up(args);
    const bundle = bundleOf(secrets);
    assert.equal(bundle.secrets.bootstrapToken, OTHER);
    assert.equal(bundle.certs.k8sServiceAccount.key, key["privateKeyPem"]);
    assert.deepEqual(bundle.certs.k8sAggregator, {
      crt: aggregator["certificatePem"],
      key: aggregator["privateKeyPem"],
    });
    assert.equal((await secrets.preview(args)).op, "same");
  });

  it("with the old value still given is rejected", async () => {
    const secrets = await makeSecrets(host, { bootstrapToken: TOKEN });
    const { problems } = await secrets.preview({
      ...QUICK,
      bootstrapToken: TOKEN,
      rotation: { bootstrapToken: { id: "1" } },
    });
    assert.deepEqual(problems, [
      "ERR_SECRET_CHANGED bootstrapToken: is unchanged although rotation.bootstrapToken has a new id; give the new value, or leave the input out to have one made",
    ]);
  });

  it("makes what follows from the options", async () => {
    const secrets = await makeSecrets(host);
    await secrets.up({
      serviceAccount: { algorithm: "ecdsa-p384" },
      certificateAuthorities: { aggregator: { algorithm: "ed25519", validityPeriodHours: 48 } },
      rotation: { serviceAccount: { id: "1" }, aggregator: { id: "1" } },
    });
    const { aggregator } = secrets.outputs["certificateAuthorities"] as Record<string, Values>;
    assert.deepEqual([aggregator!["algorithm"], aggregator!["notAfter"]], ["ed25519", "2026-01-03T00:00:00Z"]);
  });
});
