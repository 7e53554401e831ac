import assert from "node:assert/strict";

import type { Values } from "../../../provider/engine/values";
import { DEFINITIONS, type ResourceName } from "../../../provider/resources";
import { UNKNOWN } from "../../../provider/engine/wire";
import { makeRequest } from "../core/x509/requests";
import { QUICK } from "../support/cluster";
import { Managed, testHost } from "../support/engine";
import { FakeNodes } from "../support/fakeNodes";
import { vector } from "../support/fixed";
import { readVectorBundle } from "../vectors/vectors";

const host = testHost("2027-01-01T00:00:00Z");
const controlPlaneConfig = vector("out/base-v1.13/controlplane.yaml");
const bundle = readVectorBundle("bundles/v1.13.yaml");
const secrets = vector("bundles/v1.13.yaml");
const pair = { certificatePem: bundle.certs.os.crt, privateKeyPem: bundle.certs.os.key };
const base64 = (text: string): string => Buffer.from(text).toString("base64");
/** A client in the form of one; a CA is as good as any certificate here. */
const client = {
  caCertificate: base64(pair.certificatePem),
  clientCertificate: base64(pair.certificatePem),
  clientKey: base64(pair.privateKeyPem),
};
const certificate = {
  algorithm: "ecdsa-p256",
  validityPeriodHours: 48,
  earlyRenewalHours: 12,
  rotationTriggers: { a: "1", b: { c: [1] } },
  commonName: "name",
};

/** Arguments that say everything there is to say; some properties exclude each other, so there are several. */
const ARGUMENTS: Readonly<Record<ResourceName, readonly Values[]>> = {
  TalosSecrets: [
    {
      ...QUICK,
      talosVersion: "v1.13",
      certificateAuthorities: { os: pair, kubernetes: { algorithm: "ecdsa-p384", validityPeriodHours: 9000 } },
      cluster: { id: "id", secret: `${"A".repeat(43)}=` },
      bootstrapToken: "abcdef.0123456789abcdef",
      trustdToken: "abcdef.0123456789abcdef",
      secretboxEncryptionSecret: `${"A".repeat(43)}=`,
      rotation: {
        os: { id: "o", stage: "finish" },
        kubernetes: { id: "k", stage: "finish" },
        aggregator: { id: "1" },
        serviceAccount: { id: "1" },
        bootstrapToken: { id: "1" },
        trustdToken: { id: "1" },
      },
      nodes: [{ address: "10.0.0.2", endpoint: "10.0.0.3", machineType: "controlplane" }],
    },
    { secretsYaml: secrets },
    { controlPlaneConfig },
    { kubernetesPkiDirectory: "pki", ...QUICK },
  ],
  ClientConfiguration: [
    {
      ...certificate,
      secrets,
      clusterName: "c",
      endpoints: ["10.0.0.1", "10.0.0.2"],
      nodes: ["10.0.0.3"],
      contextName: "x",
      roles: ["os:admin", "os:reader"],
      issuedAt: "2026-12-31T00:00:00Z",
    },
    { clusterName: "c", certificateAuthority: pair },
  ],
  MachineConfig: [
    {
      secrets,
      clusterName: "c",
      clusterEndpoint: "https://10.0.0.1:6443",
      machineType: "controlplane",
      talosVersion: "v1.13",
      kubernetesVersion: "1.36.0",
      certSANs: ["a.example.org"],
      additionalSans: ["b.example.org"],
      acceptedCAs: [bundle.certs.k8s.crt, { certificatePem: bundle.certs.etcd.crt }],
      kubernetesAcceptedCAs: [{ certificates: [{ certificatePem: bundle.certs.etcd.crt }] }],
      dnsDomain: "cluster.local",
      installDisk: "/dev/vda",
      installImage: "example.org/installer:1",
      registryMirrors: { "docker.io": ["https://mirror.example.org"] },
      kubeSpan: true,
      clusterDiscovery: true,
      configPatches: ["machine: {sysctls: {a: b}}", { machine: { sysctls: { c: "d" } } }],
    },
    { secrets, clusterName: "c", clusterEndpoint: "https://10.0.0.1:6443", machineType: "worker" },
  ],
  AcceptedCA: [{ certificatePem: bundle.certs.os.crt }],
  NodeCertificate: [
    { ...certificate, secrets, ipAddresses: ["10.0.0.2", "::1"], dnsNames: ["a", "b"] },
    { certificateAuthority: pair, csrPem: "" },
  ],
  Kubeconfig: [
    {
      ...certificate,
      secrets,
      clusterName: "c",
      clusterEndpoint: "https://10.0.0.1:6443",
      organizations: ["a", "b"],
      namespace: "n",
    },
  ],
  ConfigurationApply: [
    {
      node: "10.0.0.2",
      endpoint: "10.0.0.3",
      secrets: { secrets: bundle, rotationSecrets: { os: pair } },
      machineConfig: { machineConfig: controlPlaneConfig, redactedConfig: "" },
      configPatches: ["machine: {sysctls: {a: b}}", { machine: { sysctls: { c: "d" } } }],
      applyMode: "no_reboot",
      maintenance: { fingerprint: `${"A".repeat(43)}=`, allowUnverified: true },
      onDestroy: { reset: true, graceful: false, reboot: true },
      timeouts: { connect: "1s", create: "1m", update: "1m", delete: "1m" },
      triggers: { a: "1", b: { c: [1] } },
    },
    { node: "10.0.0.2", clientConfiguration: client, machineConfig: controlPlaneConfig },
  ],
  Bootstrap: [
    { node: "10.0.0.2", endpoint: "10.0.0.3", secrets, controlPlaneNodes: ["10.0.0.2"], timeouts: { create: "1m" } },
    { node: "10.0.0.2", clientConfiguration: client },
  ],
  ClusterHealth: [
    {
      controlPlaneNodes: ["10.0.0.2", "10.0.0.3"],
      workerNodes: ["10.0.0.4"],
      secrets,
      rotationSecrets: { os: pair },
      clusterEndpoint: "https://10.0.0.1:6443",
      level: "kubernetes",
      timeouts: { create: "1m" },
      triggers: { a: "1" },
    },
  ],
};

