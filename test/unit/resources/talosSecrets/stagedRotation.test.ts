import assert from "node:assert/strict";

import { parseCertificate } from "../../../../provider/core/x509/certificate";
import type { Values } from "../../../../provider/engine/values";
import { makeSecrets, QUICK } from "../../support/cluster";
import { bundleOf, host, issuingOf, OTHER, rotate, statusOf } from "./support";

beforeEach(() => {
  host.now = "2026-01-01T00:00:00Z";
});

describe("A staged rotation of TalosSecrets", () => {
  it("goes through its stages, and the state always holds what the next can need", async () => {
    const secrets = await makeSecrets(host);
    const old = issuingOf(secrets);
    const before = bundleOf(secrets);

    const accept = await secrets.up(rotate("accept"));
    assert.deepEqual(accept.changes, ["rotation"]);
    assert.deepEqual(accept.notices, [
      `rotation.os "2026-11": none -> accept: issuing stays ${old}, accepted will be a new CA, made in this update`,
    ]);
    assert.deepEqual(bundleOf(secrets), before);
    const next = String(statusOf(secrets)["next"]);
    assert.deepEqual(statusOf(secrets), {
      id: "2026-11",
      stage: "accept",
      issuing: old,
      accepted: [next],
      next,
      retired: [],
      spentIds: [],
      todo: 'apply the machine configs to every control plane, then to every worker, unless ConfigurationApply or a TalosCluster does it; when every node trusts both CAs, set stage "swap" (or "abort" to go back)',
    });
    const fingerprints = (name: "acceptedCAs"): string[] =>
      (secrets.outputs[name] as { os: string[] }).os.map((text) => parseCertificate(text, "").fingerprint);
    assert.deepEqual(fingerprints("acceptedCAs"), [next]);
    const { os: other } = secrets.outputs["rotationSecrets"] as { os: Values };
    assert.equal(parseCertificate(String(other["certificatePem"]), "").fingerprint, next);

    const swap = await secrets.up(rotate("swap"));
    assert.deepEqual(swap.notices, [
      `rotation.os "2026-11": accept -> swap: issuing will be ${next}, accepted will be ${old}`,
    ]);
    assert.equal(issuingOf(secrets), next);
    assert.equal(bundleOf(secrets).certs.os.key, other["privateKeyPem"]);
    assert.deepEqual(secrets.outputs["rotationSecrets"], {
      os: { certificatePem: before.certs.os.crt, privateKeyPem: before.certs.os.key },
    });
    assert.deepEqual([statusOf(secrets)["accepted"], statusOf(secrets)["retired"]], [[old], [old]]);

    const finish = await secrets.up(rotate("finish"));
    assert.deepEqual(finish.notices, [
      `rotation.os "2026-11": swap -> finish: issuing stays ${next}, ${old} is accepted no more and its key leaves the outputs (older versions of the state keep it)`,
    ]);
    assert.deepEqual(secrets.outputs["rotationSecrets"], {});
    assert.deepEqual(fingerprints("acceptedCAs"), []);
    assert.deepEqual(statusOf(secrets), {
      id: "2026-11",
      stage: "finish",
      issuing: next,
      accepted: [],
      retired: [old],
      spentIds: ["2026-11"],
      todo: "the old CA is out; apply the machine configs to every control plane, then to every worker, unless ConfigurationApply or a TalosCluster does it",
    });
    assert.ok(!JSON.stringify(secrets.outputs).includes(Buffer.from(before.certs.os.key).toString("base64")));
    const { os: _, ...certs } = bundleOf(secrets).certs;
    const { os: __, ...kept } = before.certs;
    assert.deepEqual(certs, kept);
    for (const args of [rotate("finish"), QUICK]) assert.equal((await secrets.preview(args)).op, "same");
  });

  it("stays where it is when run again, at each stage", async () => {
    const secrets = await makeSecrets(host);
    for (const stage of ["accept", "swap", "accept", "abort"]) {
      await secrets.up(rotate(stage));
      const { outputs } = secrets;
      assert.equal((await secrets.up(rotate(stage))).op, "same");
      assert.deepEqual(secrets.outputs, outputs);
    }
  });

  it("goes back from accept to what was before", async () => {
    const secrets = await makeSecrets(host);
    const before = bundleOf(secrets);
    await secrets.up(rotate("accept"));
    const next = String(statusOf(secrets)["next"]);
    const { notices } = await secrets.up(rotate("abort"));
    assert.deepEqual(notices, [
      `rotation.os "2026-11": accept -> abort: issuing stays ${issuingOf(secrets)}, ${next} is dropped`,
    ]);
    assert.deepEqual(bundleOf(secrets), before);
    assert.deepEqual([secrets.outputs["rotationSecrets"], statusOf(secrets)["accepted"]], [{}, []]);
    assert.deepEqual((await secrets.preview(rotate("accept"))).problems, [
      'ERR_ROTATION_ILLEGAL rotation.os: rotation "2026-11" is over and its id is spent; begin another with a new id and stage "accept"',
    ]);
    assert.deepEqual((await secrets.preview(rotate("accept", {}, "2026-12"))).problems, []);
  });

  it("goes back from swap, with the same two CAs, and forth again", async () => {
    const secrets = await makeSecrets(host);
    const old = issuingOf(secrets);
    await secrets.up(rotate("accept"));
    const next = String(statusOf(secrets)["next"]);
    for (const [stage, issuing, accepted] of [
      ["swap", next, old],
      ["accept", old, next],
      ["swap", next, old],
      ["finish", next, undefined],
    ] as const) {
      await secrets.up(rotate(stage));
      assert.equal(issuingOf(secrets), issuing);
      assert.deepEqual(statusOf(secrets)["accepted"], accepted === undefined ? [] : [accepted]);
    }
    assert.deepEqual(statusOf(secrets)["retired"], [old]);
  });

  it("makes a CA of the kind of the old one, or as the options say", async () => {
    const secrets = await makeSecrets(host, { certificateAuthorities: { os: { algorithm: "ecdsa-p256" } } });
    for (const stage of ["accept", "swap", "finish"]) await secrets.up(rotate(stage));
    const { os } = secrets.outputs["certificateAuthorities"] as Record<string, Values>;
    assert.equal(os!["algorithm"], "ecdsa-p256");
    const options = { certificateAuthorities: { os: { algorithm: "ecdsa-p384", validityPeriodHours: 48 } } };
    for (const stage of ["accept", "swap"]) await secrets.up({ ...options, ...rotate(stage, {}, "2") });
    const { os: second } = secrets.outputs["certificateAuthorities"] as Record<string, Values>;
    assert.deepEqual([second!["algorithm"], second!["notAfter"]], ["ecdsa-p384", "2026-01-03T00:00:00Z"]);
  });

  it("runs beside that of the other CA and immediate ones, each by its own stage", async () => {
    const secrets = await makeSecrets(host);
    const before = { os: issuingOf(secrets), kubernetes: issuingOf(secrets, "kubernetes") };
    const both = (os: string, kubernetes: string, token: string): Values => ({
      ...QUICK,
      rotation: { os: { id: "o", stage: os }, kubernetes: { id: "k", stage: kubernetes }, trustdToken: { id: token } },
    });
    await secrets.up({ ...QUICK, rotation: { os: { id: "o", stage: "accept" } } });
    const { notices } = await secrets.up(both("swap", "accept", "1"));
    assert.equal(notices.length, 3);
    assert.equal(issuingOf(secrets, "kubernetes"), before.kubernetes);
    assert.notEqual(issuingOf(secrets), before.os);
    await secrets.up(both("finish", "swap", "1"));
    await secrets.up(both("finish", "finish", "2"));
    assert.deepEqual(
      [statusOf(secrets)["stage"], statusOf(secrets, "kubernetes")["stage"], statusOf(secrets, "trustdToken")],
      ["finish", "finish", { id: "2" }],
    );
    assert.deepEqual(statusOf(secrets, "kubernetes")["retired"], [before.kubernetes]);
  });

  it("is rejected all its problems at once, and then nothing has changed", async () => {
    const secrets = await makeSecrets(host);
    await secrets.up(rotate("accept"));
    const { outputs } = secrets;
    await assert.rejects(
      secrets.up({
        ...QUICK,
        bootstrapToken: OTHER,
        rotation: { os: { id: "2026-11", stage: "finish" }, kubernetes: { id: "k", stage: "swap" } },
      }),
      {
        message: `ERR_ROTATION_ILLEGAL rotation.os: stage "accept" cannot be followed by "finish"; must be "swap" (go on) or "abort" (go back)
ERR_ROTATION_ILLEGAL rotation.kubernetes: no rotation is under way, so "k" cannot begin with stage "swap"; begin with stage "accept"
ERR_SECRET_CHANGED bootstrapToken: differs from the value in the state; to replace it set rotation.bootstrapToken to a new id, else give the old value, or none`,
      },
    );
    assert.deepEqual(secrets.outputs, outputs);
    assert.deepEqual((await secrets.preview(QUICK)).problems, [
      'ERR_ROTATION_ILLEGAL rotation.os: rotation "2026-11" is under way at stage "accept" and cannot be dropped; go on with stage "swap", or end it with stage "abort"',
    ]);
  });
});
