import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { webcrypto } from "node:crypto";

import { createEnvironment } from "../core/environment";
import { PkiError, type Problem } from "../core/errors";
import { decodeText } from "../core/text";
import { describeFileError, isAbsent } from "../core/fileErrors";
import type { Host } from "../engine/ports";
import type * as NodesModule from "../nodes";

/** Tests move the clock with this variable (RFC 3339); nobody else should. */
const NOW = "TALOS_PKI_NOW";

/** The machine of a provider process: its clock, OpenSSL's randomness, files relative to the program's folder. */
export const systemHost: Host = {
  environment: createEnvironment(webcrypto, () => {
    const fixed = process.env[NOW];
    return fixed === undefined || fixed === "" ? new Date() : new Date(fixed);
  }),
  async readFiles(folder, names, path = "") {
    try {
      await stat(`${folder}/.`);
    } catch (error) {
      throw new PkiError("ERR_INPUT_INVALID", `${folder}: ${describeFolderError(error)}`, { path, cause: error });
    }
    const problems: Problem[] = [];
    const texts: Record<string, string> = {};
    for (const name of names) {
      const file = join(folder, name);
      try {
        texts[name] = decodeText(await readFile(file));
      } catch (error) {
        if (isAbsent(error)) continue;
        problems.push({ code: "ERR_INPUT_INVALID", path, message: `${file}: ${describeFileError(error)}` });
      }
    }
    if (problems.length > 0) throw PkiError.of(problems);
    return texts;
  },
  nodes: () => {
    // Loaded here, at the first call: gRPC costs those nothing who call no node.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { nodes } = require("../nodes") as typeof NodesModule;
    return Promise.resolve(nodes);
  },
};

const FOLDER_REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such folder",
  ENOTDIR: "is not a folder; must be one",
};

function describeFolderError(error: unknown): string {
  const { code = "" } = error as { readonly code?: string };
  return FOLDER_REASONS[code] ?? describeFileError(error);
}
