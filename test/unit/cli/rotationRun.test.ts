import assert from "node:assert/strict";

import { startFakeNode, stopFakeNodes } from "./nodes";
import { parseSecretsBundle } from "../../../provider/core/secrets/codec";
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
