import assert from "node:assert/strict";

import { parseSecretsBundle } from "../../../../provider/core/secrets/codec";
import { KUBERNETES_PKI_FILES } from "../../../../provider/core/secrets/kubernetesPki";
import { generateAuthority } from "../../../../provider/core/secrets/authority";
import { parseTalosVersion } from "../../../../provider/core/talosVersion";
import { parseCertificate } from "../../../../provider/core/x509/certificate";
import type { Values } from "../../../../provider/engine/values";
import { TalosSecrets } from "../../../../provider/resources/talosSecrets";
import { UNKNOWN } from "../../../../provider/engine/wire";
import { makeSecrets, QUICK } from "../../support/cluster";
import { Managed, testHost } from "../../support/engine";
import { fixedEnvironment, vector } from "../../support/fixed";
import { readVectorBundle } from "../../vectors/vectors";
import { spkiFingerprint } from "./support";

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
    host.now = "2026-11-23T00:00:00Z";
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
      notBefore: "2026-11-23T00:00:00Z",
      notAfter: "2036-11-20T00:00:00Z",
    });
    assert.equal(id, certificate.fingerprint);
    assert.deepEqual(outputs["acceptedCAs"], { os: [], kubernetes: [], etcd: [], aggregator: [], serviceAccount: [] });
    assert.equal((outputs["trust"] as Values)["os"], certificate.pem);
    assert.deepEqual(outputs["rotationSecrets"], {});
    const none = { accepted: [], retired: [], spentIds: [], stage: "none", todo: "nothing is under way" };
    assert.deepEqual(outputs["rotationStatus"], {
      os: { ...none, issuing: certificate.fingerprint },
      ...Object.fromEntries(
        ["kubernetes", "etcd", "aggregator"].map((name) => [
          name,
          { ...none, issuing: authorities[name]!["fingerprint"] },
        ]),
      ),
      serviceAccount: {
        ...none,
        issuing: spkiFingerprint(
          parseSecretsBundle(String(outputs["secretsYaml"]), { now: new Date(host.now) }).bundle.certs.k8sServiceAccount
            .key,
        ),
      },
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
    assert.deepEqual([kubernetes!["algorithm"], kubernetes!["notAfter"]], ["ecdsa-p384", "2029-08-19T00:00:00Z"]);
  });

  it("end every PEM of one's own in a newline, as Talos joins them as they stand", async () => {
    const { crt, key } = bundle.certs.os;
    const secrets = await makeSecrets(host, {
      certificateAuthorities: { os: { certificatePem: crt.trimEnd(), privateKeyPem: key.trimEnd() } },
    });
    assert.deepEqual(bundleOf(secrets).certs.os, { crt, key });
  });

  it("write every PEM of one's own as Talos does, however it is given: it finds none that is indented", async () => {
    const { crt, key } = bundle.certs.os;
    const indented = (pem: string): string => pem.replace(/^(?=.)/gm, "      ");
    const secrets = await makeSecrets(host, {
      serviceAccount: { privateKeyPem: indented(bundle.certs.k8s.key) },
      certificateAuthorities: {
        os: { certificatePem: `\ufeff${crt.replaceAll("\n", "\r\n")}`, privateKeyPem: indented(key) },
      },
    });
    assert.deepEqual(bundleOf(secrets).certs.os, { crt, key });
    assert.deepEqual(bundleOf(secrets).certs.k8sServiceAccount, { key: bundle.certs.k8s.key });
  });

  it("may be of an older contract", async () => {
    const secrets = await makeSecrets(host, { talosVersion: "1.10.3" });
    assert.equal(secrets.outputs["talosVersion"], "v1.10.3");
    assert.equal((secrets.outputs["secrets"] as Values)["talosVersion"], "v1.10.3");
    for (const talosVersion of ["1.10.3", "v1.10.3"])
      assert.equal((await secrets.preview({ ...QUICK, talosVersion })).op, "same");
  });

  it("may note a rotation that is over, whose id is then spent", async () => {
    const rotation = { os: { id: "2025", stage: "finish" }, trustdToken: { id: "a" } };
    const secrets = await makeSecrets(host, { rotation });
    const status = secrets.outputs["rotationStatus"] as Record<string, Values>;
    assert.deepEqual([status["os"]!["stage"], status["os"]!["spentIds"]], ["finish", ["2025"]]);
    assert.equal(status["os"]!["todo"], "nothing is under way");
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
      const late = "secretsYaml: is read at creation only; these secrets exist already, and nothing is adopted";
      for (const [later, told] of [
        [args, []],
        [{}, []],
        [{ secretsYaml: "something else" }, [late]],
        [{ secretsYaml: UNKNOWN }, [late]],
      ] as const) {
        const { op, changes, notices } = await secrets.preview(later);
        assert.deepEqual({ op, changes, notices }, { op: "same", changes: [], notices: told });
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

  it("from a kubeadm folder keep its CAs, the rest is generated", async () => {
    const secrets = new Managed(TalosSecrets, host);
    await secrets.up({ kubernetesPkiDirectory: "pki", bootstrapToken: TOKEN });
    const { certs, secrets: kubernetes } = bundleOf(secrets);
    assert.equal(certs.k8s.crt, folder["ca.crt"]);
    assert.equal(certs.k8sServiceAccount.key, folder["sa.key"]);
    assert.equal(kubernetes.bootstrapToken, TOKEN);
    assert.equal((await secrets.preview({})).op, "same");
  });

  it("warn of CAs that have expired, and of odd values", async () => {
    assert.deepEqual(await warnings({ secretsYaml: vector("broken/expired-ca.yaml") }), [
      "secretsYaml.certs.os.crt: the CA expired at 2021-01-01T00:00:00Z; rotate it",
    ]);
    host.now = "2100-01-01T00:00:00Z";
    const told = await warnings({ kubernetesPkiDirectory: "pki" });
    assert.equal(told.length, 3);
    told.forEach((notice) => {
      assert.match(notice, /^kubernetesPkiDirectory\/(?:etcd\/)?[\w-]+\.crt: the CA expired at /);
    });
  });

  it("are rejected when the file is broken, in preview, with its paths", async () => {
    assert.deepEqual(await preview({ secretsYaml: vector("broken/missing-token.yaml") }), [
      "ERR_INPUT_MISSING secretsYaml.secrets.bootstraptoken: is required; must be what talosctl writes there",
    ]);
    assert.deepEqual(await preview({ controlPlaneConfig: vector("out/base-v1.13/worker.yaml") }), [
      "ERR_CONFIG_INVALID controlPlaneConfig: the text is no control plane machine config (machine.type is worker); a worker's config holds no keys",
    ]);
    assert.deepEqual(
      await preview({ kubernetesPkiDirectory: "nowhere" }),
      KUBERNETES_PKI_FILES.map(
        (name) =>
          `ERR_INPUT_MISSING kubernetesPkiDirectory/${name}: the file is missing; must be the layout of kubeadm's /etc/kubernetes/pki`,
      ),
    );
  });

  it("are filled from the inputs beside where the file lacks something", async () => {
    const pem = { certificatePem: bundle.certs.os.crt, privateKeyPem: bundle.certs.os.key };
    const missing = vector("broken/missing-token.yaml");
    const config = vector("out/base-v1.13/controlplane.yaml");
    for (const args of [
      { secretsYaml: missing, bootstrapToken: TOKEN },
      { controlPlaneConfig: config.replace(/^ {4}token: .*\n/m, ""), trustdToken: TOKEN },
      { secretsYaml: yaml.replace(/^ {4}os:\n.*\n.*\n/m, ""), certificateAuthorities: { os: pem } },
      { secretsYaml: yaml.replace(/^ {4}secretbox.*\n/m, ""), aescbcEncryptionSecret: SECRET },
    ]) {
      const secrets = new Managed(TalosSecrets, host);
      await secrets.up(args);
      const made = bundleOf(secrets);
      assert.equal(made.secrets.bootstrapToken, "bootstrapToken" in args ? TOKEN : bundle.secrets.bootstrapToken);
      assert.equal(made.trustdInfo.token, "trustdToken" in args ? TOKEN : bundle.trustdInfo.token);
      assert.equal(made.secrets.aescbcEncryptionSecret, "aescbcEncryptionSecret" in args ? SECRET : undefined);
      assert.deepEqual(made.certs, bundle.certs);
    }
    assert.deepEqual(await preview({ secretsYaml: missing, bootstrapToken: UNKNOWN }), []);
  });

  it("come from one place", async () => {
    assert.deepEqual(await preview({ secretsYaml: yaml, kubernetesPkiDirectory: "pki" }), [
      "ERR_INPUT_INVALID kubernetesPkiDirectory: is configured beside secretsYaml; configure one way to adopt",
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
        "ERR_SECRET_CHANGED aescbcEncryptionSecret: is configured beside an adopted secretboxEncryptionSecret; leave the input out: a cluster uses one of the two",
      ],
    );
  });
});
