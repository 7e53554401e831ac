import assert from "node:assert/strict";

import { parseAllDocuments } from "yaml";

import { needsPulumi } from "../e2e/support";
import { shownCertificate } from "../interop/support/node";
import { type NextNode, registryDocument, startNextNode } from "../nodes/support/nextNode";
import { NodeStack, type StackNode, type StackSettings } from "../nodes/support/nodeStack";
import { closeRealNodes, needRealNodes, type RealNodes } from "../nodes/support/realNodes";

const EXTRA_NAME = "extra.example.org";

describe("a node of Talos 1.14, under the real Pulumi", function () {
  this.timeout(600_000);
  needRealNodes();

  let machine: NextNode;
  let nodes: RealNodes;
  let address: string;
  let stack: NodeStack;
  let talosconfig: string;

  const settings = (node: Partial<StackNode> = {}, rotation?: object): StackSettings => ({
    nodes: [
      {
        name: "cp1",
        address,
        machineType: "controlplane",
        maintenance: { fingerprint: nodes.fingerprint("cp1") },
        ...node,
      },
    ],
    talosVersion: "v1.14",
    machinePatch: registryDocument(machine),
    ...(rotation === undefined ? {} : { rotation: { os: rotation } }),
  });
  const withName: Partial<StackNode> = { configPatches: [{ machine: { certSANs: [EXTRA_NAME] } }] };
  const version = async (client: string): Promise<boolean> =>
    (await nodes.talosctl(["-e", address, "-n", address, "version"], client)).code === 0;

  before(async function () {
    const cli = needsPulumi(this);
    machine = await startNextNode(this);
    ({ nodes, address } = machine);
    stack = await NodeStack.create(cli, nodes, settings());
  });

  after(async () => {
    await (stack as NodeStack | undefined)?.remove();
    await closeRealNodes();
  });

  it("takes a config of documents, and is proved to run with it", async () => {
    await stack.up();
    talosconfig = await stack.talosconfig();
    assert.match(await stack.talosctl(address, ["version"], talosconfig), /Tag: +v1\.14/);
    const { cp1 } = (await stack.output("applied")) as { cp1: { talosVersion: string } };
    assert.match(cp1.talosVersion, /^v1\.14\./);
    const live = await stack.talosctl(
      address,
      ["get", "machineconfig", "v1alpha1", "-o", "jsonpath={.spec}"],
      talosconfig,
    );
    const kinds = parseAllDocuments(live).map((document) => (document.toJS() as { kind?: string } | null)?.kind);
    assert.ok(kinds.includes("KubeAPIServerCAConfig") && kinds.includes("KubeletConfig"), String(kinds));
    await stack.assertStill();
  });

  it("takes a change in place, and rejects to reboot for one", async () => {
    const before = await stack.bootTime(address, talosconfig);
    stack.write(settings({ ...withName, applyMode: "reboot" }));
    const { output } = await stack.failingUp();
    assert.match(output, /applies no config with a reboot; use applyMode "auto"[^]*\(ERR_NODE_UNSUPPORTED\)/);
    stack.write(settings(withName));
    await stack.up();
    assert.match((await shownCertificate(`${address}:50000`)).subjectAltName ?? "", /extra\.example\.org/);
    assert.equal(await stack.bootTime(address, talosconfig), before);
  });

  it("goes through a rotation of the OS CA", async () => {
    for (const stage of ["accept", "swap", "finish"]) {
      stack.write(settings(withName, { id: "next", stage }));
      await stack.up();
    }
    assert.deepEqual([await version(talosconfig), await version(await stack.talosconfig())], [false, true]);
    await stack.assertStill();
    await stack.assertNoLeaks();
  });
});
