import assert from "node:assert/strict";

import { needsPulumi, type PulumiCli } from "../e2e/support";

import { NodeStack, type StackNode, type StackSettings } from "./support/nodeStack";
import { closeRealNodes, needRealNodes, RealNodes } from "./support/realNodes";

/** The fingerprint of nobody's key. */
const OTHER = `${"A".repeat(43)}=`;

/** What Talos writes for each call of ApplyConfiguration (siderolabs/talos internal/app/machined/internal/server, v1.13). */
const APPLY_REQUEST = /apply config request/;

describe("a machine in maintenance mode, under the real Pulumi", function () {
  this.timeout(300_000);
  needRealNodes();

  let cli: PulumiCli;
  let nodes: RealNodes;
  let stack: NodeStack;
  let address: string;

  const settings = (maintenance?: StackNode["maintenance"]): StackSettings => ({
    nodes: [
      {
        name: "cp1",
        address,
        machineType: "controlplane",
        timeouts: { connect: "3s" },
        ...(maintenance === undefined ? {} : { maintenance }),
      },
    ],
    level: "kubernetes",
  });
  /** The machine still waits for a config. */
  const assertUntouched = async (): Promise<void> => {
    const version = await nodes.talosctl(["-e", address, "-n", address, "version", "--insecure"]);
    assert.equal(version.code, 0, version.stderr);
    assert.doesNotMatch(nodes.log("cp1"), APPLY_REQUEST);
  };

  before(async function () {
    cli = needsPulumi(this);
    nodes = await RealNodes.create();
    ({ address } = await nodes.start("cp1"));
    stack = await NodeStack.create(cli, nodes, settings());
    await nodes.untilInMaintenance("cp1", address);
  });

  after(async () => {
    await (stack as NodeStack | undefined)?.remove();
    await closeRealNodes();
  });

  it("is sent nothing where nothing verifies it, and its fingerprint is shown", async () => {
    const { output } = await stack.failingUp();
    const shown = `node ${address}: cannot connect: it says that it is in maintenance mode, and nothing proves which machine it is; its public key has the fingerprint ${nodes.fingerprint("cp1")}; `;
    assert.ok(output.includes(shown), output);
    assert.match(output, /configure it as maintenance\.fingerprint \(ERR_NODE_MAINTENANCE\)/);
    await assertUntouched();
  });

  it("is sent nothing where the pin is another's", async () => {
    stack.write(settings({ fingerprint: OTHER }));
    const { output } = await stack.failingUp();
    assert.match(output, /it serves another key than the pinned one; .*\(ERR_NODE_FINGERPRINT\)/);
    assert.ok(output.includes(nodes.fingerprint("cp1")), output);
    await assertUntouched();
  });

  it("becomes a cluster in one up where the pin is its own", async () => {
    stack.write(settings({ fingerprint: nodes.fingerprint("cp1") }));
    await stack.up();
    const talosconfig = await stack.talosconfig();
    assert.match(await stack.talosctl(address, ["version"], talosconfig), /Tag: +v1\.13\.0/);
    assert.match(await stack.talosctl(address, ["service", "etcd"], talosconfig), /^HEALTH +OK/m);
    // What assertUntouched looks for.
    assert.match(nodes.log("cp1"), APPLY_REQUEST);
    const members = (await stack.output("members")) as { hostname: string; peerUrls: string[] }[];
    assert.deepEqual(
      members.map(({ hostname, peerUrls }) => [hostname, peerUrls]),
      [["cp1", [`https://${address}:2380`]]],
    );
    const checks = (await stack.output("checks")) as { ok: boolean }[];
    assert.ok(checks.length > 3 && checks.every(({ ok }) => ok));
  });

  it("has an API server that takes the kubeconfig, and a Ready node", async () => {
    assert.deepEqual(await stack.kubernetesNodes(), { cp1: true });
  });

  it("is left alone by a second up, a preview and a refresh", () => stack.assertStill());

  it("has left no secret in plaintext", () => stack.assertNoLeaks());
});
