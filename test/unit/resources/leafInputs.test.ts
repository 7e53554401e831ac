import assert from "node:assert/strict";

import { formatSecretsBundle } from "../../../provider/core/secrets/codec";
import { bundleTree } from "../../../provider/core/secrets/read";
import { writePlainYaml } from "../../../provider/core/yaml/plain";
import type { Values } from "../../../provider/engine/values";
import { DEPENDENTS, type DependentName, dependent } from "../support/cluster";
import { type Managed, testHost } from "../support/engine";
import { vector } from "../support/fixed";
import * as x509 from "../../../provider/core/x509/library";
import { makeRequest } from "../core/x509/requests";
import { readVectorBundle } from "../vectors/vectors";

const host = testHost("2027-01-01T00:00:00Z");
const bundle = readVectorBundle("bundles/v1.13.yaml");
const secretsYaml = vector("bundles/v1.13.yaml");
const hours = 'must be a whole number of hours, 1 or more, or a Go duration of whole seconds such as "8760h" or "90m"';

const preview = async (name: DependentName, args: Values): Promise<string[]> => [
  ...(await dependent(name, host).preview(args)).problems,
];

describe("The secrets of a resource", () => {
  const forms: Record<string, unknown> = {
    "the text of a talosctl file": secretsYaml,
    "its parsed form": bundleTree(bundle, "talosctl"),
    "the capitalised form": bundleTree(bundle, "documentation"),
    "the text of the capitalised form": writePlainYaml(bundleTree(bundle, "documentation")),
    "the form of @pulumiverse/talos": bundleTree(bundle, "pulumiverse"),
    "plain PEM in the place of base64": bundleTree(bundle, "talosctl", (pem) => pem),
    "a whole TalosSecrets, as other languages may hand it on": {
      secretsYaml,
      secrets: { ...bundleTree(bundle, "talosctl"), talosVersion: "v1.13", acceptedCAs: { os: [], kubernetes: [] } },
    },
  };
  for (const name of Object.keys(DEPENDENTS) as DependentName[]) {
    for (const [form, secrets] of Object.entries(forms)) {
      it(`may be ${form} for ${name}, and keeps the same part`, async () => {
        const made = dependent(name, host);
        const args = { ...DEPENDENTS[name].args, talosVersion: undefined };
        await made.up({ ...args, secrets });
        const reference = dependent(name, host);
        await reference.up({ ...args, secrets: secretsYaml });
        const { talosVersion: _, ...kept } = made.inputs["secrets"] as Values;
        assert.deepEqual(kept, reference.inputs["secrets"]);
        assert.equal((await made.preview({ ...args, secrets })).op, "same");
      });
    }
  }

  for (const name of ["ClientConfiguration", "NodeCertificate", "Kubeconfig"] as const) {
    const args = DEPENDENTS[name].args;
    const signer = name === "Kubeconfig" ? "k8s" : "os";
    const what = signer === "os" ? "OS" : "Kubernetes";

    it(`that lack the CA are rejected by ${name}`, async () => {
      const missing = `ERR_INPUT_MISSING secrets.certs.${signer}: holds no ${what} CA with its private key; must be the bundle of a cluster`;
      for (const secrets of [{}, { certs: "x" }, { certs: { [signer]: { crt: bundle.certs[signer].crt, key: "" } } }])
        assert.deepEqual(await preview(name, { ...args, secrets }), [missing]);
    });

    it(`that are no bundle are rejected by ${name}`, async () => {
      const none =
        "ERR_INPUT_INVALID secrets: holds no secrets bundle; must be a TalosSecrets, its output `secrets`, or the content of a talosctl gen secrets file";
      for (const secrets of ["", "x", 5, true, [bundle]])
        assert.deepEqual(await preview(name, { ...args, secrets }), [none]);
    });

    it(`that are encrypted, broken or redacted are rejected by ${name}`, async () => {
      assert.deepEqual(await preview(name, { ...args, secrets: vector("broken/sops.yaml") }), [
        "ERR_BUNDLE_ENCRYPTED secrets: is encrypted with SOPS; decrypt it first (sops --decrypt FILE)",
      ]);
      assert.deepEqual(await preview(name, { ...args, secrets: vector("broken/redacted.yaml") }), [
        `ERR_SECRET_REDACTED secrets.certs.${signer}.key: is redacted; the real private key is needed`,
      ]);
      assert.deepEqual(await preview(name, { ...args, secrets: vector("broken/bad-base64.yaml") }), [
        "ERR_PEM_INVALID secrets.certs.k8s.crt: is not base64; must be the base64 of a PEM file",
      ]);
    });

    it(`with accepted CAs that are none are rejected by ${name}, a bomb of aliases too`, async () => {
      const accepted = name === "Kubeconfig" ? "kubernetes" : "os";
      const text = `${secretsYaml}acceptedCAs: {${accepted}: [1]}\n`;
      const no = `secrets.acceptedCAs.${accepted}[0]`;
      assert.deepEqual(await preview(name, { ...args, secrets: text }), [
        `ERR_PEM_INVALID ${no}: holds no PEM block; must be text that begins with -----BEGIN`,
      ]);
      const bomb = vector("broken/alias-bomb.yaml");
      assert.deepEqual(await preview(name, { ...args, secrets: `${bomb}acceptedCAs: {${accepted}: [*i]}\n` }), [
        `ERR_INPUT_INVALID ${no}: is not text; must be a certificate, PEM`,
      ]);
      const key = { os: [bundle.certs.os.key], kubernetes: [bundle.certs.os.key] };
      assert.deepEqual(
        await preview(name, { ...args, secrets: { ...bundleTree(bundle, "talosctl"), acceptedCAs: key } }),
        [
          "ERR_PRIVATE_KEY_GIVEN secrets.acceptedCAs.os[0]: holds a private key; must be certificates only",
          "ERR_PRIVATE_KEY_GIVEN secrets.acceptedCAs.kubernetes[0]: holds a private key; must be certificates only",
        ],
      );
    });
  }
});

