import assert from "node:assert/strict";

import { STAGED } from "../../provider/core/secrets/inventory";
import { needsPulumi } from "../e2e/support";
import { closeRealNodes, needRealNodes } from "../nodes/support/realNodes";
import { RotatedCluster } from "../nodes/support/rotatedCluster";

/** Requests of the client that tries every API server, in each rotation, at least. */
const REQUESTS = { one: 2000, all: 5000 };
/** Updates that a rotation of everything may take. */
const UPDATES = 6;
/** Reboots of each control plane in one. */
const REBOOTS = 2;

/** Where less than three control planes are, their API servers are away while one reboots. */
const allowDowntime = (planes: number): object => (planes < 3 ? { allowDowntime: true } : {});

for (const planes of [1, 3]) {
  describe(`a rotation of every CA of ${planes === 1 ? "one control plane" : "three control planes"} and a worker`, function () {
    this.timeout(1_800_000);
    needRealNodes();

    let cluster: RotatedCluster;

    before(async function () {
      cluster = await RotatedCluster.create(needsPulumi(this), planes);
    });

    afterEach(() => cluster.endProbes());

    after(async () => {
      await (cluster as RotatedCluster | undefined)?.remove();
      await closeRealNodes();
    });

    const undisturbed = planes < 3 ? "" : ", and no client notices";

    it(`goes through in the safe order${undisturbed}`, async () => {
      const id = "2027-01";
      const request = { all: { id, stage: "auto", tokenGracePeriod: "0s", ...allowDowntime(planes) } };
      const seen = await cluster.rotate(request, planes === 1 ? 0 : REQUESTS.all);
      assert.ok(seen.updates <= UPDATES, `${seen.updates} updates`);
      for (const name of STAGED) assert.equal(seen.stages[name], "finish", name);
      assert.deepEqual(
        seen.reboots.filter((count) => count > REBOOTS),
        [],
      );
    });

    for (const name of STAGED.filter((staged) => staged !== "os")) {
      it(`of ${name} alone goes through${undisturbed}`, async () => {
        const grace = name === "serviceAccount" ? { tokenGracePeriod: "0s" } : {};
        const downtime = name === "etcd" ? allowDowntime(planes) : {};
        const request = { [name]: { id: `alone-${name}`, stage: "auto", ...grace, ...downtime } };
        const seen = await cluster.rotate(request, planes === 1 ? 0 : REQUESTS.one);
        assert.equal(seen.stages[name], "finish");
      });
    }

    it("is not moved on while a node is off, nor by a jump, and has a way back", async () => {
      const { stack, nodes, settings } = cluster;
      const os = (stage: string): void => {
        stack.write({ ...settings, rotation: { os: { id: "hasty", stage } } });
      };
      const applied = (): Promise<unknown> => stack.output("applied");
      os("accept");
      await stack.up();
      const before = await applied();
      os("finish");
      assert.match((await stack.failingUp()).output, /ERR_ROTATION_ILLEGAL|cannot go from accept to finish/);
      await nodes.stop("w1");
      os("swap");
      assert.match((await stack.failingUp()).output, /ERR_ROTATION_NOT_PROPAGATED/);
      assert.deepEqual(await applied(), before);
      await nodes.start("w1");
      os("abort");
      await stack.up();
      const { os: status } = (await stack.output("rotation")) as { os: { stage: string } };
      assert.equal(status.stage, "abort");
    });

    it("has left no secret in plaintext", () => cluster.stack.assertNoLeaks());
  });
}
