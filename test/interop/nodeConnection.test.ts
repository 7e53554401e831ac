import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";

import type { Environment } from "../../provider/core/environment";
import { PkiError } from "../../provider/core/errors";
import { readNodeAddress } from "../../provider/core/nodes/nodeAddress";
import { parsePrivateKey, pkcs8Pem } from "../../provider/core/x509/privateKey";
import { nodes } from "../../provider/nodes";
import type { NodeCall, NodeIdentity, NodeSession } from "../../provider/engine/nodes";
import { Cluster, hoursFromNow, issueClient } from "./support/cluster";
import { needJudge, type Node, startNode, stopNodes } from "./support/judge";

const NEVER = new AbortController().signal;

async function identityOf(
  cluster: Cluster,
  roles: readonly string[],
  environment?: Environment,
): Promise<NodeIdentity> {
  const { crt, key } = await issueClient(cluster.bundle.certs.os, { roles }, environment);
  return {
    certificatePem: crt,
    privateKeyPem: pkcs8Pem(parsePrivateKey(key, "")),
  };
}

describe("a connection to a real apid", function () {
  this.timeout(60_000);
  needJudge();

  let cluster: Cluster;
  let node: Node;
  let admin: NodeCall;

  const callAs = async (
    options: Partial<NodeCall> & { readonly roles?: readonly string[]; readonly environment?: Environment },
  ): Promise<NodeCall> => ({
    node: readNodeAddress(node.endpoint)!,
    trust: { authorities: [cluster.bundle.certs.os.crt] },
    patience: 5_000,
    signal: NEVER,
    identity: await identityOf(cluster, options.roles ?? ["os:admin"], options.environment),
    ...options,
  });

  const rejected = async (
    call: NodeCall,
    code: string,
    words: RegExp,
    work?: (session: NodeSession) => Promise<unknown>,
  ) => {
    await assert.rejects(
      async () => {
        const session = await nodes.connect(call);
        try {
          await (work ?? ((open) => open.version()))(session);
        } finally {
          session.close();
        }
      },
      (error) => {
        assert.ok(error instanceof PkiError, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, words);
        assert.ok(error.message.endsWith(`(${code})`), error.message);
        return true;
      },
    );
  };

  before("start it", async () => {
    cluster = await Cluster.make();
    node = await startNode({ config: cluster.config("controlplane"), type: "controlplane" });
    admin = await callAs({});
  });

  after("stop it", stopNodes);

  it("reads the version, and the config as it was submitted", async () => {
    const session = await nodes.connect(admin);
    assert.equal(session.verifiedBy, "authority");
    assert.equal(await session.version(), "v1.13.0");
    // No assertion that prints both: they hold the cluster's keys.
    assert.ok((await session.machineConfig()) === readFileSync(cluster.config("controlplane"), "utf8"));
    assert.equal(await session.resource("config", "MachineConfigs.config.talos.dev", "no-such"), undefined);
    session.close();
  });

  it("rejects a node of another cluster, and names its fingerprint", async () => {
    const other = await Cluster.make();
    await rejected(
      { ...admin, trust: { authorities: [other.bundle.certs.os.crt] } },
      "ERR_NODE_UNTRUSTED",
      /fingerprint [A-Za-z0-9+/]{43}=/,
    );
  });

  it("explains who is rejected by the node", async () => {
    const other = await Cluster.make();
    const stranger = await identityOf(other, ["os:admin"]);
    await rejected({ ...admin, identity: stranger }, "ERR_CLIENT_REJECTED", /does not trust the client's CA/);
    await rejected(await callAs({ environment: hoursFromNow(48) }), "ERR_CLIENT_REJECTED", /clocks/);
    const { identity: _, ...nobody } = admin;
    await rejected(nobody, "ERR_CLIENT_REJECTED", /asks for a client certificate/);
    await rejected(await callAs({ roles: ["os:reader"] }), "ERR_ROLE_MISSING", /not authorized/, (session) =>
      session.machineConfig(),
    );
  });

  it("explains what cannot be reached", async () => {
    await rejected({ ...admin, node: { host: "127.0.0.1", port: 1 } }, "ERR_NODE_UNREACHABLE", /nobody listens there/);
    await rejected(
      { ...admin, node: { host: "no-such-host.invalid", port: 1 } },
      "ERR_NODE_UNREACHABLE",
      /name is not known/,
    );
  });
});
