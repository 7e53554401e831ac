import assert from "node:assert/strict";

import fc from "fast-check";

import { describeProblem, PkiError, type Problem } from "../../provider/core/errors";
import type { RotationPosition } from "../../provider/core/lifecycle/rotation";
import { judgeRotation, type RotationVerdict } from "../../provider/core/lifecycle/rotationCheck";
import {
  isConcerned,
  type NodeObservation,
  PLACES,
  placesOf,
  PROOFS,
  ROTATION_PARTIES,
  type RotationParty,
} from "../../provider/core/lifecycle/rotationProofs";
import { STAGED, type StagedName } from "../../provider/core/secrets/inventory";
import type { MachineType } from "../../provider/core/secrets/types";
import { PemReader } from "../../provider/core/x509/pemReader";
import type { Context } from "../../provider/engine/ports";
import type { Values } from "../../provider/engine/values";
import { applyUpdate } from "../../provider/resources/talosSecrets/apply";
import { decideMoves, questionsOf } from "../../provider/resources/talosSecrets/gateDecision";
import type { SecretsInputs } from "../../provider/resources/talosSecrets/inputs";
import type { StoredSecrets } from "../../provider/resources/talosSecrets/outputs";
import { readState, stateOutputs } from "../../provider/resources/talosSecrets/state";
import { planUpdate } from "../../provider/resources/talosSecrets/updatePlan";
import { makeSecrets } from "../unit/support/cluster";
import { testHost } from "../unit/support/engine";

const HOSTS = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"] as const;
type Host = (typeof HOSTS)[number];
const typeOf = (host: Host): MachineType => (host === "10.0.0.5" ? "worker" : "controlplane");
const NODES = HOSTS.map((host) => ({ address: { host, port: 50_000 }, machineType: typeOf(host) }));
const HOUR = 3_600_000;

/** What a node has of one CA or key: who issues there, whom its config accepts, and whom the running programs do. */
interface Held {
  issuing: string;
  configured: readonly string[];
  loaded: readonly string[];
  since: number;
}

interface Status {
  readonly id?: string;
  readonly stage: RotationPosition;
  readonly issuing: string;
  readonly accepted: readonly string[];
  readonly retired: readonly string[];
}

/** A cluster as it is without the code under test: nodes that do what Talos does with the config of a state. */
class Model {
  readonly nodes = new Map<Host, Record<StagedName, Held>>();
  readonly off = new Set<Host>();
  now = Date.parse("2026-01-01T00:00:00Z");
  private readonly context: Context;

  private constructor(private outputs: StoredSecrets) {
    const host = testHost();
    this.context = {
      ...host,
      environment: { ...host.environment, now: () => new Date(this.now) },
      pems: new PemReader(),
      progress: () => undefined,
      signal: new AbortController().signal,
    };
    for (const node of HOSTS) this.apply(node, true);
  }

  static of(outputs: Values): Model {
    return new Model(outputs as StoredSecrets);
  }

  status(name: StagedName): Status {
    return (this.outputs.rotationStatus as unknown as Record<StagedName, Status>)[name];
  }

  /** A node takes the config of the state. An etcd CA is loaded by a reboot only; a naive apply goes without. */
  apply(host: Host, reboots: boolean): void {
    const before = this.nodes.get(host);
    const held = STAGED.map((name): readonly [StagedName, Held] => {
      const { issuing, accepted } = this.status(name);
      const configured = [issuing, ...accepted];
      const old = before?.[name];
      const isSame = old !== undefined && old.issuing === issuing && old.configured.join() === configured.join();
      const isLoaded = reboots || name !== "etcd" || old === undefined;
      return [
        name,
        {
          issuing,
          configured,
          loaded: isLoaded ? configured : old.loaded,
          since: isSame && !(reboots && name === "etcd") ? old.since : this.now,
        },
      ];
    });
    this.nodes.set(host, Object.fromEntries(held) as unknown as Record<StagedName, Held>);
  }

