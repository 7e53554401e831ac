import { readMachineAddress } from "../../core/config/machineAddress";
import { type ApiCertificates, readApiCertificates } from "../../core/nodes/osTrust";
import { isTree, valueAt } from "../../core/secrets/fields";
import { readPlainYaml } from "../../core/yaml/plain";
import type { EtcdMember, NodeService, NodeSession } from "../../engine/nodes";
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

/** A service by its id; `undefined` where the node has none. @throws PkiError */
async function nodeService(session: NodeSession, id: string): Promise<NodeService | undefined> {
  return (await session.services()).find((service) => service.id === id);
}

/** @throws PkiError */
export const etcdService = (session: NodeSession): Promise<NodeService | undefined> => nodeService(session, "etcd");

/** @throws PkiError */
export const kubeletService = (session: NodeSession): Promise<NodeService | undefined> =>
  nodeService(session, "kubelet");

/** Where a member of etcd says that it is; `undefined` where it tells no address. */
export const memberHost = ({ peerUrls }: EtcdMember): string | undefined =>
  peerUrls.map((url) => readMachineAddress(url)?.host).find((host) => host !== undefined);

/** What the kubelet says of a static pod. */
export interface StaticPod {
  readonly isReady: boolean;
  /** Start of its container, RFC 3339; absent where it is not told. */
  readonly startedAt?: string;
}

/**
 * When Talos has last written what a static pod runs with, its manifest or the secrets of all of them; `undefined` where it
 * has written both once only. Source: siderolabs/talos pkg/machinery/resources/{k8s,secrets}, v1.6 to v1.14.
 *
 * @throws PkiError
 */
export async function staticPodChange(session: NodeSession, program: string): Promise<Date | undefined> {
  const written = await Promise.all([
    session.resource("controlplane", "SecretStatuses.kubernetes.talos.dev", "static-pods"),
    session.resource("k8s", "StaticPods.kubernetes.talos.dev", program),
  ]);
  return written
    .flatMap((one) => (one === undefined || one.updated <= one.created ? [] : [one.updated]))
    .reduce<Date | undefined>((last, time) => (last === undefined || time > last ? time : last), undefined);
}

/** @throws PkiError */
export const apiServerPod = (session: NodeSession): Promise<StaticPod | undefined> =>
  staticPod(session, "kube-apiserver");

/** The static pod of a program; `undefined` where the node is to run none. @throws PkiError */
export async function staticPod(session: NodeSession, program: string): Promise<StaticPod | undefined> {
  const pods = await session.resources("k8s", "StaticPodStatuses.kubernetes.talos.dev");
  const pod = pods.find(({ id }) => id.includes(program));
  if (pod === undefined) {
    // A kubelet that has just started tells nothing of the pods that it has yet.
    const manifest = await session.resource("k8s", "StaticPods.kubernetes.talos.dev", program);
    return manifest === undefined ? undefined : { isReady: false };
  }
  const spec = readPlainYaml(pod.spec, "");
  const listOf = (key: string): readonly unknown[] => {
    const list = isPlainObject(spec) ? spec[key] : undefined;
    return Array.isArray(list) ? list : [];
  };
  const [startedAt] = listOf("containerStatuses").flatMap((container) => {
    const found = isTree(container) ? valueAt(container, ["state", "running", "startedAt"]) : undefined;
    return typeof found === "string" ? [found] : [];
  });
  return {
    isReady: listOf("conditions").some(
      (condition) =>
        isPlainObject(condition) && condition["type"] === "Ready" && String(condition["status"]) === "True",
    ),
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}
