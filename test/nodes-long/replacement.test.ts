import assert from "node:assert/strict";

import { needsPulumi } from "../e2e/support";
import { NodeStack, type StackNode, type StackSettings } from "../nodes/support/nodeStack";
import { closeRealNodes, needRealNodes, RealNodes } from "../nodes/support/realNodes";

type Name = "cp1" | "w1";
const ALL: readonly Name[] = ["cp1", "w1"];

/**
 * A worker: in a container the reset of a control plane does not leave etcd (siderolabs/talos
 * internal/app/machined/pkg/runtime/v1alpha1/v1alpha1_sequencer.go, v1.13).
 */
describe("the replacement of a node, under the real Pulumi", function () {
  this.timeout(900_000);
  needRealNodes();

  let nodes: RealNodes;
  let stack: NodeStack;
  const addresses = new Map<Name, string>();
  const addressOf = (name: Name): string => addresses.get(name) ?? "";

  const node = (name: Name): StackNode => ({
    name,
    address: addressOf(name),
    machineType: name === "w1" ? "worker" : "controlplane",
    // Those on the console now: a machine makes a new key each time that it boots into maintenance mode.
    maintenance: { fingerprint: nodes.fingerprint(name) },
    onDestroy: { reset: true },
  });
  const settings = (names: readonly Name[]): StackSettings => ({ nodes: names.map(node), level: "etcd" });
  const start = async (name: Name): Promise<void> => {
    // What a reset does to a machine, and not to a container.
    const { address } = await nodes.start(name, { resetWipes: true });
    addresses.set(name, address);
  };
  const serves = async (name: Name): Promise<string> =>
    stack.talosctl(addressOf(name), ["version"], await stack.talosconfig());

  before(async function () {
    const cli = needsPulumi(this);
    nodes = await RealNodes.create();
    await Promise.all(ALL.map(start));
    for (const [name, address] of addresses) await nodes.untilInMaintenance(name, address);
    stack = await NodeStack.create(cli, nodes, settings(ALL));
    await stack.up();
  });

  after(async () => {
    await (stack as NodeStack | undefined)?.remove();
    await closeRealNodes();
  });

  /** Until the machine has booted into maintenance mode again, where it makes a new key. */
  const untilEmpty = async (name: Name, before: string): Promise<void> => {
    await nodes.waitFor("another key on the console", () => Promise.resolve(nodes.fingerprint(name) !== before));
    await nodes.untilInMaintenance(name, addressOf(name));
  };

  it("begins with a reset: a node that the program drops is empty", async () => {
    const before = nodes.fingerprint("w1");
    stack.write(settings(["cp1"]));
    const { steps } = await stack.up();
    assert.ok(steps.some(({ op, name }) => op === "delete" && name === "w1"));
    await untilEmpty("w1", before);
  });

  it("ends with a new machine that joins", async () => {
    stack.write(settings(ALL));
    await stack.up();
    assert.match(await serves("w1"), /Tag: +v1\.13\.0/);
    await stack.assertStill();
  });

  it("without a reset is seen by refresh, and joins with the new fingerprint", async () => {
    const before = nodes.fingerprint("w1");
    await nodes.wipe("w1");
    await start("w1");
    await untilEmpty("w1", before);
    const refresh = await stack.project.refresh();
    assert.equal(refresh.code, 0, refresh.output);
    assert.match(refresh.output, /\(ERR_NODE_MAINTENANCE\); what is stored of it stays/);
    assert.ok(refresh.output.includes(nodes.fingerprint("w1")), refresh.output);
    stack.write(settings(ALL));
    await stack.up();
    assert.match(await serves("w1"), /Tag: +v1\.13\.0/);
    await stack.assertStill();
  });

  it("never resets the last member of etcd", async () => {
    const { code, output } = await stack.project.destroy();
    assert.notEqual(code, 0, output);
    assert.match(output, /is the last member of etcd[^]*\(ERR_NODE_UNSUPPORTED\)/);
    assert.match(await serves("cp1"), /Tag: +v1\.13\.0/);
    await nodes.untilInMaintenance("w1", addressOf("w1"));
  });
});