/** The value with each of its parts unknown in turn, itself first; and the path of the part. */
function* withUnknowns(value: unknown, path = ""): Generator<[string, unknown]> {
  if (path !== "") yield [path, UNKNOWN];
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      for (const [at, changed] of withUnknowns(item, `${path}[${index}]`)) yield [at, value.with(index, changed)];
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value))
      for (const [at, changed] of withUnknowns(item, path === "" ? key : `${path}.${key}`))
        yield [at, { ...value, [key]: changed }];
  }
}

before(async () => {
  const network = await FakeNodes.make(host.environment);
  const planes = [];
  for (const address of ["10.0.0.2", "10.0.0.3"])
    planes.push(await network.add(address, { config: controlPlaneConfig }));
  for (const plane of planes) plane.etcd = { members: planes, alarms: [] };
  await network.add("10.0.0.4", { config: vector("out/base-v1.13/worker.yaml") });
  await network.add("10.0.0.1");
  Object.assign(host, { nodes: () => Promise.resolve(network) });
});

for (const name of Object.keys(ARGUMENTS) as ResourceName[]) {
  describe(`What a preview does not know of a ${name}`, () => {
    const definition = DEFINITIONS[name];

    for (const [index, args] of ARGUMENTS[name].entries()) {
      let whole: Values;
      before(async () => {
        host.folders["pki"] = Object.fromEntries(
          ["ca", "etcd/ca", "front-proxy-ca"]
            .flatMap((file) => [`${file}.crt`, `${file}.key`])
            .concat("sa.key")
            .map((file) => [file, vector(`pki/${file}`)]),
        );
        whole =
          args["csrPem"] === "" ? { ...args, csrPem: await makeRequest({ name: "CN=a", dnsNames: ["a"] }) } : args;
      });

      it(`is passed over at creation, whatever it is (${index + 1})`, async () => {
        for (const [path, news] of withUnknowns(whole)) {
          const { problems } = await new Managed(definition, host).preview(news as Values);
          assert.deepEqual(problems, [], path);
        }
      });

      it(`is passed over at an update, whatever it is (${index + 1})`, async () => {
        const made = new Managed(definition, host);
        await made.up(whole);
        for (const [path, news] of withUnknowns(whole)) {
          const { problems, inputs } = await made.preview(news as Values);
          assert.deepEqual(problems, [], path);
          if (!path.startsWith("issuedAt")) assert.equal(inputs["issuedAt"], made.inputs["issuedAt"], path);
        }
      });

      it(`hides nothing that is wrong and known (${index + 1})`, async () => {
        for (const [path, news] of withUnknowns(whole)) {
          const { problems } = await new Managed(definition, host).preview({ ...(news as Values), nonsense: 1 });
          assert.equal(problems.length, 1, path);
          assert.match(
            problems[0]!,
            /^ERR_INPUT_UNKNOWN nonsense: is not a property of this resource; must be one of /,
          );
        }
      });
    }

    it("may be everything", async () => {
      const names = Object.keys(definition.inputs);
      const all = Object.fromEntries(names.map((input) => [input, UNKNOWN]));
      const excluded = [
        "secretsYaml",
        "controlPlaneConfig",
        "aescbcEncryptionSecret",
        "certificateAuthority",
        "csrPem",
        "clientConfiguration",
      ];
      const some = Object.fromEntries(
        names.filter((input) => !excluded.includes(input)).map((input) => [input, UNKNOWN]),
      );
      await new Managed(definition, host).preview(all);
      assert.deepEqual((await new Managed(definition, host).preview(some)).problems, []);
    });
  });
}

describe("A rotation that a preview does not know", () => {
  it("is passed over in the middle of one, as a whole and in its parts", async () => {
    const made = new Managed(DEFINITIONS.TalosSecrets, host);
    const rotation = { os: { id: "r", stage: "accept" }, trustdToken: { id: "1" } };
    await made.up({ ...QUICK });
    await made.up({ ...QUICK, rotation });
    for (const [path, news] of withUnknowns({ ...QUICK, rotation })) {
      const { problems } = await made.preview(news as Values);
      assert.deepEqual(problems, [], path);
    }
    const { problems } = await made.preview({ ...QUICK, rotation: { kubernetes: UNKNOWN } });
    assert.equal(problems.length, 1, "what is known to be wrong is rejected");
  });
});
