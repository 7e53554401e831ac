import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { webcrypto } from "node:crypto";

import { createEnvironment } from "../core/environment";
import type { Host } from "./definition";

/** Tests move the clock with this variable (RFC 3339); nobody else should. */
const NOW = "TALOS_PKI_NOW";

/** The world around the definitions: the machine's clock, OpenSSL's randomness, the program's folder. */
export const systemHost: Host = {
  environment: createEnvironment(webcrypto, () => {
    const fixed = process.env[NOW];
    return fixed === undefined || fixed === "" ? new Date() : new Date(fixed);
  }),
  async readFiles(folder, names) {
    const texts = await Promise.all(
      names.map(async (name) => {
        try {
          return [[name, await readFile(join(folder, name), "utf8")]] as const;
        } catch {
          return [];
        }
      }),
    );
    return Object.fromEntries(texts.flat());
  },
};
