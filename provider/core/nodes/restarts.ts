import { canonical } from "../canonical";
import { isTree, valueAt } from "../secrets/fields";
import { decodeBase64 } from "../x509/pem";
import { readPlainDocuments } from "../yaml/plain";

/** What restarts: the machine, or its kubelet alone. */
export type Restart = "reboot" | "kubelet";

interface RestartRow {
  /** `kind` of the document; absent for v1alpha1. */
  readonly kind?: string;
  /** Place in the document; the whole of it where it is empty. */
  readonly path: readonly string[];
  readonly restarts: Restart;
  /** What of the value matters; a change of anything else restarts nothing. */
  readonly matters?: (value: unknown) => unknown;
}

/**
 * What a control plane must restart to take a change, which Talos does not do by itself, or too late.
 *
 * etcd, the API server's client of etcd and machined's client of etcd load the CAs once: only a reboot starts all three
 * anew. Which of the CAs issues they take as it comes. Static pods are restarted by the kubelet when it looks, up to 20 s
 * after the API server has reloaded what it can; a kubelet that starts looks at once. For a Kubernetes CA Talos restarts
 * the kubelet itself, and for a bootstrap token the API server: they are in the table because the API server is away, and
 * no other one may be at that time. Measured with Talos v1.13.0.
 */
const ROWS: readonly RestartRow[] = [
  { path: ["cluster", "etcd", "ca", "crt"], restarts: "reboot", matters: certificatesOf },
  { path: ["cluster", "ca"], restarts: "kubelet" },
  { path: ["cluster", "acceptedCAs"], restarts: "kubelet" },
  { path: ["cluster", "aggregatorCA"], restarts: "kubelet" },
  { path: ["cluster", "serviceAccount"], restarts: "kubelet" },
  { path: ["cluster", "token"], restarts: "kubelet" },
  { kind: "KubeAPIServerCAConfig", path: [], restarts: "kubelet" },
  { kind: "KubeAggregatorCAConfig", path: [], restarts: "kubelet" },
  { kind: "KubeServiceAccountConfig", path: [], restarts: "kubelet" },
];

/** The certificates of a `crt` in base64, in no order. */
function certificatesOf(crt: unknown): unknown {
  const octets = typeof crt === "string" ? decodeBase64(crt) : undefined;
  if (octets === undefined) return crt;
  const text = Buffer.from(octets).toString("latin1");
  const blocks = text.match(/-----BEGIN [^-]+-----[^-]*-----END [^-]+-----/g);
  return blocks === null ? text : blocks.map((block) => block.replace(/\s+/g, "")).sort();
}

/**
 * What a control plane must restart to go from one config to the other; a reboot restarts its kubelet too.
 *
 * @throws PkiError ERR_YAML_INVALID
 * @example
 * restartsOf(before, after); // "reboot", where the etcd CAs differ
 */
export function restartsOf(before: string, after: string): Restart | undefined {
  const [old, next] = [before, after].map((text) => readPlainDocuments(text, "machineConfig").filter(isTree));
  const seen = (documents: readonly Readonly<Record<string, unknown>>[] = [], row: RestartRow): string => {
    const value = valueAt(
      documents.find(({ kind }) => kind === row.kind),
      row.path,
    );
    return canonical(row.matters === undefined ? value : row.matters(value));
  };
  const found = ROWS.filter((row) => seen(old, row) !== seen(next, row)).map(({ restarts }) => restarts);
  return found.includes("reboot") ? "reboot" : found[0];
}
