import assert from "node:assert/strict";

import { ClientConfiguration } from "../../../provider/resources/clientConfiguration";
import { makeSecrets } from "../support/cluster";
import { Managed, testHost } from "../support/engine";

describe("The endpoints and nodes of a ClientConfiguration", () => {
  it("are rejected where talosctl could never call them, with a warning of the port of Kubernetes", async () => {
    const host = testHost();
    const secrets = await makeSecrets(host);
    const args = { secrets: secrets.outputs["secrets"], clusterName: "prod" };
    const client = new Managed(ClientConfiguration, host);
    const { problems } = await client.preview({ ...args, endpoints: ["10.0.0.0/24"], nodes: ["10.0.0.2:50000"] });
    assert.deepEqual(problems, [
      'ERR_ENDPOINT_INVALID endpoints[0]: "10.0.0.0/24" is not an address of a machine; must be a host with or without a port, such as 10.0.0.2, cp.example.org:50000 or [fd00::2]:50000',
      'ERR_ENDPOINT_INVALID nodes[0]: "10.0.0.2:50000" is not an address of a machine; must be a host without a port, such as 10.0.0.4 or worker.example.org',
    ]);
    assert.deepEqual((await client.preview({ ...args, endpoints: ["https://10.0.0.1:6443"] })).notices, [
      'endpoints[0]: "https://10.0.0.1:6443" has the port of the Kubernetes API; the Talos API listens on 50000, which is the default',
    ]);
  });
});
