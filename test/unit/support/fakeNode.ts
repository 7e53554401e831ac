import { readNodeConfig } from "../../../provider/core/nodes/nodeConfig";
import type { FailureFacts } from "../../../provider/core/nodes/failures";
import { isTree, valueAt } from "../../../provider/core/secrets/fields";
import { type Authority, parseAuthority } from "../../../provider/core/x509/authority";
import type { Certificate } from "../../../provider/core/x509/certificate";
import { issueServerCertificate } from "../../../provider/core/x509/serverCertificate";
import { readPlainDocuments } from "../../../provider/core/yaml/plain";
import type { EtcdMember, NodeService } from "../../../provider/engine/nodes";
import type { Environment } from "../../../provider/core/environment";

/** What a test plans to go wrong with a call. */
export interface Fault extends FailureFacts {
  /** The call does what it says first, and only its answer is lost. */
  readonly takesEffect?: true;
}

/** What a fake node begins with. */
export interface FakeNodeOptions {
  /** Without one the node is in maintenance mode. */
  readonly config?: string;
  /** Release of Talos; default `v1.13.0`. */
  readonly version?: string;
}

const MAINTENANCE_NAME = "maintenance-service.talos.dev";
/** Time that a boot takes, ms. */
export const BOOT_MS = 5000;

const decode = (value: unknown): string => Buffer.from(String(value), "base64").toString("utf8");

/** The CA of a config with its key, as a control plane has it. */
export function authorityOf(config: string): Authority {
  const main = readPlainDocuments(config, "").filter(isTree)[0];
  const [crt, key] = ["crt", "key"].map((part) => decode(valueAt(main, ["machine", "ca", part])));
  return parseAuthority({ crt: crt!, key: key! }, { crt: "crt", key: "key" });
}

/** Members of an etcd that several nodes share. */
export interface FakeEtcd {
  readonly members: FakeNode[];
  alarms: string[];
}

/** One machine: what it has, and what it does with a config. */
export class FakeNode {
  /** Absent in maintenance mode. */
  config: string | undefined;
  persistent: string | undefined;
  server!: Certificate;
  accepted: Certificate[] = [];
  etcd: FakeEtcd | undefined;
  /** Of the API server's static pod; `undefined` without one. */
  apiServerReady: boolean | undefined;
  etcdErrors: string[] = [];
  isLearner = false;
  knowsLeader = true;
  /** The admin kubeconfig that it makes. */
  kubeconfig: string | undefined;
  /** Services in a state of their own. */
  readonly unwell: Record<string, string> = {};
  /** What it answers to `/readyz`. */
  readyz = 200;
  /** As Kubernetes lists the node; absent while it does not. */
  kubernetes: { ready: boolean; message: string } | undefined = { ready: true, message: "" };
  kubeletServes = true;
  /** What its kubelet answers to `/healthz`, one after the other; then 200. */
  readonly healthz: number[] = [];
  /** When the kubelet started, and the static pods with it. */
  kubeletSince = 0;
  /** Its kubelet tells nothing of its pods yet. */
  hidesPods = false;
  /** When Talos has last written the secrets of the static pods, ms. */
  secretsWrittenAt: number | undefined;
  /** A restart of the kubelet that it is told of does not happen. */
  ignoresRestarts = false;
  /** Whether a change needs a reboot. */
  needsReboot = false;
  /** Words with which it rejects a config. */
  rejects: ((config: string) => string | undefined) | undefined;
  /** What it says of itself, over reboots too: a control plane is `booting` until etcd is bootstrapped. */
  stage = "running";
  /** A reboot that it is told of does not happen. */
  ignoresReboots = false;
  /** A config that it takes has no effect on what it serves and accepts, so often. */
  ignoresTrust = 0;
  resets: object[] = [];
  isContainer = false;
  /** Somebody has given it a config to try, which it takes back after a while. */
  tries = false;
  /** Its leaving of etcd does not happen. */
  staysMember = false;
  /** When this run began, and when it is up again, ms of the cluster's clock. */
  bootedAt = 0;
  upAt = 0;
  private readonly faults = new Map<string, Fault[]>();
  private readonly lasting = new Map<string, Fault>();

