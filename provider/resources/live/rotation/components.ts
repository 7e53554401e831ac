import { PkiError } from "../../../core/errors";
import { type Component, type ComponentObservation, PROOFS } from "../../../core/lifecycle/rotationProofs";
import { isTree, valueAt } from "../../../core/secrets/fields";
import type { NodeResource } from "../../../engine/nodes";
import { etcdService, staticPod } from "../nodeState";
import { type ProbedNode, readingOf } from "./probedNode";
import type { StagedName } from "../../../core/secrets/inventory";

/**
 * Looks whether the programs that an authority needs run with the files of the config, on a control plane.
 *
 * Sources: siderolabs/talos internal/app/machined/pkg/controllers/k8s/{render_secrets,control_plane}_static_pod.go and
 * pkg/machinery/resources/{k8s,secrets}, v1.6 to v1.14.
 */
export function observeComponents(authority: StagedName, node: ProbedNode): Promise<ComponentObservation[]> {
  const needed = new Set(Object.values(PROOFS[authority].restarts).flat());
  return Promise.all(
    [...needed].map(async (component) => {
      const found = await readingOf(
        component === "etcd"
          ? etcdStart(node)
          : podStart(component, authority === "etcd" ? "etcd" : "kubernetes", node),
      );
      return found instanceof PkiError ? { component, reason: found.message } : { component, ...found };
    }),
  );
}

type Start = Omit<ComponentObservation, "component">;

/** When a resource got its present value: what has never changed is older than whatever runs. */
const changeOf = ({ created, updated }: NodeResource): Date | undefined => (updated > created ? updated : undefined);

const etcdRoot = (node: ProbedNode): Promise<NodeResource | undefined> =>
  node.resource("secrets", "EtcdRootSecrets.secrets.talos.dev", "etcd");

/** A whole start of the service, after the CA of the config changed: a program that was merely killed is `Waiting` before. */
async function etcdStart(node: ProbedNode): Promise<Start> {
  const [root, service] = await Promise.all([etcdRoot(node), node.read(etcdService)]);
  if (root === undefined || service === undefined) return { isCurrent: false, reason: "the node has no etcd yet" };
  if (service.state !== "Running") return { isCurrent: false, reason: `the service is ${service.state}` };
  if (service.healthy === false) return { isCurrent: false, reason: "the service is not healthy" };
  const since = latest(service.events.filter(({ state }) => state === "Preparing").map(({ at }) => at));
  const changed = changeOf(root);
  if (changed === undefined || (since !== undefined && since >= changed)) {
    return { isCurrent: true, ...(since === undefined ? {} : { since }) };
  }
  return since === undefined
    ? { reason: "its list of events does not go back to its start" }
    : { isCurrent: false, since, reason: "it has not been restarted since its CAs changed" };
}

const latest = (times: readonly Date[]): Date | undefined =>
  times.reduce<Date | undefined>((last, time) => (last === undefined || time > last ? time : last), undefined);

/**
 * The static pod runs with the secrets that Talos has written last, and is Ready. The API server reloads some of them
 * before, so that what it shows is right too early.
 */
async function podStart(component: Component, of: "etcd" | "kubernetes", node: ProbedNode): Promise<Start> {
  const nodename = (await node.spec("k8s", "Nodenames.kubernetes.talos.dev", "nodename"))["nodename"];
  if (typeof nodename !== "string") return { isCurrent: false, reason: "the node has no name in Kubernetes yet" };
  const [pod, written] = await Promise.all([
    node.json(`/api/v1/namespaces/kube-system/pods/${component}-${nodename}`),
    of === "etcd" ? etcdRoot(node) : writtenSecrets(node),
  ]);
  if (written === undefined) return { isCurrent: false, reason: "Talos has written no secrets for it yet" };
  const state = podState(pod, component);
  const since = state.since === undefined ? {} : { since: state.since };
  const changed = "version" in written ? written.at : changeOf(written);
  const own = changed === undefined ? undefined : await ownStart(component, changed, node);
  if (own !== undefined) return { isCurrent: true, since: own };
  const late = (reason: string): Start => ({ isCurrent: false, ...since, reason });
  // The kubelet starts these anew by itself; what has the etcd CA waits for a reboot, which somebody may have to ask for.
  const isRestarted = "version" in written;
  const starting = (reason: string): Start => ({ ...late(reason), isSettling: true });
  if (isRestarted && state.version !== written.version)
    return starting("its pod does not have the secrets that Talos has written last yet");
  if (state.since === undefined) return starting("its container does not run");
  // Kubernetes counts whole seconds.
  if (changed !== undefined && state.since.getTime() < Math.floor(changed.getTime() / 1000) * 1000)
    return (isRestarted ? starting : late)("its container has not started since they were written");
  return state.isReady ? { isCurrent: true, ...since } : starting("its pod is not Ready");
}

/**
 * When the program started, where the kubelet itself says that this was after a time, and that the pod is Ready. The pod
 * in Kubernetes is a copy: the kubelet makes that of an API server, which was away when it should have been made, up to a
 * minute and a half late. Kubernetes counts whole seconds, so one of them must lie between. Measured with Talos v1.13.0.
 */
async function ownStart(component: Component, changed: Date, node: ProbedNode): Promise<Date | undefined> {
  const pod = await readingOf(node.read((session) => staticPod(session, component)));
  if (pod === undefined || pod instanceof PkiError || !pod.isReady || pod.startedAt === undefined) return undefined;
  const since = new Date(pod.startedAt);
  return since.getTime() > changed.getTime() ? since : undefined;
}

/** Version and time of the secrets of the static pods; `undefined` while those of the config are not written. */
async function writtenSecrets(node: ProbedNode): Promise<{ readonly version: unknown; readonly at: Date } | undefined> {
  const [status, root] = await Promise.all([
    node.resource("controlplane", "SecretStatuses.kubernetes.talos.dev", "static-pods"),
    node.resource("secrets", "KubernetesRootSecrets.secrets.talos.dev", "k8s"),
  ]);
  const { version, ready } = await node.spec("controlplane", "SecretStatuses.kubernetes.talos.dev", "static-pods");
  if (status === undefined || root === undefined || String(ready) !== "true") return undefined;
  const at = changeOf(status) ?? status.created;
  const changed = changeOf(root);
  return changed !== undefined && at < changed ? undefined : { version, at };
}

function podState(
  pod: unknown,
  component: Component,
): { readonly version: unknown; readonly since: Date | undefined; readonly isReady: boolean } {
  const list = (path: readonly string[]): readonly unknown[] => {
    const found = valueAt(pod, path);
    return Array.isArray(found) ? found : [];
  };
  const container = list(["status", "containerStatuses"]).find((one) => valueAt(one, ["name"]) === component);
  const startedAt = valueAt(container, ["state", "running", "startedAt"]);
  const since = new Date(typeof startedAt === "string" ? startedAt : NaN);
  return {
    version: valueAt(pod, ["metadata", "annotations", "talos.dev/secrets-version"]),
    since: Number.isNaN(since.getTime()) ? undefined : since,
    isReady: list(["status", "conditions"]).some(
      (one) => isTree(one) && one["type"] === "Ready" && one["status"] === "True",
    ),
  };
}
