import assert from "node:assert/strict";

import { Prober } from "../../slow/support/prober";

import type { Holders } from "./holders";
import { Caller, type Fortune, isKnown, write } from "./writers";

/** Clients that try every API server. */
const ANY = ["any 1", "any 2", "any 3"];
/** How one side of TLS, or apid, rejects the other; any other reason is that a node which reboots is away. */
const REJECTED = /ALERT|CERT|VERIFY|SIGNED|gRPC status (?:7|16)\b/i;

/** Clients of all kinds, who call a cluster all the time until `end`. */
export class Audience {
  private readonly callers: readonly Caller[];
  private readonly probers: readonly Prober[];

  /**
   * @param planes control planes
   * @param addresses every node
   */
  constructor(planes: readonly string[], addresses: readonly string[], now: Holders) {
    const caller = (name: string, servers: readonly string[], pause: number): Caller =>
      new Caller({ name, attempt: write, addresses: servers, pause }, [now.kubernetes]);
    this.callers = [
      ...ANY.map((name) => caller(name, planes, 50)),
      ...planes.map((address, index) => caller(`cp${index + 1}`, [address], 400)),
      new Caller({ name: "aggregator", attempt: isKnown, addresses: planes, pause: 400 }, [now.aggregator]),
      new Caller({ name: "serviceAccount", attempt: isKnown, addresses: planes, pause: 400 }, [now.serviceAccount]),
    ];
    this.probers = addresses.map((address) => new Prober([{ endpoint: `${address}:50000` }], [now.os], 400));
  }

  /** Everybody gets other credentials; who has not fetched them yet has the old ones for some more requests. */
  async handOver(before: Holders, after: Holders): Promise<void> {
    this.hold(before, after);
    await Promise.all(this.callers.map((caller) => caller.until(caller.total.requests + 10)));
    this.hold(after);
  }

  /** Waits until those that try every API server have made so many requests. */
  async until(requests: number): Promise<void> {
    const callers = this.callers.filter(({ name }) => ANY.includes(name));
    await Promise.all(callers.map((caller) => caller.until(requests / callers.length)));
  }

  /** How each has fared since the last time that somebody asked. */
  fortunes(): readonly Fortune[] {
    return this.callers.map((caller) => caller.fortune());
  }

  /** How each has fared since the beginning. */
  get totals(): readonly { readonly name: string; readonly requests: number; readonly failed: number }[] {
    return this.callers.map(({ name, total }) => ({ name, ...total }));
  }

  async end(): Promise<void> {
    await Promise.all([...this.callers, ...this.probers].map((one) => one.stop()));
  }

  /** Those that try every API server have got through each time, and so have those of the other kinds. */
  assertUndisturbed(): void {
    const disturbed = this.totals.filter(({ name, failed }) => !name.startsWith("cp") && failed > 0);
    assert.deepEqual(disturbed, []);
  }

  /** A node that reboots is away; no node rejects a client. */
  assertNobodyRejected(): void {
    const told = this.probers.map(({ calls, refusals, longestGap }) => ({ calls, away: refusals.length, longestGap }));
    console.log(`      talosctl: ${JSON.stringify(told)}`);
    const reasons = this.probers.flatMap(({ refusals }) => refusals.map(({ reason }) => reason));
    console.log(`      reasons: ${[...new Set(reasons)].slice(0, 12).join("; ").slice(0, 1500)}`);
    const rejected = this.probers.flatMap(({ refusals }) => refusals.filter(({ reason }) => REJECTED.test(reason)));
    assert.deepEqual(rejected.slice(0, 5), []);
  }

  private hold(...holders: readonly Holders[]): void {
    for (const caller of this.callers) {
      const { name } = caller;
      const kind = name === "aggregator" || name === "serviceAccount" ? name : "kubernetes";
      caller.hold(...holders.map((one) => one[kind]));
    }
    for (const prober of this.probers) prober.hold(...holders.map(({ os }) => os));
  }
}
