import { type ApiCertificates, readApiCertificates } from "../../core/nodes/osTrust";
import { readPlainYaml } from "../../core/yaml/plain";
import type { NodeService, NodeSession } from "../../engine/nodes";
import { isPlainObject } from "../../engine/values";

/** The certificates that apid has in use. @throws PkiError */
export async function apiCertificates(session: NodeSession): Promise<ApiCertificates> {
  const found = await session.resource("secrets", "ApiCertificates.secrets.talos.dev", "api");
  return found === undefined ? { server: undefined, accepted: [] } : readApiCertificates(found.spec);
}

/** What machined says of the machine. */
export interface MachineState {
  /** `running`, `booting`, `maintenance`, … */
  readonly stage: string;
  /** When this run of machined began to tell; another time means another boot. */
  readonly since: Date;
}

/** Source: siderolabs/talos pkg/machinery/resources/runtime/machine_status.go, v1.6 to v1.14. @throws PkiError */
export async function machineState(session: NodeSession): Promise<MachineState | undefined> {
  const found = await session.resource("runtime", "MachineStatuses.runtime.talos.dev", "machine");
  if (found === undefined) return undefined;
  const spec = readPlainYaml(found.spec, "");
  const { stage } = isPlainObject(spec) ? spec : {};
  return {
    stage: typeof stage === "string" ? stage : "unknown",
    since: found.created,
  };
}

/** The service etcd; `undefined` where the node has none. @throws PkiError */
export async function etcdService(session: NodeSession): Promise<NodeService | undefined> {
  return (await session.services()).find(({ id }) => id === "etcd");
}

/** Whether the static pod of the API server is Ready; `undefined` where the node has none. @throws PkiError */
export async function apiServerReady(session: NodeSession): Promise<boolean | undefined> {
  const pods = await session.resources("k8s", "StaticPodStatuses.kubernetes.talos.dev");
  const pod = pods.find(({ id }) => id.includes("kube-apiserver"));
  if (pod === undefined) return undefined;
  const spec = readPlainYaml(pod.spec, "");
  const conditions = isPlainObject(spec) ? spec["conditions"] : undefined;
  return (Array.isArray(conditions) ? conditions : []).some(
    (condition: unknown) =>
      isPlainObject(condition) && condition["type"] === "Ready" && String(condition["status"]) === "True",
  );
}
