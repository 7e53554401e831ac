import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";

import type { Text } from "./leaks";

/** Where Pulumi stores the state of one project. */
export interface Backend {
  /** Environment of every operation: PULUMI_BACKEND_URL, and what opens it. */
  readonly env: NodeJS.ProcessEnv;
  /** The text of one object as it is stored, secrets encrypted; `key` is e.g. `.pulumi/stacks/e2e/test.json`. */
  object(key: string): string;
  /** Every object as it is stored, with its key. */
  objects(): readonly Text[];
  /** Does what docs/state.md says to do after a kill, beside `pulumi cancel`. */
  mend?(): void;
}

/** Every file below a folder, whose `where` is its path seen from there. */
export function filesBelow(folder: string): readonly Text[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ where: relative(folder, path), text: readFileSync(path, "utf8") }));
}

/** Objects that are stored as files of a folder, whoever wrote them. */
export const objectsIn = (folder: string): Pick<Backend, "object" | "objects"> => ({
  object: (key) => readFileSync(join(folder, key), "utf8"),
  objects: () => filesBelow(folder),
});

/** A state in files, readable only by their owner. */
export function filesBackend(folder: string): Backend {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const mend = (): void => {
    for (const { where, text } of filesBelow(folder))
      if (where.endsWith(".attrs") && text === "") rmSync(join(folder, where));
  };
  return { env: { PULUMI_BACKEND_URL: pathToFileURL(folder).href }, ...objectsIn(folder), mend };
}