describe("The CA of a ClientConfiguration or NodeCertificate", () => {
  const pair = { certificatePem: bundle.certs.os.crt, privateKeyPem: bundle.certs.os.key };

  for (const name of ["ClientConfiguration", "NodeCertificate"] as const) {
    const args = DEPENDENTS[name].args;
    it(`is given once for ${name}`, async () => {
      assert.deepEqual(await preview(name, args), [
        "ERR_INPUT_MISSING secrets: is required; configure secrets or certificateAuthority",
      ]);
      assert.deepEqual(await preview(name, { ...args, secrets: secretsYaml, certificateAuthority: pair }), [
        "ERR_INPUT_INVALID secrets: is configured beside certificateAuthority; configure one of the two",
      ]);
    });

    it(`of a wrong form is rejected by ${name} without a crash`, async () => {
      const expected = "an object with certificatePem, privateKeyPem";
      const cases: [unknown, string[]][] = [
        ["x", [`ERR_INPUT_INVALID certificateAuthority: is a string; must be ${expected}`]],
        [5, [`ERR_INPUT_INVALID certificateAuthority: is a number; must be ${expected}`]],
        [
          {},
          [
            "ERR_INPUT_MISSING certificateAuthority.certificatePem: is required; must be a string",
            "ERR_INPUT_MISSING certificateAuthority.privateKeyPem: is required; must be a string",
          ],
        ],
        [
          { ...pair, certificate: 1 },
          [
            "ERR_INPUT_UNKNOWN certificateAuthority.certificate: is not a property of this resource; must be one of certificatePem, privateKeyPem",
          ],
        ],
        [
          { ...pair, privateKeyPem: 5 },
          ["ERR_INPUT_INVALID certificateAuthority.privateKeyPem: is a number; must be a string"],
        ],
      ];
      for (const [certificateAuthority, problems] of cases)
        assert.deepEqual(await preview(name, { ...args, certificateAuthority }), problems);
    });

    const broken: [string, Values, string][] = [
      [
        "another's key",
        { privateKeyPem: bundle.certs.k8s.key },
        "ERR_KEY_MISMATCH certificateAuthority.privateKeyPem: does not belong to the certificate beside it; must be the pair of one CA",
      ],
      [
        "an encrypted key",
        { privateKeyPem: vector("broken/pem-encrypted-ca.key") },
        "ERR_KEY_ENCRYPTED certificateAuthority.privateKeyPem: is an encrypted private key; decrypt it first (openssl pkey)",
      ],
      [
        "a truncated certificate",
        { certificatePem: vector("broken/pem-truncated-ca.crt") },
        "ERR_PEM_INVALID certificateAuthority.certificatePem: a PEM block is cut off; use -----BEGIN …----- to -----END …-----",
      ],
      [
        "a private key where the certificate is asked for",
        { certificatePem: bundle.certs.os.key },
        "ERR_PRIVATE_KEY_GIVEN certificateAuthority.certificatePem: is a private key; must be a certificate",
      ],
      [
        "a private key behind the certificate",
        { certificatePem: bundle.certs.os.crt + bundle.certs.os.key },
        "ERR_PRIVATE_KEY_GIVEN certificateAuthority.certificatePem: holds a private key beside the certificate; must be the certificate",
      ],
    ];
    for (const [what, change, problem] of broken) {
      it(`with ${what} is rejected by ${name}`, async () => {
        assert.deepEqual(await preview(name, { ...args, certificateAuthority: { ...pair, ...change } }), [problem]);
      });
    }
  }
});

