import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

function holder(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function isAlive({ pid, host }) {
  if (host !== hostname()) {
    return true;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function tryLock(path) {
  // Linked into place with its content, so that nobody ever reads a lock without its holder.
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, JSON.stringify({ pid: process.pid, host: hostname() }));
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") {
      return false;
    }
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Runs `work` while no other process holds the lock file `path`. `onWait(pid)` is told once whom it waits for. A
 * holder that has died loses the lock. Two processes that find it dead in the same instant may both go on:
 * callers write to a temporary place and rename, so that costs time and breaks nothing.
 */
export async function withLock(path, work, onWait = () => {}) {
  mkdirSync(dirname(path), { recursive: true });
  for (let waited = false; !tryLock(path);) {
    const other = holder(path);
    if (other !== undefined && !isAlive(other)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!waited && other !== undefined) {
      waited = true;
      onWait(other.pid);
    }
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}
