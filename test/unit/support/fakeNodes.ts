import { createHash } from "node:crypto";

import { authorityOf, FakeNode, type FakeNodeOptions, type Fault } from "./fakeNode";
import { generateSecretsBundle } from "../../../provider/core/secrets/generate";
import { nodeError, readFailure } from "../../../provider/core/nodes/failures";
import { AUTHENTICATION_CONFIG_MAP } from "../../../provider/core/nodes/authenticationTrust";
import { configTrust, readNodeConfig } from "../../../provider/core/nodes/nodeConfig";
import type { Environment } from "../../../provider/core/environment";
import { type Authority, parseAuthority } from "../../../provider/core/x509/authority";
import type { Certificate } from "../../../provider/core/x509/certificate";
import { PemReader } from "../../../provider/core/x509/pemReader";
import type {
  HandshakeOptions,
  HandshakeResult,
  HttpAnswer,
  HttpRequest,
  NodeCall,
  Nodes,
  NodeSession,
  NodeTrust,
  VerifiedBy,
} from "../../../provider/engine/nodes";
import type { NodeAddress } from "../../../provider/core/nodes/nodeAddress";
import { FakeSession } from "./fakeSession";

/** A call that reached a node, in order. */
export interface LoggedCall {
  readonly node: string;
  /** `connect` for a handshake; a method of a session, with what tells it apart: `applyConfiguration auto`. */
  readonly call: string;
  readonly verifiedBy?: VerifiedBy;
}

export const KUBELET_PORT = 10_250;

/** Fingerprint of a public key as talosctl prints it. */
export function pinOf({ publicKey }: Certificate): string {
  return createHash("sha256")
    .update(publicKey.export({ format: "der", type: "spki" }))
    .digest("base64");
}

/** Nodes in memory, with real certificates, on a clock that only waiting moves. */
export class FakeNodes implements Nodes {
  readonly log: LoggedCall[] = [];
  /** Everything that was sent to a node that nothing had proved. */
  readonly sentUnverified: string[] = [];
  now = 0;
  /** Runs before each call of a session. */
  before: ((node: FakeNode, call: string) => void) | undefined;
  /** Connections that nobody has closed. */
  readonly open = new Set<FakeSession>();
  /** By address. */
  readonly machines = new Map<string, FakeNode>();

  /** By which CAs extension API servers know clients; API servers add theirs to it. Absent without one. */
  authentication: Readonly<Record<string, string>> | undefined;
  /** Secrets of Kubernetes, as paths of its API. */
  readonly secrets = new Set<string>();
  /** What the API server answers to their deletion, in place of the right thing. */
  secretStatus: number | undefined;
  /** What API servers answer to requests for it, in place of it. */
  authenticationStatus: number | undefined;

  private readonly pems = new PemReader();

  private constructor(
    private readonly environment: Environment,
    /** Signs for machines in maintenance mode. */
    private readonly maintenance: Authority,
  ) {}

  static async make(environment: Environment): Promise<FakeNodes> {
    const { certs } = await generateSecretsBundle({ serviceAccount: { algorithm: "ecdsa-p256" } }, environment);
    return new FakeNodes(environment, parseAuthority(certs.os, { crt: "crt", key: "key" }));
  }

  /** A machine in maintenance mode, or one with a config. */
  async add(host: string, options: FakeNodeOptions = {}): Promise<FakeNode> {
    const node = await FakeNode.boot(
      host,
      options,
      this.environment,
      (worker) => this.trustdFor(worker),
      this.maintenance,
    );
    this.machines.set(host, node);
    return node;
  }

  /** The calls of a log, in short: `10.0.0.2 version`. */
  get calls(): string[] {
    return this.log.map(({ node, call }) => `${node} ${call}`);
  }

  /** The calls that change something. */
  get changes(): string[] {
    return this.calls.filter(
      (call) => /applyConfiguration|bootstrap|reboot|reset|restartService|DELETE/.test(call) && !/ dry$/.test(call),
    );
  }

