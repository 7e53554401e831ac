import type { Problem } from "../core/errors";
import type { Unknown } from "../engine/unknown";

/** Names that are configured and empty. */
export function emptyNameProblems(names: Readonly<Record<string, string | Unknown | undefined>>): Problem[] {
  return Object.entries(names)
    .filter(([, name]) => name === "")
    .map(([path]) => ({ code: "ERR_INPUT_MISSING", path, message: "is empty; must be a name" }));
}
