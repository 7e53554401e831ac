import assert from "node:assert/strict";

import { startFakeNode, stopFakeNodes } from "./nodes";
import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
import { ROTATION_ORDER } from "../../../provider/core/lifecycle/rotationOrder";
import { STAGED, type StagedName } from "../../../provider/core/secrets/inventory";
import type { CertificateAndKey } from "../../../provider/core/secrets/types";
import { clear, FakeStack, type Outcome, talosPki } from "./support";

/** A stack, and a command that updates it as its program says. */
class Program {
  readonly stack = new FakeStack();
  runs: unknown[] = [];
  /** What the command does, run by run; the last goes on. */
  ups: (() => Promise<number>)[] = [];

  async up(rotation: object = {}, more: object = {}): Promise<number> {
    const serviceAccount = { algorithm: "ecdsa-p256" };
    await this.stack.up("TalosSecrets", "prod", { talosVersion: "v1.13", serviceAccount, ...more, rotation });
    return 0;
  }

  run(...args: readonly string[]): Promise<Outcome> {
    return talosPki(["rotation", "run", ...args], {
      now: new Date(),
      run: (command, words) => {
        assert.deepEqual([command, words.slice(0, 2), words.at(-1)], ["pulumi", ["stack", "export"], "--show-secrets"]);
        return Promise.resolve(this.stack.export(true));
      },
      runHere: (...call) => {
        this.runs.push(call);
        const up = this.ups.length > 1 ? this.ups.shift()! : this.ups[0]!;
        return up();
      },
    });
  }
}

