import { stringify } from "yaml";

import type { FakeNode, Fault } from "./fakeNode";
import type { FakeNodes } from "./fakeNodes";
import { nodeError, readFailure } from "../../../provider/core/nodes/failures";
import { nodeConfigHash } from "../../../provider/core/nodes/nodeConfig";
import type { Certificate } from "../../../provider/core/x509/certificate";
import { encodeBase64 } from "../../../provider/core/x509/pem";
import type {
  ApplyAnswer,
  EtcdMember,
  EtcdStatus,
  NodeCall,
  NodeResource,
  NodeService,
  NodeSession,
  ResetOptions,
  VerifiedBy,
} from "../../../provider/engine/nodes";

interface Ends {
  /** The peer of TLS. */
  readonly machine: FakeNode;
  /** The node that answers; another one behind an endpoint. */
  readonly asked: FakeNode | undefined;
  readonly client: Certificate | undefined;
  readonly verifiedBy: VerifiedBy;
  /** As errors name the node. */
  readonly label: string;
  readonly call: NodeCall;
}

const DENIED: Fault = { status: 7, text: "not authorized" };
/** As apid of v1.13.0 says it. */
const FORWARDED_TO_STRANGER: Fault = {
  status: 14,
  text: 'connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"',
};
const UNIMPLEMENTED: Fault = { status: 12, text: "method not implemented" };

/** Calls of a connection to a fake node. */
export class FakeSession implements NodeSession {
  readonly served: readonly [Certificate, ...Certificate[]];
  readonly verifiedBy: VerifiedBy;
  isClosed = false;

  constructor(
    private readonly cluster: FakeNodes,
    private readonly ends: Ends,
  ) {
    this.served = [ends.machine.server];
    this.verifiedBy = ends.verifiedBy;
    cluster.open.add(this);
  }

  close(): void {
    this.isClosed = true;
    this.cluster.open.delete(this);
  }

  async version(): Promise<string | undefined> {
    const node = await this.reach("version", "ask for its version");
    // The maintenance service had no such call before apid took it over.
    return node.isMaintenance && node.minor < 13 ? undefined : node.version;
  }

  async isContainer(): Promise<boolean> {
    return (await this.reach("version", "ask for its version")).isContainer;
  }

  async machineConfig(kind: "active" | "persistent" = "active"): Promise<string | undefined> {
    const node = await this.reach(`machineConfig ${kind}`, "read a resource", { node: DENIED });
    return kind === "active" ? node.config : node.minor < 10 ? undefined : node.persistent;
  }

  async resource(_namespace: string, type: string): Promise<NodeResource | undefined> {
    const name = type.split(".")[0] ?? "";
    const node = await this.reach(`resource ${name}`, "read a resource", { node: DENIED });
    const at = new Date(node.bootedAt);
    const of = (spec: string): NodeResource => ({
      id: name,
      created: at,
      updated: at,
      spec,
    });
    switch (name) {
      case "MachineStatuses":
        return of(stringify({ stage: node.stage, status: { ready: true, unmetConditions: [] } }));
      case "ApiCertificates": {
        const crt = (...all: readonly Certificate[]): { crt: string } => ({
          crt: encodeBase64(all.map(({ pem }) => pem).join("")),
        });
        const { server, accepted } = node;
        // A worker has what trustd has answered, in one.
        const acceptedCAs = node.isControlPlane ? accepted.map((one) => crt(one)) : [crt(...accepted)];
        return of(stringify({ server: { ...crt(server), key: encodeBase64("KEY") }, acceptedCAs }));
      }
      case "StaticPods":
        return node.apiServerReady === undefined ? undefined : of("");
      case "SecretStatuses":
        return node.secretsWrittenAt === undefined
          ? undefined
          : { ...of(""), updated: new Date(node.secretsWrittenAt) };
      default:
        return undefined;
    }
  }

