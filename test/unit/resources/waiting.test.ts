import assert from "node:assert/strict";

import type { ErrorCode } from "../../../provider/core/errorCodes";
import { PkiError } from "../../../provider/core/errors";
import type { Nodes } from "../../../provider/engine/nodes";
import { Overdue, waitFor } from "../../../provider/resources/live/waiting";

/** The code of an attempt that fails, and how long it takes, in milliseconds. */
type Failing = readonly [ErrorCode, number];

/** A wait of so many milliseconds in which each attempt fails; the last one again and again. */
async function failing(deadline: number, attempts: readonly Failing[]): Promise<unknown> {
  let now = 0;
  const clock = {
    uptime: () => now,
    sleep: (milliseconds: number) => {
      now += milliseconds;
      return Promise.resolve();
    },
  } as Partial<Nodes> as Nodes;
  const left = [...attempts];
  const patience = { nodes: clock, signal: new AbortController().signal, progress: () => undefined, deadline };
  return waitFor("nothing", patience, () => {
    const [code, takes] = left.length > 1 ? left.shift()! : left[0]!;
    now += takes;
    return Promise.reject(new PkiError(code, `${code} at ${Math.floor(now / 1000)} s`));
  }).catch((error: unknown) => error);
}

async function lastCause(attempts: readonly Failing[]): Promise<string | undefined> {
  const failed = await failing(2000, attempts);
  assert.ok(failed instanceof Overdue);
  assert.equal(failed.missing, failed.error?.message);
  return failed.error?.code;
}

describe("a wait that comes to its end", () => {
  it("reports what the last attempt has found", async () => {
    assert.equal(
      await lastCause([
        ["ERR_NODE_UNREACHABLE", 500],
        ["ERR_CLIENT_REJECTED", 1200],
      ]),
      "ERR_CLIENT_REJECTED",
    );
    assert.equal(
      await lastCause([
        ["ERR_NODE_UNREACHABLE", 500],
        ["ERR_NODE_TIMEOUT", 1300],
      ]),
      "ERR_NODE_TIMEOUT",
    );
  });

  it("reports the cause before a last attempt that had too little time to find one", async () => {
    assert.equal(
      await lastCause([
        ["ERR_CLIENT_REJECTED", 1750],
        ["ERR_NODE_TIMEOUT", 50],
      ]),
      "ERR_CLIENT_REJECTED",
    );
  });
});

describe("a refusal of what the client's role allows", () => {
  it("is waited out for half a minute, and is an error then", async () => {
    const failed = await failing(120_000, [["ERR_ROLE_MISSING", 100]]);
    assert.ok(failed instanceof PkiError);
    assert.match(failed.message, /^ERR_ROLE_MISSING at 3[01] s$/);
  });

  it("begins anew once the node has said anything else", async () => {
    const refusals = Array.from({ length: 25 }, (): Failing => ["ERR_ROLE_MISSING", 10]);
    const failed = await failing(60_000, [...refusals, ["ERR_NODE_UNREACHABLE", 10], ["ERR_ROLE_MISSING", 10]]);
    assert.ok(failed instanceof PkiError);
    assert.match(failed.message, /^ERR_ROLE_MISSING at 5\d s$/);
  });
});
