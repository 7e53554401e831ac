import assert from "node:assert/strict";

import { needsPulumi } from "../e2e/support";
import { NodeStack, type StackNode, type StackSettings } from "../nodes/support/nodeStack";
import { closeRealNodes, needRealNodes, RealNodes } from "../nodes/support/realNodes";

type Name = "cp1" | "cp2" | "w1";
const ALL: readonly Name[] = ["cp1", "cp2", "w1"];

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
  /** Names of etcd's members, as a control plane lists them. */
  const members = async (): Promise<string[]> => {
    const text = await stack.talosctl(addressOf("cp1"), ["etcd", "members"], await stack.talosconfig());
    return (text.match(/ cp\d /g) ?? []).map((name) => name.trim()).sort();
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
    assert.deepEqual(await members(), ["cp1", "cp2"]);
  });

  after(async () => {
    await (stack as NodeStack | undefined)?.remove();
    await closeRealNodes();
  });

  it("begins with a reset: a control plane that the program drops leaves etcd, and is empty", async () => {
    const before = nodes.fingerprint("cp2");
    stack.write(settings(["cp1", "w1"]));
    const { steps } = await stack.up();
    assert.ok(steps.some(({ op, name }) => op === "delete" && name === "cp2"));
    assert.deepEqual(await members(), ["cp1"]);
    await nodes.waitFor("another key on the console", () => Promise.resolve(nodes.fingerprint("cp2") !== before));
    await nodes.untilInMaintenance("cp2", addressOf("cp2"));
  });

  it("ends with a new machine that joins, etcd too", async () => {
    stack.write(settings(ALL));
    await stack.up();
    assert.deepEqual(await members(), ["cp1", "cp2"]);
    assert.match(await serves("cp2"), /Tag: +v1\.13\.0/);
  });

  it("of a worker without a reset is seen by refresh, and joins with the new fingerprint", async () => {
    const before = nodes.fingerprint("w1");
    await nodes.wipe("w1");
    await start("w1");
    await nodes.waitFor("another key on the console", () => Promise.resolve(nodes.fingerprint("w1") !== before));
    await nodes.untilInMaintenance("w1", addressOf("w1"));
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
    await nodes.untilInMaintenance("cp2", addressOf("cp2"));
    await nodes.untilInMaintenance("w1", addressOf("w1"));
  });
});
