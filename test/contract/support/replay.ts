import { webcrypto } from "node:crypto";

import type { Environment } from "../../../provider/core/environment";

type Operation = (...args: never[]) => Promise<unknown>;

/**
 * An environment whose chance repeats itself: what was drawn once (keys, bytes, ECDSA signatures) is drawn again in the
 * same order after `rewind`, so that two runs of the same steps must agree to the last byte.
 */
export class Replay implements Environment {
  time = "2026-01-01T00:00:00Z";
  readonly subtle: webcrypto.SubtleCrypto;
  private readonly drawn = new Map<string, unknown[]>();
  private queue: Promise<unknown> = Promise.resolve();
  private at = new Map<string, number>();

  constructor() {
    const { subtle } = webcrypto;
    const drawn: Readonly<Record<string, (...args: never[]) => Promise<unknown>>> = {
      generateKey: (...args) =>
        this.draw(`key ${JSON.stringify(args[0])}`, () => (subtle.generateKey as Operation)(...args)),
      sign: (...args) =>
        this.draw(`signature ${Buffer.from(args[2] as unknown as ArrayBuffer).toString("base64")}`, () =>
          (subtle.sign as Operation)(...args),
        ),
    };
    this.subtle = new Proxy(subtle, {
      get: (target, name) => {
        const member = drawn[String(name)] ?? (Reflect.get(target, name) as Operation).bind(target);
        // One after the other: keys that are made side by side would draw their serial numbers in any order.
        return (...args: never[]) => {
          const result = this.queue.then(() => member(...args));
          this.queue = result.catch(() => undefined);
          return result;
        };
      },
    });
  }

  now(): Date {
    return new Date(this.time);
  }

  randomBytes(size: number): Uint8Array {
    return this.draw(`bytes ${size}`, () => webcrypto.getRandomValues(new Uint8Array(size)));
  }

  /** Starts again from the first draw. */
  rewind(): void {
    this.at = new Map();
    this.time = "2026-01-01T00:00:00Z";
  }

  private draw<T>(kind: string, make: () => T): T {
    const index = this.at.get(kind) ?? 0;
    this.at.set(kind, index + 1);
    const list = this.drawn.get(kind) ?? [];
    this.drawn.set(kind, list);
    if (index === list.length) list.push(make());
    return list[index] as T;
  }
}
