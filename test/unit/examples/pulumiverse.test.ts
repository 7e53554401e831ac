import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";

import type { Properties } from "../../../provider/engine/wire";
import { MockEngine, type StandIns } from "./support/engine";

const standIns: StandIns = {
  "@pulumi/hcloud": join(__dirname, "support", "hcloud.ts"),
  "@pulumiverse/talos": join(__dirname, "support", "pulumiverseTalos.ts"),
};

const foreign = (_type: string, name: string): Properties => ({ ipv4Address: `192.0.2.${name.length}` });

describe("the example pulumiverse", function () {
  this.timeout(60_000);
  const engine = new MockEngine(foreign, new Date("2026-01-01T00:00:00Z"));
  const inputsOf = (type: string, name: string): Properties => engine.resources.get(`${type}::${name}`)?.inputs ?? {};
  let outputs: Record<string, unknown>;

  before(async () => {
    outputs = await engine.run("pulumiverse", {}, standIns);
    assert.deepEqual(engine.refused, []);
  });

  it("boots every server with the machine config of its role as user data", () => {
    for (const [name, type] of [
      ["controlplane-1", "controlplane"],
      ["worker-1", "worker"],
    ] as const) {
      const { userData } = inputsOf("hcloud:index/server:Server", name);
      assert.match(String(userData), new RegExp(`^ {4}type: ${type}$`, "m"));
    }
  });

  it("feeds ConfigurationApply with the config, the node's address and a client certificate in base64", () => {
    const { clientConfiguration, machineConfigurationInput, node } = inputsOf(
      "talos:machine/configurationApply:ConfigurationApply",
      "worker-1",
    );
    assert.equal(machineConfigurationInput, inputsOf("hcloud:index/server:Server", "worker-1")["userData"]);
    assert.equal(node, "192.0.2.8");
    const { clientCertificate, caCertificate } = clientConfiguration as Record<string, string>;
    const client = new X509Certificate(Buffer.from(clientCertificate ?? "", "base64"));
    const authority = new X509Certificate(Buffer.from(caCertificate ?? "", "base64"));
    assert.ok(client.verify(authority.publicKey));
    assert.match(client.subject, /^O=os:admin$/m);
  });

  it("feeds machine.getConfiguration with secrets of the shape that it takes", () => {
    const { machineSecrets } = engine.calls.get("talos:machine/getConfiguration:getConfiguration") ?? {};
    const shape = (value: unknown): unknown =>
      typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shape(child)]))
        : typeof value;
    const pair = { cert: "string", key: "string" };
    assert.deepEqual(shape(machineSecrets), {
      certs: { etcd: pair, k8s: pair, k8sAggregator: pair, k8sServiceaccount: { key: "string" }, os: pair },
      cluster: { id: "string", secret: "string" },
      secrets: { bootstrapToken: "string", secretboxEncryptionSecret: "string" },
      trustdinfo: { token: "string" },
    });
    assert.equal(outputs["theirConfig"], "theirs");
  });
});
