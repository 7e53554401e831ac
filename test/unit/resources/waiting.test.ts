import assert from "node:assert/strict";

import type { ErrorCode } from "../../../provider/core/errorCodes";
import { PkiError } from "../../../provider/core/errors";
import type { Nodes } from "../../../provider/engine/nodes";
import { Overdue, waitFor } from "../../../provider/resources/live/waiting";

/** Waits for 2 s in which each attempt fails: the code, and how long it takes, in milliseconds. */
async function lastCause(attempts: readonly (readonly [ErrorCode, number])[]): Promise<string | undefined> {
  let now = 0;
  const clock = {
    uptime: () => now,
    sleep: (milliseconds: number) => {
      now += milliseconds;
      return Promise.resolve();
    },
  } as Partial<Nodes> as Nodes;
  const left = [...attempts];
  const patience = { nodes: clock, signal: new AbortController().signal, progress: () => undefined, deadline: 2000 };
  const failed = await waitFor("nothing", patience, () => {
    const [code, takes] = left.shift()!;
    now += takes;
    return Promise.reject(new PkiError(code, code));
  }).catch((error: unknown) => error);
  assert.ok(failed instanceof Overdue);
  assert.equal(failed.missing, failed.error?.code);
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
