import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What machined raises and belongs to the machine: a node needs more of it than most machines allow. */
const LIMIT = "/proc/sys/fs/inotify/max_user_instances";

const kept = (folder) => join(folder, "max_user_instances");

/** Keeps the machine's limit in `folder`, before the first node raises it. */
export function keepLimits(folder) {
  if (!existsSync(kept(folder))) {
    writeFileSync(kept(folder), readFileSync(LIMIT));
  }
}

/** Restores the limit, after the last node. */
export function restoreLimits(folder) {
  if (existsSync(kept(folder))) {
    writeFileSync(LIMIT, readFileSync(kept(folder)));
    rmSync(kept(folder));
  }
}
