import { basename, dirname } from "node:path";

import { PkiError, type Problem } from "../../../core/errors";
import { ownMember } from "../../../core/ownMember";
import type { Host } from "../../../engine/ports";

/** What an import id names: a file, and how to take it. */
export interface ImportId {
  readonly path: string;
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Reads an import id: the path of a file, and options as in a URL. `known` tells the options by name, each with the
 * values it may have, or `undefined` for any.
 *
 * @throws PkiError ERR_INPUT_MISSING without a path, ERR_INPUT_UNKNOWN, ERR_INPUT_INVALID for an option
 * @example
 * parseImportId("secrets.yaml?talosVersion=v1.12", { talosVersion: undefined });
 */
export function parseImportId(id: string, known: Readonly<Record<string, readonly string[] | undefined>>): ImportId {
  const at = id.indexOf("?");
  const path = at === -1 ? id : id.slice(0, at);
  const options = Object.fromEntries(at === -1 ? [] : new URLSearchParams(id.slice(at + 1)));
  const names = Object.keys(known);
  const problems: Problem[] = Object.entries(options).flatMap(([name, value]): Problem[] => {
    if (!Object.hasOwn(known, name)) {
      const message = `${name} is not an option of this import id; must be ${names.length === 0 ? "none" : names.join(", ")}`;
      return [{ code: "ERR_INPUT_UNKNOWN", path: "id", message }];
    }
    const allowed = known[name];
    return allowed === undefined || allowed.includes(value)
      ? []
      : [{ code: "ERR_INPUT_INVALID", path: `id.${name}`, message: `is not valid; must be ${allowed.join(" or ")}` }];
  });
  if (path === "") {
    problems.push({ code: "ERR_INPUT_MISSING", path: "id", message: "is empty; must be the path of a file" });
  }
  if (problems.length > 0) throw PkiError.of(problems);
  return { path, options };
}

/**
 * The text of the file that an id names.
 *
 * @throws PkiError ERR_INPUT_MISSING when it is not there, ERR_INPUT_INVALID when it cannot be read
 */
export async function readImportFile({ path }: ImportId, host: Host): Promise<string> {
  const text = ownMember(await host.readFiles(dirname(path), [basename(path)], "id"), basename(path));
  if (text !== undefined) return text;
  throw new PkiError(
    "ERR_INPUT_MISSING",
    `there is no file ${path} that can be read; must be a path, absolute or relative to the Pulumi program`,
    { path: "id" },
  );
}
