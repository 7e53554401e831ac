import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { withLock } from "./lock.mjs";

/** What a process that was killed has left; only the holder of the lock may ask. */
function removeHalves(target) {
  for (const name of readdirSync(dirname(target))) {
    if (name.startsWith(`${basename(target)}.half-`)) {
      rmSync(join(dirname(target), name), { recursive: true, force: true });
    }
  }
}

/**
 * Makes the folder `target`, all or none: `fill(half)` fills a folder beside it, which is renamed into place. Does
 * nothing if `isThere()`, maybe because another process has made it meanwhile. `onWait(pid)` is told whom it waits for.
 */
export async function makeFolder(target, isThere, fill, onWait) {
  const make = async () => {
    if (isThere()) {
      return;
    }
    removeHalves(target);
    const half = mkdtempSync(`${target}.half-`);
    try {
      await fill(half);
      chmodSync(half, 0o755);
      rmSync(target, { recursive: true, force: true });
      renameSync(half, target);
    } finally {
      rmSync(half, { recursive: true, force: true });
    }
  };
  mkdirSync(dirname(target), { recursive: true });
  await withLock(`${target}.building`, make, onWait);
}
