import assert from "node:assert/strict";

import { createEnvironment } from "../../provider/core/environment";
import { authorityPem, generateAuthority } from "../../provider/core/secrets/authority";
import { STAGED } from "../../provider/core/secrets/inventory";
import { parseTalosVersion } from "../../provider/core/talosVersion";
import { needsPulumi } from "../e2e/support";
import { begins, ends, Faults } from "../nodes/support/faults";
import { closeRealNodes, needRealNodes } from "../nodes/support/realNodes";
import { RotatedCluster, type Stages } from "../nodes/support/rotatedCluster";

/** Requests of the clients that try every API server, at least. */
const REQUESTS = 5000;
const ALL = { all: { id: "2027-01", stage: "auto", tokenGracePeriod: "0s" } };
const CP1 = begins("ConfigurationApply", "cp1");
const CP2 = begins("ConfigurationApply", "cp2");

/**
 * No fault strikes after the last node has got its config: then an update by `auto` goes on, and those who wait for what
 * the dead one would have handed out are a stage behind (docs/rotate.md, "Interrupted").
 */
describe("a rotation of every CA of three control planes and a worker, in which much goes wrong and nodes join", function () {
  this.timeout(3_000_000);
  needRealNodes();

  let cluster: RotatedCluster;
  let faults: Faults;

  before(async function () {
    cluster = await RotatedCluster.create(needsPulumi(this), 3);
    faults = new Faults(cluster.stack);
  });

  afterEach(() => cluster.endProbes());

  after(async () => {
    await (cluster as RotatedCluster | undefined)?.remove();
    await closeRealNodes();
  });

  it("does not begin by a replacement at once, nor by a later stage", async () => {
    const { stack, settings } = cluster;
    const applied = await stack.output("applied");
    const environment = createEnvironment(globalThis.crypto, () => new Date());
    const ca = authorityPem(await generateAuthority("etcd", parseTalosVersion("v1.13"), {}, environment));
    const own = { certificatePem: ca.crt, privateKeyPem: ca.key };
    const moves = [
      [
        { secrets: { certificateAuthorities: { etcd: own } } },
        /certificateAuthorities\.etcd: differs from the CA in the state/,
      ],
      [{ rotation: { etcd: { id: "now" } } }, /rotation\.etcd\.stage: is required/],
      [
        { rotation: { etcd: { id: "now", stage: "finish", ...own } } },
        /3 of 3 nodes do not use the CA that is taken over[^]*\(ERR_ROTATION_NOT_PROPAGATED\)/,
      ],
      [{ rotation: { kubernetes: { id: "now", stage: "swap" } } }, /begin with stage "accept"/],
    ] as const;
    for (const [move, message] of moves) {
      stack.write({ ...settings, ...move });
      assert.match((await stack.failingUp()).output, message);
    }
    assert.deepEqual(await stack.output("applied"), applied);
    stack.write(settings);
    await stack.assertStill();
  });

  it("finishes with those that join at accept and at swap, and no client notices", async () => {
    const { nodes, stack } = cluster;
    /** An update that gives up after less time, for the same nodes. */
    const hasty = (): void => {
      const { settings } = cluster;
      const timeouts = { connect: "15s", update: "40s" };
      stack.write({ ...settings, rotation: ALL, nodes: settings.nodes.map((node) => ({ ...node, timeouts })) });
    };
    /** Machines that the next update brings in, at the stage that has not come through yet. */
    const join = async (...names: readonly string[]): Promise<undefined> => {
      for (const name of names) await cluster.join(name);
      return undefined;
    };
    /** By the stages of os and kubernetes in the state; each happens once. */
    const due: Record<string, () => Promise<boolean | undefined>> = {
      "none none": async () => {
        await faults.killed("all", { at: begins("TalosSecrets", "secrets") });
        await faults.killed("all", { at: CP1, within: 8000 });
        await faults.killed("providers", { at: CP2, within: 20_000 });
        return join("cp4", "w2");
      },
      "accept none": async () => {
        hasty();
        // In the middle of the writes of all clients, and of the stage.
        const { output, code } = await faults.powerCut("cp3", { at: CP1, within: 1000 });
        assert.notEqual(code, 0, output);
        assert.match(output, /\(ERR_NODE_(?:UNREACHABLE|TIMEOUT)\)/);
        await nodes.start("cp3");
        return join("cp5", "w3");
      },
      "swap none": async () => {
        await faults.killed("pulumi", { at: CP1, within: 4000 });
        await faults.killed("all", { at: CP2, within: 8000 });
        return undefined;
      },
      "finish accept": async () => {
        // The kubelet and the API server of the node are about to restart.
        const { code } = await faults.powerFailure("cp2", { at: CP2, within: 5000 });
        return code === 0;
      },
      "finish swap": async () => {
        hasty();
        const { output, code } = await faults.powerCut("cp3", { at: ends("TalosSecrets", "secrets") });
        assert.notEqual(code, 0, output);
        // Nobody reboots beside one that is off.
        assert.match(output, /is not restarted, because [^]*\(ERR_NODE_BUSY\)/);
        await nodes.start("cp3");
        stack.write({ ...cluster.settings, rotation: ALL });
        await faults.killed("all", { at: CP2, within: 20_000 });
        return undefined;
      },
    };
    const disturb = async ({ os, kubernetes }: Stages): Promise<boolean | undefined> => {
      const key = `${os} ${kubernetes}`;
      const { [key]: fault } = due;
      Reflect.deleteProperty(due, key);
      return fault?.();
    };
    const seen = await cluster.rotate(ALL, REQUESTS, disturb);
    assert.deepEqual(Object.keys(due), []);
    for (const name of STAGED) assert.equal(seen.stages[name], "finish", name);
    await cluster.assertHealthy();
    const joined = Object.keys(await stack.kubernetesNodes()).sort();
    assert.deepEqual(joined, ["cp1", "cp2", "cp3", "cp4", "cp5", "w1", "w2", "w3"]);
    await stack.assertStill();
  });

  it("has left no secret in plaintext", () => cluster.stack.assertNoLeaks());
});
