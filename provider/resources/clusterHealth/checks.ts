import { PkiError } from "../../core/errors";
import { readMachineAddress } from "../../core/config/machineAddress";
import { apidAt, formatNodeAddress, type NodeAddress, shortNodeAddress } from "../../core/nodes/nodeAddress";
import type { EtcdMember, EtcdStatus, NodeService } from "../../engine/nodes";
import { isPlainObject } from "../../engine/values";
import type { NodeAccess } from "../live/nodeAccess";
import { etcdService, memberHost } from "../live/nodeState";
import type { KubernetesClient } from "../live/kubernetesClient";

/** The outcome of one check. */
export interface Check {
  readonly name: string;
  readonly node?: string;
  readonly ok: boolean;
  /** Why not. */
  readonly message?: string;
}

/** What is checked. */
export interface HealthRequest {
  readonly access: NodeAccess;
  readonly controlPlaneNodes: readonly NodeAddress[];
  readonly workerNodes: readonly NodeAddress[];
  /** `https://host:6443` of the whole cluster, where it is to be checked too. */
  readonly clusterEndpoint: string | undefined;
  readonly kubernetes: () => Promise<KubernetesClient>;
}

export const HEALTH_LEVELS = ["talos", "etcd", "kubernetes"] as const;
export type HealthLevel = (typeof HEALTH_LEVELS)[number];

type Checker = (request: HealthRequest) => Promise<readonly Check[]>;

/** What each level adds to the one before. */
const LEVELS: Readonly<Record<HealthLevel, readonly Checker[]>> = {
  talos: [checkServices],
  etcd: [checkEtcd],
  kubernetes: [checkApiServers, checkKubelets],
};

/** Every check of a level, once. */
export async function checkHealth(level: HealthLevel, request: HealthRequest): Promise<readonly Check[]> {
  const levels = HEALTH_LEVELS.slice(0, HEALTH_LEVELS.indexOf(level) + 1);
  const checks: Check[] = [];
  for (const name of levels) {
    for (const checker of LEVELS[name]) checks.push(...(await checker(request)));
    // What stands on it cannot hold.
    if (checks.some(({ ok }) => !ok)) break;
  }
  return checks;
}

/** Runs a check of one node; a failed call is a check that does not hold. */
async function ofNode(name: string, address: NodeAddress, look: () => Promise<string | undefined>): Promise<Check> {
  const node = shortNodeAddress(address);
  const message = await look().catch((error: unknown) => {
    if (!(error instanceof PkiError)) throw error;
    return error.message;
  });
  return { name, node, ok: message === undefined, ...(message === undefined ? {} : { message }) };
}

/** Services that a machine of either type always runs; etcd is a level of its own. */
const OWN_LEVEL = ["etcd"];

function checkServices({ access, controlPlaneNodes, workerNodes }: HealthRequest): Promise<readonly Check[]> {
  return Promise.all(
    [...controlPlaneNodes, ...workerNodes].map((node) =>
      ofNode("services", node, async () => {
        const services = await access.with({ node }, (session) => session.services());
        const unwell = services.filter(({ id, state, healthy }) => {
          if (OWN_LEVEL.includes(id)) return false;
          return healthy === false || !["Running", "Finished", "Skipped"].includes(state);
        });
        if (unwell.length === 0) return undefined;
        return unwell.map(describeService).join(", ");
      }),
    ),
  );
}

const describeService = ({ id, state, message }: NodeService): string =>
  `${id} is ${state}${message === "" ? "" : ` (${message})`}`;

/** What one control plane says of etcd. */
interface EtcdView {
  readonly members: readonly EtcdMember[];
  readonly status: EtcdStatus;
  readonly alarms: readonly string[];
}

async function checkEtcd({ access, controlPlaneNodes }: HealthRequest): Promise<readonly Check[]> {
  const views: EtcdView[] = [];
  const look = (node: NodeAddress): Promise<Check> =>
    ofNode("etcd", node, () =>
      access.with({ node }, async (session) => {
        const etcd = await etcdService(session);
        if (etcd === undefined) return "etcd is absent";
        if (etcd.state !== "Running" || etcd.healthy === false) return describeService(etcd);
        const [members, status, alarms] = [
          await session.etcdMembers(),
          await session.etcdStatus(),
          await session.etcdAlarms(),
        ];
        views.push({ members, status, alarms });
        return etcdGap({ members, status, alarms });
      }),
    );
  const checks = await Promise.all(controlPlaneNodes.map(look));
  const others = await Promise.all(furtherMembers(views[0]?.members ?? [], controlPlaneNodes).map(look));
  return [...checks, ...others, ...consistency(views, controlPlaneNodes)];
}

/**
 * Where there are members of etcd beyond the control planes that are listed. Pulumi deletes resources after all else, so
 * a control plane that this update resets is a member yet; one that is gone for good does not answer.
 */
function furtherMembers(members: readonly EtcdMember[], nodes: readonly NodeAddress[]): readonly NodeAddress[] {
  if (members.length <= nodes.length) return [];
  return members.flatMap((member) => {
    const host = memberHost(member);
    return host === undefined || nodes.some((node) => node.host === host) ? [] : [apidAt(host)];
  });
}

