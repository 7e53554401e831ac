import assert from "node:assert/strict";

import { needsPulumi } from "../e2e/support";
import { shownCertificate } from "../interop/support/node";

import { NodeStack, type StackNode, type StackSettings } from "../nodes/support/nodeStack";
import { closeRealNodes, needRealNodes, RealNodes } from "../nodes/support/realNodes";

const NAME = "api.example.org";
const OTHER_NAME = "other.example.org";
const FILE = "/var/example";
/** A value that somebody sets with talosctl: free text, so secret for all we know. */
const PLANTED = "c8b1f0a37d5e4b6f9a2c";

describe("a change of a node's config, under the real Pulumi", function () {
  this.timeout(600_000);
  needRealNodes();

  let nodes: RealNodes;
  let stack: NodeStack;
  let address: string;
  let talosconfig: string;

  const settings = (node: Partial<StackNode> = {}): StackSettings => ({
    nodes: [
      {
        name: "cp1",
        address,
        machineType: "controlplane",
        maintenance: { fingerprint: nodes.fingerprint("cp1") },
        timeouts: { update: "4m" },
        ...node,
      },
    ],
  });
  const bootTime = (): Promise<string> => stack.bootTime(address, talosconfig);
  const appliedMode = async (): Promise<string> =>
    ((await stack.output("applied")) as { cp1: { mode: string } }).cp1.mode;
  const servedNames = async (): Promise<string> => (await shownCertificate(`${address}:50000`)).subjectAltName ?? "";
  /** The config of a program: names of the served certificate, and a file, which the node writes when it boots. */
  const changed = (certSANs: readonly string[], content?: string): Partial<StackNode> => {
    const files = content === undefined ? {} : { files: [{ path: FILE, op: "create", permissions: 0o644, content }] };
    return { configPatches: [{ machine: { certSANs, ...files } }] };
  };

  before(async function () {
    const cli = needsPulumi(this);
    nodes = await RealNodes.create();
    ({ address } = await nodes.start("cp1"));
    await nodes.untilInMaintenance("cp1", address);
    stack = await NodeStack.create(cli, nodes, settings());
    await stack.up();
    talosconfig = await stack.talosconfig();
  });

  after(async () => {
    await (stack as NodeStack | undefined)?.remove();
    await closeRealNodes();
  });

  it("that needs no reboot takes effect in place", async () => {
    const before = await bootTime();
    assert.doesNotMatch(await servedNames(), /example/);
    stack.write(settings(changed([NAME])));
    await stack.up();
    assert.ok((await servedNames()).includes(`DNS:${NAME}`));
    assert.deepEqual([await bootTime(), await appliedMode()], [before, "no_reboot"]);
  });

  // No file is an immediate change (siderolabs/talos internal/app/machined/pkg/runtime/v1alpha1, v1.13).
  it("that needs a reboot is rejected where none is allowed, and the node keeps its config", async () => {
    const before = await bootTime();
    stack.write(settings({ ...changed([NAME, OTHER_NAME], "first"), applyMode: "no_reboot" }));
    const { output } = await stack.failingUp();
    assert.match(output, /reboot[^]*\(ERR_CONFIG_REJECTED\)/);
    assert.ok(!(await servedNames()).includes(OTHER_NAME));
    assert.equal(await bootTime(), before);
  });

  it("that needs a reboot reboots the node, and is proved after it", async () => {
    const before = await bootTime();
    stack.write(settings(changed([NAME, OTHER_NAME], "first")));
    await stack.up();
    assert.notEqual(await bootTime(), before);
    assert.equal(await appliedMode(), "reboot");
    assert.equal(await stack.talosctl(address, ["read", FILE], talosconfig), "first");
    assert.ok((await servedNames()).includes(`DNS:${OTHER_NAME}`));
  });

  it("reboots the node where the program says so, though the change needs none", async () => {
    const before = await bootTime();
    stack.write(settings({ ...changed([NAME], "first"), applyMode: "reboot" }));
    await stack.up();
    assert.notEqual(await bootTime(), before);
    assert.equal(await appliedMode(), "reboot");
    assert.ok(!(await servedNames()).includes(OTHER_NAME));
  });

  it("made with talosctl is drift that refresh reports without its values, and the next up undoes", async () => {
    stack.write(settings(changed([NAME], "first")));
    await stack.up();
    const patch = `machine:\n  nodeAnnotations:\n    example.org/planted: ${PLANTED}\n  certSANs: [${OTHER_NAME}]\n`;
    const file = stack.folder.write("patch.yaml", patch);
    await stack.talosctl(address, ["patch", "machineconfig", "--patch", `@${file}`], talosconfig);
    const still = ["--expect-no-changes", "--diff"];
    const before = await stack.project.preview({ args: still });
    assert.equal(before.code, 0, `a preview calls no node: ${before.output}`);
    const refresh = await stack.project.refresh({ args: ["--diff"] });
    const drift = `node ${address} has another config than the one that was applied; the next update applies it again`;
    assert.ok(refresh.output.includes(drift), refresh.output);
    const due = await stack.project.preview({ args: still });
    assert.notEqual(due.code, 0, due.output);
    await stack.up();
    const live = await stack.talosctl(address, ["get", "machineconfig", "v1alpha1", "-o", "yaml"], talosconfig);
    assert.ok(!live.includes(PLANTED) && !(await servedNames()).includes(OTHER_NAME));
    await stack.assertStill();
    stack.project.assertNoSecrets([PLANTED]);
    await stack.assertNoLeaks();
  });
});
