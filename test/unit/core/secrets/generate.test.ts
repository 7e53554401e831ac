import assert from "node:assert/strict";

import { formatSecretsBundle, parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import { decodeBundle } from "../../../../provider/core/secrets/decodedBundle";
import { BUNDLE_FIELDS, valueAt } from "../../../../provider/core/secrets/fields";
import { generateDecodedBundle, generateSecretsBundle } from "../../../../provider/core/secrets/generate";
import type { SecretsBundle } from "../../../../provider/core/secrets/types";
import { SUPPORTED_TALOS_VERSIONS } from "../../../../provider/core/talosVersion";
import { parseAuthority } from "../../../../provider/core/x509/authority";
import { parsePrivateKey } from "../../../../provider/core/x509/privateKey";
import { rejects } from "../../support/errors";
import { fixedBytes, fixedEnvironment, START } from "../../support/fixed";
import { readVectorBundle } from "../../vectors/vectors";

const environment = fixedEnvironment();
const quick = { serviceAccount: { algorithm: "ecdsa-p256" } } as const;
const authorities = ({ certs }: SecretsBundle): Record<string, string> =>
  Object.fromEntries(
    (["os", "k8s", "etcd", "k8sAggregator"] as const).map((name) => {
      const { certificate, key } = parseAuthority(certs[name], { crt: name, key: name });
      return [name, `${certificate.subject} ${key.algorithm}`];
    }),
  );

describe("A generated bundle", () => {
  it("has the CAs that Talos makes, each self-signed for ten years from now", async () => {
    const bundle = await generateSecretsBundle(quick, environment);
    assert.deepEqual(authorities(bundle), {
      os: "O=talos ed25519",
      k8s: "O=kubernetes ecdsa-p256",
      etcd: "O=etcd ecdsa-p256",
      k8sAggregator: "CN=front-proxy ecdsa-p256",
    });
    for (const name of ["os", "k8s", "etcd", "k8sAggregator"] as const) {
      const { certificate } = parseAuthority(bundle.certs[name], { crt: name, key: name });
      assert.equal(certificate.notBefore.toISOString(), "2026-01-01T00:00:00.000Z");
      assert.equal(certificate.notAfter.toISOString(), "2035-12-30T00:00:00.000Z");
      assert.equal(certificate.notAfter.getTime() - certificate.notBefore.getTime(), 87_600 * 3_600_000);
      assert.ok(certificate.isSignedBy(certificate));
      assert.equal(certificate.subjectDer, certificate.issuerDer);
    }
  });

  it("is what real talosctl makes, but for the subject of the aggregator CA", () => {
    const real = authorities(readVectorBundle("bundles/v1.13.yaml"));
    assert.deepEqual(real, {
      os: "O=talos ed25519",
      k8s: "O=kubernetes ecdsa-p256",
      etcd: "O=etcd ecdsa-p256",
      k8sAggregator: " ecdsa-p256",
    });
  });

  for (const talosVersion of SUPPORTED_TALOS_VERSIONS) {
    it(`of ${talosVersion} reads back without a problem or a warning, to the same text`, async () => {
      const bundle = await generateSecretsBundle({ talosVersion, ...quick }, environment);
      const text = formatSecretsBundle(bundle);
      const parsed = parseSecretsBundle(text, { now: environment.now() });
      assert.deepEqual(parsed, { bundle, unknown: {}, warnings: [] });
      assert.equal(formatSecretsBundle(parsed.bundle), text);
      // Standard base64 of the id from v1.14 on; before it the URL alphabet.
      const alphabet = talosVersion === "v1.14" ? /^[A-Za-z0-9+/]{43}=$/ : /^[A-Za-z0-9_-]{43}=$/;
      assert.match(bundle.cluster.id, alphabet);
    });
  }

  it("has an RSA 4096 service account key from v1.7 on, and before it ECDSA", async () => {
    const old = await generateSecretsBundle({ talosVersion: "v1.6" }, environment);
    assert.equal(parsePrivateKey(old.certs.k8sServiceAccount.key, "").algorithm, "ecdsa-p256");
    const { privateKeyPem } = { privateKeyPem: readVectorBundle("bundles/v1.7.yaml").certs.k8sServiceAccount.key };
    assert.equal(parsePrivateKey(privateKeyPem, "").algorithm, "rsa-4096");
  });

  it("draws cluster id, secret, tokens and encryption key independently", async () => {
    const { cluster, secrets, trustdInfo } = await generateSecretsBundle(
      quick,
      fixedEnvironment(START, fixedBytes("x")),
    );
    const values = [
      cluster.id,
      cluster.secret,
      secrets.bootstrapToken,
      secrets.secretboxEncryptionSecret,
      trustdInfo.token,
    ];
    assert.equal(new Set(values).size, 5);
    assert.equal(secrets.aescbcEncryptionSecret, undefined);
  });

  it("has the algorithms and lifetimes that are asked for", async () => {
    const bundle = await generateSecretsBundle(
      {
        ...quick,
        certificateAuthorities: {
          os: { algorithm: "ecdsa-p384", validityPeriodHours: 24 },
          kubernetes: { algorithm: "rsa-2048" },
          etcd: { algorithm: "ed25519" },
        },
      },
      environment,
    );
    assert.deepEqual(authorities(bundle), {
      os: "O=talos ecdsa-p384",
      k8s: "O=kubernetes rsa-2048",
      etcd: "O=etcd ed25519",
      k8sAggregator: "CN=front-proxy ecdsa-p256",
    });
    const { certificate } = parseAuthority(bundle.certs.os, { crt: "", key: "" });
    assert.equal(certificate.notAfter.toISOString(), "2026-01-02T00:00:00.000Z");
  });

  it("keeps every value that is given", async () => {
    const given = readVectorBundle("bundles/v1.13.yaml");
    assert.deepEqual(await generateSecretsBundle({ given }, environment), given);
    const old = readVectorBundle("bundles/v1.2-aescbc.yaml");
    assert.deepEqual(await generateSecretsBundle({ given: old }, environment), old);
  });

  it("makes one secret anew where that one is left out, and nothing else", async () => {
    const before = readVectorBundle("bundles/v1.13.yaml");
    for (const name of ["etcd", "trustdToken"] as const) {
      const supplied = decodeBundle(before).without(name);
      const after = (await generateDecodedBundle({ supplied }, environment)).wholeBundle;
      const changed = BUNDLE_FIELDS.filter(({ bundle }) => valueAt(before, bundle) !== valueAt(after, bundle));
      assert.deepEqual([...new Set(changed.map(({ secret }) => secret))], [name]);
    }
  });

  it("makes what is missing beside it", async () => {
    const { certs, cluster } = readVectorBundle("bundles/v1.13.yaml");
    const given = {
      cluster: { id: cluster.id },
      certs: { etcd: certs.etcd, k8sServiceAccount: certs.k8sServiceAccount },
    };
    const bundle = await generateSecretsBundle({ given }, environment);
    assert.deepEqual(bundle.certs.etcd, certs.etcd);
    assert.equal(bundle.cluster.id, cluster.id);
    assert.notEqual(bundle.cluster.secret, cluster.secret);
    assert.notDeepEqual(bundle.certs.os, certs.os);
  });

  it("of a version that is not supported is rejected", async () => {
    await rejects(
      () => generateSecretsBundle({ talosVersion: "v1.5" }, environment),
      "ERR_VERSION_UNKNOWN",
      'talosVersion: "v1.5" is not a supported Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
    );
  });
});
