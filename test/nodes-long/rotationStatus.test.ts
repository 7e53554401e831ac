import assert from "node:assert/strict";

import { STAGED, type StagedName } from "../../provider/core/secrets/inventory";
import { Folder } from "../interop/support/files";
import { clear, FakeStack, talosPki } from "../unit/cli/support";

import { closeRealNodes, type NodeAddress, needRealNodes, RealNodes } from "../nodes/support/realNodes";

interface StatusOfOne {
  readonly authority: StagedName;
  readonly stage: string;
  readonly safe: boolean;
  readonly nodes: readonly {
    readonly node: string;
    readonly concerned: boolean;
    readonly through: boolean;
    readonly gaps: readonly string[];
  }[];
}

/** A control plane and a worker go through a rotation of everything; the stages of the stack are set by hand. */
describe("rotation status on real nodes", function () {
  this.timeout(900_000);
  needRealNodes();

  const folder = new Folder();
  const stack = new FakeStack(() => new Date());
  let nodes: RealNodes;
  let plane: NodeAddress;
  let worker: NodeAddress;

  /** Brings the stack to a stage, and writes its configs and talosconfig. */
  const up = async (stage?: string): Promise<void> => {
    const rotation = Object.fromEntries(STAGED.map((name) => [name, { id: "all", stage, allowDowntime: undefined }]));
    const request = { ...rotation, etcd: { id: "all", stage, allowDowntime: true } };
    const outputs = await stack.up("TalosSecrets", "real", {
      talosVersion: "v1.13",
      serviceAccount: { algorithm: "ecdsa-p256" },
      ...(stage === undefined ? {} : { rotation: request }),
    });
    const secrets = clear(outputs, "secrets");
    const common = { secrets, clusterName: "real", clusterEndpoint: `https://${plane.address}:6443` };
    for (const machineType of ["controlplane", "worker"] as const) {
      const made = await stack.up("MachineConfig", machineType, {
        ...common,
        machineType,
        kubernetesVersion: "1.35.3",
        configPatches: [nodes.machinePatch],
      });
      folder.write(`${machineType}.yaml`, String(clear(made, "machineConfig")));
    }
    const client = await stack.up("ClientConfiguration", "ops", { secrets, clusterName: "real" });
    folder.write("talosconfig", String(clear(client, "talosconfig")));
  };

  const talosctl = async ({ address }: NodeAddress, ...args: readonly string[]): Promise<string> => {
    const all = ["-e", address, "-n", address, ...args];
    const { code, stdout, stderr } = await nodes.talosctl(all, folder.at("talosconfig"));
    assert.equal(code, 0, `${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  };

  const status = async (): Promise<{ readonly safe: boolean; readonly rotations: readonly StatusOfOne[] }> => {
    const args = ["rotation", "status", "--json", "--nodes", `${plane.address},${worker.address}`];
    const { out, err } = await talosPki(args, { files: { "-": stack.export(true) }, now: new Date() });
    assert.equal(err, "");
    assert.doesNotMatch(out, /PRIVATE|BEGIN|LS0t/);
    return JSON.parse(out) as Awaited<ReturnType<typeof status>>;
  };

  const untilAllAreThrough = (what: string): Promise<true> =>
    nodes.waitFor(
      what,
      async () => {
        const { safe, rotations } = await status();
        if (safe) return true;
        throw new Error(
          JSON.stringify(rotations.map(({ authority, nodes: all }) => [authority, all.map((n) => n.gaps)])),
        );
      },
      { timeout: 400_000, interval: 1000 },
    );

  before(async () => {
    nodes = await RealNodes.create();
    plane = await nodes.start("cp1", { resetWipes: true });
    worker = await nodes.start("w1", { resetWipes: true });
    await up();
    for (const [node, type] of [
      [plane, "controlplane"],
      [worker, "worker"],
    ] as const) {
      await nodes.waitFor(`${type} takes its config`, async () => {
        await talosctl(node, "apply-config", "--insecure", "--file", folder.at(`${type}.yaml`));
        return true;
      });
    }
    await nodes.waitFor("bootstrap", () => talosctl(plane, "bootstrap"));
    await untilAllAreThrough("every node uses the CAs of the state");
  });

  after(closeRealNodes);

  for (const [stage, mode] of [
    ["accept", "reboot"],
    ["swap", "no-reboot"],
    ["finish", "reboot"],
  ] as const) {
    it(`calls no CA through with ${stage} before its config is there, and every one after`, async () => {
      // The present talosconfig still works on nodes that have not got the stage.
      const client = folder.write("before", await nodes.run("cat", [folder.at("talosconfig")]).then((r) => r.stdout));
      await up(stage);
      const early = await status();
      assert.equal(early.safe, false);
      assert.deepEqual(
        early.rotations.map((one) => [one.authority, one.stage, one.safe]),
        STAGED.map((name) => [name, stage, false]),
      );
      for (const { authority, nodes: shown } of early.rotations) {
        const [ofPlane, ofWorker] = shown;
        assert.equal(ofPlane!.through, false, authority);
        assert.equal(ofWorker!.concerned, authority === "os" || authority === "kubernetes", authority);
      }
      const apply = async (node: NodeAddress, type: string, how: string): Promise<void> => {
        const args = ["-e", node.address, "-n", node.address, "apply-config", "--mode", how];
        const done = await nodes.talosctl([...args, "--file", folder.at(`${type}.yaml`)], client);
        assert.equal(done.code, 0, done.stderr);
      };
      await apply(plane, "controlplane", mode);
      if (mode === "no-reboot") await talosctl(plane, "service", "kubelet", "restart");
      await nodes.waitFor("the control plane's Talos API", () => talosctl(plane, "version"), { timeout: 120_000 });
      await apply(worker, "worker", "no-reboot");
      await untilAllAreThrough(`every CA is through with ${stage}`);
    });
  }
});
