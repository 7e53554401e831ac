import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { secretsIn } from "../../e2e/support/leaks";
import type { Values } from "../../../provider/engine/values";
import { dependent } from "../support/cluster";
import { LiveCluster } from "../support/liveCluster";
import type { Managed } from "../support/engine";

const NODE = "10.0.0.8";
const LABEL = /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY/;

/** A failure is to print no key. */
const digest = (pem: string): string => createHash("sha256").update(pem.trim()).digest("hex");

/** SHA-256 of the private keys in the state of a resource, in whatever file or property they are stored. */
function keysOf({ inputs, outputs }: Managed): string[] {
  const found = secretsIn({ inputs, outputs }).flatMap((secret) => {
    const decoded = Buffer.from(secret, "base64").toString("utf8");
    return [secret, decoded].filter((text) => LABEL.test(text)).map(digest);
  });
  return [...new Set(found)].sort();
}

describe("the state of a worker's ConfigurationApply", () => {
  let cluster: LiveCluster;
  let config: string;

  beforeEach(async () => {
    cluster = await LiveCluster.make();
    await cluster.controlPlanes("10.0.0.2");
    config = await cluster.config("worker");
    await cluster.nodes.add(NODE, { config });
  });

  const applied = async (credentials: Values): Promise<Managed> => {
    const made = cluster.apply();
    await made.up({ node: NODE, machineConfig: config, ...credentials });
    await made.refresh();
    return made;
  };

  it("holds of the CA's keys that of the OS CA alone, with secrets", async () => {
    const bundle = cluster.secrets.outputs["secrets"] as { certs: { os: { key: string } } };
    const osKey = Buffer.from(bundle.certs.os.key, "base64").toString("utf8");
    assert.deepEqual(keysOf(await applied(cluster.credentials)), [digest(osKey)]);
    // The cluster has others, which would be found.
    assert.ok(keysOf(cluster.secrets).length > 4);
  });

  it("holds no CA's key, and the client's own, with clientConfiguration", async () => {
    const client = dependent("ClientConfiguration", cluster.host);
    await client.up({ secrets: cluster.secrets.outputs["secrets"], clusterName: "prod" });
    const { clientConfiguration, clientKeyPem } = client.outputs;
    assert.deepEqual(keysOf(await applied({ clientConfiguration })), [digest(String(clientKeyPem))]);
  });
});