  private constructor(
    readonly host: string,
    readonly version: string,
    private readonly environment: Environment,
    /** Asks a control plane to sign, as trustd does. */
    private readonly trustd: (node: FakeNode) => Authority | undefined,
  ) {}

  static async boot(
    host: string,
    { config, version = "v1.13.0" }: FakeNodeOptions,
    environment: Environment,
    trustd: (node: FakeNode) => Authority | undefined,
    maintenance: Authority,
  ): Promise<FakeNode> {
    const node = new FakeNode(host, version, environment, trustd);
    if (config === undefined) await node.serve(maintenance, MAINTENANCE_NAME);
    else await node.run(config);
    node.apiServerReady = node.isControlPlane ? true : undefined;
    return node;
  }

  get minor(): number {
    return Number(this.version.split(".")[1]);
  }

  get isMaintenance(): boolean {
    return this.config === undefined;
  }

  get isControlPlane(): boolean {
    return this.config !== undefined && readNodeConfig(this.config, "").machineType === "controlplane";
  }

  /** Plans that the next calls of a method fail, one after the other. */
  fails(method: string, ...faults: readonly Fault[]): void {
    this.faults.set(method, [...(this.faults.get(method) ?? []), ...faults]);
  }

  /** Plans that a method always fails; without a fault that it does so no longer. */
  failsAlways(method: string, fault?: Fault): void {
    if (fault === undefined) this.lasting.delete(method);
    else this.lasting.set(method, fault);
  }

  /** The fault of this call, if one is planned. */
  nextFault(method: string): Fault | undefined {
    return this.faults.get(method)?.shift() ?? this.lasting.get(method);
  }

  /** Serves a certificate of a CA, whatever the config says. */
  async serve(authority: Authority, commonName = "talos-node", issuedAt?: Date): Promise<void> {
    const issued = await issueServerCertificate(
      {
        certificateAuthority: authority,
        commonName,
        ipAddresses: [this.host],
        ...(issuedAt === undefined ? {} : { issuedAt }),
      },
      this.environment,
    );
    this.server = issued.certificate;
  }

  /** Takes a config as its own: what it serves and accepts follows. */
  async run(config: string): Promise<void> {
    this.config = config;
    this.persistent = config;
    if (this.ignoresTrust > 0) {
      this.ignoresTrust -= 1;
      return;
    }
    const { os, machineType } = readNodeConfig(config, "");
    this.accepted = [os.issuing!, ...os.accepted];
    const signer = machineType === "controlplane" ? authorityOf(config) : this.trustd(this);
    if (signer !== undefined) await this.serve(signer);
  }

  /** Goes down at once and comes up again. */
  reboot(now: number): void {
    if (this.ignoresReboots) return;
    this.bootedAt = now + BOOT_MS;
    this.upAt = now + BOOT_MS;
    if (this.persistent !== undefined && this.persistent !== this.config) this.config = this.persistent;
  }

  leaveEtcd(): void {
    const members = this.etcd?.members ?? [];
    const at = members.indexOf(this);
    if (at >= 0 && !this.staysMember) members.splice(at, 1);
  }

  services(now: number): NodeService[] {
    const ids = ["apid", "kubelet", "machined", ...(this.isControlPlane ? ["etcd", "trustd"] : [])];
    return ids.map((id) => {
      const isOff = id === "etcd" && (this.etcd === undefined || this.upAt > now);
      const state = this.unwell[id] ?? (isOff ? "Preparing" : "Running");
      const events = id === "kubelet" ? [{ state: "Running", message: "", at: new Date(this.kubeletSince) }] : [];
      return { id, state, healthy: state === "Running", message: "", events };
    });
  }

  member(): EtcdMember {
    return {
      id: Buffer.from(this.host).toString("hex").padStart(16, "0").slice(-16),
      hostname: `node-${this.host.split(".").at(-1) ?? ""}`,
      peerUrls: [`https://${this.host}:2380`],
      isLearner: this.isLearner,
    };
  }
}
