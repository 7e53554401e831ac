import { decodeValues, talosctlPaths } from "../secrets/decodedBundle";
import type { SecretsBundle } from "../secrets/types";

/**
 * A bundle of the right form with nothing in it, for a preview that does not know the cluster's secrets: what patches
 * break in a config made with it, they break in every config. It never leaves this process.
 */
export const STAND_IN_SECRETS: SecretsBundle = decodeValues(
  () => ({ value: "unknown", path: "" }),
  talosctlPaths("secrets"),
).wholeBundle;