  async resources(): Promise<readonly NodeResource[]> {
    const node = await this.reach("resources", "list resources", { node: DENIED });
    if (node.apiServerReady === undefined || node.hidesPods) return [];
    const at = new Date(node.bootedAt);
    const spec = stringify({
      conditions: [{ type: "Ready", status: node.apiServerReady ? "True" : "False" }],
      containerStatuses: [{ state: { running: { startedAt: new Date(node.kubeletSince).toISOString() } } }],
    });
    return [{ id: "kube-system/kube-apiserver", created: at, updated: at, spec }];
  }

  async needsReboot(config: string): Promise<boolean> {
    try {
      await this.send(config, "try", true);
      return false;
    } catch (error) {
      if (error instanceof Error && error.message.includes("the change needs a reboot")) return true;
      throw error;
    }
  }

  applyConfiguration(config: string, mode: string): Promise<ApplyAnswer> {
    return this.send(config, mode, false);
  }

  private async send(config: string, mode: string, dryRun: boolean): Promise<ApplyAnswer> {
    const name = `applyConfiguration ${mode}${dryRun ? " dry" : ""}`;
    let lost: Fault | undefined;
    const node = await this.reach(name, "apply the machine config", {
      sends: config,
      onFault: (fault) => (fault.takesEffect === true ? (lost = fault) : undefined),
    });
    const fail = (fault: Fault): Error => this.error("apply the machine config", fault);
    const words = node.rejects?.(config);
    if (words !== undefined) throw fail({ status: 3, text: words });
    if (node.isMaintenance && node.minor < 13 && !["auto", "try", "reboot"].includes(mode)) {
      throw fail({ status: 12, text: `apply configuration with mode ${mode} is not supported in maintenance mode` });
    }
    const answer = node.isMaintenance
      ? await this.install(node, config, dryRun)
      : await this.change(node, config, mode, dryRun, fail);
    if (lost !== undefined) throw fail(lost);
    return answer;
  }

  private async install(node: FakeNode, config: string, dryRun: boolean): Promise<ApplyAnswer> {
    if (!dryRun) {
      await node.run(config);
      node.apiServerReady = node.isControlPlane ? true : undefined;
      node.reboot(this.cluster.now);
    }
    return { mode: "reboot", warnings: [] };
  }

  private async change(
    node: FakeNode,
    config: string,
    mode: string,
    dryRun: boolean,
    fail: (fault: Fault) => Error,
  ): Promise<ApplyAnswer> {
    if (mode === "staged") {
      if (!dryRun) node.persistent = config;
      return { mode, warnings: [] };
    }
    if (mode === "reboot" && node.minor >= 14) throw fail(UNIMPLEMENTED);
    const isSame = nodeConfigHash(config) === nodeConfigHash(node.config!);
    const needsReboot = node.needsReboot && !isSame;
    if (mode !== "try") node.tries = false;
    if ((mode === "no_reboot" || mode === "try") && needsReboot && node.minor < 14) {
      throw fail({ status: 3, text: "this config change can't be applied in immediate mode\ndiff:\n- token: SECRET" });
    }
    const reboots = mode === "reboot" || (needsReboot && node.minor < 14);
    if (!dryRun) {
      await node.run(config);
      if (reboots) node.reboot(this.cluster.now);
    }
    return { mode: reboots ? "reboot" : "no_reboot", warnings: [] };
  }

  async bootstrap(): Promise<void> {
    let lost: Fault | undefined;
    const node = await this.reach("bootstrap", "bootstrap etcd", {
      node: UNIMPLEMENTED,
      onFault: (fault) => (fault.takesEffect === true ? (lost = fault) : undefined),
    });
    if (node.etcd !== undefined)
      throw this.error("bootstrap etcd", { status: 6, text: "etcd data directory is not empty" });
    node.etcd = { members: [node], alarms: [] };
    if (lost !== undefined) throw this.error("bootstrap etcd", lost);
  }

  async services(): Promise<readonly NodeService[]> {
    const node = await this.reach("services", "list its services", { node: UNIMPLEMENTED });
    return node.services(this.cluster.now);
  }

  async restartService(id: string): Promise<void> {
    const node = await this.reach(`restartService ${id}`, "restart a service");
    if (id === "kubelet" && !node.ignoresRestarts) node.kubeletSince = this.cluster.now + 1;
  }

