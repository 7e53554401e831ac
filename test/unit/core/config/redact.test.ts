import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";

import { generateMachineConfig } from "../../../../provider/core/config/machineConfig";
import { describeConfigChanges } from "../../../../provider/core/config/configChanges";
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

const withoutDigests = (text: string): string => text.replace(/sha256:[0-9a-f]{12}/g, "sha256:…");

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
      "machine:\n    type: worker\n    token: '******'\ncluster: {}\n---\na: sha256:b85ea5e877d1\nkind: Unknown\nz: sha256:94a3141bbc6c\n",
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
      "machine: {token: abcdef.0123456789abcdef}\n",
      "kind: RegistryAuthConfig\nname: r\nusername: me\npassword: hunter2\nauth: aGk6aGk=\n",
      "kind: WireguardConfig\nprivateKey: abc\npeers: [{publicKey: def, presharedKey: ghi}]\n",
      "kind: EnvironmentConfig\nvariables: {AWS_SECRET_ACCESS_KEY: abc, AWS_REGION: eu}\n",
      "kind: ExtensionServiceConfig\nenvironment: [TS_AUTHKEY=abc, TS_ROUTES=def]\n",
      "kind: SideroLinkConfig\napiUrl: https://x.example.org?jointoken=abc\nuniqueToken: def\n",
      "kind: VolumeConfig\nencryption: {keys: [{slot: 0, static: {passphrase: abc}}]}\n",
      "kind: Other\npairs: [{name: API_TOKEN, value: abc}, {name: REGION, value: eu}]\nurl: https://user:pw@x.example.org\n",
    ].join("---\n");
    const expected = [
      "machine:\n    token: '******'\n",
      "kind: RegistryAuthConfig\nname: r\nusername: me\npassword: '******'\nauth: '******'\n",
      "kind: WireguardConfig\nprivateKey: '******'\npeers:\n    - publicKey: sha256:…\n      presharedKey: '******'\n",
      "kind: EnvironmentConfig\nvariables:\n    AWS_REGION: sha256:…\n    AWS_SECRET_ACCESS_KEY: '******'\n",
      "kind: ExtensionServiceConfig\nenvironment:\n    - sha256:…\n    - sha256:…\n",
      "kind: SideroLinkConfig\napiUrl: https://x.example.org?******\nuniqueToken: '******'\n",
      "kind: VolumeConfig\nencryption:\n    keys:\n        - slot: 0\n          static:\n            passphrase: '******'\n",
      "kind: Other\npairs:\n    - name: sha256:…\n      value: '******'\n    - name: sha256:…\n      value: sha256:…\nurl: sha256:…\n",
    ].join("---\n");
    assert.equal(withoutDigests(redactMachineConfig(config)), expected);
  });

  it("finds the copy of a secret in a place that is none, and further values that it is told of", () => {
    const copied = "machine: {token: correct-horse}\n---\nkind: Other\nnote: it is correct-horse really\n";
    assert.equal(redactMachineConfig(copied), "machine:\n    token: '******'\n---\nkind: Other\nnote: '******'\n");
    assert.equal(
      redactMachineConfig("kind: Other\nnote: battery-staple\n", { secrets: { any: ["battery-staple"] } }),
      "kind: Other\nnote: '******'\n",
    );
  });

  it("takes a list under the name of a secret for secrets", () => {
    const config = "machine: {token: abcdef.0123456789abcdef}\n---\nkind: X\npasswords: [hunter2, [{any: hunter3}]]\n";
    assert.match(redactMachineConfig(config), /passwords:\n {4}- '\*{6}'\n {4}- - any: '\*{6}'\n$/);
  });

  it("hides the content of a Kubernetes Secret in a manifest", () => {
    const manifest = JSON.stringify("apiVersion: v1\nkind: Secret\ndata:\n  x: aGk=\n");
    assert.equal(
      redactMachineConfig(`cluster: {inlineManifests: [{name: s, contents: ${manifest}}]}\n`),
      "cluster:\n    inlineManifests:\n        - name: s\n          contents: '******'\n",
    );
  });

  it("shows numbers, words of a list, durations and addresses where they are what the schema says", () => {
    const fits = [
      "kind: LinkConfig\nname: eth0\nmtu: 1500\naddresses:\n    - address: 10.0.0.5/24\n",
      "kind: BondConfig\nname: bond0\nhardwareAddr: 02:00:00:00:00:01\nbondMode: 802.3AD\n",
      'kind: WatchdogTimerConfig\ndevice: /dev/watchdog0\ntimeout: "2m0s"\n',
      "kind: RAIDArrayConfig\nname: md0\nmetadata: 1.2\n",
    ];
    const wrong = [
      "kind: LinkConfig\nname: eth0\nmtu: 4294967296\naddresses:\n    - address: correct/24\n",
      "kind: BondConfig\nname: bond0\nhardwareAddr: correct\nbondMode: correct\n",
      "kind: WatchdogTimerConfig\ndevice: correct=horse\ntimeout: correct\n",
      'kind: RAIDArrayConfig\nname: md0\nmetadata: "1.20"\n',
    ];
    const [shown, hidden] = [fits, wrong].map((documents) => redactMachineConfig(documents.join("---\n")).split("\n"));
    assert.deepEqual(
      shown!.filter((line) => /sha256|\*{6}/.test(line)),
      [],
    );
    assert.deepEqual(
      hidden!.flatMap((line) => (/^(.*?)'\*{6}'$/.exec(line) ?? [])[1]?.trim() ?? []),
      ["mtu:", "- address:", "hardwareAddr:", "bondMode:", "device:", "timeout:", "metadata:"],
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

const sha256 = (text: string, key?: string): string =>
  (key === undefined ? createHash("sha256") : createHmac("sha256", key)).update(text).digest("hex");

describe("the fingerprint of a free text", () => {
  const SECRET = "c2VjcmV0IG9mIHRoZSBjbHVzdGVyIG9mIDMyIG8=";
  const TOKEN = "abcdef.0123456789abcdef";
  const env = (text: string, secrets: string): string =>
    redactMachineConfig(`machine: {${secrets}env: {A: ${JSON.stringify(text)}}}\n`);
  const of = (view: string): string | undefined => /^ +A: (.*)$/m.exec(view)?.[1];

  it("is keyed with the cluster's secret, wherever that is, else with the machine's token", () => {
    const documents: readonly [config: string, key: string][] = [
      [`machine: {token: ${TOKEN}, env: {A: x}}\ncluster: {secret: ${SECRET}}\n`, SECRET],
      [`cluster: {secret: ${SECRET}}\nmachine: {env: {A: x}}\n`, SECRET],
      [
        `machine: {token: ${TOKEN}, env: {A: x}}\n---\nkind: DiscoveryIdentityConfig\nclusterSecret: ${SECRET}\n`,
        SECRET,
      ],
      [
        `kind: DiscoveryIdentityConfig\nclusterSecret: other-${SECRET}\n---\ncluster: {secret: ${SECRET}}\nmachine: {env: {A: x}}\n`,
        SECRET,
      ],
      [
        `cluster: {secret: ${SECRET}}\n---\nkind: DiscoveryIdentityConfig\nclusterSecret: other-${SECRET}\n---\nmachine: {token: ${TOKEN}, env: {A: x}}\n`,
        SECRET,
      ],
      [`machine: {token: ${TOKEN}, env: {A: x}}\ncluster: {secret: too-short}\n`, TOKEN],
    ];
    for (const [config, key] of documents)
      assert.equal(of(redactMachineConfig(config)), `sha256:${sha256("x", key).slice(0, 12)}`, config);
  });

  it("is four digits of the plain SHA-256 without a key, and nothing of a text short enough to be guessed", () => {
    const [short, long] = ["a".repeat(15), "a".repeat(16)];
    assert.equal(of(env(long, "")), `sha256:${sha256(long).slice(0, 4)}`);
    assert.equal(of(env(short, "")), "'******'");
    assert.equal(of(env(long, "token: '******', ")), `sha256:${sha256(long).slice(0, 4)}`);
  });

  it("stays what it is when it is redacted again", () => {
    const text = `machine: {token: ${TOKEN}, env: {A: x, "odd key!": y}, install: {disk: a b=c}}\n---\nkind: KmsgLogConfig\nname: n\nurl: tcp://u@h:1/?a#b\n---\nkind: Odd\nx: {y: [1]}\n`;
    const once = redactMachineConfig(text);
    assert.match(once, /url: tcp:\/\/\*{6}@h:1\/\?\*{6}#\*{6}\n/);
    assert.equal(redactMachineConfig(once), once);
  });

  it("takes the place of a key that is not a name, each entry keeping its own", () => {
    const map = (names: readonly string[]): string =>
      names.map((name) => `${JSON.stringify(name)}: {skipFallback: true}`).join(", ");
    const names = [
      "n/abcdef.0123456789abcdef",
      "x/abcdef.0123456789abcdef",
      "https://u:p@b",
      "docker.io",
      "ghp_0123456789abcdefghijklmnopqrstuvwxyz01",
    ];
    const view = redactMachineConfig(`machine: {token: ${TOKEN}, registries: {mirrors: {${map(names)}}}}\n`);
    const keys = [...view.matchAll(/^ {12}(\S.*):$/gm)].map(([, key]) => key).sort();
    const hashed = [names[2]!, names[4]!].map((name) => `sha256:${sha256(name, TOKEN).slice(0, 12)}`);
    assert.deepEqual(keys, ["'******'", "'****** (2)'", "docker.io", ...hashed].sort());
  });
});

describe("the work of redacting", () => {
  /** How often the work calls what could go through everything again. */
  function countCalls(run: () => unknown): number {
    let count = 0;
    const counted: readonly [object, readonly string[]][] = [
      [String.prototype, ["includes", "indexOf", "slice", "startsWith"]],
      [Array.prototype, ["filter", "find", "includes", "indexOf", "map", "some"]],
      [Set.prototype, ["has"]],
      [Map.prototype, ["get", "has"]],
    ];
    const restore = counted.flatMap(([prototype, names]) =>
      names.map((name) => {
        const original = Reflect.get(prototype, name) as (...args: unknown[]) => unknown;
        Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
          // A list costs what it is long.
          count += Array.isArray(this) ? this.length : 1;
          return original.apply(this, args);
        });
        return (): boolean => Reflect.set(prototype, name, original);
      }),
    );
    try {
      run();
    } finally {
      for (const back of restore) back();
    }
    return count;
  }

  const SHAPES: Readonly<Record<string, (index: number) => string>> = {
    "secrets that begin alike": (index) => `- {password: "secret-${String(index).padStart(6, "0")}-value"}\n`,
    "free texts": (index) => `- {note: "note of number ${index}"}\n`,
    "keys that are hidden": (index) => `- {"a b ${index}": 1}\n`,
    "texts that begin like secrets": (index) =>
      `- {password: "correct-horse-${String(index).padStart(6, "0")}", note: "correct-horse-x${index}"}\n`,
    "copies of secrets": (index) => `- {password: "correct-horse-${index % 7}", note: "correct-horse-${index % 7}"}\n`,
  };

  for (const [what, line] of Object.entries(SHAPES)) {
    it(`doubles when the config doubles (${what})`, () => {
      const config = (size: number): string =>
        `machine: {token: abcdef.0123456789abcdef}\n---\nkind: X\nlist:\n${Array.from({ length: size }, (_, index) => line(index)).join("")}`;
      const [small, large] = [config(400), config(800)];
      const view = countCalls(() => redactMachineConfig(large)) / countCalls(() => redactMachineConfig(small));
      const changes =
        countCalls(() => describeConfigChanges(large, "{}\n")) / countCalls(() => describeConfigChanges(small, "{}\n"));
      assert.ok(view < 2.2 && changes < 2.2, `${view} and ${changes} times`);
    });
  }
});

describe("the hash of a machine config", () => {
  it("is SHA-256 in lower-case hex", () => {
    assert.equal(configHash("machine: {}\n"), "2a5c1276ba1c0a483d83c671b8276645063d9bdb257415a6b259223fffdeb619");
  });
});
