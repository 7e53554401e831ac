import assert from "node:assert/strict";

import fc from "fast-check";

import { STAGED } from "../../provider/core/secrets/inventory";
import type { Values } from "../../provider/engine/values";
import { makeSecrets } from "../unit/support/cluster";
import { testHost } from "../unit/support/engine";
import { type Host, HOSTS, HOUR, Model, type Status } from "../unit/support/rotationModel";

type Action =
  | { readonly kind: "up"; readonly choice: number; readonly tamper: readonly Host[] }
  | { readonly kind: "apply"; readonly host: Host; readonly reboots: boolean }
  | { readonly kind: "off" | "on"; readonly host: Host }
  | { readonly kind: "roll" }
  | { readonly kind: "wait" };

const host = fc.constantFrom(...HOSTS);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("up" as const),
      choice: fc.nat(99),
      tamper: fc.oneof(
        { weight: 4, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(host, { maxLength: 2 }) },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("apply" as const), host, reboots: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("off" as const, "on" as const), host }) },
  // All nodes that are on, as an update with ConfigurationApply does it.
  { weight: 6, arbitrary: fc.constant({ kind: "roll" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "wait" } as const) },
);

/** What a program asks for: a rotation of all, or of some on their own, by hand or by itself. */
type Mode = "all" | "auto" | "explicit";

/** The request for one CA: mostly the next stage, at times a wrong one. */
function requestOf({ id, stage }: Status, mode: Mode, choice: number, count: number): Values {
  const isOver = stage === "none" || stage === "finish" || stage === "abort";
  const now = isOver ? `r${count}` : String(id);
  if (mode === "auto") return { id: now, stage: "auto", allowDowntime: true };
  const stages = isOver
    ? ["accept"]
    : stage === "accept"
      ? ["swap", "swap", "swap", "swap", "abort"]
      : ["finish", "finish", "finish", "finish", "accept"];
  const wrong = ["accept", "swap", "finish", "abort"];
  const chosen = choice % 23 === 4 ? wrong[choice % 4]! : stages[choice % stages.length]!;
  return { id: now, stage: chosen, allowDowntime: true };
}

/** The same walk in every run, as it must have been everywhere; another one by the environment. */
const SEED = Number(process.env["TALOS_PKI_SEED"] ?? 11);

