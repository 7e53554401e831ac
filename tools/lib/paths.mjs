import { homedir, userInfo } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of this repository. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const windows = process.platform === "win32";

/** `name` as the file system knows an executable. */
export const executable = (name) => (windows ? `${name}.exe` : name);

/** Where tools that were built are kept: outside the repository, one folder per version. */
export function toolCache(env = process.env) {
  const base = env.XDG_CACHE_HOME;
  // The XDG specification says to ignore a relative path.
  return join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".cache"), "pulumi-talos-pki");
}

/**
 * The folders that Pulumi calls its own: PULUMI_HOME alone, else that of the CLI, which asks the user database where the home is, and that
 * of its npm installer, which asks HOME. Most often they are the same.
 */
export function pulumiHomes(env = process.env) {
  if (env.PULUMI_HOME !== undefined && env.PULUMI_HOME !== "") {
    return [env.PULUMI_HOME];
  }
  return [...new Set([userInfo().homedir, homedir()].map((home) => join(home, ".pulumi")))];
}
