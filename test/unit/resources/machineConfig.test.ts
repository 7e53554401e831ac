import assert from "node:assert/strict";

import { generateMachineConfig } from "../../../provider/core/config/machineConfig";
import { bundleTree } from "../../../provider/core/secrets/read";
import { defaultInstallImage, parseTalosVersion } from "../../../provider/core/talosVersion";
import type { Values } from "../../../provider/engine/values";
import { Operations } from "../../../provider/engine/operations";
import { MachineConfig } from "../../../provider/resources/machineConfig";
import { Managed, testHost } from "../support/engine";
import { vector } from "../support/fixed";
import { readVectorBundle } from "../vectors/vectors";

// After the vectors were made.
const host = testHost("2026-12-01T00:00:00Z");
const bundle = readVectorBundle("bundles/v1.13.yaml");
const secretsYaml = vector("bundles/v1.13.yaml");
const base = { clusterName: "prod", clusterEndpoint: "https://10.0.0.1:6443" } as const;
const args = (more: Values = {}): Values => ({
  ...base,
  secrets: secretsYaml,
  machineType: "worker",
  talosVersion: "v1.13",
  ...more,
});

const make = async (more: Values = {}): Promise<Managed> => {
  const config = new Managed(MachineConfig, host);
  await config.up(args(more));
  return config;
};

