import { strict as assert } from "node:assert";
import { createHash, X509Certificate } from "node:crypto";

import { readNodeAddress } from "../../provider/core/nodes/nodeAddress";
import { nodes } from "../../provider/nodes";
import { Cluster, issueClient } from "./support/cluster";
import { closeProxies } from "./support/faultyProxy";
import { opensslKey } from "./support/forge";
import { endImpostors, Impostor, maintenanceServer, serverOf } from "./support/impostor";
import { needJudge, startNode, stopNodes } from "./support/judge";
import { anApply, failureOf, LiveStack } from "./support/liveStack";

/** Base64 of SHA-256 of the public key, as talosctl prints it. */
const pinOf = (pem: string): string =>
  createHash("sha256")
    .update(new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");

const OTHER_PIN = Buffer.alloc(32).toString("base64");

describe("an impostor at the address of a node", function () {
  this.timeout(60_000);
  needJudge();

  let stack: LiveStack;
  let other: Cluster;

  before("start a node, and make another cluster", async () => {
    stack = await LiveStack.start();
    other = await Cluster.make();
  });

  afterEach(endImpostors);
  after(async () => {
    await closeProxies();
    await stopNodes();
  });

  /** One `pulumi up` of a ConfigurationApply that meets the impostor; answers why it failed. */
  const meet = async (impostor: Impostor, more: object = {}): Promise<{ code: string; message: string }> => {
    const timeouts = { connect: "1s", create: "3s" };
    const failure = await failureOf(() => anApply().up(stack.inputs({ node: impostor.endpoint, timeouts, ...more })));
    // It did serve, so what it heard counts.
    assert.ok(impostor.connections > 0);
    return failure;
  };

  it("with a certificate of another CA hears no byte, and its fingerprint is shown", async () => {
    const impostor = await Impostor.start(await serverOf(other.bundle.certs.os));
    const { code, message } = await meet(impostor);
    assert.equal(code, "ERR_NODE_UNTRUSTED", message);
    assert.match(message, /its certificate is not from a CA of the cluster; its public key has the fingerprint /);
    assert.ok(message.includes(pinOf(impostor.certificatePem)), message);
    assert.equal(impostor.heard, 0);
  });

  it("with the certificate of another node of the cluster hears no byte", async () => {
    const { crt, key } = await serverOf(stack.cluster.bundle.certs.os);
    const impostor = await Impostor.start({ crt, key });
    const port = impostor.endpoint.split(":")[1]!;
    const { code, message } = await meet(impostor, { node: `localhost:${port}` });
    assert.equal(code, "ERR_NODE_UNTRUSTED", message);
    assert.match(message, /its certificate is for other names and addresses; .*; use an address that the node knows/);
    assert.equal(impostor.heard, 0);
  });

  it("that signs itself under the name of the maintenance service hears no byte without a pin, nor with another one", async () => {
    const impostor = await Impostor.start(await maintenanceServer());
    const unpinned = await meet(impostor);
    assert.equal(unpinned.code, "ERR_NODE_MAINTENANCE", unpinned.message);
    assert.ok(unpinned.message.includes(pinOf(impostor.certificatePem)), unpinned.message);
    const wrong = await meet(impostor, { maintenance: { fingerprint: OTHER_PIN } });
    assert.equal(wrong.code, "ERR_NODE_FINGERPRINT", wrong.message);
    assert.match(wrong.message, /it serves another key than the pinned one; its public key has the fingerprint /);
    assert.ok(wrong.message.includes(pinOf(impostor.certificatePem)), wrong.message);
    assert.equal(impostor.heard, 0);
  });

  it("hears something only where the user pins its key, or believes everybody: so the count can count", async () => {
    for (const maintenance of [{ fingerprint: true }, { allowUnverified: true }]) {
      const impostor = await Impostor.start(await maintenanceServer());
      const pin = pinOf(impostor.certificatePem);
      await meet(impostor, { maintenance: "fingerprint" in maintenance ? { fingerprint: pin } : maintenance });
      assert.ok(impostor.heard > 0);
    }
  });

  it("that takes the place of a node once it is verified hears no byte", async () => {
    const apply = anApply();
    await apply.up(stack.inputs());
    const impostor = await Impostor.start(await serverOf(other.bundle.certs.os));
    const { target } = stack.proxy;
    stack.proxy.target = impostor.endpoint;
    try {
      const timeouts = { connect: "1s", update: "3s" };
      const { code } = await failureOf(() =>
        apply.up(stack.inputs({ timeouts, maintenance: { allowUnverified: true } })),
      );
      // What was proved once is not believed unverified.
      assert.equal(code, "ERR_NODE_UNTRUSTED");
      assert.ok(impostor.connections > 0);
      assert.equal(impostor.heard, 0);
    } finally {
      stack.proxy.target = target;
    }
  });

  it("hears no byte of a handshake that looks whom a node lets in", async () => {
    const impostor = await Impostor.start(await serverOf(other.bundle.certs.os));
    const { crt, key } = await issueClient(stack.cluster.bundle.certs.os, { roles: ["os:admin"] });
    const authorities = [stack.cluster.bundle.certs.os.crt];
    const identity = { certificatePem: crt, privateKeyPem: opensslKey(key) };
    const address = readNodeAddress(impostor.endpoint)!;
    const options = { identity, authorities, patience: 1000 };
    const { accepted } = await nodes.shakeHands(address, options);
    assert.equal(accepted, false);
    assert.equal(impostor.connections, 1);
    assert.equal(impostor.heard, 0);
  });

  it("is no impostor where it holds the pinned key: a node of no CA of ours is reached by its pin", async () => {
    const stranger = await startNode({ config: other.config("controlplane"), type: "controlplane" });
    const pin = pinOf((await stranger.serverCertificate()).toString());
    const { crt, key } = await issueClient(other.bundle.certs.os, { roles: ["os:admin"] });
    const call = {
      node: readNodeAddress(stranger.endpoint)!,
      identity: { certificatePem: crt, privateKeyPem: opensslKey(key) },
      trust: { authorities: [stack.cluster.bundle.certs.os.crt], pin },
      patience: 5000,
      signal: new AbortController().signal,
    };
    const session = await nodes.connect(call);
    try {
      assert.equal(session.verifiedBy, "pin");
      assert.equal(await session.version(), "v1.13.0");
    } finally {
      session.close();
    }
  });
});
