import { setTimeout as delay } from "node:timers/promises";

import { callVersion, type Client, type Target } from "./apiCall";

/** A call that did not get through. */
export interface Refusal {
  /** RFC 3339. */
  readonly time: string;
  readonly client: string;
  readonly target: Target;
  readonly reason: string;
}

/** Between two calls of one client to one target: apid and the machine shall live. */
const PAUSE = 50;

/** Calls every target all the time, as every client that somebody holds at the moment, until `stop`. */
export class Prober {
  readonly refusals: Refusal[] = [];
  calls = 0;
  /** The longest time in which some target was not called, in milliseconds. */
  longestGap = 0;
  private readonly since = new Map<Client, number>();
  private stopped = false;
  private readonly loops: readonly Promise<void>[];

  /** @param pause milliseconds between two calls to one target */
  constructor(
    targets: readonly Target[],
    private clients: readonly Client[],
    private readonly pause = PAUSE,
  ) {
    this.loops = targets.map((target) => this.loop(target));
  }

  /** From now on these clients call. */
  hold(...clients: readonly Client[]): void {
    this.clients = clients;
  }

  /** Waits until each of the clients of this moment has made `count` more calls. */
  async more(count: number): Promise<void> {
    const clients = [...this.clients];
    const before = new Map(clients.map((client) => [client, this.since.get(client) ?? 0]));
    while (clients.some((client) => (this.since.get(client) ?? 0) - (before.get(client) ?? 0) < count)) {
      await delay(20);
    }
  }

  /** Waits until nothing is rejected for ten rounds. */
  async quiet(patience = 60_000): Promise<void> {
    const deadline = Date.now() + patience;
    for (let count = -1; count !== this.refusals.length;) {
      if (Date.now() > deadline) throw new Error(`still rejected: ${JSON.stringify(this.refusals.at(-1))}`);
      count = this.refusals.length;
      await this.more(70);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops);
  }

  private async loop(target: Target): Promise<void> {
    let last = Date.now();
    while (!this.stopped) {
      for (const client of this.clients) {
        const reason = await callVersion(client, target);
        const now = Date.now();
        this.longestGap = Math.max(this.longestGap, now - last);
        last = now;
        this.calls += 1;
        this.since.set(client, (this.since.get(client) ?? 0) + 1);
        if (reason !== undefined) {
          this.refusals.push({ time: new Date(now).toISOString(), client: client.name, target, reason });
        }
      }
      await delay(this.pause);
    }
  }
}