  private async etcdNode(method: string, purpose: string): Promise<FakeNode> {
    const node = await this.reach(method, purpose, { node: UNIMPLEMENTED });
    if (!node.isControlPlane)
      throw this.error(purpose, { status: 12, text: "is only available on control plane nodes" });
    if (node.etcd === undefined) throw this.error(purpose, { status: 2, text: "etcd is not running" });
    return node;
  }

  async etcdMembers(): Promise<readonly EtcdMember[]> {
    const { etcd } = await this.etcdNode("etcdMembers", "list the members of etcd");
    return etcd!.members.map((member) => member.member());
  }

  async etcdStatus(): Promise<EtcdStatus> {
    const node = await this.etcdNode("etcdStatus", "ask for the status of etcd");
    const { isLearner } = node.member();
    const leader = node.etcd!.members[0]?.member().id ?? "0";
    return { memberId: node.member().id, leader: node.knowsLeader ? leader : "0", errors: node.etcdErrors, isLearner };
  }

  async etcdLeave(): Promise<void> {
    (await this.etcdNode("etcdLeave", "leave etcd")).leaveEtcd();
  }

  async etcdAlarms(): Promise<readonly string[]> {
    return (await this.etcdNode("etcdAlarms", "list the alarms of etcd")).etcd!.alarms;
  }

  async readFile(path: string): Promise<string> {
    await this.reach(`readFile ${path}`, "read a file", { node: DENIED });
    throw this.error("read a file", { status: 2, text: "no such file or directory" });
  }

  async kubeconfig(): Promise<string> {
    return (await this.reach("kubeconfig", "get the kubeconfig")).kubeconfig ?? "";
  }

  async reboot(): Promise<void> {
    (await this.reach("reboot", "reboot it")).reboot(this.cluster.now);
  }

  async reset(options: ResetOptions): Promise<void> {
    const node = await this.reach("reset", "reset it");
    node.resets.push(options);
    if (node.isContainer && options.partitions.length > 0) {
      throw this.error("reset it", { status: 2, text: 'failed to reset: volume "STATE" is not located' });
    }
    if (options.graceful && !node.isContainer) node.leaveEtcd();
    if (!node.ignoresReboots) this.cluster.machines.delete(node.host);
  }

  /** The node that answers. @throws PkiError for what a test has planned, a client that is not let in, a node that is off */
  private async reach(
    name: string,
    purpose: string,
    {
      sends,
      node: inMaintenance,
      onFault = () => undefined,
    }: { sends?: string; node?: Fault; onFault?: (fault: Fault) => Fault | undefined } = {},
  ): Promise<FakeNode> {
    const { machine, asked, client, verifiedBy, call } = this.ends;
    await Promise.resolve();
    if (this.isClosed) throw new Error(`a call on a closed connection: ${name}`);
    if (call.signal.aborted) throw this.error(purpose, { status: 1, text: "Cancelled" });
    const rejected = this.cluster.clientFault(machine, client);
    if (rejected !== undefined) throw this.error(purpose, { status: 14, ...rejected });
    this.cluster.log.push({ node: asked?.host ?? "?", call: name, verifiedBy });
    if (verifiedBy === "nobody") this.cluster.sentUnverified.push(sends ?? name);
    if (asked !== machine && !machine.isControlPlane)
      throw this.error(purpose, { status: 7, text: "no request forwarding" });
    const off: Fault = { status: 14, text: "connection error: desc = transport" };
    if (asked === undefined) throw this.error(purpose, off);
    if (asked !== machine && asked.isMaintenance) throw this.error(purpose, FORWARDED_TO_STRANGER);
    this.cluster.before?.(asked, name);
    const fault = asked.nextFault(name.split(" ")[0]!) ?? (asked.isMaintenance ? inMaintenance : undefined);
    if (fault !== undefined && onFault(fault) === undefined) {
      if (fault.status === 4) this.cluster.now += call.patience;
      throw this.error(purpose, fault);
    }
    return asked;
  }

  private error(purpose: string, fault: Fault): Error {
    return nodeError(this.ends.label, purpose, readFailure(fault));
  }
}