function etcdGap({ status, alarms }: EtcdView): string | undefined {
  if (status.errors.length > 0) return `etcd reports ${status.errors.join(", ")}`;
  if (alarms.length > 0) return `etcd has raised ${alarms.join(", ")}`;
  if (/^0*$/.test(status.leader)) return "etcd has no leader";
  return status.isLearner ? "etcd's member is still a learner" : undefined;
}

/** Every control plane knows the same members, one of them is the leader for all, and every one was asked. */
function consistency(views: readonly EtcdView[], nodes: readonly NodeAddress[]): readonly Check[] {
  const [first] = views;
  if (first === undefined) return [];
  const ids = ({ members }: EtcdView): string =>
    members
      .map(({ id }) => id)
      .sort()
      .join();
  const gap = views.some((view) => ids(view) !== ids(first))
    ? "control planes know different members"
    : views.some(({ status }) => status.leader !== first.status.leader)
      ? "control planes name different leaders"
      : first.members.length < nodes.length || first.members.length > views.length
        ? `${first.members.length} members (${first.members.map(({ hostname }) => hostname).join(", ")}), and ${nodes.length} control planes`
        : undefined;
  return [{ name: "etcd members", ok: gap === undefined, ...(gap === undefined ? {} : { message: gap }) }];
}

/** Kubernetes's port on a control plane (siderolabs/talos pkg/machinery/constants, v1.13). */
const API_SERVER_PORT = 6443;
const KUBELET_PORT = 10_250;

const serverOf = ({ host }: NodeAddress): string => `https://${formatNodeAddress({ host, port: API_SERVER_PORT })}`;

async function checkApiServers(request: HealthRequest): Promise<readonly Check[]> {
  const { controlPlaneNodes, clusterEndpoint } = request;
  const client = await clientOf(request);
  if ("ok" in client) return [client];
  const ready = async (server: string): Promise<string | undefined> => {
    const { status } = await client.get(server, "/readyz");
    return status === 200 ? undefined : `the API server answers ${status}`;
  };
  const each = controlPlaneNodes.map((node) => ofNode("API server", node, () => ready(serverOf(node))));
  const address = clusterEndpoint === undefined ? undefined : readMachineAddress(clusterEndpoint);
  const whole =
    clusterEndpoint === undefined || address === undefined
      ? []
      : [
          ofNode("cluster endpoint", { host: address.host, port: address.port ?? 443 }, () =>
            ready(clusterEndpoint.replace(/\/$/, "")),
          ),
        ];
  return Promise.all([...each, ...whole]);
}

async function checkKubelets(request: HealthRequest): Promise<readonly Check[]> {
  const { access, controlPlaneNodes, workerNodes } = request;
  const [first] = controlPlaneNodes;
  const client = await clientOf(request);
  if (first === undefined) return [];
  if ("ok" in client) return [client];
  let known: readonly KubernetesNode[];
  try {
    known = readNodes(await client.json(serverOf(first), "/api/v1/nodes"));
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return [{ name: "nodes", ok: false, message: error.message }];
  }
  return Promise.all(
    [...controlPlaneNodes, ...workerNodes].map((address) =>
      ofNode("kubelet", address, async () => {
        const node = known.find(({ names }) => names.includes(address.host));
        if (node === undefined) return "no node of Kubernetes has this address";
        if (node.isReady) return undefined;
        if (!node.lacksNetwork) return `node ${node.name} is not Ready: ${node.message}`;
        // Without a CNI no node is ever Ready; that its kubelet serves is all that can be asked for.
        const { chain, failure } = await access.nodes.shakeHands(
          { host: address.host, port: KUBELET_PORT },
          { onlyChain: true, signal: access.signal },
        );
        return chain.length > 0 ? undefined : `its kubelet does not serve: ${failure?.reason ?? "?"}`;
      }),
    ),
  );
}

/** A cluster whose kubeconfig cannot be had yet is one that is not healthy yet. */
async function clientOf({ kubernetes }: HealthRequest): Promise<KubernetesClient | Check> {
  try {
    return await kubernetes();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return { name: "kubeconfig", ok: false, message: error.message };
  }
}

interface KubernetesNode {
  readonly name: string;
  /** Names and addresses. */
  readonly names: readonly string[];
  readonly isReady: boolean;
  readonly lacksNetwork: boolean;
  readonly message: string;
}

const listIn = (value: unknown, key: string): readonly Readonly<Record<string, unknown>>[] => {
  const list = isPlainObject(value) ? value[key] : undefined;
  return Array.isArray(list) ? list.filter(isPlainObject) : [];
};

const textIn = (value: unknown, key: string): string => {
  const text = isPlainObject(value) ? value[key] : undefined;
  return typeof text === "string" ? text : "";
};

function readNodes(answer: unknown): readonly KubernetesNode[] {
  return listIn(answer, "items").map(({ metadata, status }) => {
    const ready = listIn(status, "conditions").find((condition) => condition["type"] === "Ready");
    const message = textIn(ready, "message");
    return {
      name: textIn(metadata, "name"),
      names: [textIn(metadata, "name"), ...listIn(status, "addresses").map((address) => textIn(address, "address"))],
      isReady: textIn(ready, "status") === "True",
      lacksNetwork: /network (?:plugin )?(?:is )?not ready|cni plugin not initialized/i.test(message),
      message,
    };
  });
}
