/** What `endWithParent` watches, and what it waits for. */
export interface ParentWatchOptions {
  /** Whether something is under way that must come to its end: a node must not be left half changed. */
  readonly isBusy: () => boolean;
  /** Milliseconds between two looks; default 1000. */
  readonly interval?: number;
}

/**
 * Ends this process after its parent has: nobody else stops a provider whose `pulumi` was killed. What only reads is
 * dropped, because nobody is left who could take the answer.
 *
 * @example
 * endWithParent({ isBusy: () => server.isChanging() });
 */
export function endWithParent({ isBusy, interval = 1000 }: ParentWatchOptions): void {
  const parent = process.ppid;
  // Writing to the parent's pipes fails from then on. That must not stop a request that is still under way, and Pulumi's
  // process for dynamic resources writes a line about each such failure, which fails again, for ever.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const timer = setInterval(() => {
    if (!isGone(parent) || isBusy()) return;
    process.exit(0);
  }, interval);
  timer.unref();
}

/** Windows gives an orphan no other parent: there, the number alone says nothing. */
function isGone(parent: number): boolean {
  if (process.ppid !== parent) return true;
  try {
    process.kill(parent, 0);
    return false;
  } catch (error) {
    // EPERM: it runs, for another user.
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

/** What a process has open that waits to be called, and does nothing itself. */
const IDLE = new Set(["PipeWrap", "TCPServerWrap", "TTYWrap"]);

/** Whether anything in this process is waited for but a call: a timer, a connection, a file. */
export const hasWork = (): boolean => process.getActiveResourcesInfo().some((resource) => !IDLE.has(resource));