describe("Whatever the order of updates, applies and failures, of every CA", function () {
  this.timeout(240_000);
  let made: Values;

  before(async () => {
    const secrets = await makeSecrets(testHost("2025-12-31T00:00:00Z"), {
      talosVersion: "v1.13",
      certificateAuthorities: { os: { algorithm: "ed25519" } },
    });
    made = secrets.outputs;
  });

  for (const mode of ["all", "auto", "explicit"] as const) {
    it(`no client and no peer is ever rejected by a node: ${mode}`, async () => {
      const seen = { moves: 0, held: 0, finished: 0 };
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 30, maxLength: 60 }), async (actions) => {
          const model = Model.of(made);
          let count = 0;
          let before = model.clients();
          for (const step of actions) {
            if (step.kind === "off") model.off.add(step.host);
            if (step.kind === "on") model.off.delete(step.host);
            if (step.kind === "wait") model.now += HOUR;
            if (step.kind === "apply" && !model.off.has(step.host)) model.apply(step.host, step.reboots);
            if (step.kind === "roll") for (const one of HOSTS) if (!model.off.has(one)) model.apply(one, true);
            if (step.kind === "up") {
              before = model.clients();
              const stages = STAGED.map((name) => model.status(name));
              const isOver = stages.every(({ stage }) => stage === "none" || stage === "finish" || stage === "abort");
              if (isOver) count += 1;
              const id = isOver
                ? `r${count}`
                : String(stages.find(({ stage }) => stage === "accept" || stage === "swap")?.id);
              const single = Object.fromEntries(
                STAGED.map((name, index) => [name, requestOf(model.status(name), mode, step.choice + index, count)]),
              );
              const all = { id, stage: step.choice % 12 === 0 && !isOver ? "abort" : "auto", tokenGracePeriod: HOUR };
              const rotation = mode === "all" ? { all } : single;
              const { rejected, waits } = await model.up(rotation, new Set(step.tamper));
              const moved = STAGED.filter((name, index) => model.status(name).stage !== stages[index]!.stage);
              seen.moves += moved.length;
              seen.held += rejected.length + waits.length;
              seen.finished += moved.filter((name) => model.status(name).stage === "finish").length;
            }
            assert.deepEqual(model.rejections([before, model.clients()]), [], JSON.stringify(step));
          }
        }),
        { numRuns: 40, seed: SEED },
      );
      // The walk has been everywhere, or it proves nothing.
      for (const [what, number] of Object.entries(seen)) assert.ok(number >= 2, `${what}: ${number}`);
    });
  }

  it("a whole rotation of all takes 5 updates, 6 where tokens of the old key are still in use", async () => {
    for (const [grace, expected] of [
      [0, 5],
      [HOUR, 6],
    ] as const) {
      const model = Model.of(made);
      let ups = 0;
      const isDone = (): boolean => STAGED.every((name) => model.status(name).stage === "finish");
      while (!isDone() && ups < 20) {
        const { rejected } = await model.up({ all: { id: "a", stage: "auto", tokenGracePeriod: grace } }, new Set());
        assert.deepEqual(rejected, []);
        ups += 1;
        // What waits for tokens waits an hour.
        if (ups === 5) model.now += 2 * HOUR;
        for (const one of HOSTS) model.apply(one, true);
      }
      assert.equal(ups, expected);
    }
  });

  it("wrong moves are rejected before a node hears of them", async () => {
    const model = Model.of(made);
    const roll = (): void => {
      for (const one of HOSTS) model.apply(one, true);
    };
    const none = new Set<Host>();
    const rejects = async (rotation: unknown, message: RegExp, tamper = none): Promise<void> => {
      const before = model.clients();
      const { rejected } = await model.up(rotation, tamper);
      assert.match(rejected.join("\n"), message);
      assert.deepEqual(model.clients(), before);
    };
    const etcd = (stage: string, more: Values = {}): Values => ({ etcd: { id: "e", stage, ...more } });
    await rejects(etcd("finish"), /a rotation begins with stage "accept"/);
    await rejects(etcd("swap"), /no rotation is under way/);
    await model.up(etcd("accept"), none);
    await rejects(etcd("finish"), /stage "accept" cannot be followed by "finish"/);
    // Files without a reboot: etcd still trusts the old CA only.
    for (const one of HOSTS) model.apply(one, false);
    await rejects(etcd("swap"), /cannot go from accept to swap, because 3 of 3 nodes have not completed accept/);
    roll();
    await rejects(etcd("swap"), /1 of 3 nodes has not completed accept: 10\.0\.0\.3/, new Set<Host>(["10.0.0.3"]));
    assert.deepEqual((await model.up(etcd("swap"), none)).rejected, []);
    await rejects(
      { serviceAccount: { id: "s", stage: "accept" } },
      /rotation "e" is under way at stage "swap" and cannot be dropped/,
    );
    roll();
    assert.deepEqual((await model.up(etcd("finish"), none)).rejected, []);
    roll();
    const key = (stage: string, tokenGracePeriod = HOUR): Values => ({
      serviceAccount: { id: "s", stage, tokenGracePeriod },
    });
    await model.up(key("accept"), none);
    roll();
    await model.up(key("swap"), none);
    roll();
    await rejects(
      key("finish"),
      /cannot go from swap to finish, because pods may hold tokens of the old key until 2026-01-01T01:00:00Z/,
    );
    model.now += HOUR;
    assert.deepEqual((await model.up(key("finish"), none)).rejected, []);
  });

  it("a way back from swap keeps the new key until its tokens can have been renewed", async () => {
    const model = Model.of(made);
    const up = async (stage: string, all = true): Promise<{ rejected: string[]; waits: string[] }> => {
      const request = { id: "b", stage, tokenGracePeriod: HOUR };
      const told = await model.up(all ? { all: request } : { serviceAccount: request }, new Set());
      for (const one of HOSTS) model.apply(one, true);
      return told;
    };
    for (let count = 0; count < 4; count += 1) await up("auto");
    assert.deepEqual(await up("abort"), { rejected: [], waits: [] });
    const why = "pods may hold tokens of the new key until 2026-01-01T01:00:00Z";
    assert.match(
      (await up("abort")).waits.join("\n"),
      new RegExp(`service account key stays at accept, because ${why}`),
    );
    const stages = (): readonly string[] => STAGED.map((name) => model.status(name).stage);
    assert.deepEqual(stages(), ["finish", "abort", "abort", "abort", "accept"]);
    assert.match(
      (await up("abort", false)).rejected.join("\n"),
      new RegExp(`cannot go from accept to abort, because ${why}`),
    );
    model.now += HOUR;
    assert.deepEqual(await up("abort"), { rejected: [], waits: [] });
    assert.deepEqual(stages(), ["finish", "abort", "abort", "abort", "abort"]);

    const early = Model.of(made);
    await early.up({ serviceAccount: { id: "e", stage: "accept", tokenGracePeriod: HOUR } }, new Set());
    for (const one of HOSTS) early.apply(one, true);
    // The new key has signed nothing yet.
    const { rejected } = await early.up(
      { serviceAccount: { id: "e", stage: "abort", tokenGracePeriod: HOUR } },
      new Set(),
    );
    assert.deepEqual(rejected, []);
  });

  it("a replacement at once is no rotation: the check above can fail", async () => {
    const model = Model.of(made);
    await model.up({ aggregator: { id: "now", isAtOnce: true } }, new Set());
    assert.deepEqual(model.rejections([model.clients()]), []);
    model.apply("10.0.0.2", true);
    assert.deepEqual(model.rejections([model.clients()]), [
      "aggregator: 10.0.0.2 rejects 10.0.0.3",
      "aggregator: 10.0.0.2 rejects 10.0.0.4",
      "aggregator: 10.0.0.3 rejects 10.0.0.2",
      "aggregator: 10.0.0.4 rejects 10.0.0.2",
    ]);
  });
});
