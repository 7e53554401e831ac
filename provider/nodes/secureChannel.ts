import type { X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { connect, createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocket } from "node:tls";

import { CallCredentials, ChannelCredentials } from "@grpc/grpc-js";

import type { FailureFacts } from "../core/nodes/failures";
import type { NodeAddress } from "../core/nodes/nodeAddress";
import type { Certificate } from "../core/x509/certificate";
import type { NodeIdentity, NodeTrust, VerifiedBy } from "../engine/nodes";
import { describeServed, keyFingerprint, nativeChain, readChain } from "./serverCertificates";
import { whyNotVerified } from "./verification";

type SecureConnector = ReturnType<ChannelCredentials["_createSecureConnector"]>;

/** A server that is not believed. */
class Disbelief extends Error {
  constructor(readonly facts: FailureFacts) {
    super(facts.text);
  }
}

const contexts = new WeakMap<NodeIdentity, Map<string, SecureContext>>();

/** What TLS needs of a client and the CAs, made once for both: no session is kept in it, so every handshake is whole. */
function contextOf(identity: NodeIdentity | undefined, authorities: readonly string[]): SecureContext {
  const options: SecureContextOptions = { ca: [...authorities], minVersion: "TLSv1.2" };
  if (identity === undefined) return createSecureContext(options);
  const known = contexts.get(identity) ?? new Map<string, SecureContext>();
  contexts.set(identity, known);
  const trust = authorities.join("\n");
  const context =
    known.get(trust) ?? createSecureContext({ ...options, cert: identity.certificatePem, key: identity.privateKeyPem });
  known.set(trust, context);
  return context;
}

/**
 * TLS to one node, for one channel of gRPC. Its own credentials send an IP address as SNI, which Node warns of, tell
 * nothing of the server's certificate and cannot pin; this is the part of them that must differ. A server that is not
 * believed gets no byte after the handshake. Works with `_createSecureConnector` of @grpc/grpc-js from 1.13.
 */
export class NodeCredentials extends ChannelCredentials {
  verifiedBy: VerifiedBy = "nobody";
  /** What TLS or the network said last. */
  failure: FailureFacts | undefined;
  private readonly context: SecureContext;
  private chain: readonly X509Certificate[] = [];
  private read: readonly Certificate[] | undefined;
  /** Handshakes that are under way. gRPC closes no socket that it does not have yet. */
  private readonly pending = new Set<Socket>();
  private isClosed = false;

  constructor(
    private readonly server: NodeAddress,
    identity: NodeIdentity | undefined,
    private readonly trust: NodeTrust,
  ) {
    super();
    this.context = contextOf(identity, trust.authorities);
  }

  /** What the node has served; empty before the handshake. Read when it is asked for: most calls never do. */
  get served(): readonly Certificate[] {
    this.read ??= readChain(this.chain);
    return this.read;
  }

  /** Ends what has not become a connection: a server that never answers would keep the socket open for ever. */
  close(): void {
    this.isClosed = true;
    for (const socket of this.pending) socket.destroy();
  }

  override compose(): ChannelCredentials {
    return this;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): SecureConnector {
    const calls = CallCredentials.createEmpty();
    return {
      connect: async (socket) => ({ socket: await this.secure(socket), secure: true }),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => calls,
      destroy: () => undefined,
    };
  }

  private secure(socket: Socket): Promise<TLSSocket> {
    const { host } = this.server;
    if (this.isClosed) {
      socket.destroy();
      return Promise.reject(new Error("the connection was closed"));
    }
    return new Promise((resolve, reject) => {
      const secure = connect({
        socket,
        secureContext: this.context,
        // What Node finds is judged below, where the certificate is still at hand.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ALPNProtocols: ["h2"],
        ...(isIP(host) === 0 ? { servername: host } : {}),
      });
      this.pending.add(secure);
      // A client's certificate is rejected after the handshake: the alert is all that ever says why.
      secure.on("error", (error: NodeJS.ErrnoException) => {
        this.failure ??= { network: error.code ?? error.message, text: error.message };
        reject(error);
      });
      secure.once("close", () => {
        this.pending.delete(secure);
        reject(new Error("the connection was closed"));
      });
      secure.once("secureConnect", () => {
        this.pending.delete(secure);
        try {
          this.judge(secure);
          resolve(secure);
        } catch (error) {
          secure.destroy();
          const disbelief = error instanceof Disbelief ? error : this.disbelief("UNREADABLE_CERTIFICATE");
          this.failure = disbelief.facts;
          reject(disbelief);
        }
      });
    });
  }

  /** @throws Disbelief */
  private judge(secure: TLSSocket): void {
    if (secure.alpnProtocol !== "h2") throw this.disbelief("NO_H2");
    this.chain = nativeChain(secure);
    const [leaf] = this.chain;
    if (leaf === undefined) throw this.disbelief("UNREADABLE_CERTIFICATE");
    const { pin, anyone } = this.trust;
    const reason = whyNotVerified(secure, leaf, this.server);
    if (reason === undefined) this.verifiedBy = "authority";
    else if (pin !== undefined && pin === keyFingerprint(leaf)) this.verifiedBy = "pin";
    else if (pin === undefined && anyone === true) this.verifiedBy = "nobody";
    else throw this.disbelief(pin === undefined ? reason : "PIN_MISMATCH");
  }

  private disbelief(network: string): Disbelief {
    try {
      const [leaf] = this.served;
      return new Disbelief({ network, text: network, ...(leaf === undefined ? {} : { served: describeServed(leaf) }) });
    } catch {
      // Whatever a stranger serves, in whichever parser it gets stuck.
      return new Disbelief({ network: "UNREADABLE_CERTIFICATE", text: network });
    }
  }
}