  forget(): void {
    this.log.length = 0;
  }

  uptime(): number {
    return this.now;
  }

  async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    await new Promise(setImmediate);
    if (!signal.aborted) this.now += milliseconds;
  }

  async connect(call: NodeCall): Promise<NodeSession> {
    const { node, endpoint, identity, trust } = call;
    const server = endpoint ?? node;
    const label = `${node.host}${endpoint === undefined ? "" : ` through ${endpoint.host}`}`;
    const fail = (facts: Fault): Error => nodeError(label, "connect", readFailure(facts));
    if (call.signal.aborted) throw fail({ network: "ABORTED", text: "the operation was cancelled" });
    await Promise.resolve();
    const machine = this.machines.get(server.host);
    this.log.push({ node: server.host, call: "connect" });
    const fault = machine === undefined ? { network: "EHOSTUNREACH", text: "" } : this.down(machine, "connect");
    if (fault?.network === "TIMEOUT") this.now += call.patience;
    if (fault !== undefined) throw fail(fault);
    const verifiedBy = this.judge(machine!, trust, fail);
    const client = identity === undefined ? undefined : this.pems.certificate(identity.certificatePem, "");
    const asked = endpoint === undefined ? machine : this.machines.get(node.host);
    return new FakeSession(this, { machine: machine!, asked, client, verifiedBy, label, call });
  }

  /** What a connection to a machine runs into before TLS. */
  down(machine: FakeNode, method: string): Fault | undefined {
    if (machine.upAt > this.now) return { network: "ECONNREFUSED", text: "connect ECONNREFUSED" };
    return machine.nextFault(method);
  }

  private judge(machine: FakeNode, { authorities, pin, anyone }: NodeTrust, fail: (facts: Fault) => Error): VerifiedBy {
    const { server } = machine;
    const served = { keyFingerprint: pinOf(server), commonName: server.commonName };
    const now = this.environment.now().getTime();
    const isSigned = authorities.some((pem) => server.isSignedBy(this.pems.certificate(pem, "")));
    const reason = !isSigned
      ? "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
      : server.notBefore.getTime() > now
        ? "CERT_NOT_YET_VALID"
        : server.notAfter.getTime() < now
          ? "CERT_HAS_EXPIRED"
          : undefined;
    if (reason === undefined) return "authority";
    if (pin !== undefined && pin === served.keyFingerprint) return "pin";
    if (pin === undefined && anyone === true) return "nobody";
    throw fail({ network: pin === undefined ? reason : "PIN_MISMATCH", text: reason, served });
  }

  /** A node's judgement of a client, which TLS 1.3 gives after the handshake. */
  clientFault(machine: FakeNode, client: Certificate | undefined): Fault | undefined {
    if (machine.isMaintenance) return undefined;
    const planned = machine.nextFault("client");
    if (planned !== undefined) return planned;
    if (client === undefined) return { network: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", text: "alert 116" };
    const isKnown = machine.accepted.some((authority) => client.isSignedBy(authority));
    return isKnown ? undefined : { network: "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", text: "alert unknown ca" };
  }

  async shakeHands(
    { host, port }: NodeAddress,
    { identity, authorities, onlyChain }: HandshakeOptions = {},
  ): Promise<HandshakeResult> {
    await Promise.resolve();
    const machine = this.machines.get(host);
    this.log.push({ node: host, call: `shakeHands ${port}` });
    const fault = machine === undefined ? { network: "EHOSTUNREACH", text: "" } : this.down(machine, "shakeHands");
    if (fault !== undefined) return { chain: [], accepted: false, failure: readFailure(fault) };
    const { server, kubeletServes } = machine!;
    if (port === KUBELET_PORT) {
      const refused = readFailure({ network: "ECONNREFUSED", text: "" });
      return kubeletServes ? { chain: [server], accepted: true } : { chain: [], accepted: false, failure: refused };
    }
    if (onlyChain === true) return { chain: [server], accepted: false };
    const isVerified = authorities?.some((pem) => server.isSignedBy(this.pems.certificate(pem, "")));
    if (isVerified !== true) {
      const failure = readFailure({ network: "UNABLE_TO_VERIFY_LEAF_SIGNATURE", text: "" });
      return { chain: [server], accepted: false, failure };
    }
    const client = identity === undefined ? undefined : this.pems.certificate(identity.certificatePem, "");
    const rejected = this.clientFault(machine!, client);
    return {
      chain: [server],
      accepted: rejected === undefined,
      ...(rejected === undefined ? {} : { failure: readFailure(rejected) }),
    };
  }

  async request({ url, method = "GET", authorities = [], identity, signal }: HttpRequest): Promise<HttpAnswer> {
    await Promise.resolve();
    const { hostname, host, pathname } = new URL(url);
    this.log.push({ node: hostname, call: `${method === "GET" ? "request" : `request ${method}`} ${pathname}` });
    const machine = this.machines.get(hostname);
    const fault = signal.aborted
      ? { network: "ABORTED", text: "aborted" }
      : machine === undefined
        ? { network: "EHOSTUNREACH", text: "" }
        : this.down(machine, "request");
    if (fault !== undefined) throw nodeError(host, `ask for ${pathname}`, readFailure(fault));
    if (authorities.length === 0 || identity === undefined) return { status: 401, body: "" };
    if (pathname === "/healthz") return { status: machine!.healthz.shift() ?? 200, body: "" };
    if (pathname === "/readyz") return { status: machine!.readyz, body: "" };
    if (pathname === AUTHENTICATION_CONFIG_MAP) return this.authenticationAnswer(method);
    if (method === "DELETE")
      return { status: this.secretStatus ?? (this.secrets.delete(pathname) ? 200 : 404), body: "" };
    const items = [...this.machines.values()].flatMap(({ host: address, kubernetes }) =>
      kubernetes === undefined
        ? []
        : [
            {
              metadata: { name: `node-${address}` },
              status: {
                addresses: [{ type: "InternalIP", address }],
                conditions: [
                  { type: "Ready", status: kubernetes.ready ? "True" : "False", message: kubernetes.message },
                ],
              },
            },
          ],
    );
    return { status: 200, body: JSON.stringify({ items }) };
  }

  private authenticationAnswer(method: string): HttpAnswer {
    const { authentication, authenticationStatus } = this;
    if (authenticationStatus !== undefined) return { status: authenticationStatus, body: "" };
    if (authentication === undefined) return { status: 404, body: "" };
    if (method === "GET") return { status: 200, body: JSON.stringify({ data: authentication }) };
    this.writeAuthentication();
    return { status: 200, body: "" };
  }

  /** What API servers write where there is nothing: every CA that one of them trusts. */
  writeAuthentication(): void {
    const planes = [...this.machines.values()].filter((node) => node.isControlPlane);
    const pemsOf = (name: "kubernetes" | "aggregator"): string => {
      const all = planes.flatMap(({ config }) => {
        const { issuing, accepted } = configTrust(config!, name, "");
        return [issuing!, ...accepted].map(({ pem }) => pem);
      });
      return [...new Set(all)].join("");
    };
    this.authentication = {
      "client-ca-file": pemsOf("kubernetes"),
      "requestheader-client-ca-file": pemsOf("aggregator"),
    };
  }

  /** The CA of a control plane that a worker believes, and whose cluster it is of. */
  private trustdFor(worker: FakeNode): Authority | undefined {
    const { os } = readNodeConfig(worker.config!, "");
    const believed = [os.issuing!, ...os.accepted].map(({ fingerprint }) => fingerprint);
    const planes = [...this.machines.values()].filter((node) => node.isControlPlane && node.upAt <= this.now);
    return planes
      .map(({ config }) => authorityOf(config!))
      .find(({ certificate }) => believed.includes(certificate.fingerprint));
  }
}
