import assert from "node:assert/strict";

import { parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import { KUBERNETES_PKI_FILES } from "../../../../provider/core/secrets/kubernetesPki";
import { generateAuthority } from "../../../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import { parseCertificate } from "../../../../provider/core/x509/certificate";
import type { Values } from "../../../../provider/resources/definition";
import { TalosSecrets } from "../../../../provider/resources/talosSecrets";
import { makeSecrets, QUICK } from "../../support/cluster";
import { Managed, testHost } from "../../support/engine";
import { fixedEnvironment, vector } from "../../support/fixed";
import { readVectorBundle } from "../../vectors/vectors";

const host = testHost();
const bundle = readVectorBundle("bundles/v1.13.yaml");
const TOKEN = "abcdef.0123456789abcdef";
const SECRET = `${"A".repeat(43)}=`;

const preview = async (args: Values): Promise<readonly string[]> =>
  (await new Managed(TalosSecrets, host).preview(args)).problems;
const warnings = async (args: Values): Promise<readonly string[]> =>
  (await new Managed(TalosSecrets, host).preview(args)).notices;
const bundleOf = (secrets: Managed): ReturnType<typeof parseSecretsBundle>["bundle"] =>
  parseSecretsBundle(String(secrets.outputs["secretsYaml"]), { now: new Date(host.now) }).bundle;

describe("New TalosSecrets", () => {
  beforeEach(() => {
    host.now = "2026-11-22T00:00:00Z";
  });

  it("are a bundle of the newest contract with its public facts", async () => {
    const { outputs, id } = await makeSecrets(host);
    const parsed = parseSecretsBundle(String(outputs["secretsYaml"]), { now: new Date(host.now) });
    assert.deepEqual(parsed.warnings, []);
    assert.equal(outputs["talosVersion"], "v1.14");
    const authorities = outputs["certificateAuthorities"] as Record<string, Values>;
    const { os } = authorities;
    const certificate = parseCertificate(parsed.bundle.certs.os.crt, "");
    assert.deepEqual(os, {
      certificatePem: certificate.pem,
      fingerprint: certificate.fingerprint,
      subject: "O=talos",
      algorithm: "ed25519",
      serialNumber: certificate.serialNumber,
      notBefore: "2026-11-22T00:00:00Z",
      notAfter: "2036-11-19T00:00:00Z",
    });
    assert.equal(id, certificate.fingerprint);
    assert.deepEqual(outputs["acceptedCAs"], { os: [], kubernetes: [] });
    assert.equal((outputs["trust"] as Values)["os"], certificate.pem);
    assert.deepEqual(outputs["rotationSecrets"], {});
    const none = { accepted: [], retired: [], spentIds: [], stage: "none", todo: "nothing is under way" };
    assert.deepEqual(outputs["rotationStatus"], {
      os: { ...none, issuing: certificate.fingerprint },
      kubernetes: { ...none, issuing: authorities["kubernetes"]!["fingerprint"] },
    });
    assert.match(String(outputs["fingerprint"]), /^[0-9a-f]{64}$/);
    const machine = outputs["machineSecrets"] as { certs: { os: { cert: string } } };
    assert.equal(Buffer.from(machine.certs.os.cert, "base64").toString(), certificate.pem);
  });

  it("hold no private key and no token in what is public", async () => {
    const { outputs } = await makeSecrets(host);
    const secret = Object.entries(TalosSecrets.outputs).filter(([, property]) => property.secret === true);
    const open = Object.entries(outputs).filter(([name]) => !secret.some(([other]) => other === name));
    const text = JSON.stringify(open);
    assert.doesNotMatch(text, /PRIVATE KEY/);
    const { secrets, trustdInfo, cluster, certs } = parseSecretsBundle(String(outputs["secretsYaml"]), {
      now: new Date(host.now),
    }).bundle;
    for (const value of [secrets.bootstrapToken, secrets.secretboxEncryptionSecret!, trustdInfo.token, cluster.secret])
      assert.ok(!text.includes(value));
    assert.ok(!text.includes(Buffer.from(certs.os.key).toString("base64").slice(60, 100)));
  });

  it("take every value that is given", async () => {
    const secrets = await makeSecrets(host, {
      cluster: { id: "my-cluster", secret: SECRET },
      bootstrapToken: TOKEN,
      trustdToken: "fedcba.0123456789abcdef",
      secretboxEncryptionSecret: SECRET,
      serviceAccount: { privateKeyPem: bundle.certs.k8s.key },
      certificateAuthorities: {
        os: { certificatePem: bundle.certs.os.crt, privateKeyPem: bundle.certs.os.key },
        kubernetes: { algorithm: "ecdsa-p384", validityPeriodHours: "24000h" },
      },
    });
    const made = bundleOf(secrets);
    assert.deepEqual(made.cluster, { id: "my-cluster", secret: SECRET });
    assert.deepEqual(made.secrets, { bootstrapToken: TOKEN, secretboxEncryptionSecret: SECRET });
    assert.deepEqual(made.trustdInfo, { token: "fedcba.0123456789abcdef" });
    assert.deepEqual(made.certs.os, bundle.certs.os);
    assert.deepEqual(made.certs.k8sServiceAccount, { key: bundle.certs.k8s.key });
    const { kubernetes } = secrets.outputs["certificateAuthorities"] as Record<string, Values>;
    assert.deepEqual([kubernetes!["algorithm"], kubernetes!["notAfter"]], ["ecdsa-p384", "2029-08-18T00:00:00Z"]);
  });

  it("end every PEM of one's own in a newline, as Talos joins them as they stand", async () => {
    const { crt, key } = bundle.certs.os;
    const secrets = await makeSecrets(host, {
      certificateAuthorities: { os: { certificatePem: crt.trimEnd(), privateKeyPem: key.trimEnd() } },
    });
    assert.deepEqual(bundleOf(secrets).certs.os, { crt, key });
  });

  it("may be of an older contract", async () => {
    const secrets = await makeSecrets(host, { talosVersion: "1.10.3" });
    assert.equal(secrets.outputs["talosVersion"], "1.10.3");
    assert.equal((secrets.outputs["secrets"] as Values)["talosVersion"], "1.10.3");
  });

  it("may note a rotation that is over, whose id is then spent", async () => {
    const rotation = { os: { id: "2025", stage: "finish" }, trustdToken: { id: "a" } };
    const secrets = await makeSecrets(host, { rotation });
    const status = secrets.outputs["rotationStatus"] as Record<string, Values>;
    assert.deepEqual([status["os"]!["stage"], status["os"]!["spentIds"]], ["finish", ["2025"]]);
    assert.deepEqual(status["trustdToken"], { id: "a" });
    assert.equal((await secrets.preview({ ...QUICK, rotation })).op, "same");
  });
});

describe("Adopted TalosSecrets", () => {
  beforeEach(() => {
    host.now = "2027-01-01T00:00:00Z";
  });

  const yaml = vector("bundles/v1.13.yaml");
  const folder = Object.fromEntries(KUBERNETES_PKI_FILES.map((name) => [name, vector(`pki/${name}`)]));
  host.folders["pki"] = folder;

  for (const [what, args] of [
    ["a talosctl file", { secretsYaml: yaml }],
    ["a control plane config", { controlPlaneConfig: vector("out/base-v1.13/controlplane.yaml") }],
  ] as const) {
    it(`from ${what} are that bundle to the byte, and stay when the input goes`, async () => {
      const secrets = new Managed(TalosSecrets, host);
      await secrets.up(args);
      assert.ok(secrets.outputs["secretsYaml"] === yaml);
      const same = { op: "same", changes: [], notices: [] };
      for (const later of [args, {}, { secretsYaml: "something else" }]) {
        const { op, changes, notices } = await secrets.preview(later);
        assert.deepEqual({ op, changes, notices }, same);
      }
      await secrets.up({});
      await secrets.up({ rotation: { trustdToken: { id: "1" } } });
      const { trustdInfo, ...rest } = bundleOf(secrets);
      const { trustdInfo: before, ...original } = bundle;
      assert.deepEqual(rest, original);
      assert.notEqual(trustdInfo.token, before.token);
    });
  }

  it("keep the keys that Talos does not know through every update", async () => {
    const secrets = new Managed(TalosSecrets, host);
    await secrets.up({ secretsYaml: `${yaml}owner: me\n` });
    await secrets.up({ rotation: { trustdToken: { id: "1" } } });
    assert.match(String(secrets.outputs["secretsYaml"]), /\nowner: me\n$/);
  });

  it("from a kubeadm folder keep its authorities, the rest is generated", async () => {
    const secrets = new Managed(TalosSecrets, host);
    await secrets.up({ kubernetesPkiDirectory: "pki", bootstrapToken: TOKEN });
    const { certs, secrets: kubernetes } = bundleOf(secrets);
    assert.equal(certs.k8s.crt, folder["ca.crt"]);
    assert.equal(certs.k8sServiceAccount.key, folder["sa.key"]);
    assert.equal(kubernetes.bootstrapToken, TOKEN);
    assert.equal((await secrets.preview({})).op, "same");
  });

  it("warn of authorities that have expired, and of odd values", async () => {
    assert.deepEqual(await warnings({ secretsYaml: vector("broken/expired-ca.yaml") }), [
      "secretsYaml.certs.os.crt: the authority expired at 2021-01-01T00:00:00Z; rotate it",
    ]);
    host.now = "2100-01-01T00:00:00Z";
    const told = await warnings({ kubernetesPkiDirectory: "pki" });
    assert.equal(told.length, 3);
    told.forEach((notice) => assert.match(notice, /^kubernetesPkiDirectory\.certs\.\w+\.crt: the authority expired at /));
  });

  it("are refused when the file is broken, in preview, with its paths", async () => {
    assert.deepEqual(await preview({ secretsYaml: vector("broken/missing-token.yaml") }), [
      "ERR_INPUT_MISSING secretsYaml.secrets.bootstraptoken: is required; expected what talosctl writes there",
    ]);
    assert.deepEqual(await preview({ controlPlaneConfig: vector("out/base-v1.13/worker.yaml") }), [
      "ERR_CONFIG_INVALID controlPlaneConfig: the text is no control plane machine config (machine.type is worker); a worker's config holds no keys",
    ]);
    assert.deepEqual(
      await preview({ kubernetesPkiDirectory: "nowhere" }),
      KUBERNETES_PKI_FILES.map(
        (name) =>
          `ERR_INPUT_MISSING kubernetesPkiDirectory/${name}: the file is missing; expected the layout of kubeadm's /etc/kubernetes/pki`,
      ),
    );
  });

  it("come from one place", async () => {
    assert.deepEqual(await preview({ secretsYaml: yaml, kubernetesPkiDirectory: "pki" }), [
      "ERR_INPUT_INVALID kubernetesPkiDirectory: is given beside secretsYaml; expected one way to adopt",
    ]);
  });

  it("may be given what they hold already, and nothing that differs", async () => {
    const { os } = bundle.certs;
    assert.deepEqual(
      await preview({
        secretsYaml: yaml,
        trustdToken: bundle.trustdInfo.token,
        certificateAuthorities: { os: { certificatePem: os.crt, privateKeyPem: os.key } },
      }),
      [],
    );
    const differs = "differs from what is adopted; leave the input out, or rotate after the adoption";
    const other = await generateAuthority("etcd", parseTalosVersion("v1.13"), {}, fixedEnvironment(host.now));
    assert.deepEqual(
      await preview({
        secretsYaml: yaml,
        trustdToken: TOKEN,
        cluster: { id: "x" },
        aescbcEncryptionSecret: SECRET,
        serviceAccount: { privateKeyPem: bundle.certs.os.key },
        certificateAuthorities: { etcd: { certificatePem: other.certificate.pem, privateKeyPem: other.key.pem } },
      }),
      [
        `ERR_SECRET_CHANGED cluster.id: ${differs}`,
        `ERR_SECRET_CHANGED trustdToken: ${differs}`,
        `ERR_SECRET_CHANGED certificateAuthorities.etcd.certificatePem: ${differs}`,
        `ERR_SECRET_CHANGED certificateAuthorities.etcd.privateKeyPem: ${differs}`,
        `ERR_SECRET_CHANGED serviceAccount.privateKeyPem: ${differs}`,
        "ERR_SECRET_CHANGED aescbcEncryptionSecret: is given beside an adopted secretboxEncryptionSecret; leave the input out: a cluster uses one of the two",
      ],
    );
  });
});

describe("TalosSecrets are refused", () => {
  beforeEach(() => {
    host.now = "2026-11-22T00:00:00Z";
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
        "ERR_INPUT_UNKNOWN secretYaml: is no property of this resource; did you mean secretsYaml?",
        "ERR_INPUT_UNKNOWN certificateAuthorities.etdc: is no property of this resource; did you mean etcd?",
        'ERR_INPUT_INVALID certificateAuthorities.os.algorithm: is "dsa"; expected one of "ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-4096"',
        'ERR_DURATION_INVALID certificateAuthorities.os.validityPeriodHours: is 0; expected a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"',
        "ERR_INPUT_INVALID trustdToken: is a number; expected a string",
        "ERR_ROTATION_ILLEGAL rotation.etcd: the etcd authority cannot be rotated: Talos has no accepted authorities for etcd, so its members would lock each other out; leave it out",
        'ERR_VERSION_UNKNOWN talosVersion: "v1.99" is not a supported Talos version; supported are v1.6, v1.7, v1.8, v1.9, v1.10, v1.11, v1.12, v1.13, v1.14',
        "ERR_INPUT_INVALID cluster.id: has the wrong form; expected a text that is not empty",
        "ERR_INPUT_INVALID cluster.secret: has the wrong form; expected the standard base64 of 32 bytes",
        "ERR_INPUT_INVALID bootstrapToken: has the wrong form; expected 6 characters, a dot and 16 characters, each of 0-9 and a-z",
        "ERR_INPUT_INVALID aescbcEncryptionSecret: has the wrong form; expected the standard base64 of 32 bytes",
        "ERR_INPUT_INVALID aescbcEncryptionSecret: is given beside secretboxEncryptionSecret; expected the one that the cluster uses",
        "ERR_SECRET_REDACTED serviceAccount.privateKeyPem: is redacted; the real private key is needed",
        'ERR_ROTATION_ILLEGAL rotation.os.stage: there is nothing to rotate when the secrets are created; expected no rotation, or stage "finish" (a rotation that is over)',
        "ERR_INPUT_MISSING rotation.kubernetes.id: is empty; expected a name of the rotation, such as 2026-11",
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
      "an authority without its key",
      { certificateAuthorities: { os: { certificatePem: bundle.certs.os.crt } } },
      "ERR_INPUT_MISSING certificateAuthorities.os.privateKeyPem: is required beside certificatePem; an authority without its key can sign nothing and cannot be rotated",
    ],
    [
      "a key without its authority",
      { certificateAuthorities: { os: { privateKeyPem: bundle.certs.os.key } } },
      "ERR_INPUT_MISSING certificateAuthorities.os.certificatePem: is required beside privateKeyPem; an authority without its key can sign nothing and cannot be rotated",
    ],
    [
      "a key that does not fit",
      own({ privateKeyPem: bundle.certs.etcd.key }),
      "ERR_KEY_MISMATCH certificateAuthorities.os.privateKeyPem: does not belong to the certificate beside it; expected the pair of one authority",
    ],
    [
      "a private key in the place of the certificate",
      own({ certificatePem: bundle.certs.os.key }),
      "ERR_PRIVATE_KEY_GIVEN certificateAuthorities.os.certificatePem: is a private key; expected a certificate",
    ],
    [
      "a private key behind the certificate",
      own({ certificatePem: bundle.certs.os.crt + bundle.certs.os.key }),
      "ERR_PRIVATE_KEY_GIVEN certificateAuthorities.os.certificatePem: holds a private key beside the certificate; expected the certificate",
    ],
    [
      "a truncated certificate",
      own({ certificatePem: bundle.certs.os.crt.slice(0, 99) }),
      "ERR_PEM_INVALID certificateAuthorities.os.certificatePem: a PEM block is cut off; expected -----BEGIN …----- to -----END …-----",
    ],
    [
      "an encrypted key",
      own({ privateKeyPem: vector("broken/pem-encrypted-ca.key") }),
      "ERR_KEY_ENCRYPTED certificateAuthorities.os.privateKeyPem: is an encrypted private key; decrypt it first (openssl pkey)",
    ],
    [
      "an OS authority that workers up to v1.10 cannot work with",
      {
        talosVersion: "v1.10",
        certificateAuthorities: { os: { algorithm: "ecdsa-p256" }, kubernetes: { algorithm: "rsa-2048" } },
      },
      "ERR_KEY_UNSUPPORTED certificateAuthorities.os.algorithm: is ecdsa-p256, but workers of Talos v1.10 ask for Ed25519 certificates only; expected ed25519",
    ],
    [
      "an own one of the same kind",
      {
        talosVersion: "v1.10",
        certificateAuthorities: { os: { certificatePem: bundle.certs.etcd.crt, privateKeyPem: bundle.certs.etcd.key } },
      },
      "ERR_KEY_UNSUPPORTED certificateAuthorities.os.privateKeyPem: is ecdsa-p256, but workers of Talos v1.10 ask for Ed25519 certificates only; expected ed25519",
    ],
    [
      "an authority in a rotation that is over",
      {
        rotation: {
          os: { id: "1", stage: "finish", certificatePem: bundle.certs.os.crt, privateKeyPem: bundle.certs.os.key },
        },
      },
      "ERR_ROTATION_ILLEGAL rotation.os.certificatePem: at creation an authority of one's own is given in certificateAuthorities.os",
    ],
    [
      "a rotation of a Talos that knows none",
      { talosVersion: "v1.6", rotation: { os: { id: "1", stage: "finish" } } },
      "ERR_ROTATION_ILLEGAL rotation.os: Talos v1.6 knows no accepted authorities, so its authorities cannot be rotated in stages; upgrade to v1.7 or later first",
    ],
    [
      "an immediate rotation without a name",
      { rotation: { aggregator: { id: "" } } },
      "ERR_INPUT_MISSING rotation.aggregator.id: is empty; expected any text",
    ],
    [
      "an unknown stage",
      { rotation: { os: { id: "1", stage: "begin" } } },
      'ERR_INPUT_INVALID rotation.os.stage: is "begin"; expected one of "accept", "swap", "finish", "abort"',
    ],
  ];
  for (const [what, args, problem] of cases) {
    it(`with ${what}`, async () => {
      assert.deepEqual(await preview(args), [problem]);
    });
  }

  it("with an own authority that has expired; one near its end warns", async () => {
    host.now = "2040-01-01T00:00:00Z";
    const [problem, ...others] = await preview(own({}));
    assert.deepEqual(others, []);
    assert.match(
      problem!,
      /^ERR_AUTHORITY_EXPIRED certificateAuthorities\.os\.certificatePem: expired at 2036-\S+Z; expected an authority that is still valid$/,
    );
    host.now = "2036-01-01T00:00:00Z";
    const [notice] = await warnings(own({}));
    assert.match(notice!, /^certificateAuthorities\.os\.certificatePem: the authority expires at 2036-\S+Z, in less than a year; plan its rotation$/);
  });
});
