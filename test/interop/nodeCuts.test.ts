import { strict as assert } from "node:assert";
import { setTimeout as delay } from "node:timers/promises";

import { closeProxies } from "./support/faultyProxy";
import { needJudge, stopNodes } from "./support/judge";
import { anApply, BEFORE_CONFIG, failureOf, IN_CONFIG, LiveStack } from "./support/liveStack";

describe("ConfigurationApply whose connection is cut", function () {
  this.timeout(60_000);
  needJudge();

  let stack: LiveStack;
  let earlier: number;
  const applied = (): number => stack.node.calls("ApplyConfiguration") - earlier;

  before("start a node that takes a while to answer", async () => {
    stack = await LiveStack.start({ applyTime: "200ms" });
  });

  beforeEach(() => {
    const { proxy } = stack;
    proxy.fault = undefined;
    proxy.struck = 0;
    earlier = stack.node.calls("ApplyConfiguration");
  });

  after(async () => {
    await closeProxies();
    await stopNodes();
  });

  /** Waits until the node has taken a config of this test. */
  const taken = async (): Promise<void> => {
    while (applied() === 0) await delay(10);
  };

  for (const [where, after] of [
    ["before its request", BEFORE_CONFIG],
    ["in the middle of its request", IN_CONFIG],
  ] as const) {
    for (const kind of ["reset", "silence"] as const) {
      it(`by a ${kind} ${where} applies the config in the same operation, once`, async () => {
        const apply = anApply();
        stack.proxy.fault = { kind, after, times: 1 };
        const start = performance.now();
        await apply.up(stack.inputs());
        assert.equal(stack.proxy.struck, 1);
        assert.equal(applied(), 1);
        assert.equal(apply.outputs["appliedMode"], "no_reboot");
        // Keepalive ends a silent connection; the deadline of a call is longer.
        assert.ok(performance.now() - start < 9000, `${performance.now() - start} ms`);
      });
    }
  }

  it("after the node has taken the config, and the answer is lost, finds it applied and does not apply it again", async () => {
    const apply = anApply();
    stack.proxy.fault = { kind: "deaf", after: IN_CONFIG, times: 1 };
    const up = apply.up(stack.inputs());
    await taken();
    stack.proxy.breakAll();
    await up;
    assert.deepEqual([stack.proxy.struck, applied()], [1, 1]);
    assert.equal(apply.outputs["appliedMode"], "no_reboot");
    assert.equal(apply.outputs["liveHash"], apply.outputs["configHash"]);
  });

  it("and whose node cannot be reached after that leaves it to the next up, which finds it applied", async () => {
    const apply = anApply();
    const inputs = stack.inputs({ timeouts: { connect: "2s", create: "3s", update: "20s" } });
    stack.proxy.fault = { kind: "deaf", after: IN_CONFIG, times: 1 };
    const failure = failureOf(() => apply.up(inputs));
    await taken();
    const { target } = stack.proxy;
    stack.proxy.target = "127.0.0.1:1";
    stack.proxy.breakAll();
    const { code, message } = await failure;
    assert.match(code, /^ERR_NODE_(?:UNREACHABLE|TIMEOUT|NOT_APPLIED)$/);
    assert.ok(message.includes("the connection was closed") || message.includes("no answer in time"), message);

    stack.proxy.target = target;
    await apply.up(inputs);
    assert.equal(applied(), 1);
    assert.equal(apply.outputs["appliedMode"], "none");
    assert.equal(apply.outputs["liveHash"], apply.outputs["configHash"]);
  });

  it("while it proves the config goes on with the proof, and applies nothing again", async () => {
    const apply = anApply();
    const up = apply.up(stack.inputs());
    await taken();
    // Each connection of the proof, as it begins.
    stack.proxy.fault = { kind: "reset", times: 3 };
    await up;
    assert.ok(stack.proxy.struck > 0);
    assert.equal(applied(), 1);
  });

  it("and never comes back is kept in the state as taken and not proved, and the next up proves it", async () => {
    const apply = anApply();
    const inputs = stack.inputs({ timeouts: { connect: "2s", create: "3s", update: "20s" } });
    const failure = failureOf(() => apply.up(inputs));
    await taken();
    stack.proxy.fault = { kind: "reset" };
    const { code, message } = await failure;
    assert.equal(code, "ERR_NODE_NOT_APPLIED", message);
    assert.match(message, /has taken the config, and is not proved to run with it: .*the connection was closed/);
    assert.equal(apply.outputs["appliedMode"], "no_reboot");

    stack.proxy.fault = undefined;
    await apply.up(inputs);
    assert.equal(applied(), 1);
    assert.equal(apply.outputs["appliedMode"], "none");
  });

  it("stays in the state as it is in a refresh, with a warning that has the reason", async () => {
    const apply = anApply();
    await apply.up(stack.inputs({ timeouts: { connect: "1s" } }));
    const { outputs } = apply;
    stack.proxy.fault = { kind: "reset" };
    await apply.refresh();
    assert.deepEqual(apply.outputs, outputs);
    assert.match(apply.reports.join("\n"), /cannot connect: the connection was closed; .*what is stored of it stays/);
  });
});
