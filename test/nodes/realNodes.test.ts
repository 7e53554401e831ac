import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { Folder } from "../interop/support/files";
import { shownCertificate } from "../interop/support/node";

import { kubernetesGet } from "./support/kubernetes";
import { closeRealNodes, type NodeAddress, needRealNodes, RealNodes } from "./support/realNodes";

describe("a real node", function () {
  this.timeout(300_000);
  needRealNodes();

  const folder = new Folder();
  const talosconfig = folder.at("talosconfig");
  let nodes: RealNodes;
  let node: NodeAddress;

  /** Runs talosctl against the node; a failure is an error. */
  const talosctl = async (args: readonly string[], client?: string): Promise<string> => {
    const where = ["-e", node.address, "-n", node.address];
    const { code, stdout, stderr } = await nodes.talosctl([...where, ...args], client);
    assert.equal(code, 0, `talosctl ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  };
  const version = async (): Promise<string> => talosctl(["version"], talosconfig);
  const inMaintenance = (): Promise<string> => talosctl(["version", "--insecure"]);

  before(async () => {
    nodes = await RealNodes.create();
    node = await nodes.start("cp1");
  });

  after(closeRealNodes);

  it("shows in maintenance mode a certificate of that mode, and says its version to anybody", async () => {
    assert.match(await nodes.waitFor("the maintenance service", inMaintenance), /Tag: +v1\.13\.0/);
    const { publicKey } = await shownCertificate(`${node.address}:50000`);
    const fingerprint = createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("base64");
    assert.ok(nodes.log("cp1").includes(`--cert-fingerprint '${fingerprint}'`));
  });

  it("takes a machine config", async () => {
    const patch = folder.write("patch.yaml", nodes.machinePatch);
    const options = ["--config-patch", `@${patch}`, "--with-docs=false", "--with-examples=false", "-o", folder.path];
    const endpoint = `https://${node.address}:6443`;
    const made = await nodes.talosctl(["gen", "config", "real", endpoint, "--force", ...options]);
    assert.equal(made.code, 0, made.stderr);
    await talosctl(["apply-config", "--insecure", "--file", folder.at("controlplane.yaml")]);
    await nodes.waitFor("apid with the PKI of the config", version);
  });

  it("makes an etcd and a Kubernetes API", async () => {
    await nodes.waitFor("bootstrap", () => talosctl(["bootstrap"], talosconfig));
    await nodes.waitFor("a healthy etcd", async () => {
      return /^HEALTH +OK/m.test(await talosctl(["service", "etcd"], talosconfig));
    });
    const kubeconfig = await talosctl(["kubeconfig", "-"], talosconfig);
    await nodes.waitFor(
      "a node in Kubernetes",
      async () => {
        const { items } = (await kubernetesGet(kubeconfig, "/api/v1/nodes")) as {
          items: { metadata: { name: string } }[];
        };
        return items.map(({ metadata }) => metadata.name).includes("cp1");
      },
      { timeout: 180_000 },
    );
  });

  it("answers at every address that it was given", async () => {
    const added = await nodes.addAddresses("cp1", 100);
    assert.equal(new Set(added).size, 100);
    const shown = await Promise.all(added.map((address) => shownCertificate(`${address}:50000`)));
    assert.equal(shown.length, 100);
  });

  it("is out of reach while it is cut off", async () => {
    await nodes.cutOff("cp1");
    await assert.rejects(shownCertificate(`${node.address}:50000`));
    await nodes.restore("cp1");
    await nodes.waitFor("the node after it was cut off", version);
  });

  it("keeps its config over a stop", async () => {
    await nodes.stop("cp1");
    assert.ok(!nodes.isRunning("cp1"));
    await nodes.start("cp1", { resetWipes: true });
    await nodes.waitFor("the node with what it kept", version);
  });

  it("comes back in maintenance mode when it is reset, and when it is wiped", async () => {
    await talosctl(["reset", "--graceful=false", "--wait=false"], talosconfig);
    await nodes.waitFor("the maintenance service after the reset", inMaintenance);
    await nodes.wipe("cp1");
    await nodes.start("cp1");
    await nodes.waitFor("the maintenance service after the wipe", inMaintenance);
  });
});