describe("The lifetime of a certificate", () => {
  for (const name of ["ClientConfiguration", "NodeCertificate", "Kubeconfig"] as const) {
    const args = { ...DEPENDENTS[name].args, secrets: secretsYaml };
    for (const bad of [0, -1, 1.5, "1d", "", "0h", "-5h", "1500ms", 1e12]) {
      it(`of ${JSON.stringify(bad)} is rejected by ${name}`, async () => {
        assert.deepEqual(await preview(name, { ...args, validityPeriodHours: bad, earlyRenewalHours: bad }), [
          `ERR_DURATION_INVALID validityPeriodHours: is ${JSON.stringify(bad)}; ${hours}`,
          `ERR_DURATION_INVALID earlyRenewalHours: is ${JSON.stringify(bad)}; ${hours}`,
        ]);
      });
    }

    it(`of another type is rejected by ${name}`, async () => {
      assert.deepEqual(await preview(name, { ...args, validityPeriodHours: true }), [
        "ERR_INPUT_INVALID validityPeriodHours: is a boolean; must be a whole number of hours or a Go duration",
      ]);
    });

    it(`must be longer than the renewal window for ${name}`, async () => {
      const window = (lifetime: string | number): string =>
        `ERR_DURATION_INVALID earlyRenewalHours: is not less than the lifetime of ${lifetime} hours; must be fewer hours than validityPeriodHours`;
      assert.deepEqual(await preview(name, { ...args, validityPeriodHours: 24, earlyRenewalHours: 24 }), [window(24)]);
      assert.deepEqual(await preview(name, { ...args, validityPeriodHours: "90m", earlyRenewalHours: 2 }), [
        window(1.5),
      ]);
      const byDefault = name === "NodeCertificate" ? 24 : 8760;
      assert.deepEqual(await preview(name, { ...args, earlyRenewalHours: "8760h" }), [window(byDefault)]);
      assert.deepEqual(await preview(name, { ...args, validityPeriodHours: 24, earlyRenewalHours: "23h59m" }), []);
    });

    it(`begins at a time, for ${name}: RFC 3339, not in the future`, async () => {
      for (const issuedAt of ["yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "2026-02-31T00:00:00Z"])
        assert.deepEqual(await preview(name, { ...args, issuedAt }), [
          "ERR_INPUT_INVALID issuedAt: is not a time; must be RFC 3339 such as 2026-01-01T00:00:00Z",
        ]);
      assert.deepEqual(await preview(name, { ...args, issuedAt: "2027-01-01T00:06:00Z" }), [
        "ERR_CLOCK issuedAt: the clock shows 2027-01-01T00:00:00Z, before 2027-01-01T00:06:00Z, which has passed already; set the clock",
      ]);
      assert.deepEqual(await preview(name, { ...args, issuedAt: "2027-01-01T02:04:00+02:00" }), []);
    });
  }
});

describe("All problems of a resource", () => {
  it("are told at once: of a ClientConfiguration", async () => {
    const problems = await preview("ClientConfiguration", {
      secrets: vector("broken/redacted.yaml"),
      role: ["os:admin"],
      roles: ["os:king", "os:reader"],
      validityPeriodHours: 0,
      contextName: "",
      algorithm: "dsa",
      nodes: "10.0.0.1",
    });
    assert.deepEqual(problems, [
      "ERR_INPUT_UNKNOWN role: is not a property of this resource; did you mean roles?",
      "ERR_INPUT_MISSING clusterName: is required; must be a string",
      "ERR_INPUT_INVALID nodes: is a string; must be a list (each a string)",
      'ERR_ROLE_UNKNOWN roles[0]: is "os:king"; must be one of "os:admin", "os:operator", "os:reader", "os:etcd:backup", "os:impersonator", "os:image:verifier", "os:meta:writer"',
      'ERR_INPUT_INVALID algorithm: is "dsa"; must be one of "ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-4096"',
      `ERR_DURATION_INVALID validityPeriodHours: is 0; ${hours}`,
      "ERR_INPUT_MISSING contextName: is empty; must be a name",
      "ERR_SECRET_REDACTED secrets.certs.os.key: is redacted; the real private key is needed",
    ]);
  });

  it("are told at once: of a NodeCertificate", async () => {
    const problems = await preview("NodeCertificate", {
      secrets: secretsYaml,
      ipAddresses: ["10.0.0.0/24"],
      dnsNames: ["10.0.0.1"],
      csrPem: vector("pki/ca.key"),
      algorithm: "ed25519",
      earlyRenewalHours: 25,
    });
    assert.deepEqual(problems, [
      'ERR_SAN_INVALID dnsNames[0]: "10.0.0.1" is an IP address; give it in ipAddresses',
      'ERR_SAN_INVALID ipAddresses[0]: "10.0.0.0/24" is not an IP address; must be one like 10.0.0.1 or 2001:db8::1',
      "ERR_INPUT_INVALID algorithm: is configured beside csrPem, whose key is made already; configure one of the two",
      "ERR_PRIVATE_KEY_GIVEN csrPem: holds a private key; must be a certificate signing request only",
      "ERR_DURATION_INVALID earlyRenewalHours: is not less than the lifetime of 24 hours; must be fewer hours than validityPeriodHours",
    ]);
  });

  it("are told at once: of a Kubeconfig", async () => {
    const problems = await preview("Kubeconfig", {
      secrets: {},
      clusterName: "",
      clusterEndpoint: "http://10.0.0.1:6443",
      organizations: ["a", ""],
      commonName: "",
      namespace: "",
    });
    assert.deepEqual(problems, [
      "ERR_INPUT_MISSING clusterName: is empty; must be a name",
      "ERR_INPUT_MISSING namespace: is empty; must be a name",
      "ERR_INPUT_MISSING commonName: is empty; must be a name",
      'ERR_ENDPOINT_INVALID clusterEndpoint: the control plane endpoint URL should have scheme https://; try "https://10.0.0.1:6443"',
      "ERR_INPUT_MISSING organizations[1]: is empty; must be a Kubernetes group",
      "ERR_INPUT_MISSING secrets.certs.k8s: holds no Kubernetes CA with its private key; must be the bundle of a cluster",
    ]);
  });

  it("are told of names that no certificate can bear", async () => {
    const control = "holds a control character; must be printable text";
    for (const name of ["ClientConfiguration", "NodeCertificate", "Kubeconfig"] as const)
      assert.deepEqual(
        await preview(name, { ...DEPENDENTS[name].args, secrets: bundleTree(bundle, "talosctl"), commonName: "a\0b" }),
        [`ERR_INPUT_INVALID commonName: ${control}`],
      );
    const secrets = bundleTree(bundle, "talosctl");
    assert.deepEqual(
      await preview("Kubeconfig", { ...DEPENDENTS.Kubeconfig.args, secrets, organizations: ["a", "b\n"] }),
      [`ERR_INPUT_INVALID organizations[1]: ${control}`],
    );
    const name = new x509.Name([{ CN: [{ utf8String: "a\nb" }] }]);
    const csr = { secrets, dnsNames: ["a"], csrPem: await makeRequest({ name }) };
    assert.deepEqual(await preview("NodeCertificate", csr), [`ERR_INPUT_INVALID csrPem: ${control}`]);
    assert.deepEqual(await preview("NodeCertificate", { ...csr, commonName: "c" }), []);
  });

  it("leave a resource as it was", async () => {
    const managed: Managed = dependent("ClientConfiguration", host);
    const args = { ...DEPENDENTS.ClientConfiguration.args, secrets: formatSecretsBundle(bundle) };
    await managed.up(args);
    const { outputs, inputs } = managed;
    await assert.rejects(managed.up({ ...args, roles: [] }), {
      message:
        "ERR_INPUT_MISSING roles: is empty; must be at least one of os:admin, os:operator, os:reader, os:etcd:backup, os:impersonator, os:image:verifier, os:meta:writer",
    });
    assert.deepEqual([managed.outputs, managed.inputs], [outputs, inputs]);
  });
});

describe("The algorithm of a certificate", () => {
  for (const [name, algorithm, other] of [
    ["ClientConfiguration", "ed25519", "ecdsa-p256"],
    ["NodeCertificate", "ed25519", "ecdsa-p256"],
    ["Kubeconfig", "ecdsa-p256", "ed25519"],
  ] as const) {
    it(`may be named and left out again where it is the default, and keeps the certificate of a ${name}`, async () => {
      const args = { ...DEPENDENTS[name].args, talosVersion: undefined, secrets: secretsYaml };
      const made = dependent(name, host);
      await made.up(args);
      const { fingerprint } = made.outputs;
      for (const change of [{ algorithm }, {}]) {
        const { changes, notices } = await made.up({ ...args, ...change });
        assert.deepEqual([changes, notices], [["algorithm"], []]);
        assert.equal(made.outputs["fingerprint"], fingerprint);
        assert.equal(made.outputs["algorithm"], change.algorithm);
      }
      const { notices } = await made.up({ ...args, algorithm: other });
      assert.deepEqual(notices, ["will be reissued: algorithm changed"]);
      assert.notEqual(made.outputs["fingerprint"], fingerprint);
    });
  }
});
