import type { NodeAddress } from "../core/nodes/nodeAddress";
import type { NodeFailure } from "../core/nodes/failures";
import type { Certificate } from "../core/x509/certificate";

/** A client certificate and its private key, as TLS takes them. */
export interface NodeIdentity {
  readonly certificatePem: string;
  /** PKCS#8 PEM. */
  readonly privateKeyPem: string;
}

/** Whom to believe to be the node. */
export interface NodeTrust {
  /** CAs of which one must have issued the node's certificate, PEM. */
  readonly authorities: readonly string[];
  /** Fingerprint of the public key of a node in maintenance mode, as talosctl prints it; believed as a CA is. */
  readonly pin?: string;
  /** Believes everyone, for a node in maintenance mode that the user does not pin. */
  readonly anyone?: true;
}

/** What proved that the node is the node. */
export type VerifiedBy = "authority" | "pin" | "nobody";

/** Whom to call, and as whom. */
export interface NodeCall {
  readonly node: NodeAddress;
  /** The control plane to call through; TLS then verifies that one. */
  readonly endpoint?: NodeAddress;
  readonly identity?: NodeIdentity;
  readonly trust: NodeTrust;
  /** The longest that connecting, and each call, may take, ms. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** What a node said to an application of a config. */
export interface ApplyAnswer {
  /** How the node applied it: `auto`, `no_reboot`, `reboot`, `staged`, `try`. */
  readonly mode: string;
  readonly warnings: readonly string[];
}

/** A service of a node (`etcd`, `kubelet`, …). */
export interface NodeService {
  readonly id: string;
  /** `Running`, `Preparing`, `Failed`, … */
  readonly state: string;
  /** Absent while nothing is known. */
  readonly healthy?: boolean;
  readonly message: string;
  readonly events: readonly { readonly state: string; readonly message: string; readonly at: Date }[];
}

export interface EtcdMember {
  /** Hexadecimal, as talosctl prints it. */
  readonly id: string;
  readonly hostname: string;
  readonly peerUrls: readonly string[];
  readonly isLearner: boolean;
}

/** What an etcd member says of itself. */
export interface EtcdStatus {
  /** Hexadecimal, as in the list of members. */
  readonly memberId: string;
  readonly leader: string;
  readonly errors: readonly string[];
  readonly isLearner: boolean;
}

/** A resource of Talos's state (COSI). */
export interface NodeResource {
  readonly id: string;
  readonly created: Date;
  /** When it changed last; before `created` where it never did. */
  readonly updated: Date;
  /** The spec as Talos writes it, YAML. May hold secrets. */
  readonly spec: string;
}

/** How a reset goes. */
export interface ResetOptions {
  /** etcd is left first. */
  readonly graceful: boolean;
  readonly reboot: boolean;
  /** Labels of the partitions of the system disk to wipe; with none the whole disk is wiped. */
  readonly partitions: readonly string[];
}

/**
 * A verified connection to a node. Every call may reject with a PkiError that says which node, what was tried and why not,
 * and nothing is sent again behind the caller's back.
 */
export interface NodeSession {
  /** What the peer of TLS served, its own certificate first; that of the endpoint where there is one. */
  readonly served: readonly [Certificate, ...Certificate[]];
  readonly verifiedBy: VerifiedBy;
  /** Release of Talos, `v1.13.0`; `undefined` where the node lets us in and does not tell, as in maintenance mode up to v1.12. */
  version(): Promise<string | undefined>;
  /** Whether Talos runs as a container: without disks, and without leaving etcd in a reset. */
  isContainer(): Promise<boolean>;
  /** The machine config in use, as it was submitted; `undefined` in maintenance mode. */
  machineConfig(kind?: "active" | "persistent"): Promise<string | undefined>;
  resource(namespace: string, type: string, id: string): Promise<NodeResource | undefined>;
  resources(namespace: string, type: string): Promise<readonly NodeResource[]>;
  applyConfiguration(config: string, mode: string): Promise<ApplyAnswer>;
  /** Whether the node reboots to take a config. Up to v1.13; a `try` that is pending on the node stays. */
  needsReboot(config: string): Promise<boolean>;
  bootstrap(): Promise<void>;
  services(): Promise<readonly NodeService[]>;
  restartService(id: string): Promise<void>;
  etcdMembers(): Promise<readonly EtcdMember[]>;
  etcdStatus(): Promise<EtcdStatus>;
  etcdLeave(): Promise<void>;
  /** Alarms that etcd has raised, such as `NOSPACE`. */
  etcdAlarms(): Promise<readonly string[]>;
  /** The admin kubeconfig that the node makes, YAML. */
  kubeconfig(): Promise<string>;
  /** A file of the node, such as a certificate; one with a private key is to be left alone. */
  readFile(path: string): Promise<string>;
  reboot(): Promise<void>;
  reset(options: ResetOptions): Promise<void>;
  close(): void;
}

/** How a server of TLS met a client. */
export interface HandshakeResult {
  /** What it served, its own certificate first; empty when it did not get that far. */
  readonly chain: readonly Certificate[];
  /** The server let the client in; false too where that was not asked. */
  readonly accepted: boolean;
  /** What went wrong. */
  readonly failure?: NodeFailure;
}

export interface HandshakeOptions {
  readonly identity?: NodeIdentity;
  /**
   * CAs of which one must have issued the server's certificate, for its name or address, PEM. Without them nobody is
   * verified, and a server that is not verified gets no byte after the handshake.
   */
  readonly authorities?: readonly string[];
  /** What the server serves is all that is asked. */
  readonly onlyChain?: true;
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

/** An answer of a Kubernetes component over HTTPS. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpRequest {
  readonly url: string;
  /** Default: `GET`. */
  readonly method?: "GET" | "DELETE";
  readonly identity?: NodeIdentity;
  readonly headers?: Readonly<Record<string, string>>;
  /** CAs of which one must have issued the server's certificate, PEM; without any nobody is verified. */
  readonly authorities?: readonly string[];
  /** A certificate that the server may serve whatever its names; one of `authorities` must have issued it all the same. */
  readonly certificate?: Certificate;
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Talks to nodes. Each call is a connection of its own: one from before a rotation would prove nothing. */
export interface Nodes {
  /** @throws PkiError with a code of docs/errors.md, "of nodes" */
  connect(call: NodeCall): Promise<NodeSession>;
  /** Shakes hands and sends nothing but the preface of HTTP/2; never rejects. */
  shakeHands(address: NodeAddress, options?: HandshakeOptions): Promise<HandshakeResult>;
  /** @throws PkiError */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Milliseconds on a clock that nobody sets. */
  uptime(): number;
  /** Returns at once when the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}
