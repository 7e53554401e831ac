import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import postject from "postject";

import { capture } from "./run.mjs";
import { ToolError } from "./say.mjs";

// Node's own marks. Source: nodejs/node doc/api/single-executable-applications.md, v20.
const RESOURCE = "NODE_SEA_BLOB";
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** Where Node's archives and packages have Node's license, seen from the executable. */
const NODE_LICENSES = ["../LICENSE", "../share/doc/nodejs/LICENSE", "../share/doc/nodejs/copyright"];

/** The license of the Node that an executable contains, or undefined if this one came without. */
export function nodeLicense() {
  const path = NODE_LICENSES.map((file) => join(dirname(process.execPath), file)).find(existsSync);
  return path === undefined ? undefined : readFileSync(path);
}

/**
 * One executable out of a bundle and the Node that runs this, for this platform alone; only for Linux: that of macOS must be
 * signed there, and that of Windows was never tried.
 */
export async function singleExecutable(code) {
  if (process.platform !== "linux") {
    throw new ToolError(`a single executable is made on Linux only; this is ${process.platform}`);
  }
  const folder = mkdtempSync(join(tmpdir(), "talos-pki-"));
  try {
    // Relative, because the executable repeats the name of the file, and is to be the same wherever it is made.
    const [main, config, blob] = ["index.js", "sea.json", "sea.blob"];
    writeFileSync(join(folder, main), code);
    writeFileSync(join(folder, config), JSON.stringify({ main, output: blob, disableExperimentalSEAWarning: true }));
    const made = await capture(process.execPath, ["--experimental-sea-config", config], { cwd: folder });
    if (made.code !== 0) {
      throw new ToolError(`node --experimental-sea-config failed: ${made.stderr.trim()}`);
    }
    const target = join(folder, "plugin");
    copyFileSync(process.execPath, target);
    chmodSync(target, 0o755);
    await postject.inject(target, RESOURCE, readFileSync(join(folder, blob)), { sentinelFuse: FUSE });
    return readFileSync(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
