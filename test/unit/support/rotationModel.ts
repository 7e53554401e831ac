import { describeProblem, PkiError, type Problem } from "../../../provider/core/errors";
import type { RotationPosition } from "../../../provider/core/lifecycle/rotation";
import { judgeRotation, type RotationVerdict } from "../../../provider/core/lifecycle/rotationCheck";
import {
  isConcerned,
  type NodeObservation,
  PLACES,
  placesOf,
  PROOFS,
  ROTATION_PARTIES,
  type RotationParty,
} from "../../../provider/core/lifecycle/rotationProofs";
import { STAGED, type StagedName } from "../../../provider/core/secrets/inventory";
import type { MachineType } from "../../../provider/core/secrets/types";
import { PemReader } from "../../../provider/core/x509/pemReader";
import type { Context } from "../../../provider/engine/ports";
import type { Values } from "../../../provider/engine/values";
import { applyUpdate } from "../../../provider/resources/talosSecrets/apply";
import { decideMoves, questionsOf } from "../../../provider/resources/talosSecrets/gateDecision";
import type { SecretsInputs } from "../../../provider/resources/talosSecrets/inputs";
import type { StoredSecrets } from "../../../provider/resources/talosSecrets/outputs";
import { readState, stateOutputs } from "../../../provider/resources/talosSecrets/state";
import { planUpdate } from "../../../provider/resources/talosSecrets/updatePlan";
import { testHost } from "./engine";

export const HOSTS = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"] as const;
export type Host = (typeof HOSTS)[number];
const typeOf = (host: Host): MachineType => (host === "10.0.0.5" ? "worker" : "controlplane");
const NODES = HOSTS.map((host) => ({ address: { host, port: 50_000 }, machineType: typeOf(host) }));
export const HOUR = 3_600_000;

/** What a node has of one CA or key: who issues there, whom its config accepts, and whom the running programs do. */
interface Held {
  issuing: string;
  configured: readonly string[];
  loaded: readonly string[];
  since: number;
}

export interface Status {
  readonly id?: string;
  readonly stage: RotationPosition;
  readonly issuing: string;
  readonly accepted: readonly string[];
  readonly retired: readonly string[];
}

/** A cluster as it is without the code under test: nodes that do what Talos does with the config of a state. */
export class Model {
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
    return new Model(outputs);
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
      if (decided.plan.changes) this.outputs = stateOutputs(moved);
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