describe("A MachineConfig", () => {
  for (const machineType of ["controlplane", "worker"] as const) {
    it(`of a ${machineType} is what the core generates`, async () => {
      const config = await make({ machineType });
      const { machineConfig } = generateMachineConfig({ ...base, secrets: bundle, machineType, talosVersion: "v1.13" });
      assert.equal(config.outputs["machineConfig"], machineConfig);
      assert.equal(config.id, `prod/${machineType}`);
      assert.doesNotMatch(String(config.outputs["redactedConfig"]), /LS0tLS1CRUdJTiB\S*S0VZ/);
      assert.equal((await config.preview(args({ machineType }))).op, "same");
    });
  }

  it("of a worker keeps no private key of a CA, and no encryption secret", async () => {
    const { inputs } = await make();
    const kept = inputs["secrets"] as Values;
    assert.deepEqual(kept["certs"], { k8s: { crt: bundle.certs.k8s.crt }, os: { crt: bundle.certs.os.crt } });
    assert.deepEqual(kept["secrets"], { bootstraptoken: bundle.secrets.bootstrapToken });
    assert.doesNotMatch(JSON.stringify(inputs), /PRIVATE KEY/);
  });

  it("of a worker is made of the reduced secrets too", async () => {
    const whole = await make();
    const reduced = await make({ secrets: whole.inputs["secrets"] });
    assert.equal(reduced.outputs["machineConfig"], whole.outputs["machineConfig"]);
  });

  it("takes Talos's version of the secrets, its own before it, the newest where nobody says", async () => {
    const tree = bundleTree(bundle, "talosctl");
    const version = async (more: Values): Promise<unknown> => (await make(more)).outputs["talosVersion"];
    assert.equal(await version({ talosVersion: undefined, secrets: { ...tree, talosVersion: "v1.10" } }), "v1.10");
    assert.equal(await version({ talosVersion: "v1.12", secrets: { ...tree, talosVersion: "v1.10" } }), "v1.12");
    assert.equal(await version({ talosVersion: undefined }), "v1.14");
  });

  it("keeps the defaults of its first day, whatever a newer package would choose", async () => {
    const config = await make();
    assert.equal(config.outputs["installImage"], defaultInstallImage(parseTalosVersion("v1.13")));
    // As if an older package had written it.
    const older = {
      ...config.inputs,
      installImage: "ghcr.io/siderolabs/installer:v1.13.old",
      kubernetesVersion: "1.36.9",
    };
    const check = (olds: Values, more: Values = {}): Promise<{ inputs: Values }> => config.check(olds, args(more));
    const { inputs } = await check(older);
    assert.deepEqual(inputs, older);
    const moved = await check(older, { talosVersion: "v1.13.1" });
    assert.deepEqual(
      [moved.inputs["installImage"], moved.inputs["kubernetesVersion"]],
      ["ghcr.io/siderolabs/installer:v1.13.1", "1.36.0"],
    );
    const given = await check(older, { installImage: "mine:1" });
    assert.deepEqual(given.inputs["installImage"], "mine:1");
    assert.deepEqual(given.inputs["__defaults"], ["kubernetesVersion"]);
    const taken = await check(given.inputs);
    assert.notEqual(taken.inputs["installImage"], "mine:1");
  });

  it("is not changed by giving what was filled in before, and is by anything else", async () => {
    const config = await make();
    const { kubernetesVersion, installImage } = config.inputs;
    assert.equal((await config.preview(args({ kubernetesVersion, installImage }))).op, "same");
    assert.equal((await config.preview(args({ kubernetesVersion, installImage: "mine:1" }))).op, "update");
  });

  it("takes accepted CAs as resources, outputs, PEM and base64, once each", async () => {
    const pem = vector("pki/ca.crt");
    const other = vector("pki/front-proxy-ca.crt");
    const config = await make({
      acceptedCAs: [
        { certificates: [{ certificatePem: pem }, { certificatePem: other }] },
        { certificatePem: pem },
        Buffer.from(pem).toString("base64"),
        pem.trimEnd(),
      ],
    });
    const text = String(config.outputs["machineConfig"]);
    const accepted = /acceptedCAs:\n((?: {8}- crt: .*\n)+)/.exec(text)![1]!;
    assert.deepEqual(
      accepted.match(/crt: \S+/g)?.map((line) => Buffer.from(line.slice(5), "base64").toString()),
      [pem, other].map((certificate) => certificate.slice(certificate.indexOf("-----BEGIN"))),
    );
  });

  it("says in the preview what changes in the config", async () => {
    const config = await make({ machineType: "controlplane" });
    const { changes, notices } = await config.preview(
      args({ machineType: "controlplane", certSANs: ["a.example.org"] }),
    );
    assert.deepEqual(changes, ["certSANs"]);
    assert.equal(notices.length, 1);
    assert.match(notices[0]!, /^the config changes:\n {2}.*certSANs/);
  });

  it("shows nothing of a token in free text, and that it changed", async () => {
    const patch = (round: number): string => {
      const [files, env, sysctl, manifest, extension] = TOKENS.map((token) => `${token}${round}`);
      return `
machine:
    files: [{path: /var/etc/tool.conf, permissions: 0o600, op: create, content: "upstream = a\\nauth ${files!}\\n"}]
    env: {REGION_LINE: ${env!}}
    sysctls: {kernel.domainname: ${sysctl!}}
cluster:
    inlineManifests: [{name: settings, contents: "kind: ConfigMap\\ndata: {line: ${manifest!}}\\n"}]
---
apiVersion: v1alpha1
kind: ExtensionServiceConfig
name: agent
environment: [LINE=${extension!}]
configFiles: [{content: "id = ${sysctl!}", mountPath: /etc/agent.conf}]
`;
    };
    const config = await make({ machineType: "controlplane", configPatches: [patch(1)] });
    const { notices } = await config.preview(args({ machineType: "controlplane", configPatches: [patch(2)] }));
    const view = String(config.outputs["redactedConfig"]);
    for (const text of [...notices, view])
      for (const token of TOKENS) assert.ok(!text.includes(token), `${token} in ${text}`);
    assert.equal(view.match(/sha256:[0-9a-f]{12}/g)?.length, 6);
    assert.deepEqual(
      notices[0]!
        .replace(/"sha256:[0-9a-f]{12}"/g, "…")
        .split("\n")
        .slice(1)
        .sort(),
      [
        "  ~ ExtensionServiceConfig/agent.configFiles[0].content: … -> …",
        "  ~ ExtensionServiceConfig/agent.environment[0]: … -> …",
        "  ~ cluster.inlineManifests[0].contents: … -> …",
        "  ~ machine.env.REGION_LINE: … -> …",
        "  ~ machine.files[0].content: … -> …",
        "  ~ machine.sysctls.kernel.domainname: … -> …",
      ],
    );
    await config.up(args({ machineType: "controlplane", configPatches: [patch(2)] }));
    assert.notEqual(config.outputs["redactedConfig"], view);
  });

  it("is made again by an update that no input asks for, as a move between providers forces it", async () => {
    const { inputs, outputs } = await make();
    const operations = new Operations(MachineConfig, host);
    assert.deepEqual((await operations.check(inputs, args())).inputs, inputs);
    assert.deepEqual((await operations.update(outputs, inputs)).outputs, outputs);
  });

  it("whose view an older package has made is the same until the config changes", async () => {
    const { inputs, outputs } = await make();
    const older = { ...outputs, redactedConfig: "machine: {}\n" };
    const operations = new Operations(MachineConfig, host);
    assert.equal((await operations.diff(older, inputs)).changes, false);
    assert.deepEqual((await operations.read(older)).outputs, older);
  });
});

