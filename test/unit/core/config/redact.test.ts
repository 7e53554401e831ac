import assert from "node:assert/strict";

import { generateMachineConfig } from "../../../../provider/core/config/machineConfig";
import { configHash, redactMachineConfig } from "../../../../provider/core/config/redact";
import { SUPPORTED_TALOS_VERSIONS } from "../../../../provider/core/talosVersion";
import { readVectorBundle, readVectorFile } from "../../vectors/vectors";

const bundle = readVectorBundle("bundles/v1.13.yaml");
const { cluster, secrets, trustdInfo, certs } = bundle;
const KEYS = Object.values(certs).map(({ key }) => key);
const SECRETS = [
  cluster.id,
  cluster.secret,
  secrets.bootstrapToken,
  secrets.secretboxEncryptionSecret!,
  trustdInfo.token,
  ...KEYS.flatMap((key) => [key, Buffer.from(key).toString("base64"), key.split("\n")[1]!]),
];

function assertHidden(config: string): string {
  const redacted = redactMachineConfig(config);
  assert.deepEqual(
    SECRETS.filter((secret) => redacted.includes(secret)),
    [],
  );
  return redacted;
}

describe("a redacted machine config", () => {
  for (const talosVersion of SUPPORTED_TALOS_VERSIONS) {
    it(`holds no secret of the bundle and all the rest (${talosVersion})`, () => {
      for (const machineType of ["controlplane", "worker"] as const) {
        const { machineConfig } = generateMachineConfig({
          secrets: bundle,
          clusterName: "alpha",
          clusterEndpoint: "https://10.0.0.1:6443",
          machineType,
          talosVersion,
        });
        const lines = assertHidden(machineConfig).split("\n");
        const hidden = lines.filter((line) => line.includes("******"));
        const original = new Set(machineConfig.split("\n"));
        assert.ok(hidden.length >= 4);
        assert.deepEqual(
          lines.filter((line) => !line.includes("******") && !original.has(line)),
          [],
        );
      }
    });
  }

  it("stays the same whatever the order of the keys", () => {
    const one =
      "machine:\n    token: abcdef.0123456789abcdef\n    type: worker\ncluster: {}\n---\nkind: Unknown\nz: 1\na: 2\n";
    const two =
      "cluster: {}\nmachine:\n    type: worker\n    token: abcdef.0123456789abcdef\n---\na: 2\nz: 1\nkind: Unknown\n";
    assert.equal(redactMachineConfig(one), redactMachineConfig(two));
    assert.equal(
      redactMachineConfig(one),
      "machine:\n    type: worker\n    token: '******'\ncluster: {}\n---\na: 2\nkind: Unknown\nz: 1\n",
    );
  });

  it("finds keys in unknown documents, in text, in base64 and in base64 of base64", () => {
    const key = certs.os.key;
    const encode = (text: string): string => Buffer.from(text).toString("base64");
    const quoted = JSON.stringify(key);
    const config = [
      `apiVersion: x/v1\nkind: Mystery\nplain: ${quoted}\nlist: [${encode(key)}]\n`,
      `kind: Mystery\ninner: {deep: [{thing: ${encode(encode(key))}}]}\n`,
      `machine:\n  files:\n    - {content: ${JSON.stringify(`# mine\n${key}`)}, path: /etc/x}\n`,
      `kind: Wrapped\nthing: ${JSON.stringify(encode(key).replace(/(.{60})/g, "$1\n"))}\n`,
    ].join("---\n");
    assert.equal((assertHidden(config).match(/\*{6}/g) ?? []).length, 5);
  });

  it("finds secrets by the names that hold them, and leaves their neighbours", () => {
    const config = [
      "kind: RegistryAuthConfig\nname: r\nusername: me\npassword: hunter2\nauth: aGk6aGk=\n",
      "kind: WireguardConfig\nprivateKey: abc\npeers: [{publicKey: def, presharedKey: ghi}]\n",
      "kind: EnvironmentConfig\nvariables: {AWS_SECRET_ACCESS_KEY: abc, AWS_REGION: eu}\n",
      "kind: ExtensionServiceConfig\nenvironment: [TS_AUTHKEY=abc, TS_ROUTES=def]\n",
      "kind: SideroLinkConfig\napiUrl: https://x.example.org?jointoken=abc\nuniqueToken: def\n",
      "kind: VolumeConfig\nencryption: {keys: [{slot: 0, static: {passphrase: abc}}]}\n",
      "kind: Other\npairs: [{name: API_TOKEN, value: abc}, {name: REGION, value: eu}]\nurl: https://user:pw@x.example.org\n",
    ].join("---\n");
    const expected = [
      "kind: RegistryAuthConfig\nname: r\nusername: me\npassword: '******'\nauth: '******'\n",
      "kind: WireguardConfig\nprivateKey: '******'\npeers:\n    - publicKey: def\n      presharedKey: '******'\n",
      "kind: EnvironmentConfig\nvariables:\n    AWS_REGION: eu\n    AWS_SECRET_ACCESS_KEY: '******'\n",
      "kind: ExtensionServiceConfig\nenvironment:\n    - '******'\n    - TS_ROUTES=def\n",
      "kind: SideroLinkConfig\napiUrl: '******'\nuniqueToken: '******'\n",
      "kind: VolumeConfig\nencryption:\n    keys:\n        - slot: 0\n          static:\n            passphrase: '******'\n",
      "kind: Other\npairs:\n    - name: API_TOKEN\n      value: '******'\n    - name: REGION\n      value: eu\nurl: '******'\n",
    ].join("---\n");
    assert.equal(redactMachineConfig(config), expected);
  });

  it("finds the copy of a secret in a place that is none, and further values that it is told of", () => {
    const copied = "machine: {token: correct-horse}\n---\nkind: Other\nnote: it is correct-horse really\n";
    assert.equal(redactMachineConfig(copied), "machine:\n    token: '******'\n---\nkind: Other\nnote: '******'\n");
    assert.equal(
      redactMachineConfig("kind: Other\nnote: battery-staple\n", { secrets: { any: ["battery-staple"] } }),
      "kind: Other\nnote: '******'\n",
    );
  });

  it("hides the content of a Kubernetes Secret in a manifest", () => {
    const manifest = JSON.stringify("apiVersion: v1\nkind: Secret\ndata:\n  x: aGk=\n");
    assert.equal(
      redactMachineConfig(`cluster: {inlineManifests: [{name: s, contents: ${manifest}}]}\n`),
      "cluster:\n    inlineManifests:\n        - name: s\n          contents: '******'\n",
    );
  });

  it("shows certificates, yes and no, and what is empty", () => {
    const config = readVectorFile("out/base-v1.13/worker.yaml");
    assert.ok(redactMachineConfig(config).includes(Buffer.from(certs.os.crt).toString("base64")));
    assert.equal(
      redactMachineConfig("a: {token: true, secret: '', key: null}\n"),
      'a:\n    key: null\n    secret: ""\n    token: true\n',
    );
  });
});

describe("the hash of a machine config", () => {
  it("is SHA-256 in lower-case hex", () => {
    assert.equal(configHash("machine: {}\n"), "2a5c1276ba1c0a483d83c671b8276645063d9bdb257415a6b259223fffdeb619");
  });
});
