import assert from "node:assert/strict";

import { needsPulumi } from "../e2e/support";
import { shownCertificate } from "../interop/support/node";

import { NodeStack, type StackNode, type StackSettings } from "./support/nodeStack";
import { closeRealNodes, needRealNodes, RealNodes } from "./support/realNodes";

const EXTRA_NAME = "extra.example.org";
type Name = "cp1" | "cp2" | "w1";

describe("a cluster that grows, under the real Pulumi", function () {
  this.timeout(600_000);
  needRealNodes();

  let nodes: RealNodes;
  let stack: NodeStack;
  let talosconfig: string;
  const addresses = new Map<Name, string>();
  const addressOf = (name: Name): string => addresses.get(name) ?? "";

  const node = (name: Name): StackNode => ({
    name,
    address: addressOf(name),
    machineType: name === "w1" ? "worker" : "controlplane",
    maintenance: { fingerprint: nodes.fingerprint(name) },
    timeouts: { connect: "15s" },
  });
  const settings = (names: readonly Name[], rest: Partial<StackSettings> = {}): StackSettings => ({
    nodes: names.map(node),
    level: "kubernetes",
    ...rest,
  });
  const start = async (name: Name): Promise<void> => {
    const { address } = await nodes.start(name);
    addresses.set(name, address);
  };
  const hasExtraName = async (name: Name): Promise<boolean> =>
    ((await shownCertificate(`${addressOf(name)}:50000`)).subjectAltName ?? "").includes(EXTRA_NAME);

  before(async function () {
    const cli = needsPulumi(this);
    nodes = await RealNodes.create();
    await Promise.all((["cp1", "cp2", "w1"] as const).map(start));
    for (const [name, address] of addresses) await nodes.untilInMaintenance(name, address);
    stack = await NodeStack.create(cli, nodes, settings(["cp1"], { level: "etcd" }));
    await stack.up();
  });

  after(async () => {
    await (stack as NodeStack | undefined)?.remove();
    await closeRealNodes();
  });

  it("takes a second control plane and a worker in one up, and leaves the first alone", async () => {
    stack.write(settings(["cp1", "cp2", "w1"]));
    const { steps } = await stack.up();
    const applied = steps.filter(({ type, op }) => type.endsWith(":ConfigurationApply") && op !== "same");
    assert.deepEqual(applied.map(({ op, name }) => `${op} ${name}`).sort(), ["create cp2", "create w1"]);
    assert.deepEqual(await stack.kubernetesNodes(), { cp1: true, cp2: true, w1: true });
    talosconfig = await stack.talosconfig();
    const members = await stack.talosctl(addressOf("cp2"), ["etcd", "members"], talosconfig);
    assert.match(members, /cp1/);
    assert.match(members, /cp2/);
  });

  it("changes the nodes that are on while one is off, and says which one is not done", async () => {
    await nodes.stop("w1");
    const patch = { machine: { certSANs: [EXTRA_NAME] } };
    stack.write(settings(["cp1", "cp2", "w1"], { configPatches: [patch] }));
    const { output, steps } = await stack.failingUp();
    assert.match(output, new RegExp(`node ${addressOf("w1")}: cannot [^]*\\(ERR_NODE_(?:UNREACHABLE|TIMEOUT)\\)`));
    assert.deepEqual(
      steps.filter(({ failed }) => failed).map(({ name }) => name),
      ["w1"],
    );
    assert.deepEqual([await hasExtraName("cp1"), await hasExtraName("cp2")], [true, true]);
  });

  it("changes the late node in the next up, and only that one", async () => {
    await nodes.start("w1");
    const { steps } = await stack.up();
    const applied = steps.filter(({ type, op }) => type.endsWith(":ConfigurationApply") && op !== "same");
    assert.deepEqual(
      applied.map(({ op, name }) => `${op} ${name}`),
      ["update w1"],
    );
    assert.ok(await hasExtraName("w1"));
    await nodes.waitFor("the worker to be Ready again", async () => (await stack.kubernetesNodes())["w1"]);
    await stack.assertStill();
    await stack.assertNoLeaks();
  });
});