const TOKENS = [
  "ghp_0123456789abcdefghijklmnopqrstuvwxyz01",
  "AKIA0123456789ABCDEF",
  "5f4dcc3b5aa765d61d8327deb882cf995f4dcc3b5aa765d61d8327deb882cf99",
  "xoxb-0123456789-0123456789-abcdefghijklmnopqrstuvwx",
  "hvs.0123456789abcdefghijklmnop",
];

describe("A MachineConfig with CAs past their end or near it", () => {
  const expired = vector("broken/expired-ca.yaml");
  const expiredPem = (/os:\n\s+crt: (\S+)/.exec(expired) ?? [])[1]!;
  const over = "the CA expired at 2021-01-01T00:00:00Z; rotate it";
  const noticesOf = async (more: Values, now = "2026-12-01T00:00:00Z"): Promise<readonly string[]> => {
    const { problems, notices } = await new Managed(MachineConfig, testHost(now)).preview(args(more));
    assert.deepEqual(problems, []);
    return notices;
  };

  it("is made all the same, says so, and says so again in every later update", async () => {
    const config = new Managed(MachineConfig, host);
    const given = args({ secrets: expired, acceptedCAs: [expiredPem], kubernetesAcceptedCAs: [expiredPem] });
    const told = [`secrets.certs.os.crt: ${over}`, `acceptedCAs[0]: ${over}`, `kubernetesAcceptedCAs[0]: ${over}`];
    assert.deepEqual((await config.preview(given)).notices, told);
    await config.up(given);
    const { op, notices } = await config.preview(given);
    assert.deepEqual([op, notices], ["same", told]);
  });

  it("tells of those that the machine needs, within a year of their end", async () => {
    const now = "2036-06-01T00:00:00Z";
    const places = async (more: Values): Promise<string[]> =>
      (await noticesOf(more, now)).map((notice) => {
        const [, path, rest] = /^(\S+): (.*)$/.exec(notice)!;
        assert.match(rest!, /^the CA expires at 2036-11-\S+, in less than a year; plan its rotation$/);
        return path!;
      });
    assert.deepEqual(await places({}), ["secrets.certs.k8s.crt", "secrets.certs.os.crt"]);
    assert.deepEqual(await places({ machineType: "controlplane", acceptedCAs: [bundle.certs.k8s.crt] }), [
      ...["etcd", "k8s", "k8saggregator", "os"].map((name) => `secrets.certs.${name}.crt`),
      "acceptedCAs[0]",
    ]);
  });

  it("leaves it to a TalosSecrets and an AcceptedCA to tell that the end is near, not that it is past", async () => {
    const secrets = { ...bundleTree(bundle, "talosctl"), acceptedCAs: { os: [bundle.certs.etcd.crt], kubernetes: [] } };
    const acceptedCAs = [{ certificates: [{ certificatePem: bundle.certs.k8s.crt }] }];
    assert.deepEqual(await noticesOf({ secrets, acceptedCAs }, "2036-06-01T00:00:00Z"), []);
    const paths = (await noticesOf({ secrets, acceptedCAs }, "2037-01-01T00:00:00Z")).map(
      (notice) => /^\S+(?=: the CA expired at 2036-11-\S+; rotate it$)/.exec(notice)?.[0],
    );
    assert.deepEqual(paths, [
      "secrets.certs.k8s.crt",
      "secrets.certs.os.crt",
      "secrets.acceptedCAs.os[0]",
      "acceptedCAs[0]",
    ]);
  });
});
