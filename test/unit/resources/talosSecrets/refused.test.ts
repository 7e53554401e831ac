import assert from "node:assert/strict";

import type { Values } from "../../../../provider/engine/values";
import { TalosSecrets } from "../../../../provider/resources/talosSecrets";
import { UNKNOWN } from "../../../../provider/engine/wire";
import { Managed, testHost } from "../../support/engine";
import { vector } from "../../support/fixed";
import { readVectorBundle } from "../../vectors/vectors";

const host = testHost();
const bundle = readVectorBundle("bundles/v1.13.yaml");
const SECRET = `${"A".repeat(43)}=`;

const preview = async (args: Values): Promise<readonly string[]> =>
  (await new Managed(TalosSecrets, host).preview(args)).problems;
const warnings = async (args: Values): Promise<readonly string[]> =>
  (await new Managed(TalosSecrets, host).preview(args)).notices;

describe("TalosSecrets are rejected", () => {
  beforeEach(() => {
    host.now = "2026-11-23T00:00:00Z";
  });

  it("with everything that is wrong told at once", async () => {
    assert.deepEqual(
      await preview({
        talosVersion: "v1.99",
        secretYaml: "x",
        certificateAuthorities: {
          os: { algorithm: "dsa", validityPeriodHours: 0 },
          etdc: {},
        },
        bootstrapToken: "ABCDEF.0123456789abcdef",
        trustdToken: 5,
        cluster: { id: "", secret: "short" },
        secretboxEncryptionSecret: SECRET,
        aescbcEncryptionSecret: "x",
        serviceAccount: { privateKeyPem: "******" },
        rotation: { etcd: { id: "1" }, os: { id: "1", stage: "accept" }, kubernetes: { id: "", stage: "finish" } },
      }),
      [
        "ERR_INPUT_UNKNOWN secretYaml: is not a property of this resource; did you mean secretsYaml?",
        "ERR_INPUT_UNKNOWN certificateAuthorities.etdc: is not a property of this resource; did you mean etcd?",
        'ERR_INPUT_INVALID certificateAuthorities.os.algorithm: is "dsa"; must be one of "ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-4096"',
        'ERR_DURATION_INVALID certificateAuthorities.os.validityPeriodHours: is 0; must be a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"',
        "ERR_INPUT_INVALID trustdToken: is a number; must be a string",
        'ERR_INPUT_MISSING rotation.etcd.stage: is required; must be one of "accept", "swap", "finish", "abort", "auto"',
        'ERR_VERSION_UNKNOWN talosVersion: "v1.99" is not a supported Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
        "ERR_INPUT_INVALID cluster.id: has the wrong form; must be a text that is not empty",
        "ERR_INPUT_INVALID cluster.secret: has the wrong form; must be the standard base64 of 32 bytes",
        "ERR_INPUT_INVALID bootstrapToken: has the wrong form; must be 6 characters, a dot and 16 characters, each of 0-9 and a-z",
        "ERR_INPUT_INVALID aescbcEncryptionSecret: has the wrong form; must be the standard base64 of 32 bytes",
        "ERR_INPUT_INVALID aescbcEncryptionSecret: is configured beside secretboxEncryptionSecret; must be the one that the cluster uses",
        "ERR_SECRET_REDACTED serviceAccount.privateKeyPem: is redacted; the real private key is needed",
        'ERR_ROTATION_ILLEGAL rotation.os.stage: there is nothing to rotate when the secrets are created; must be no rotation, or stage "finish" (a rotation that is over)',
        "ERR_INPUT_MISSING rotation.kubernetes.id: is empty; must be a name of the rotation, such as 2026-11",
      ],
    );
  });

  it("with what is wrong beside a value of the wrong form", async () => {
    assert.deepEqual(
      await preview({
        rotation: { os: { id: "", stage: "zap" }, kubernetes: { id: "1", stage: "swap", certificatePem: UNKNOWN } },
        certificateAuthorities: {
          os: { certificatePem: bundle.certs.os.crt, privateKeyPem: bundle.certs.etcd.key },
          etcd: 5,
        },
      }),
      [
        "ERR_INPUT_INVALID certificateAuthorities.etcd: is a number; must be an object with algorithm, validityPeriodHours, certificatePem, privateKeyPem",
        'ERR_INPUT_INVALID rotation.os.stage: is "zap"; must be one of "accept", "swap", "finish", "abort", "auto"',
        "ERR_KEY_MISMATCH certificateAuthorities.os.privateKeyPem: does not belong to the certificate beside it; must be the pair of one CA",
        'ERR_ROTATION_ILLEGAL rotation.kubernetes.stage: there is nothing to rotate when the secrets are created; must be no rotation, or stage "finish" (a rotation that is over)',
        "ERR_INPUT_MISSING rotation.os.id: is empty; must be a name of the rotation, such as 2026-11",
        "ERR_INPUT_MISSING rotation.kubernetes.privateKeyPem: is required beside certificatePem; a CA without its key can sign nothing and cannot be rotated",
      ],
    );
  });

  const own = (change: Values): Values => ({
    certificateAuthorities: {
      os: { certificatePem: bundle.certs.os.crt, privateKeyPem: bundle.certs.os.key, ...change },
    },
  });
  const cases: [string, Values, string][] = [
    [
      "a CA without its key",
      { certificateAuthorities: { os: { certificatePem: bundle.certs.os.crt } } },
      "ERR_INPUT_MISSING certificateAuthorities.os.privateKeyPem: is required beside certificatePem; a CA without its key can sign nothing and cannot be rotated",
    ],
    [
      "a key without its CA",
      { certificateAuthorities: { os: { privateKeyPem: bundle.certs.os.key } } },
      "ERR_INPUT_MISSING certificateAuthorities.os.certificatePem: is required beside privateKeyPem; a CA without its key can sign nothing and cannot be rotated",
    ],
    [
      "a key that does not fit",
      own({ privateKeyPem: bundle.certs.etcd.key }),
      "ERR_KEY_MISMATCH certificateAuthorities.os.privateKeyPem: does not belong to the certificate beside it; must be the pair of one CA",
    ],
    [
      "a private key in the place of the certificate",
      own({ certificatePem: bundle.certs.os.key }),
      "ERR_PRIVATE_KEY_GIVEN certificateAuthorities.os.certificatePem: is a private key; must be a certificate",
    ],
    [
      "a private key behind the certificate",
      own({ certificatePem: bundle.certs.os.crt + bundle.certs.os.key }),
      "ERR_PRIVATE_KEY_GIVEN certificateAuthorities.os.certificatePem: holds a private key beside the certificate; must be the certificate",
    ],
    [
      "a truncated certificate",
      own({ certificatePem: bundle.certs.os.crt.slice(0, 99) }),
      "ERR_PEM_INVALID certificateAuthorities.os.certificatePem: a PEM block is cut off; use -----BEGIN …----- to -----END …-----",
    ],
    [
      "an encrypted key",
      own({ privateKeyPem: vector("broken/pem-encrypted-ca.key") }),
      "ERR_KEY_ENCRYPTED certificateAuthorities.os.privateKeyPem: is an encrypted private key; decrypt it first (openssl pkey)",
    ],
    [
      "an OS CA that workers up to v1.10 cannot work with",
      {
        talosVersion: "v1.10",
        certificateAuthorities: { os: { algorithm: "ecdsa-p256" }, kubernetes: { algorithm: "rsa-2048" } },
      },
      "ERR_KEY_UNSUPPORTED certificateAuthorities.os.algorithm: is ecdsa-p256, but workers of Talos v1.10 ask for Ed25519 certificates only; must be ed25519",
    ],
    [
      "an own one of the same kind",
      {
        talosVersion: "v1.10",
        certificateAuthorities: { os: { certificatePem: bundle.certs.etcd.crt, privateKeyPem: bundle.certs.etcd.key } },
      },
      "ERR_KEY_UNSUPPORTED certificateAuthorities.os.privateKeyPem: is ecdsa-p256, but workers of Talos v1.10 ask for Ed25519 certificates only; must be ed25519",
    ],
    [
      "a CA in a rotation that is over",
      {
        rotation: {
          os: { id: "1", stage: "finish", certificatePem: bundle.certs.os.crt, privateKeyPem: bundle.certs.os.key },
        },
      },
      "ERR_ROTATION_ILLEGAL rotation.os.certificatePem: at creation an own CA is given in certificateAuthorities.os",
    ],
    [
      "a rotation of a Talos that knows none",
      { talosVersion: "v1.6", rotation: { os: { id: "1", stage: "finish" } } },
      "ERR_ROTATION_ILLEGAL rotation.os: Talos v1.6 knows no accepted CAs, so its CAs cannot be rotated in stages; upgrade to v1.7 or later first",
    ],
    [
      "an immediate rotation without a name",
      { rotation: { aggregator: { id: "" } } },
      "ERR_INPUT_MISSING rotation.aggregator.id: is empty; must be any text",
    ],
    [
      "a blank name of a rotation",
      { rotation: { os: { id: " ", stage: "finish" } } },
      "ERR_INPUT_MISSING rotation.os.id: is empty; must be a name of the rotation, such as 2026-11",
    ],
    [
      "options of a CA beside an own one",
      own({ algorithm: "ed25519" }),
      "ERR_INPUT_INVALID certificateAuthorities.os.algorithm: is configured beside certificatePem, and nothing is made there; configure one of the two",
    ],
    [
      "a lifetime beside an own CA",
      own({ validityPeriodHours: 87600 }),
      "ERR_INPUT_INVALID certificateAuthorities.os.validityPeriodHours: is configured beside certificatePem, and nothing is made there; configure one of the two",
    ],
    [
      "a kind beside an own service account key",
      { serviceAccount: { algorithm: "rsa-4096", privateKeyPem: bundle.certs.k8sServiceAccount.key } },
      "ERR_INPUT_INVALID serviceAccount.algorithm: is configured beside privateKeyPem, and nothing is made there; configure one of the two",
    ],
    [
      "an unknown stage",
      { rotation: { os: { id: "1", stage: "begin" } } },
      'ERR_INPUT_INVALID rotation.os.stage: is "begin"; must be one of "accept", "swap", "finish", "abort", "auto"',
    ],
  ];
  for (const [what, args, problem] of cases) {
    it(`with ${what}`, async () => {
      assert.deepEqual(await preview(args), [problem]);
    });
  }

  it("with an own CA that has expired; one near its end warns", async () => {
    host.now = "2040-01-01T00:00:00Z";
    const [problem, ...others] = await preview(own({}));
    assert.deepEqual([others, await warnings(own({}))], [[], []]);
    assert.match(
      problem!,
      /^ERR_AUTHORITY_EXPIRED certificateAuthorities\.os\.certificatePem: expired at 2036-\S+Z; must be a CA that is still valid$/,
    );
    host.now = "2036-01-01T00:00:00Z";
    const [notice] = await warnings(own({}));
    assert.match(
      notice!,
      /^certificateAuthorities\.os\.certificatePem: the CA expires at 2036-\S+Z, in less than a year; plan its rotation$/,
    );
  });
});