describe("talos-pki rotation run", () => {
  let program: Program;
  beforeEach(async () => {
    program = new Program();
    await program.up();
  });
  afterEach(stopFakeNodes);

  const os = (stage: string, id = "r"): object => ({ os: { id, stage } });

  it("runs the command until every rotation is at finish, and shows where they are between the runs", async () => {
    program.ups = ["accept", "swap", "finish"].map((stage) => () => program.up(os(stage)));
    const { code, out, err } = await program.run("--cwd", "infra", "--", "pulumi", "up", "--yes");
    assert.deepEqual([code, err], [0, ""]);
    assert.deepEqual(program.runs, Array(3).fill(["pulumi", ["up", "--yes"], { cwd: "infra" }]));
    const stages = [...out.matchAll(/^OS CA +r +(\w+) /gm)].map(([, stage]) => stage);
    assert.deepEqual(stages, ["accept", "swap", "finish"]);
    assert.match(out, /every rotation is at finish\n$/);
  });

  it("runs the command once where nothing rotates", async () => {
    program.ups = [() => program.up()];
    const { code, out } = await program.run("--", "pulumi", "up");
    assert.deepEqual([code, program.runs.length], [0, 1]);
    assert.match(out, /no rotation yet\nevery rotation is at finish\n$/);
  });

  it("ends with code 1 when a rotation stays twice for the same reason", async () => {
    program.ups = [() => program.up(os("accept"))];
    const { code, out } = await program.run("--", "pulumi", "up");
    assert.deepEqual([code, program.runs.length], [1, 2]);
    assert.match(out, /\nwaits: prod, OS CA: stays at accept; apply the machine configs to every control plane, /);
  });

  it("says which node is late, by asking those that the stack lists, and goes on for as long as the reason changes", async () => {
    let issuing: CertificateAndKey = { crt: "", key: "" };
    const outputs = await program.stack.up("TalosSecrets", "prod", { talosVersion: "v1.13" });
    issuing = parseSecretsBundle(String(clear(outputs, "secretsYaml")), { now: new Date() }).bundle.certs.os;
    const late = await startFakeNode(issuing, [issuing.crt]);
    const nodes = (...all: readonly string[]): object => ({
      nodes: all.map((address) => ({ address, machineType: "controlplane" })),
    });
    program.ups = [
      () => program.up(os("accept"), nodes(late, "127.0.0.1:1")),
      () => program.up(os("accept"), nodes(late)),
    ];
    const { code, out } = await program.run("--", "pulumi", "up");
    assert.deepEqual([code, program.runs.length], [1, 3]);
    assert.match(out, /127\.0\.0\.1:1 +\? +(\? +|no +)+cannot be reached: nobody listens there\n/);
    const waits = `waits: prod, OS CA: stays at accept; ${late} does not let clients of the new CA in\n`;
    assert.ok(out.endsWith(waits), out);
  });

  it("waits for a rotation that the program asks for with auto and that has not begun", async () => {
    program.ups = [() => program.up({}, {})];
    const text = JSON.parse(program.stack.export(true)) as { deployment: { resources: { inputs: object }[] } };
    text.deployment.resources[0]!.inputs = { rotation: { etcd: { id: "e", stage: "auto" } } };
    const { code, out } = await talosPki(["rotation", "run", "--", "pulumi", "up"], {
      now: new Date(),
      run: () => Promise.resolve(JSON.stringify(text)),
      runHere: () => Promise.resolve(0),
    });
    assert.equal(code, 1);
    assert.match(out, /\nwaits: prod, etcd CA: stays at none; /);
  });

  describe("a rotation of all", () => {
    type Positions = Readonly<Record<StagedName, string>>;

    /** What a stack shows whose rotation of all is at these positions. */
    const stackAt = (positions: Positions, previous: string, stage = "auto"): string => {
      const text = JSON.parse(program.stack.export(true)) as {
        deployment: {
          resources: { inputs: object; outputs: { rotationStatus: Record<string, { stage: string; id?: string }> } }[];
        };
      };
      const [resource] = text.deployment.resources;
      resource!.inputs = { rotation: { all: { id: "second", stage } } };
      for (const [name, position] of Object.entries(positions)) {
        const isOld = position === "before";
        const status = { stage: isOld ? (previous === "" ? "none" : "finish") : position };
        const id = isOld ? previous : "second";
        resource!.outputs.rotationStatus[name] = id === "" ? status : { ...status, id };
      }
      return JSON.stringify(text);
    };

    const positionsAfter = (steps: number): Positions => {
      const reached = (name: StagedName): string =>
        ROTATION_ORDER.slice(0, steps).reduce((stage: string, step) => step[name] ?? stage, "before");
      return Object.fromEntries(STAGED.map((name) => [name, reached(name)])) as Positions;
    };

    const runThrough = async (shown: readonly string[]): Promise<Outcome & { readonly ups: number }> => {
      let ups = 0;
      const outcome = await talosPki(["rotation", "run", "--", "pulumi", "up"], {
        run: () => Promise.resolve(shown[Math.min(ups, shown.length) - 1]!),
        runHere: () => Promise.resolve(ups++ * 0),
      });
      return { ...outcome, ups };
    };

    for (const previous of ["", "first"]) {
      it(`goes through all of its steps${previous === "" ? "" : ", also where all have rotated before"}, though CAs rest`, async () => {
        const steps = ROTATION_ORDER.map((_, index) => stackAt(positionsAfter(index + 1), previous));
        const { code, ups, out } = await runThrough(steps);
        assert.deepEqual([code, ups], [0, ROTATION_ORDER.length], out);
        assert.match(out, /every rotation is at finish\n$/);
        assert.doesNotMatch(out, /waits/);
      });
    }

    it("ends where a step is not taken twice, and says which", async () => {
      const { code, ups, out } = await runThrough([1, 2, 2].map((steps) => stackAt(positionsAfter(steps), "first")));
      assert.deepEqual([code, ups], [1, 3]);
      assert.match(
        out,
        /\nwaits: prod, the rotation of all: stays before step 3 of 5 \(OS CA at swap, Kubernetes CA at finish, .*\)\n$/,
      );
    });

    it("goes on where the service account key alone is late", async () => {
      const late = { ...positionsAfter(5), serviceAccount: "swap" };
      const { code, ups } = await runThrough([late, positionsAfter(5)].map((positions) => stackAt(positions, "")));
      assert.deepEqual([code, ups], [0, 2]);
    });

    it("goes back until nothing is under way", async () => {
      const back = ["accept", "abort"].map((stage) =>
        stackAt({ ...positionsAfter(0), os: stage, etcd: stage }, "first", "abort"),
      );
      const { code, ups, out } = await runThrough(back);
      assert.deepEqual([code, ups], [0, 2], out);
    });

    it("is over at creation, where auto begins nothing", async () => {
      const stack = new FakeStack();
      await stack.up("TalosSecrets", "prod", {
        talosVersion: "v1.13",
        serviceAccount: { algorithm: "ecdsa-p256" },
        nodes: [{ address: "10.0.0.2", machineType: "controlplane" }],
        rotation: { all: { id: "second", stage: "auto", allowDowntime: true } },
      });
      const text = JSON.parse(stack.export(true)) as {
        deployment: { resources: { inputs: Record<string, unknown> }[] };
      };
      delete text.deployment.resources[0]!.inputs["nodes"];
      const { code, ups, out } = await runThrough([JSON.stringify(text)]);
      assert.deepEqual([code, ups], [0, 1], out);
    });
  });

  it("says which node a rotation that is over has not reached, and ends with code 1", async () => {
    const outputs = await program.stack.up("TalosSecrets", "prod", { talosVersion: "v1.13" });
    const old = parseSecretsBundle(String(clear(outputs, "secretsYaml")), { now: new Date() }).bundle.certs.os;
    const late = await startFakeNode(old, [old.crt]);
    const nodes = { nodes: [{ address: late, machineType: "controlplane" }] };
    program.ups = [
      async () => {
        for (const stage of ["accept", "swap"]) await program.up(os(stage));
        return program.up(os("finish"), nodes);
      },
    ];
    const { code, out } = await program.run("--", "pulumi", "up");
    assert.deepEqual([code, program.runs.length], [1, 1]);
    assert.match(out, /\nnot done: prod, OS CA: 127\.0\.0\.1:\d+ serves a certificate of another CA, not of the CA/);
  });

  it("ends with code 3 when the command fails, and says its exit code", async () => {
    program.ups = [() => Promise.resolve(255)];
    const { code, out, err } = await program.run("--", "pulumi", "up");
    assert.deepEqual([code, out, program.runs.length], [3, "", 1]);
    assert.equal(err, "talos-pki: pulumi failed with exit code 255; the rotations stay where they are\n");
  });

  it("needs a command, and a stack with a TalosSecrets", async () => {
    assert.equal((await program.run()).code, 2);
    const { code, err } = await talosPki(["rotation", "run", "--", "pulumi", "up"], {
      run: () => Promise.resolve(new FakeStack().export(true)),
      runHere: () => Promise.resolve(0),
    });
    assert.deepEqual([code, err], [2, "talos-pki: the stack holds no TalosSecrets\n"]);
  });

  it("never writes a key", async () => {
    program.ups = [() => program.up(os("accept"))];
    const { out, err } = await program.run("--", "pulumi", "up");
    assert.doesNotMatch(`${out}${err}`, /PRIVATE|BEGIN|LS0t/);
  });
});