  /** What a node shows of a CA, to whoever asks it. */
  private observe(name: StagedName, host: Host): NodeObservation {
    const machineType = typeOf(host);
    const held = this.nodes.get(host)![name];
    const { issuing, accepted, retired } = this.status(name);
    const parties: Readonly<Record<RotationParty, readonly string[]>> = {
      issuing: [issuing],
      other: accepted.slice(0, 1),
      retired: retired.filter((old) => old !== issuing && !accepted.includes(old)),
    };
    const serves = ROTATION_PARTIES.find((party) => parties[party].includes(held.issuing)) ?? "stranger";
    const trusts = Object.fromEntries(
      ROTATION_PARTIES.flatMap((party) =>
        parties[party].length === 0 ? [] : [[party, parties[party].some((one) => held.loaded.includes(one))]],
      ),
    );
    const isOff = this.off.has(host);
    return {
      node: host,
      machineType,
      places: placesOf(name, machineType).map((place) => ({
        place,
        ...(isOff ? { trusts: {}, reason: "no answer" } : { trusts, ...("shows" in PLACES[place] ? { serves } : {}) }),
      })),
      components: isOff
        ? []
        : [...new Set(Object.values(PROOFS[name].restarts).flat()), "kube-apiserver" as const].map((component) => ({
            component,
            isCurrent: held.loaded.join() === held.configured.join(),
            since: new Date(held.since),
          })),
    };
  }

  /** One update, with what the nodes show; what it was rejected for, or what it waits for. */
  async up(rotation: unknown, tamper: ReadonlySet<Host>): Promise<{ rejected: string[]; waits: string[] }> {
    const inputs = { rotation, nodes: NODES } as unknown as SecretsInputs;
    const problems: Problem[] = [];
    const plan = await planUpdate(this.outputs, inputs, inputs, this.context, problems);
    if (problems.length > 0) return { rejected: problems.map(describeProblem), waits: [] };
    const state = readState(this.outputs, this.context);
    const verdicts = questionsOf(plan).map(({ name, asked }): readonly [StagedName, RotationVerdict] => {
      const hosts = asked.map(({ node }) => node.host as Host);
      const seen = hosts.map((host) =>
        tamper.has(host)
          ? { node: host, machineType: typeOf(host), places: [], components: [] }
          : this.observe(name, host),
      );
      return [name, judgeRotation(name, this.status(name).stage, seen)];
    });
    try {
      const decided = decideMoves(state, plan, Object.fromEntries(verdicts), new Date(this.now));
      const moved = decided.plan.changes ? await applyUpdate(state, decided.plan, inputs, this.context) : state;
      if (decided.plan.changes) this.outputs = stateOutputs(moved) as StoredSecrets;
      return { rejected: [], waits: decided.warnings.map(({ message }) => message) };
    } catch (error) {
      if (error instanceof PkiError) return { rejected: error.problems.map(describeProblem), waits: [] };
      throw error;
    }
  }

  /** Whoever rejects whom at this moment, of nodes and of the clients of the state. */
  rejections(clients: readonly Readonly<Record<StagedName, string>>[]): string[] {
    return STAGED.flatMap((name) => {
      const hosts = HOSTS.filter((host) => isConcerned(name, typeOf(host)));
      return hosts.flatMap((host) => {
        const { loaded } = this.nodes.get(host)![name];
        const peers = hosts
          .filter((peer) => !loaded.includes(this.nodes.get(peer)![name].issuing))
          .map((peer) => `${name}: ${host} rejects ${peer}`);
        // etcd and front-proxy clients are the nodes themselves.
        const others = name === "os" || name === "kubernetes" ? clients : [];
        return [
          ...peers,
          ...others.filter((client) => !loaded.includes(client[name])).map(() => `${name}: ${host} rejects a client`),
        ];
      });
    });
  }

  clients(): Readonly<Record<StagedName, string>> {
    return Object.fromEntries(STAGED.map((name) => [name, this.status(name).issuing])) as Record<StagedName, string>;
  }
}

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
        { numRuns: 15 },
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
