import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What installing, building or running leaves behind in the folder of an SDK or a program. */
const LEFT_BEHIND = /(^|\/)(__pycache__|build|dist|target|bin|obj|[^/]*\.egg-info)(\/|$)/;

/** The sources in a folder, relative to it and sorted; none where there is no folder. */
export function sourcesIn(folder) {
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
        .filter((path) => !LEFT_BEHIND.test(path))
        .sort()
    : [];
}

/** A short hash of the contents of files. */
export function hashOf(paths) {
  const hash = createHash("sha256");
  paths.forEach((path, index) => hash.update(index === 0 ? "" : "\0").update(readFileSync(path)));
  return hash.digest("hex").slice(0, 12);
}
