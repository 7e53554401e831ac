import assert from "node:assert/strict";

import { formatSecretsBundle } from "../../../../provider/core/secrets/codec";
import type { KeyAlgorithm } from "../../../../provider/core/x509/algorithms";
import type { Values } from "../../../../provider/engine/values";
import { TalosSecrets } from "../../../../provider/resources/talosSecrets";
import { makeSecrets, QUICK } from "../../support/cluster";
import { Managed } from "../../support/engine";
import { bundleOf, host, makeAuthority, pem } from "./support";

beforeEach(() => {
  host.now = "2026-01-01T00:00:00Z";
});

const authorities = (name: string, algorithm: KeyAlgorithm): Values => ({
  ...QUICK,
  certificateAuthorities: { [name]: { algorithm } },
});
const rotation = (name: string, stage: string, more: Values = {}): Values => ({
  rotation: { [name]: { id: "1", stage, ...more } },
});
const kindOf = (secrets: Managed, name: string): unknown =>
  (secrets.outputs["certificateAuthorities"] as Record<string, Values>)[name]!["algorithm"];
const onNew = async (args: Values): Promise<readonly string[]> =>
  (await new Managed(TalosSecrets, host).preview(args)).notices;

describe("An OS CA that workers up to v1.10 cannot work with", () => {
  const reason = "is ecdsa-p256, but workers of Talos v1.9 ask for Ed25519 certificates only; rotate it";

  it("warns where the version is lowered, and the next one is one that they can work with", async () => {
    const secrets = await makeSecrets(host, { ...authorities("os", "ecdsa-p256"), talosVersion: "v1.13" });
    const old = { ...QUICK, talosVersion: "v1.9" };
    assert.deepEqual((await secrets.up(old)).notices, [`certificateAuthorities.os: ${reason}`]);
    assert.deepEqual((await secrets.preview(old)).notices, [`certificateAuthorities.os: ${reason}`]);
    for (const stage of ["accept", "swap", "finish"])
      assert.equal((await secrets.up({ ...old, ...rotation("os", stage) })).notices.length, 1);
    assert.equal(kindOf(secrets, "os"), "ed25519");
    assert.deepEqual((await secrets.preview(old)).notices, []);
  });

  it("warns where it is adopted", async () => {
    const made = await makeSecrets(host, authorities("os", "ecdsa-p256"));
    const adopted = { secretsYaml: formatSecretsBundle(bundleOf(made)) };
    assert.deepEqual(await onNew({ ...adopted, talosVersion: "v1.9" }), [`secretsYaml.certs.os.crt: ${reason}`]);
    assert.deepEqual(await onNew({ ...adopted, talosVersion: "v1.11" }), []);
  });
});

describe("An Ed25519 key that Kubernetes cannot work with", () => {
  const [authority, account] = [
    "is ed25519, whose key Kubernetes does not read as Talos writes it, so that its controller manager signs no certificate",
    "is ed25519, but Kubernetes signs service account tokens with RSA and ECDSA only",
  ];
  const [expected, instead] = ["must be ecdsa-p256, ecdsa-p384 or RSA", "must be rsa-4096 or ecdsa-p256"];

  it("warns where it is asked for, given or adopted", async () => {
    const own = await makeAuthority("kubernetes", { algorithm: "ed25519" });
    assert.deepEqual(
      await onNew({
        certificateAuthorities: { kubernetes: { algorithm: "ed25519" } },
        serviceAccount: { algorithm: "ed25519" },
      }),
      [
        `certificateAuthorities.kubernetes.algorithm: ${authority}; ${expected}`,
        `serviceAccount.algorithm: ${account}; ${instead}`,
      ],
    );
    const given = {
      certificateAuthorities: { kubernetes: pem(own) },
      serviceAccount: { privateKeyPem: own["privateKeyPem"] },
    };
    const secrets = new Managed(TalosSecrets, host);
    assert.deepEqual((await secrets.up(given)).notices, [
      `certificateAuthorities.kubernetes.privateKeyPem: ${authority}; ${expected}`,
      `serviceAccount.privateKeyPem: ${account}; ${instead}`,
    ]);
    assert.deepEqual((await secrets.preview(given)).notices, [
      `certificateAuthorities.kubernetes: ${authority}; rotate it`,
    ]);
    assert.deepEqual(await onNew({ secretsYaml: formatSecretsBundle(bundleOf(secrets)) }), [
      `secretsYaml.certs.k8s.crt: ${authority}; rotate it`,
      `secretsYaml.certs.k8sserviceaccount.key: ${account}; replace it with rotation.serviceAccount`,
    ]);
  });

  it("is not made again by a rotation, unless it is asked for", async () => {
    const secrets = await makeSecrets(host, authorities("kubernetes", "ed25519"));
    const asked = await secrets.preview({
      ...authorities("kubernetes", "ed25519"),
      ...rotation("kubernetes", "accept"),
    });
    assert.deepEqual(asked.notices.slice(1), [
      `certificateAuthorities.kubernetes.algorithm: ${authority}; ${expected}`,
    ]);
    for (const stage of ["accept", "swap", "finish"]) await secrets.up({ ...QUICK, ...rotation("kubernetes", stage) });
    assert.equal(kindOf(secrets, "kubernetes"), "ecdsa-p256");
  });

  it("warns where a rotation brings it", async () => {
    const secrets = await makeSecrets(host);
    const own = await makeAuthority("kubernetes", { algorithm: "ed25519" });
    const { notices } = await secrets.preview({ ...QUICK, ...rotation("kubernetes", "accept", pem(own)) });
    assert.deepEqual(notices.slice(1), [`rotation.kubernetes.certificatePem: ${authority}; ${expected}`]);
    const replaced = (serviceAccount: Values): Values => ({
      serviceAccount,
      rotation: { serviceAccount: { id: "1" } },
    });
    for (const [given, path] of [
      [{ privateKeyPem: own["privateKeyPem"] }, "privateKeyPem"],
      [{ algorithm: "ed25519" }, "algorithm"],
    ] as const) {
      const told = await secrets.preview(replaced(given));
      assert.deepEqual(told.notices.slice(1), [`serviceAccount.${path}: ${account}; ${instead}`]);
    }
  });
});
