import assert from "node:assert/strict";

import { needsPulumi } from "../e2e/support";
import { NodeStack, type StackSettings } from "../nodes/support/nodeStack";
import { closeRealNodes, needRealNodes, RealNodes } from "../nodes/support/realNodes";
import { Prober } from "../slow/support/prober";

const NAMES = ["cp1", "cp2", "w1"] as const;
/** Calls of each node in each rotation, at least. */
const CALLS = 2000;
const STAGES = ["accept", "swap", "finish"] as const;

interface Status {
  readonly stage: string;
  readonly issuing: string;
}

describe("a rotation of the OS CA of real nodes, under the real Pulumi", function () {
  this.timeout(1_800_000);
  needRealNodes();

  let nodes: RealNodes;
  let stack: NodeStack;
  let addresses: readonly string[];
  let probers: readonly Prober[] = [];

  const settings = (rotation?: object): StackSettings => ({
    nodes: NAMES.map((name, index) => ({
      name,
      address: addresses[index] ?? "",
      machineType: name === "w1" ? "worker" : "controlplane",
      maintenance: { fingerprint: nodes.fingerprint(name) },
    })),
    level: "etcd",
    ...(rotation === undefined ? {} : { rotation: { os: rotation } }),
  });
  const status = async (): Promise<Status> => ((await stack.output("rotation")) as { os: Status }).os;
  /** Whether each node lets talosctl in with this talosconfig. */
  const letsIn = async (talosconfig: string): Promise<boolean[]> => {
    const calls = addresses.map((address) => nodes.talosctl(["-e", address, "-n", address, "version"], talosconfig));
    return (await Promise.all(calls)).map(({ code }) => code === 0);
  };

  /** Everybody who calls has the talosconfig of the stage before, and once the up is over that of this one too. */
  const upAndProbe = async (stage: string, calls: number): Promise<void> => {
    const before = await stack.client(`before ${stage}`);
    await stack.up();
    const after = await stack.client(`after ${stage}`);
    // At finish the client from before is one of the new CA already.
    probers.forEach((prober) => {
      prober.hold(before, after);
    });
    await Promise.all(probers.map((prober) => prober.more(calls)));
    // Before the next stage everybody has the new talosconfig.
    probers.forEach((prober) => {
      prober.hold(after);
    });
  };

  const beginProbing = async (): Promise<void> => {
    const client = await stack.client("before");
    probers = addresses.map((address) => new Prober([{ endpoint: `${address}:50000` }], [client]));
  };
  const assertUndisturbed = async (): Promise<void> => {
    while (probers.some(({ calls }) => calls < CALLS)) await Promise.all(probers.map((prober) => prober.more(10)));
    await Promise.all(probers.map((prober) => prober.stop()));
    const told = probers.map(({ calls, refusals, longestGap }, index) => ({
      node: NAMES[index],
      calls,
      refused: refusals.length,
      longestGap,
    }));
    console.log(`      ${JSON.stringify(told)}`);
    assert.deepEqual(
      probers.flatMap(({ refusals }) => refusals.slice(0, 5)),
      [],
    );
  };
  /** A rotation with this id, from its first up to talosctl's verdict. */
  const rotates = async (rotate: () => Promise<void>): Promise<void> => {
    const before = await status();
    const old = await stack.talosconfig();
    assert.deepEqual(await letsIn(old), [true, true, true]);
    await beginProbing();
    await rotate();
    await assertUndisturbed();
    const after = await status();
    assert.equal(after.stage, "finish");
    assert.notEqual(after.issuing, before.issuing);
    assert.deepEqual(await letsIn(old), [false, false, false]);
    const talosconfig = await stack.talosconfig();
    assert.deepEqual(await letsIn(talosconfig), [true, true, true]);
    const applied = (await stack.output("applied")) as Record<string, { certificate: { issuerFingerprint: string } }>;
    assert.deepEqual(
      NAMES.map((name) => applied[name]?.certificate.issuerFingerprint),
      NAMES.map(() => after.issuing),
    );
    await stack.assertStill();
  };

  before(async function () {
    const cli = needsPulumi(this);
    nodes = await RealNodes.create();
    const started = await Promise.all(NAMES.map((name) => nodes.start(name)));
    addresses = started.map(({ address }) => address);
    for (const { name, address } of started) await nodes.untilInMaintenance(name, address);
    stack = await NodeStack.create(cli, nodes, settings());
    await stack.up();
  });

  afterEach(() => Promise.all(probers.map((prober) => prober.stop())));

  after(async () => {
    await (stack as NodeStack | undefined)?.remove();
    await closeRealNodes();
  });

  it("goes through in three ups, and no node rejects a client", () =>
    rotates(async () => {
      for (const stage of STAGES) {
        stack.write(settings({ id: "explicit", stage }));
        await upAndProbe(stage, CALLS / 6);
        assert.equal((await status()).stage, stage);
      }
    }));

  it("goes through by auto in scheduled ups, and no node rejects a client", () =>
    rotates(async () => {
      stack.write(settings({ id: "scheduled", stage: "auto" }));
      const seen: string[] = [];
      for (let due = true; due;) {
        assert.ok(seen.length < 6, `still due after ${seen.join(", ")}`);
        await upAndProbe(`up ${seen.length + 1}`, CALLS / 6);
        seen.push((await status()).stage);
        due = (await stack.project.preview({ args: ["--expect-no-changes"] })).code !== 0;
      }
      assert.deepEqual(seen, STAGES);
    }));

  it("has left no secret in plaintext", () => stack.assertNoLeaks());
});
