import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";

import { repository } from "../e2e/support/tools";
import { shownCertificate } from "../interop/support/node";

import { closeRealNodes, needRealNodes, RealNodes } from "./support/realNodes";

/** What a set has on the machine: names of namespaces, links and cgroups. */
function traces(id: string): string[] {
  const commands = ["ip netns list", "ip -brief link", `find /sys/fs/cgroup -name *${id}*`];
  const lines = commands.map((text) => {
    const [command = "", ...args] = text.split(" ");
    return spawnSync(command, args, { encoding: "utf8" }).stdout;
  });
  return lines.flatMap((text) => text.split("\n")).filter((line) => line.includes(id));
}

describe("a set of real nodes", function () {
  this.timeout(300_000);
  needRealNodes();

  let nodes: RealNodes;
  const inMaintenance = (address: string) => async (): Promise<boolean> => {
    const { code } = await nodes.talosctl(["-e", address, "-n", address, "version", "--insecure"]);
    return code === 0;
  };

  before(async () => {
    nodes = await RealNodes.create();
  });

  after(closeRealNodes);

  it("is removed when its owner is killed", async () => {
    const program = `
      import { findRealNodes, NodeSet } from "./tools/realnode.mjs";
      const set = await NodeSet.create(await findRealNodes());
      const { address } = await set.start("cp1");
      console.log(JSON.stringify({ folder: set.folder, address }));
      setInterval(() => {}, 1000);`;
    const args = ["--input-type=module", "--eval", program];
    const owner = spawn(process.execPath, args, { cwd: repository, stdio: ["ignore", "pipe", "inherit"] });
    const line = await new Promise<string>((resolve) => {
      createInterface(owner.stdout).once("line", resolve);
    });
    const { folder, address } = JSON.parse(line) as { folder: string; address: string };
    await nodes.waitFor("the other set's node", inMaintenance(address));
    const id = basename(folder);
    assert.ok(traces(id).length > 5, "namespaces, links and cgroups");
    owner.kill("SIGKILL");
    await nodes.waitFor("no trace of the set", () => Promise.resolve(traces(id).length === 0 && !existsSync(folder)));
  });

  it("comes up for a user with one command, and goes down with another", async () => {
    const script = join(repository, "tools", "realnode.mjs");
    const up = await nodes.run(process.execPath, [script, "up", "--control-planes", "1", "--workers", "2"]);
    assert.equal(up.code, 0, up.stderr);
    const lines = up.stdout.trim().split("\n");
    assert.deepEqual(
      lines.map((line) => line.split(" ")[0]),
      ["control-plane-1", "worker-1", "worker-2"],
    );
    const address = lines[0]?.split(" ")[1] ?? "";
    assert.ok(await inMaintenance(address)());
    const elsewhere = await nodes.run(process.execPath, [script, "down"], { env: { REALNODE_NET: "10.127.1.0/24" } });
    assert.match(elsewhere.stderr, /there are no nodes$/m);
    assert.ok(await inMaintenance(address)());
    const here = { REALNODE_NET: address.replace(/\d+$/, "0/24") };
    const down = await nodes.run(process.execPath, [script, "down"], { env: here });
    assert.equal(down.code, 0, down.stderr);
    assert.match(up.stderr, /run Talos v1\.13\.\d+; set talosVersion: v1\.13$/m);
    const removed = lines.map((line) => line.split(" ", 2)).map(([name, at]) => `${name} (${at})`);
    assert.ok(down.stderr.includes(`removed ${removed.join(", ")}\n`), down.stderr);
    await assert.rejects(shownCertificate(`${address}:50000`));
  });
});
