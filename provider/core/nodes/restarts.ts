import { isTree, valueAt } from "../secrets/fields";
import { readPlainDocuments } from "../yaml/plain";

/** What restarts. */
export type Restart = "reboot";

interface RestartRow {
  /** Place in the v1alpha1 document. */
  readonly path: readonly string[];
  readonly restarts: Restart;
}

/**
 * What a control plane must restart to take a change, which Talos does not do by itself. etcd, the API server's client
 * of etcd and machined's client of etcd load the CA once: only a reboot starts all three anew. Measured with Talos v1.13.0.
 */
const ROWS: readonly RestartRow[] = [{ path: ["cluster", "etcd", "ca", "crt"], restarts: "reboot" }];

/**
 * What a control plane must restart to go from one config to the other.
 *
 * @throws PkiError ERR_YAML_INVALID
 * @example
 * restartsOf(before, after); // ["reboot"], where the etcd CA differs
 */
export function restartsOf(before: string, after: string): readonly Restart[] {
  const [old, next] = [before, after].map((text) =>
    readPlainDocuments(text, "machineConfig").find((document) => isTree(document) && !("kind" in document)),
  );
  const at = (document: unknown, path: readonly string[]): unknown =>
    isTree(document) ? valueAt(document, [...path]) : undefined;
  const found = ROWS.filter(({ path }) => at(old, path) !== at(next, path)).map(({ restarts }) => restarts);
  return [...new Set(found)];
}
