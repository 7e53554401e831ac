import type { ErrorCode } from "../../core/errorCodes";
import { PkiError, type Problem } from "../../core/errors";
import { passesWithin } from "../../core/nodes/failures";
import type { Nodes } from "../../engine/nodes";

/** What a wait is made with. */
export interface Patience {
  readonly nodes: Nodes;
  readonly signal: AbortSignal;
  /** Reports a line at once. */
  readonly progress: (line: string) => void;
  /** When the wait ends, on the clock of `Nodes.uptime`, ms. */
  readonly deadline: number;
}

/** What an attempt has found: what was wanted, or what is missing yet. */
export type Attempt<T> = { readonly found: T } | { readonly missing: string };

/** A wait that came to its end. */
export class Overdue extends Error {
  constructor(
    /** What was missing last. */
    readonly missing: string,
    /** The failed call behind it, if that was the reason. */
    readonly error: PkiError | undefined,
  ) {
    super(missing);
  }
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1000;
/** With less time than this an attempt that times out has found out nothing. */
const SHORTEST_ATTEMPT_MS = 1000;
/** Lines of progress are no more frequent. */
const QUIET_MS = 10_000;

/**
 * Attempts something until it succeeds; failed calls count as not yet for as long as they may pass by themselves. Reports
 * what it waits for, and the last cause, at most every ten seconds.
 *
 * @param what what is waited for: `node 10.0.0.2 to answer`
 * @throws Overdue at the deadline
 * @throws PkiError for a failure that no waiting mends, and ERR_NODE_TIMEOUT when the operation is cancelled
 */
export async function waitFor<T>(what: string, patience: Patience, attempt: () => Promise<Attempt<T>>): Promise<T> {
  const { nodes, signal, progress, deadline } = patience;
  const begin = nodes.uptime();
  let reported = begin;
  let overdue: Overdue | undefined;
  let failing: { readonly code: ErrorCode; readonly since: number } | undefined;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
    let failure: PkiError | undefined;
    const isShort = deadline - nodes.uptime() < SHORTEST_ATTEMPT_MS;
    const result = await attempt().catch((error: unknown): Attempt<T> => {
      if (!(error instanceof PkiError)) throw error;
      if (failing?.code !== error.code) failing = { code: error.code, since: nodes.uptime() };
      if (nodes.uptime() - failing.since >= passesWithin(error)) throw error;
      failure = error;
      return { missing: error.message };
    });
    if ("found" in result) return result.found;
    if (failure === undefined) failing = undefined;
    assertGoingOn(what, signal);
    // What an attempt has found is not to be lost to a last one that had no time.
    if (overdue === undefined || !isShort || failure?.code !== "ERR_NODE_TIMEOUT")
      overdue = new Overdue(result.missing, failure);
    const now = nodes.uptime();
    if (now + pause >= deadline) throw overdue;
    if (now - reported >= QUIET_MS) {
      reported = now;
      progress(`waits for ${what} (${Math.round((now - begin) / 1000)} s): ${result.missing}`);
    }
    await nodes.sleep(pause, signal);
    assertGoingOn(what, signal);
  }
}

function assertGoingOn(what: string, signal: AbortSignal): void {
  if (!signal.aborted) return;
  const problem: Problem = {
    code: "ERR_NODE_TIMEOUT",
    path: "",
    message: `waiting for ${what} was cancelled; the next update goes on (ERR_NODE_TIMEOUT)`,
  };
  throw PkiError.of([problem]);
}
